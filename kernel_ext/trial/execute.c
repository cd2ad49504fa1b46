#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "trial/observe.h"
#include "trial/run.h"

static const struct plan_entry *current(const struct run *run)
{
    return &run->plan.entries[run->entry];
}

/* ---- What the kernel says while a cell runs ---- */

static void note_moment(struct executed_cell *moments, const struct client_message *message)
{
    const char *state = json_string_value(json_object_get(message->content, "execution_state"));
    if (strcmp(message->type, "execute_input") == 0)
        moments->input_us = message->received_us;
    else if (strcmp(message->type, "status") == 0 && state != NULL && strcmp(state, "busy") == 0 &&
             moments->busy_us == 0)
        moments->busy_us = message->received_us;
}

static void hear_stream(struct run *run, size_t entry, const json_t *content)
{
    const json_t *text = json_object_get(content, "text");
    const char *name = json_string_value(json_object_get(content, "name"));
    if (!json_is_string(text))
        return;
    record_output(&run->record, json_string_value(text), json_string_length(text));
    if (run->reports != NULL && !run->plan.entries[entry].metrics)
        reports_text(run->reports, name == NULL ? "stdout" : name, json_string_value(text),
                     json_string_length(text));
}

static void on_message(void *self, const struct client_message *message)
{
    struct run *run = self;
    struct nbt_error ignored = NBT_ERROR_INIT;
    size_t entry = outputs_message(run->outputs, message);
    note_moment(&run->moments, message);
    if (strcmp(message->type, "stream") == 0)
        hear_stream(run, entry, message->content);
    /* The last save reports; a full disk in between may be over by then. */
    if (executed_save(run->executed, false, &ignored) < 0)
        nbt_error_clear(&ignored);
}

/* ---- One request ---- */

static int64_t cell_timeout_ms(const struct run *run, bool *ret_is_trials)
{
    int64_t cell = run->options->cell_timeout_s > 0 ? run->options->cell_timeout_s * 1000 : -1;
    int64_t left = clock_left_ms(run->deadline_ms);
    *ret_is_trials = left >= 0 && (cell < 0 || left <= cell);
    return *ret_is_trials ? left : cell;
}

static void announce(struct run *run)
{
    const struct plan_entry *entry = current(run);
    run->moments = (struct executed_cell){.status = "running", .count = -1};
    executed_mark(run->executed, run->entry, &run->moments);
    outputs_begin(run->outputs, run->entry);
    if (entry->injected != NULL) {
        record_log(&run->record, "injected after cell %d:\n%s", entry->cell, entry->injected);
        return;
    }
    run->started_cells++;
    record_log(&run->record, "cell %d (%s), %d of %d", entry->cell, entry->label,
               run->started_cells, run->plan.cells);
    record_event(&run->record, json_pack("{s:s, s:s, s:i, s:i, s:i}", "event", "step", "step",
                                         entry->label, "cell", entry->cell, "cells",
                                         run->plan.cells, "run", run->started_cells));
}

/* "executed" keeps the moments as they were heard, the reply's own where there was one. */
static void conclude(struct run *run, const char *status, const struct client_reply *reply,
                     int64_t begin_us)
{
    struct executed_cell *moments = &run->moments;
    moments->status = status;
    moments->seconds = (double)(clock_monotonic_us() - begin_us) / 1e6;
    if (reply != NULL) {
        moments->count = reply->execution_count;
        moments->busy_us = reply->busy_us;
        moments->input_us = reply->input_us;
        moments->reply_us = reply->reply_us;
        moments->idle_us = reply->idle_us;
    }
    executed_mark(run->executed, run->entry, moments);
    if (run->reports != NULL)
        reports_flush(run->reports);
}

/* ---- Failures ---- */

static const char *text_of(const json_t *content, const char *key)
{
    const char *text = json_string_value(json_object_get(content, key));
    return text == NULL ? "" : text;
}

/* R ends its messages with a newline. */
static char *printable_of(const json_t *content, const char *key)
{
    const char *text = text_of(content, key);
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    auto_free char *trimmed = strndup(text, length);
    return trimmed == NULL ? NULL : file_printable(trimmed);
}

/* The number after an arrow ("----> 3 x = 1/0") in IPython's first frame, which is the cell's;
 * SyntaxError says "line 3". */
static int line_in(const char *frame)
{
    const char *at = strstr(frame, "-> ");
    if (at == NULL)
        at = strstr(frame, "line ");
    for (; at != NULL && *at != '\0' && *at != '\n' && !isdigit((unsigned char)*at); at++)
        if (*at == '\033')
            at += strcspn(at, "m");
    int line = 0;
    for (; at != NULL && isdigit((unsigned char)*at) && line < 100000; at++)
        line = 10 * line + (*at - '0');
    return line;
}

static int line_of_failure(const json_t *content)
{
    size_t i;
    const json_t *frame;
    json_array_foreach(json_object_get(content, "traceback"), i, frame)
    {
        int line = json_is_string(frame) ? line_in(json_string_value(frame)) : 0;
        if (line > 0)
            return line;
    }
    return 0;
}

static void describe(const struct run *run, const json_t *content, struct nbt_error *why)
{
    auto_free char *name = printable_of(content, "ename");
    auto_free char *value = printable_of(content, "evalue");
    bool traced = current(run)->injected == NULL && strstr(run->notebook->language, "python");
    int line = traced ? line_of_failure(content) : 0;
    char at[24] = "";
    if (line > 0)
        snprintf(at, sizeof at, ", line %d,", line);
    if (name == NULL || name[0] == '\0')
        nbt_error_set(why, NBT_EINVAL, "cell %d (%s) did not complete: the kernel says \"%s\"",
                      current(run)->cell, current(run)->label, text_of(content, "status"));
    else
        nbt_error_set(why, NBT_EINVAL, "cell %d (%s)%s failed: %s: %s", current(run)->cell,
                      current(run)->label, at, name, value == NULL ? "" : value);
    nbt_error_at(why, current(run)->cell, line, 0);
}

static void asked_for_input(struct run *run)
{
    struct nbt_error why = NBT_ERROR_INIT;
    nbt_error_set(
        &why, NBT_EUNSUPPORTED,
        "cell %d (%s) asks for input, and nobody can answer in a trial; use a parameter instead",
        current(run)->cell, current(run)->label);
    nbt_error_at(&why, current(run)->cell, 0, 0);
    run_fail(run, TRIAL_FAILED, "InputRequested", &why);
}

/* sys.exit() and sys.exit(0) end a notebook early without an error, as for papermill. */
static bool is_exit(const json_t *content)
{
    const char *value = text_of(content, "evalue");
    return strcmp(text_of(content, "ename"), "SystemExit") == 0 &&
           (value[0] == '\0' || strcmp(value, "0") == 0 || strcmp(value, "None") == 0);
}

static enum run_next raised(struct run *run, const json_t *content)
{
    struct nbt_error why = NBT_ERROR_INIT;
    if (current(run)->may_fail)
        return RUN_GO_ON;
    if (is_exit(content)) {
        run->ended_itself = true;
        return RUN_STOP;
    }
    if (strcmp(text_of(content, "ename"), "StdinNotImplementedError") == 0) {
        asked_for_input(run);
        return RUN_STOP;
    }
    describe(run, content, &why);
    run_fail(run, TRIAL_FAILED, "CellFailed", &why);
    return RUN_STOP;
}

/* exit() and quit() in IPython: the reply is "ok", the kernel ends after it. */
static bool asks_exit(const json_t *content)
{
    size_t i;
    const json_t *payload;
    json_array_foreach(json_object_get(content, "payload"), i, payload)
    {
        const char *source = json_string_value(json_object_get(payload, "source"));
        if (source != NULL && strcmp(source, "ask_exit") == 0)
            return true;
    }
    return false;
}

/* ---- Requests that did not come to an end ---- */

static void timed_out(struct run *run, bool is_trials, struct nbt_error *why)
{
    struct nbt_error text = NBT_ERROR_INIT;
    long long seconds = is_trials ? run->options->trial_timeout_s : run->options->cell_timeout_s;
    nbt_error_set(&text, NBT_ETIMEOUT,
                  "cell %d (%s) was stopped: the %s's limit of %lld s is over; raise it or do less",
                  current(run)->cell, current(run)->label, is_trials ? "trial" : "cell", seconds);
    *why = text;
}

struct broken {
    int code;
    const char *status, *reason;
    enum trial_state state;
};

static const struct broken broken_table[] = {
    {NBT_ETIMEOUT, "timeout", "CellTimeout", TRIAL_FAILED},
    {NBT_EDIED, "died", "KernelDied", TRIAL_FAILED},
    {NBT_ECANCELED, "interrupted", "Killed", TRIAL_KILLED},
    {NBT_EUNSUPPORTED, "failed", "InputRequested", TRIAL_FAILED},
    {0, "failed", "KernelError", TRIAL_FAILED},
};

static const struct broken *broken_by(int code)
{
    const struct broken *row = broken_table;
    while (row->code != 0 && row->code != code)
        row++;
    return row;
}

static void broke(struct run *run, int code, bool is_trials, int64_t begin_us,
                  struct nbt_error *why)
{
    const struct broken *row = broken_by(code);
    const char *reason = code == NBT_ETIMEOUT && is_trials ? "TrialTimeout" : row->reason;
    if (code == NBT_ETIMEOUT)
        timed_out(run, is_trials, why);
    else if (code == NBT_EDIED)
        nbt_error_prefix(why, "cell %d (%s)", current(run)->cell, current(run)->label);
    nbt_error_at(why, current(run)->cell, 0, 0);
    outputs_error(run->outputs, run->entry, reason, why->text);
    conclude(run, row->status, NULL, begin_us);
    if (code == NBT_EUNSUPPORTED)
        asked_for_input(run);
    else
        run_fail(run, row->state, reason, why);
}

/* ---- Metrics ---- */

static void took(struct run *run, size_t metric, int code, double value,
                 const struct nbt_error *why)
{
    const char *objective = run->options->objective;
    const char *name = run->notebook->metrics[metric].name;
    if (code == 0) {
        run->read[metric] = true;
        record_value(&run->record, metric, value, clock_realtime_us());
    } else if (code == NBT_EINVAL) {
        run_fail(run, TRIAL_FAILED, "MetricInvalid", why);
    } else {
        record_warning(&run->record, why->cell, "%s", why->text);
        if (run->missing.code == 0 && (objective == NULL || strcmp(objective, name) == 0))
            run->missing = *why;
    }
}

/* A kernel without user_expressions prints the answer; that output is nobody's. */
static void on_answer(void *self, const struct client_message *message)
{
    struct buf *answer = self;
    const char *text = json_string_value(json_object_get(message->content, "text"));
    if (strcmp(message->type, "stream") == 0 && text != NULL)
        buf_puts(answer, text);
}

static void read_by_code(struct run *run, size_t index)
{
    const struct nbt_metric *metric = &run->notebook->metrics[index];
    struct nbt_error why = NBT_ERROR_INIT;
    struct client_reply reply = {0};
    double value = 0;
    bool is_trials;
    auto_free char *code_text = observe_code(metric);
    CLEANUP(buf_fini) struct buf answer = buf_init((size_t)64 << 10);
    struct client_request request = {.code = code_text == NULL ? "" : code_text,
                                     .timeout_ms = cell_timeout_ms(run, &is_trials),
                                     .on_message = on_answer,
                                     .self = &answer};
    int code = client_execute(run->client, &request, &reply, &why);
    if (code == 0 && reply.ok) {
        code = observe_parse(metric, buf_text(&answer), &value, &why);
    } else if (code == 0) {
        auto_free char *found = printable_of(reply.content, "evalue");
        code = observe_undefined(metric, found == NULL ? "" : found, &why);
    }
    client_reply_fini(&reply);
    took(run, index, code, value, &why);
}

static void read_from_reply(struct run *run, size_t index, const json_t *content)
{
    struct nbt_error why = NBT_ERROR_INIT;
    double value = 0;
    int code = observe_value(&run->notebook->metrics[index], content, &value, &why);
    took(run, index, code, value, &why);
}

static void read_metrics(struct run *run, const json_t *expressions, const json_t *content)
{
    for (size_t i = 0; i < run->notebook->n_metrics; i++) {
        if (run->notebook->metrics[i].cell != current(run)->cell)
            continue;
        if (expressions == NULL)
            read_by_code(run, i);
        else
            read_from_reply(run, i, content);
    }
}

/* ---- The entry ---- */

static enum run_next replied(struct run *run, const struct client_reply *reply,
                             const json_t *expressions, int64_t begin_us)
{
    conclude(run, reply->ok ? "completed" : "failed", reply, begin_us);
    enum run_next next = reply->ok ? RUN_GO_ON : raised(run, reply->content);
    if (current(run)->metrics && reply->ok)
        read_metrics(run, expressions, reply->content);
    if (reply->ok && asks_exit(reply->content)) {
        run->ended_itself = true;
        next = RUN_STOP;
    }
    return run->over ? RUN_STOP : next;
}

enum run_next run_entry(struct run *run, size_t entry)
{
    struct nbt_error why = NBT_ERROR_INIT;
    struct client_reply reply = {0};
    bool is_trials;
    enum run_next next = RUN_STOP;
    run->entry = entry;
    announce(run);
    int64_t begin_us = clock_monotonic_us();
    auto_json json_t *expressions =
        current(run)->metrics ? observe_expressions(run->notebook, current(run)->cell) : NULL;
    struct client_request request = {.code = current(run)->source,
                                     .user_expressions = expressions,
                                     .timeout_ms = cell_timeout_ms(run, &is_trials),
                                     .on_message = on_message,
                                     .self = run};
    int code = client_execute(run->client, &request, &reply, &why);
    if (code == 0)
        next = replied(run, &reply, expressions, begin_us);
    else
        broke(run, code, is_trials, begin_us, &why);
    client_reply_fini(&reply);
    return next;
}
