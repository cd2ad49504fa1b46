#include "engine/katib/kube/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "engine/katib/kube/lines.h"
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

    int64_t time_ns;  /* of the last line told; 0: none yet */
    size_t same_time; /* lines of that moment that are told whole */
    size_t told;      /* bytes told of a line that is not whole yet */

    size_t skip_lines; /* after a cut: lines of time_ns to pass over */
    size_t skip_bytes; /* and bytes of the line after them */
    bool in_line;      /* the next piece goes on with a line */
    int64_t line_ns;
    bool timed;    /* it began with a time */
    bool skipping; /* it is passed over */

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

static void tell(struct kube_log *log, const char *text, size_t length, bool whole)
{
    log->told = whole ? 0 : log->told + length;
    log->same_time += whole && log->timed;
    if (log->skip_bytes > 0) {
        size_t known = length < log->skip_bytes ? length : log->skip_bytes;
        log->skip_bytes -= known;
        text += known;
        length -= known;
        if (!whole && length == 0)
            return;
    }
    log->failures = 0;
    log->options.on_line(log->options.self, log->line_ns, text, length, whole);
}

/* The beginning of a line: its time, and whether it was told before. */
static bool begin_line(struct kube_log *log, const char **text, size_t *length)
{
    const char *space = memchr(*text, ' ', *length < TIME_MAX ? *length : TIME_MAX);
    size_t width = space ? (size_t)(space - *text) : *length;
    int64_t ns;
    log->timed = kube_moment_parse(*text, width, &ns);
    if (!log->timed) { /* what the kubelet has to say itself */
        log->line_ns = log->time_ns;
        return true;
    }
    *text += width + (space ? 1 : 0);
    *length -= width + (space ? 1 : 0);
    log->line_ns = ns;
    if (log->line_ns < log->time_ns)
        return false;
    if (log->line_ns == log->time_ns && log->skip_lines > 0) {
        log->skip_lines--;
        return false;
    }
    if (log->line_ns > log->time_ns) {
        log->time_ns = log->line_ns;
        log->same_time = 0;
        log->skip_lines = log->skip_bytes = log->told = 0;
    }
    return log->line_ns >= log->options.since_ns;
}

static bool on_line(void *self, const char *line, size_t length, bool whole)
{
    struct kube_log *log = self;
    if (!log->in_line)
        log->skipping = !begin_line(log, &line, &length);
    log->in_line = !whole;
    if (!log->skipping)
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

/* The place: lines of the last moment that are told, and bytes of the one that was being told. */
static void seek(struct kube_log *log)
{
    log->skip_lines = log->same_time;
    log->skip_bytes = log->told;
    log->told = 0;
    log->in_line = log->skipping = false;
    log->line_ns = 0;
    kube_lines_clear(&log->lines);
}

static void ask(void *self)
{
    struct kube_log *log = self;
    int64_t since = log->time_ns ? log->time_ns : log->options.since_ns;
    char time[CLOCK_TEXT_MAX], tail[16];
    log->timer = 0;
    seek(log);
    clock_rfc3339_seconds(time, since / 1000);
    snprintf(tail, sizeof(tail), "%d", log->options.tail);
    auto_free char *path = kube_path_query(
        log->path,
        (const char *[]){"container", log->container, "timestamps", "true", "follow",
                         log->options.follow && !log->last ? "true" : NULL, "previous",
                         log->options.previous ? "true" : NULL, "sinceTime", since ? time : NULL,
                         "tailLines", log->options.tail && !log->time_ns ? tail : NULL, NULL});
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
