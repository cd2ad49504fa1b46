#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/kube/call.h"
#include "engine/katib/kube/path.h"
#include "engine/katib/kube/watch_private.h"

#define PAGE_BYTES_MAX 8388608  /* a page that is larger is asked for with fewer objects */
#define WHOLE_MAX      67108864 /* a list without pages, where pages do not hold */
#define GONE_PAGES     3        /* 410s after which pages are given up */

static void on_page(void *self, const struct kube_answer *answer);

static void fail(struct kube_watch *watch, const struct nbt_error *err, bool hopeless, int asked_s)
{
    bool ended = hopeless && !watch->synced;
    if (kube_known_abandon(&watch->known) < 0)
        ended = true;
    free(TAKE(watch->next));
    watch->failures++;
    kube_watch_trouble(watch, err, ended);
    if (!ended)
        kube_watch_later(watch, kube_watch_list, asked_s);
}

void kube_watch_list(void *self)
{
    struct kube_watch *watch = self;
    struct nbt_error err = NBT_ERROR_INIT;
    char limit[24];
    watch->timer = 0;
    snprintf(limit, sizeof(limit), "%d", watch->page);
    auto_free char *path =
        kube_path_query(watch->path, (const char *[]){"limit", watch->page ? limit : NULL,
                                                      "continue", watch->next, NULL});
    struct kube_request_options options = {
        .method = "GET",
        .path = path,
        .maximum = watch->page ? PAGE_BYTES_MAX : WHOLE_MAX,
        .on_done = on_page,
        .self = watch,
    };
    watch->request = path && (watch->next || kube_known_begin(&watch->known) == 0)
                         ? kube_send(watch->client, &options)
                         : NULL;
    if (watch->request)
        return;
    nbt_error_set(&err, NBT_ENOMEM, "no memory for a watch");
    watch->inside = true;
    fail(watch, &err, true, -1);
    kube_watch_leave(watch);
}

/* Items of a typed list lack what they are. */
static bool name_kind(struct kube_watch *watch, const json_t *page)
{
    const char *version = json_string_value(json_object_get(page, "apiVersion"));
    const char *kind = json_string_value(json_object_get(page, "kind"));
    size_t length = kind ? strlen(kind) : 0;
    auto_free char *own = NULL;
    if (length > 4 && strcmp(kind + length - 4, "List") == 0) {
        own = strndup(kind, length - 4);
        if (!own)
            return false;
    }
    return kube_watch_set(watch, &watch->api_version, version) &&
           kube_watch_set(watch, &watch->kind, own);
}

static bool take_item(struct kube_watch *watch, json_t *item)
{
    if (watch->kind && !json_object_get(item, "kind"))
        json_object_set_new(item, "kind", json_string(watch->kind));
    if (watch->api_version && !json_object_get(item, "apiVersion"))
        json_object_set_new(item, "apiVersion", json_string(watch->api_version));
    return kube_watch_put(watch, item);
}

static void tell_gone(void *self, const char *key, const char *uid)
{
    struct kube_watch *watch = self;
    auto_json json_t *tombstone = kube_tombstone(key, uid, watch->api_version, watch->kind);
    if (tombstone)
        kube_watch_gone(watch, tombstone);
}

static void complete(struct kube_watch *watch, const char *version)
{
    const struct kube_watch_events *events = watch->options.events;
    if (!kube_watch_set(watch, &watch->version, version))
        return;
    if (kube_known_finish(&watch->known, tell_gone, watch) < 0) {
        nbt_error_set(&watch->broken, NBT_ENOMEM, "no memory for a watch");
        return;
    }
    watch->synced = true;
    watch->gone = 0;
    if (events->synced && !watch->stopped)
        events->synced(watch->options.self, watch->version);
    kube_watch_later(watch, kube_watch_stream, -1);
}

static void take_page(struct kube_watch *watch, const json_t *page)
{
    const json_t *metadata = json_object_get(page, "metadata");
    const char *version = json_string_value(json_object_get(metadata, "resourceVersion"));
    const char *next = json_string_value(json_object_get(metadata, "continue"));
    const json_t *items = json_object_get(page, "items");
    if (!version || (items && !json_is_array(items) && !json_is_null(items))) {
        nbt_error_set(&watch->broken, NBT_EPROTO, "GET %s: the answer is no list of Kubernetes",
                      watch->path);
        return;
    }
    if (!name_kind(watch, page))
        return;
    for (size_t i = 0; i < json_array_size(items); i++)
        if (!take_item(watch, json_array_get(items, i)))
            return;
    if (!kube_watch_set(watch, &watch->next, next && *next ? next : NULL))
        return;
    if (watch->next)
        kube_watch_after(watch, kube_watch_list, 0);
    else
        complete(watch, version);
}

/* What may be asked for in another way at once: anew when pages are gone, without pages when that
 * goes on, with smaller ones when they are too large. */
static bool adapt(struct kube_watch *watch, const struct kube_answer *answer)
{
    if (kube_status_is_gone(&answer->status) && watch->next) {
        free(TAKE(watch->next));
        if (++watch->gone >= GONE_PAGES)
            watch->page = 0;
        return true;
    }
    if (answer->code == NBT_ENOMEM && watch->page > 1) {
        watch->page = watch->page >= 4 ? watch->page / 4 : 1;
        return true;
    }
    return false;
}

static void on_page(void *self, const struct kube_answer *answer)
{
    struct kube_watch *watch = self;
    watch->request = NULL;
    watch->inside = true;
    watch->broken = NBT_ERROR_INIT;
    if (answer->code == 0)
        take_page(watch, answer->body);
    else if (adapt(watch, answer))
        kube_watch_after(watch, kube_watch_list, 0);
    else
        fail(watch, answer->err, answer->hopeless, answer->status.retry_after_s);
    if (watch->broken.code && !watch->stopped)
        fail(watch, &watch->broken, true, -1);
    kube_watch_leave(watch);
}
