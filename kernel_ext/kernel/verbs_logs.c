/* What an experiment or one of its trials did: events as lines, a trial's log as it grows. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/scope.h"
#include "kernel/bundle.h"
#include "kernel/verbs.h"
#include "service/lines.h"
#include "service/trials.h"
#include "service/values.h"

#define LINE_BYTES  ((size_t)64 << 10)
#define FLUSH_BYTES ((size_t)32 << 10)
#define FLUSH_MS    200
#define FOLLOW_MS   250
#define LOG_MAX     ((size_t)256 << 10) /* of a trial's log the end is shown */
#define VIEW_MAX    ((size_t)32 << 10)  /* and this much of it while it grows */

/* ---- an experiment's events ---- */

/* Front ends drop messages that come by the thousand: lines are sent many at a time. */
struct printer {
    struct cell *cell;
    struct line_style style;
    bool json;
    struct buf lines;
    int64_t sent_ms;
};

static void flush(struct printer *printer)
{
    cell_stream(printer->cell, "stdout", buf_text(&printer->lines));
    buf_clear(&printer->lines);
    printer->sent_ms = clock_monotonic_ms();
}

static void on_tick(void *self)
{
    struct printer *printer = self;

    if (printer->lines.length && clock_monotonic_ms() - printer->sent_ms >= FLUSH_MS)
        flush(printer);
}

static int on_event(void *self, const json_t *event)
{
    struct printer *printer = self;
    CLEANUP(buf_fini) struct buf line = buf_init(LINE_BYTES);

    if (printer->json) {
        auto_free char *text = json_dumps(event, JSON_COMPACT);
        buf_puts(&line, text ? text : "");
    } else {
        line_of_event(&line, event, &printer->style);
    }
    if (line.length)
        buf_printf(&printer->lines, "%s\n", buf_text(&line));
    if (printer->lines.length > FLUSH_BYTES)
        flush(printer);
    return cell_cancelled(printer->cell) ? 1 : 0;
}

static int print_events(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    const char *name = parsed->positionals[0];
    auto_json json_t *show = NULL;
    struct printer printer = {.cell = cell,
                              .json = parsed_flag(parsed, "json"),
                              .lines = buf_init(FLUSH_BYTES + 2 * LINE_BYTES)};
    struct engine_watch watch = {.follow = parsed_flag(parsed, "follow"),
                                 .cancel_fd = cell_cancel_fd(cell),
                                 .tick_ms = FLUSH_MS,
                                 .on_event = on_event,
                                 .on_tick = on_tick,
                                 .self = &printer};
    int code = service_show(&show, name, err);

    if (code < 0)
        return code;
    printer.style = (struct line_style){.experiment = name,
                                        .algorithm = text_of(show, "resolvedAlgorithm"),
                                        .verbose = parsed_flag(parsed, "verbose")};
    code = service_watch(name, &watch, err);
    flush(&printer);
    buf_fini(&printer.lines);
    if (code == 0 && cell_cancelled(cell))
        return nbt_error_set(err, NBT_ECANCELED, "interrupted");
    return code;
}

/* ---- a trial's log ---- */

static int read_log(int fd, struct cell *cell, struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf text = buf_init(LOG_MAX);
    struct stat info;
    char bytes[16384];
    ssize_t length;

    if (fstat(fd, &info) == 0 && (size_t)info.st_size > LOG_MAX) {
        cell_stream(cell, "stderr", "the log's last 256 KiB:\n");
        if (lseek(fd, -(off_t)LOG_MAX, SEEK_END) < 0)
            return nbt_error_errno(err, "cannot seek in the log");
    }
    while ((length = read(fd, bytes, sizeof(bytes))) > 0 && !buf_failed(&text))
        buf_add(&text, bytes, (size_t)length);
    if (length < 0)
        return nbt_error_errno(err, "cannot read the log");
    cell_stream(cell, "stdout", buf_text(&text));
    return 0;
}

static int print_trial(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    auto_free char *path = NULL;
    int code =
        service_file(&path, parsed->positionals[0], parsed->positionals[1], "trial.log", err);

    if (code < 0)
        return code;
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return nbt_error_set(err, NBT_ENOTFOUND, "trial '%s' has written no log yet",
                             parsed->positionals[1]);
    if (fd < 0)
        return nbt_error_errno(err, "cannot open %s", path);
    return read_log(fd, cell, err);
}

/* ---- a trial's log while it grows ---- */

struct follow {
    struct cell *cell;
    const char *experiment, *trial;
    struct buf log; /* its end */
    int64_t offset;
    char display[CELL_DISPLAY_MAX];
    bool shown, changed, complete;
};

/* The last `keep` bytes of the log, from the start of a line where there is one. */
static const char *end_of(const struct buf *log, size_t keep, size_t *ret_length)
{
    const char *text = buf_text(log);
    const char *start = log->length > keep ? text + log->length - keep : text;
    const char *line =
        start > text ? memchr(start, '\n', (size_t)(text + log->length - start)) : NULL;

    if (line)
        start = line + 1;
    *ret_length = (size_t)(text + log->length - start);
    return start;
}

static void keep_end(struct buf *log)
{
    size_t length;
    const char *end = end_of(log, LOG_MAX, &length);
    auto_free char *copy = strndup(end, length);

    buf_clear(log);
    buf_puts(log, copy ? copy : "");
}

/* A line as a terminal leaves it: a progress bar that went back to its start was written over. */
static void put_line(struct buf *out, const char *line, size_t length)
{
    while (length > 0 && line[length - 1] == '\r')
        length--;
    const char *back = memrchr(line, '\r', length);
    if (back) {
        length -= (size_t)(back + 1 - line);
        line = back + 1;
    }
    buf_add(out, line, length);
}

static json_t *picture(const struct follow *follow)
{
    CLEANUP(buf_fini) struct buf text = buf_init(LOG_MAX);
    size_t left;
    const char *at = end_of(&follow->log, follow->complete ? LOG_MAX : VIEW_MAX, &left);

    while (left > 0) {
        const char *newline = memchr(at, '\n', left);
        size_t length = newline ? (size_t)(newline - at) : left;
        put_line(&text, at, length);
        if (newline)
            buf_putc(&text, '\n');
        at += length + (newline ? 1 : 0);
        left -= length + (newline ? 1 : 0);
    }
    return bundle_text(text.length ? buf_text(&text) : "nothing is printed yet");
}

static void show(struct follow *follow)
{
    if (!follow->changed && follow->shown)
        return;
    cell_display(follow->cell, follow->display, follow->shown, picture(follow));
    follow->shown = true;
    follow->changed = false;
}

/* Reads what has come since; all of it. */
static int read_more(struct follow *follow, struct nbt_error *err)
{
    for (;;) {
        auto_json json_t *page = NULL;
        int code = service_logs(&page, follow->experiment, follow->trial, follow->offset, err);
        if (code < 0)
            return code;
        int64_t next = json_integer_value(json_object_get(page, "offset"));
        bool more = next > follow->offset;
        buf_puts(&follow->log, text_of(page, "text"));
        if (follow->log.length > 2 * LOG_MAX)
            keep_end(&follow->log);
        follow->changed = follow->changed || more;
        follow->offset = next;
        follow->complete = json_is_true(json_object_get(page, "complete"));
        if (follow->complete || !more || cell_cancelled(follow->cell))
            return 0;
    }
}

static int follow_log(struct follow *follow, struct nbt_error *err)
{
    struct pollfd interrupt = {.fd = cell_cancel_fd(follow->cell), .events = POLLIN};

    for (;;) {
        int code = read_more(follow, err);
        if (code < 0)
            return code;
        show(follow);
        if (follow->complete)
            return 0;
        if (poll(&interrupt, 1, FOLLOW_MS) > 0)
            return nbt_error_set(err, NBT_ECANCELED,
                                 "interrupted; trial '%s' goes on: 'logs %s %s' shows what it "
                                 "printed",
                                 follow->trial, follow->experiment, follow->trial);
    }
}

static int follow_trial(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    struct follow follow = {.cell = cell,
                            .experiment = parsed->positionals[0],
                            .trial = parsed->positionals[1],
                            .log = buf_init(2 * LOG_MAX + 4 * SERVICE_LOG_MAX)};

    cell_display_id(cell, follow.display);
    int code = follow_log(&follow, err);
    buf_fini(&follow.log);
    return code;
}

int verb_logs(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    if (!parsed->positionals[1])
        return print_events(cell, parsed, err);
    return parsed_flag(parsed, "follow") ? follow_trial(cell, parsed, err)
                                         : print_trial(cell, parsed, err);
}
