#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "engine/katib/kube/path.h"
#include "engine/katib/kube/watch_private.h"

#define LONG_MS 30000 /* a stream that held so long is no failure, also when nothing came */
#define LIFE_S  240   /* the server ends a stream after 240 to 300 s, so that cuts are noticed */

static void on_end(void *self, const struct kube_answer *answer);

static bool on_data(void *self, const char *data, size_t length)
{
    struct kube_watch *watch = self;
    watch->inside = true;
    bool go_on = kube_lines_add(&watch->lines, data, length);
    return kube_watch_leave(watch) && go_on;
}

static void no_memory(struct kube_watch *watch)
{
    struct nbt_error err = NBT_ERROR_INIT;
    nbt_error_set(&err, NBT_ENOMEM, "no memory for a watch");
    watch->inside = true;
    kube_watch_trouble(watch, &err, true);
    kube_watch_leave(watch);
}

void kube_watch_stream(void *self)
{
    struct kube_watch *watch = self;
    char life[16];
    watch->timer = 0;
    watch->began_ms = clock_monotonic_ms();
    watch->broken = NBT_ERROR_INIT;
    kube_lines_clear(&watch->lines);
    snprintf(life, sizeof(life), "%d", LIFE_S + (int)randombytes_uniform(LIFE_S / 4));
    auto_free char *path =
        kube_path_query(watch->path, (const char *[]){"watch", "true", "allowWatchBookmarks",
                                                      "true", "resourceVersion", watch->version,
                                                      "timeoutSeconds", life, NULL});
    struct kube_request_options options = {
        .method = "GET",
        .path = path,
        .timeout_ms = -1,
        .idle_ms = watch->options.idle_ms,
        .on_data = on_data,
        .on_done = on_end,
        .self = watch,
    };
    watch->request = path ? kube_send(watch->client, &options) : NULL;
    if (!watch->request)
        no_memory(watch);
}

/* A stream that made progress has ended the row of failures. */
static bool advance(struct kube_watch *watch, const json_t *object)
{
    const json_t *metadata = json_object_get(object, "metadata");
    const char *version = json_string_value(json_object_get(metadata, "resourceVersion"));
    watch->failures = 0;
    if (version)
        return kube_watch_set(watch, &watch->version, version);
    nbt_error_set(&watch->broken, NBT_EPROTO, "watching %s: an event without resourceVersion",
                  watch->path);
    return false;
}

static bool take_bookmark(struct kube_watch *watch, const json_t *object)
{
    const struct kube_watch_events *events = watch->options.events;
    if (!advance(watch, object))
        return false;
    if (events->bookmark)
        events->bookmark(watch->options.self, watch->version);
    return !watch->stopped;
}

static bool take_put(struct kube_watch *watch, const json_t *object)
{
    return kube_watch_put(watch, object) && advance(watch, object);
}

static bool take_gone(struct kube_watch *watch, const json_t *object)
{
    return kube_watch_gone(watch, object) && advance(watch, object);
}

/* The server ends the stream: 410 means that our version is too old, others may pass. */
static bool take_error(struct kube_watch *watch, const json_t *object)
{
    struct kube_status status;
    kube_status_of(&status, 500, object);
    kube_status_error(&status, "watch", &watch->broken);
    if (kube_status_is_gone(&status))
        free(TAKE(watch->version));
    return false;
}

static const struct {
    const char *type;
    bool (*take)(struct kube_watch *watch, const json_t *object);
} types[] = {
    {"ADDED", take_put},         {"MODIFIED", take_put}, {"DELETED", take_gone},
    {"BOOKMARK", take_bookmark}, {"ERROR", take_error},
};

static bool take_event(struct kube_watch *watch, const json_t *event)
{
    const char *type = json_string_value(json_object_get(event, "type"));
    const json_t *object = json_object_get(event, "object");
    for (size_t i = 0; type && json_is_object(object) && i < COUNT_OF(types); i++)
        if (strcmp(type, types[i].type) == 0)
            return types[i].take(watch, object);
    nbt_error_set(&watch->broken, NBT_EPROTO, "watching %s: a line that is no event of Kubernetes",
                  watch->path);
    return false;
}

bool kube_watch_line(void *self, const char *line, size_t length, bool whole)
{
    struct kube_watch *watch = self;
    if (!whole) {
        nbt_error_set(&watch->broken, NBT_ENOMEM,
                      "watching %s: an object is larger than the %d bytes that it may have",
                      watch->path, KUBE_WATCH_OBJECT_MAX);
        return false;
    }
    if (length == 0)
        return true;
    auto_json json_t *event = json_loadb(line, length, JSON_ALLOW_NUL, NULL);
    return take_event(watch, event);
}

/* The stream is over, one way or another: from where it stands, or with a new list. An orderly end
 * is no failure unless nothing came, which a broken proxy may repeat for ever. */
static void go_on(struct kube_watch *watch, const struct kube_answer *answer)
{
    const struct nbt_error *err = watch->broken.code ? &watch->broken : answer->err;
    bool cut = answer->status.http == 200 && !watch->broken.code;
    bool lost = !watch->version || kube_status_is_gone(&answer->status);
    bool held = clock_monotonic_ms() - watch->began_ms > LONG_MS;
    watch->failures = held ? 1 : watch->failures + 1;
    /* A cut that is mended at once is nobody's trouble. */
    if ((!cut || (err->code && watch->failures > 2)) && !lost)
        kube_watch_trouble(watch, err, false);
    if (lost)
        free(TAKE(watch->version));
    kube_watch_later(watch, lost ? kube_watch_list : kube_watch_stream,
                     answer->status.retry_after_s);
}

static void on_end(void *self, const struct kube_answer *answer)
{
    struct kube_watch *watch = self;
    watch->request = NULL;
    watch->inside = true;
    go_on(watch, answer);
    kube_watch_leave(watch);
}
