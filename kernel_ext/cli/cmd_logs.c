#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "service/lines.h"

#define POLL_MS    200
#define LINE_BYTES ((size_t)64 << 10)

struct printer {
    const struct parsed *parsed;
    struct line_style style;
};

static int on_event(void *self, const json_t *event)
{
    const struct printer *printer = self;
    CLEANUP(buf_fini) struct buf line = buf_init(LINE_BYTES);

    if (parsed_flag(printer->parsed, "json")) {
        say_json_line(event);
        return 0;
    }
    line_of_event(&line, event, &printer->style);
    if (line.length)
        printf("%s\n", buf_text(&line));
    return 0;
}

static int print_events(const struct parsed *parsed)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *show = NULL;
    struct printer printer = {.parsed = parsed};
    struct engine_watch watch = {.cancel_fd = -1, .on_event = on_event, .self = &printer};

    if (service_show(&show, parsed->positionals[0], &err) < 0)
        return fail(parsed, &err, NULL);
    printer.style = (struct line_style){.experiment = parsed->positionals[0],
                                        .algorithm = text_of(show, "resolvedAlgorithm"),
                                        .verbose = parsed_flag(parsed, "verbose")};
    if (service_watch(parsed->positionals[0], &watch, &err) < 0)
        return fail(parsed, &err, NULL);
    return EXIT_OK;
}

/* Bytes at the end that begin a UTF-8 character without ending it. */
static size_t unfinished(const char *bytes, size_t length)
{
    for (size_t back = 1; back <= 3 && back <= length; back++) {
        unsigned char c = (unsigned char)bytes[length - back];
        size_t needs = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
        if (c >= 0xc0 || c < 0x80)
            return needs > back ? back : 0;
    }
    return 0;
}

/* Progress bars go back to the start of their line, commands of the shell end lines with both: here
 * each is a line. Returns the new length. */
static size_t returns_to_lines(char *bytes, size_t length)
{
    size_t kept = 0;

    for (size_t i = 0; i < length; i++) {
        bool ended = kept == 0 || bytes[kept - 1] == '\n';
        if (bytes[i] == '\r') {
            if (!ended && (i + 1 == length || bytes[i + 1] != '\n'))
                bytes[kept++] = '\n';
        } else {
            bytes[kept++] = bytes[i];
        }
    }
    return kept;
}

/* Prints what is there from *at on, and moves it; the start of a character that is still to come is
 * read again then. */
static int print_more(int fd, off_t *at, struct nbt_error *err)
{
    char bytes[16384];
    ssize_t length;

    while ((length = pread(fd, bytes, sizeof(bytes), *at)) > 0) {
        size_t tail = unfinished(bytes, (size_t)length);
        if (tail == (size_t)length)
            tail = 0;
        *at += (off_t)((size_t)length - tail);
        say_lines(stdout, bytes, returns_to_lines(bytes, (size_t)length - tail));
        if (length < (ssize_t)sizeof(bytes))
            break;
    }
    fflush(stdout);
    return length < 0 ? nbt_error_errno(err, "cannot read the log") : 0;
}

static bool trial_runs(const char *experiment, const char *name)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_json json_t *show = NULL;

    if (service_show(&show, experiment, &ignored) < 0 ||
        strcmp(text_of(show, "state"), "Interrupted") == 0)
        return false;
    const char *state = text_of(service_find_trial(show, name), "state");
    return strcmp(state, "Running") == 0 || strcmp(state, "Pending") == 0;
}

/* The file as it is now: one of a cluster is fetched. */
static int open_log(const struct parsed *parsed, struct nbt_error *err)
{
    auto_free char *path = NULL;
    int result =
        service_file(&path, parsed->positionals[0], parsed->positionals[1], "trial.log", err);

    if (result < 0)
        return result;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return nbt_error_set(err, NBT_ENOTFOUND, "trial '%s' has written no log yet",
                             parsed->positionals[1]);
    return fd < 0 ? nbt_error_errno(err, "cannot open %s", path) : fd;
}

static int print_file(const struct parsed *parsed, off_t *at, struct nbt_error *err)
{
    auto_close int fd = open_log(parsed, err);

    return fd < 0 ? fd : print_more(fd, at, err);
}

/* The state is asked before the last read, so that nothing written before the end is missed. */
static int follow_file(const struct parsed *parsed, off_t *at, struct nbt_error *err)
{
    struct pollfd interrupt = {.fd = signals_catch(err), .events = POLLIN};
    bool runs = true;
    int result = interrupt.fd < 0 ? interrupt.fd : 0;

    while (result == 0 && runs) {
        runs = trial_runs(parsed->positionals[0], parsed->positionals[1]);
        result = print_file(parsed, at, err);
        if (result == 0 && runs && poll(&interrupt, 1, POLL_MS) > 0)
            return nbt_error_set(err, NBT_ECANCELED, "interrupted");
    }
    return result;
}

static int print_log(const struct parsed *parsed, struct nbt_error *err)
{
    off_t at = 0;
    int result = print_file(parsed, &at, err);

    return result == 0 && parsed_flag(parsed, "follow") ? follow_file(parsed, &at, err) : result;
}

int cmd_logs(const struct parsed *parsed)
{
    struct nbt_error err = NBT_ERROR_INIT;

    if (parsed->positionals[1])
        return print_log(parsed, &err) < 0 ? fail(parsed, &err, NULL) : EXIT_OK;
    if (parsed_flag(parsed, "follow"))
        return view_follow(
            &(struct view_options){.parsed = parsed, .experiment = parsed->positionals[0]});
    return print_events(parsed);
}
