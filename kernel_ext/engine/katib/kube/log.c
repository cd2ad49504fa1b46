#include "engine/katib/kube/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "engine/katib/kube/lines.h"
#include "engine/katib/kube/log_place.h"
#include "engine/katib/kube/moment.h"
#include "engine/katib/kube/path.h"

#define PAUSE_MS      500
#define PAUSE_MOST_MS 10000
#define TIME_MAX      40

struct kube_log {
    struct kube_client *client;
    struct kube_log_options options;
    char *path, *pod_path, *container;
    struct kube_lines lines;
    struct kube_request *request;
    int timer;
    int failures;

    struct kube_log_place place;
    bool in_line;     /* the next piece goes on with a line */
    bool passed_over; /* that line was had before, or is too early */
    bool timed;       /* that line began with a time */
    int64_t line_ns;

    bool last;    /* the container has ended: the rest is read, then on_end */
    bool inside;  /* a callback runs */
    bool stopped; /* by a callback: freed when it returns */
};

static void ask(void *self);
static void ask_pod(void *self);

static void log_free(struct kube_log *log)
{
    kube_cancel(log->request);
    loop_remove_timer(kube_client_loop(log->client), log->timer);
    kube_lines_fini(&log->lines);
    free(log->path);
    free(log->pod_path);
    free(log->container);
    free(log);
}

void kube_log_stop(struct kube_log *log)
{
    if (!log)
        return;
    if (log->inside)
        log->stopped = true;
    else
        log_free(log);
}

static bool leave(struct kube_log *log)
{
    log->inside = false;
    if (!log->stopped)
        return true;
    log_free(log);
    return false;
}

static void end(struct kube_log *log, int code, const struct nbt_error *err)
{
    if (!log->stopped)
        log->options.on_end(log->options.self, code, err);
}

static void no_memory(struct kube_log *log)
{
    struct nbt_error err = NBT_ERROR_INIT;
    nbt_error_set(&err, NBT_ENOMEM, "no memory for a log");
    end(log, NBT_ENOMEM, &err);
}

static void later(struct kube_log *log, void (*fn)(void *self))
{
    int delay = log->failures ? kube_backoff_ms(log->failures, PAUSE_MS, PAUSE_MOST_MS) : 0;
    log->timer = loop_add_timer(kube_client_loop(log->client), delay, fn, log);
    if (log->timer > 0)
        return;
    log->timer = 0;
    no_memory(log);
}

/* A line begins: takes its time off. */
static void begin_line(struct kube_log *log, const char **text, size_t *length)
{
    const char *space = memchr(*text, ' ', *length < TIME_MAX ? *length : TIME_MAX);
    size_t width = space ? (size_t)(space - *text) : *length;
    log->passed_over = false;
    log->timed = kube_moment_parse(*text, width, &log->line_ns);
    if (!log->timed) { /* what the kubelet has to say itself */
        log->line_ns = log->place.last_ns;
        return;
    }
    *text += width + (space ? 1 : 0);
    *length -= width + (space ? 1 : 0);
    log->passed_over = !kube_log_place_begin(&log->place, log->line_ns);
}

static void tell(struct kube_log *log, const char *text, size_t length, bool whole)
{
    size_t had = log->timed ? kube_log_place_pass(&log->place, log->line_ns, length, whole) : 0;
    log->failures = 0;
    if (log->line_ns < log->options.since_ns || (!whole && had == length))
        return;
    log->options.on_line(log->options.self, log->line_ns, text + had, length - had, whole);
}

static bool on_line(void *self, const char *line, size_t length, bool whole)
{
    struct kube_log *log = self;
    if (!log->in_line)
        begin_line(log, &line, &length);
    log->in_line = !whole;
    if (!log->passed_over)
        tell(log, line, length, whole);
    return !log->stopped;
}

static bool on_data(void *self, const char *data, size_t length)
{
    struct kube_log *log = self;
    log->inside = true;
    bool go_on = kube_lines_add(&log->lines, data, length);
    return leave(log) && go_on;
}

/* Is the container's present state terminated? Initial containers count too. */
static bool has_ended(const struct kube_log *log, const json_t *pod)
{
    static const char *const lists[] = {"containerStatuses", "initContainerStatuses",
                                        "ephemeralContainerStatuses"};
    const json_t *status = json_object_get(pod, "status");
    const char *phase = json_string_value(json_object_get(status, "phase"));
    if (phase && (strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0))
        return true;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const json_t *list = json_object_get(status, lists[i]);
        for (size_t k = 0; k < json_array_size(list); k++) {
            const json_t *item = json_array_get(list, k);
            const char *name = json_string_value(json_object_get(item, "name"));
            if (name && (!log->container || strcmp(name, log->container) == 0) &&
                json_object_get(json_object_get(item, "state"), "terminated"))
                return true;
        }
    }
    return false;
}

static void trouble(struct kube_log *log, const struct nbt_error *err)
{
    if (log->options.on_trouble && !log->stopped)
        log->options.on_trouble(log->options.self, err);
}

static void on_pod(void *self, const struct kube_answer *answer)
{
    struct kube_log *log = self;
    log->request = NULL;
    log->inside = true;
    log->failures++;
    if (answer->code == 0) {
        log->last = has_ended(log, answer->body);
        if (log->last)
            log->failures = 0;
        later(log, ask);
    } else if (answer->hopeless) {
        end(log, answer->code, answer->err);
    } else {
        trouble(log, answer->err);
        later(log, ask_pod);
    }
    leave(log);
}

static void ask_pod(void *self)
{
    struct kube_log *log = self;
    struct kube_request_options options = {
        .method = "GET", .path = log->pod_path, .on_done = on_pod, .self = log};
    log->timer = 0;
    log->request = kube_send(log->client, &options);
    if (log->request)
        return;
    log->inside = true;
    no_memory(log);
    leave(log);
}

/* A line without a newline is the last of a container that has ended; else a cut has halved it. */
static void finish_line(struct kube_log *log, bool orderly)
{
    if (orderly && (log->last || !log->options.follow))
        kube_lines_end(&log->lines);
    else
        kube_lines_clear(&log->lines);
}

/* The log of a container that has not begun is refused with 400, as are questions that will never
 * be right; only their texts differ. */
static bool is_waiting(const struct kube_log *log, const struct kube_answer *answer)
{
    static const char *const wrong[] = {"not valid for pod", "container name must be specified",
                                        "previous terminated container"};
    if (answer->status.http != 400 || !log->options.follow || log->last)
        return false;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (strstr(answer->status.message, wrong[i]))
            return false;
    return true;
}

static void on_end(void *self, const struct kube_answer *answer)
{
    struct kube_log *log = self;
    bool orderly = answer->code == 0;
    bool cut = !orderly && answer->status.http == 200;
    bool waiting = is_waiting(log, answer);
    log->request = NULL;
    log->inside = true;
    finish_line(log, orderly);
    if (orderly && (log->last || !log->options.follow)) {
        end(log, 0, NULL);
    } else if (orderly || waiting) {
        log->failures += waiting;
        later(log, ask_pod);
    } else if (answer->hopeless) {
        end(log, answer->code, answer->err);
    } else {
        log->failures++;
        if (!cut)
            trouble(log, answer->err);
        later(log, ask);
    }
    leave(log);
}

static void ask(void *self)
{
    struct kube_log *log = self;
    int64_t place = kube_log_place_seek(&log->place);
    int64_t since = place ? place : log->options.since_ns;
    char time[CLOCK_TEXT_MAX], tail[16];
    log->timer = 0;
    log->in_line = false;
    kube_lines_clear(&log->lines);
    clock_rfc3339_seconds(time, since / 1000);
    snprintf(tail, sizeof(tail), "%d", log->options.tail);
    auto_free char *path = kube_path_query(
        log->path,
        (const char *[]){"container", log->container, "timestamps", "true", "follow",
                         log->options.follow && !log->last ? "true" : NULL, "previous",
                         log->options.previous ? "true" : NULL, "sinceTime", since ? time : NULL,
                         "tailLines", log->options.tail && !place ? tail : NULL, NULL});
    struct kube_request_options options = {
        .method = "GET",
        .path = path,
        .timeout_ms = -1,
        .on_data = on_data,
        .on_done = on_end,
        .self = log,
    };
    log->request = path ? kube_send(log->client, &options) : NULL;
    if (log->request)
        return;
    log->inside = true;
    no_memory(log);
    leave(log);
}

struct kube_log *kube_log_follow(struct kube_client *client, const struct kube_log_options *options)
{
    struct kube_log *log = calloc(1, sizeof(*log));
    if (!log)
        return NULL;
    log->client = client;
    log->options = *options;
    log->path = kube_path("/api/v1", options->namespace_, "pods", options->pod, "log");
    log->pod_path = kube_path("/api/v1", options->namespace_, "pods", options->pod, NULL);
    log->container = options->container ? strdup(options->container) : NULL;
    log->lines = kube_lines_init(KUBE_LOG_LINE_MAX, on_line, log);
    log->timer = loop_add_timer(kube_client_loop(client), 0, ask, log);
    if (log->path && log->pod_path && (log->container || !options->container) && log->timer > 0)
        return log;
    log->timer = log->timer < 0 ? 0 : log->timer;
    log_free(log);
    return NULL;
}
