#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/verbs.h"
#include "nbtags/number.h"

static void put_cell(struct buf *line, const json_t *event)
{
    buf_printf(line, "%.0f/%.0f  ", number_of(event, "run"), number_of(event, "cells"));
    put_step(line, event);
}

static void put_report(struct buf *line, const json_t *event)
{
    buf_printf(line, "%s=", text_of(event, "metric"));
    put_value(line, json_object_get(event, "value"));
}

static void on_event(void *self, const json_t *event)
{
    const struct parsed *parsed = self;
    const char *kind = text_of(event, "event");
    CLEANUP(buf_fini) struct buf line = buf_init((size_t)64 << 10);

    if (parsed_flag(parsed, "json")) {
        say_json_line(event);
        return;
    }
    if (strcmp(kind, "warning") == 0) {
        auto_free char *text = file_printable(text_of(event, "text"));
        say(stderr, "nbkatib: warning: %s\n", text ? text : "?");
        return;
    }
    if (parsed_flag(parsed, "quiet"))
        return;
    if (strcmp(kind, "step") == 0)
        put_cell(&line, event);
    else if (strcmp(kind, "report") == 0)
        put_report(&line, event);
    auto_free char *shown = file_printable(buf_text(&line));
    if (line.length)
        say(stdout, "%s\n", shown ? shown : "?");
    fflush(stdout);
}

static void say_metrics(const json_t *result)
{
    size_t i;
    json_t *metric;

    json_array_foreach(json_object_get(result, "metrics"), i, metric)
    {
        const json_t *last = last_value(metric);
        CLEANUP(buf_fini) struct buf value = buf_init(256);
        put_value(&value, last);
        if (last)
            say_row(text_of(metric, "name"), buf_text(&value));
    }
}

static int tell(const struct parsed *parsed, const json_t *result)
{
    const char *state = text_of(result, "state");
    int status = strcmp(state, "Succeeded") == 0 ? EXIT_OK
                 : strcmp(state, "Killed") == 0  ? EXIT_INTERRUPTED
                                                 : EXIT_WORK_FAILED;

    if (parsed_flag(parsed, "json")) {
        say_json_line(result);
        return status;
    }
    auto_free char *message = file_printable(text_of(result, "message"));
    auto_free char *output = file_printable(text_of(result, "output"));
    say(stdout, "%s in %.1f s\n", state, number_of(result, "seconds"));
    say_metrics(result);
    printf("notebook  %s/executed.ipynb\n", output ? output : "?");
    if (status != EXIT_OK)
        say(stderr, "nbkatib: error: %s: %s\n", text_of(result, "reason"), message ? message : "?");
    return status;
}

static int run_process(const struct parsed *parsed)
{
    const char *descriptor = parsed_text(parsed, "status-fd");
    int64_t fd = -1;

    if (!descriptor || !nbt_parse_int(descriptor, &fd) || fd > 65535) {
        say(stderr, "nbkatib: error: --spec needs --status-fd N, an open descriptor\n");
        return EXIT_USAGE;
    }
    return service_trial_main(parsed_text(parsed, "spec"), (int)fd);
}

static int run_notebook(const struct parsed *parsed)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *result = NULL;
    auto_json json_t *problems = NULL;
    int cancel_fd = signals_catch(&err);
    struct service_trial trial = trial_from(parsed);

    trial.cancel_fd = cancel_fd;
    trial.on_event = on_event;
    trial.self = (void *)parsed;
    if (cancel_fd < 0 || service_trial(&result, &problems, &trial, &err) < 0)
        return fail(parsed, &err, problems);
    say_problems(parsed->positionals[0], problems, false);
    return tell(parsed, result);
}

int cmd_trial(const struct parsed *parsed)
{
    if (parsed_text(parsed, "spec"))
        return run_process(parsed);
    if (parsed_text(parsed, "job"))
        return service_job_main(parsed_text(parsed, "job"));
    if (!parsed->positionals[0]) {
        say(stderr, "nbkatib: error: 'trial' needs NOTEBOOK; see 'nbkatib trial --help'\n");
        return EXIT_USAGE;
    }
    return run_notebook(parsed);
}
