#include "engine/katib/kube/watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/kube/call.h"
#include "engine/katib/kube/watch_private.h"

#define OBJECTS_MAX   100000
#define IDLE_MS       330000
#define PAUSE_MS      500
#define PAUSE_MOST_MS 30000

static void watch_free(struct kube_watch *watch)
{
    kube_cancel(watch->request);
    loop_remove_timer(kube_client_loop(watch->client), watch->timer);
    kube_known_fini(&watch->known);
    kube_lines_fini(&watch->lines);
    free(watch->path);
    free(watch->api_version);
    free(watch->kind);
    free(watch->version);
    free(watch->next);
    free(watch);
}

void kube_watch_stop(struct kube_watch *watch)
{
    if (!watch)
        return;
    if (watch->inside)
        watch->stopped = true;
    else
        watch_free(watch);
}

bool kube_watch_leave(struct kube_watch *watch)
{
    watch->inside = false;
    if (!watch->stopped)
        return true;
    watch_free(watch);
    return false;
}

bool kube_watch_set(struct kube_watch *watch, char **place, const char *text)
{
    char *copy = text ? strdup(text) : NULL;
    if (text && !copy) {
        nbt_error_set(&watch->broken, NBT_ENOMEM, "no memory for a watch");
        return false;
    }
    free(*place);
    *place = copy;
    return true;
}

void kube_watch_trouble(struct kube_watch *watch, const struct nbt_error *err, bool ended)
{
    if (watch->options.events->trouble && !watch->stopped)
        watch->options.events->trouble(watch->options.self, err, ended);
}

void kube_watch_after(struct kube_watch *watch, void (*fn)(void *self), int delay_ms)
{
    struct nbt_error err = NBT_ERROR_INIT;
    watch->timer = loop_add_timer(kube_client_loop(watch->client), delay_ms, fn, watch);
    if (watch->timer > 0)
        return;
    watch->timer = 0;
    nbt_error_set(&err, NBT_ENOMEM, "no memory for a watch");
    kube_watch_trouble(watch, &err, true);
}

void kube_watch_later(struct kube_watch *watch, void (*fn)(void *self), int asked_s)
{
    int delay = watch->failures ? kube_backoff_ms(watch->failures, PAUSE_MS, PAUSE_MOST_MS) : 0;
    if (asked_s > 0 && asked_s * 1000 > delay)
        delay = asked_s * 1000 + kube_backoff_ms(1, PAUSE_MS, PAUSE_MS);
    kube_watch_after(watch, fn, delay);
}

static void tell(const struct kube_watch *watch, void (*fn)(void *self, const json_t *object),
                 const json_t *object)
{
    if (fn && !watch->stopped)
        fn(watch->options.self, object);
}

static bool too_many(struct kube_watch *watch)
{
    if (kube_known_count(&watch->known) <= watch->options.maximum)
        return false;
    nbt_error_set(&watch->broken, NBT_ENOMEM, "watching %s: there are more than %zu objects",
                  watch->path, watch->options.maximum);
    return true;
}

bool kube_watch_put(struct kube_watch *watch, const json_t *object)
{
    const struct kube_watch_events *events = watch->options.events;
    auto_free char *uid = NULL;
    auto_json json_t *tombstone = NULL;
    switch (kube_known_put(&watch->known, object, &uid)) {
    case KUBE_SAME: break;
    case KUBE_ADDED: tell(watch, events->added, object); break;
    case KUBE_MODIFIED: tell(watch, events->modified, object); break;
    case KUBE_REPLACED:
        tombstone = json_copy((json_t *)(uintptr_t)object);
        json_object_set_new(tombstone, "metadata", json_copy(json_object_get(object, "metadata")));
        json_object_set_new(json_object_get(tombstone, "metadata"), "uid", json_string(uid));
        json_object_del(tombstone, "spec");
        json_object_del(tombstone, "status");
        tell(watch, events->deleted, tombstone);
        tell(watch, events->added, object);
        break;
    case KUBE_NO_MEMORY:
        nbt_error_set(&watch->broken, NBT_ENOMEM, "no memory for a watch");
        return false;
    }
    return !watch->stopped && !too_many(watch);
}

bool kube_watch_gone(struct kube_watch *watch, const json_t *object)
{
    kube_known_drop(&watch->known, object);
    tell(watch, watch->options.events->deleted, object);
    return !watch->stopped;
}

struct kube_watch *kube_watch_start(struct kube_client *client,
                                    const struct kube_watch_options *options)
{
    struct kube_watch *watch = calloc(1, sizeof(*watch));
    if (!watch)
        return NULL;
    watch->client = client;
    watch->options = *options;
    if (watch->options.maximum == 0)
        watch->options.maximum = OBJECTS_MAX;
    if (watch->options.idle_ms == 0)
        watch->options.idle_ms = IDLE_MS;
    watch->page = KUBE_PAGE;
    watch->broken = NBT_ERROR_INIT;
    watch->path = strdup(options->path);
    watch->lines = kube_lines_init(KUBE_WATCH_OBJECT_MAX, kube_watch_line, watch);
    watch->timer = loop_add_timer(kube_client_loop(client), 0, kube_watch_list, watch);
    if (watch->path && kube_known_init(&watch->known) == 0 && watch->timer > 0)
        return watch;
    watch->timer = watch->timer < 0 ? 0 : watch->timer;
    watch_free(watch);
    return NULL;
}
