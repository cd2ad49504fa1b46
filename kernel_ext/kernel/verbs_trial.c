/* trial: one notebook run once, here, with one display that is updated while it runs. */
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "kernel/bundle.h"
#include "kernel/verbs.h"
#include "service/text.h"
#include "service/values.h"

#define UPDATE_MS  250
#define LINE_BYTES ((size_t)64 << 10)

struct run {
    struct cell *cell;
    const char *notebook;
    char display[CELL_DISPLAY_MAX];
    bool quiet, shown;
    int64_t began_ms, shown_ms;
    double cells, ran;
    struct buf step;   /* the one that runs */
    struct buf report; /* the latest metric */
};

/* ---- while it runs ---- */

static void put_state(struct buf *out, const struct run *run)
{
    char elapsed[TEXT_DURATION_MAX];
    auto_free char *notebook = file_printable(run->notebook);

    text_duration(elapsed, (double)(clock_monotonic_ms() - run->began_ms) / 1000);
    buf_printf(out, "%s  cell %.0f of %.0f  %s  %s", notebook ? notebook : "?", run->ran,
               run->cells, buf_text(&run->step), elapsed);
}

static json_t *picture(const struct run *run)
{
    CLEANUP(buf_fini) struct buf text = buf_init(2 * LINE_BYTES);
    CLEANUP(buf_fini) struct buf html = buf_init(BUNDLE_MAX);

    put_state(&text, run);
    buf_printf(&html, "<p><progress max=\"%.0f\" value=\"%.0f\"></progress> ", run->cells,
               run->ran);
    html_text(&html, buf_text(&text));
    buf_puts(&html, "<br>");
    html_text(&html, buf_text(&run->report));
    buf_puts(&html, "</p>");
    buf_printf(&text, "\n%s", buf_text(&run->report));
    return bundle_html(buf_text(&text), buf_text(&html));
}

static void show(struct run *run)
{
    if (run->quiet)
        return;
    cell_display(run->cell, run->display, run->shown, picture(run));
    run->shown = true;
    run->shown_ms = clock_monotonic_ms();
}

static void on_step(struct run *run, const json_t *event)
{
    run->cells = number_of(event, "cells");
    run->ran = number_of(event, "run");
    buf_clear(&run->step);
    put_step(&run->step, event);
    show(run);
}

/* A loop can report by the thousand. */
static void on_report(struct run *run, const json_t *event)
{
    buf_clear(&run->report);
    buf_printf(&run->report, "%s=", text_of(event, "metric"));
    put_value(&run->report, json_object_get(event, "value"));
    if (clock_monotonic_ms() - run->shown_ms >= UPDATE_MS)
        show(run);
}

static void on_warning(struct run *run, const json_t *event)
{
    CLEANUP(buf_fini) struct buf line = buf_init(LINE_BYTES);
    auto_free char *text = file_printable(text_of(event, "text"));

    buf_printf(&line, "warning: %s\n", text ? text : "?");
    cell_stream(run->cell, "stderr", buf_text(&line));
}

static void on_event(void *self, const json_t *event)
{
    static const struct {
        const char *kind;
        void (*tell)(struct run *run, const json_t *event);
    } rows[] = {{"step", on_step}, {"report", on_report}, {"warning", on_warning}};
    const char *kind = text_of(event, "event");

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (strcmp(kind, rows[i].kind) == 0)
            rows[i].tell(self, event);
    }
}

/* ---- what it came to ---- */

static void add_metrics(struct table *table, const json_t *result)
{
    size_t i;
    json_t *metric;

    json_array_foreach(json_object_get(result, "metrics"), i, metric)
    {
        const json_t *last = last_value(metric);
        CLEANUP(buf_fini) struct buf value = buf_init(256);
        put_value(&value, last);
        if (last)
            table_add(table, (const char *const[]){text_of(metric, "name"), buf_text(&value)});
    }
}

static json_t *ended(const json_t *result)
{
    CLEANUP(table_fini) struct table table = {.heads = {"TRIAL", "VALUE"}};
    CLEANUP(buf_fini) struct buf notebook = buf_init(LINE_BYTES);
    auto_free char *output = file_printable(text_of(result, "output"));
    char took[TEXT_DURATION_MAX];

    text_duration(took, number_of(result, "seconds"));
    buf_printf(&notebook, "%s/executed.ipynb", output ? output : "?");
    table_add(&table, (const char *const[]){"state", text_of(result, "state")});
    table_add(&table, (const char *const[]){"took", took});
    add_metrics(&table, result);
    table_add(&table, (const char *const[]){"notebook", buf_text(&notebook)});
    return bundle_table(&table);
}

static int outcome(const json_t *result, struct nbt_error *err)
{
    const char *state = text_of(result, "state");

    if (strcmp(state, "Succeeded") == 0)
        return 0;
    if (strcmp(state, "Killed") == 0)
        return nbt_error_set(err, NBT_ECANCELED, "interrupted; %s/executed.ipynb has what ran",
                             text_of(result, "output"));
    return nbt_error_set(err, NBT_ESTATE, "the trial ended as %s: %s: %s", state,
                         text_of(result, "reason"), text_of(result, "message"));
}

static int run_notebook(struct cell *cell, const struct parsed *parsed, struct run *run,
                        struct nbt_error *err)
{
    struct service_trial trial = trial_from(parsed);
    auto_json json_t *result = NULL;
    auto_json json_t *problems = NULL;

    trial.cancel_fd = cell_cancel_fd(cell);
    trial.on_event = on_event;
    trial.self = run;
    int code = service_trial(&result, &problems, &trial, err);
    if (code < 0) {
        cell_problems(cell, trial.notebook, problems);
        return code;
    }
    if (run->shown)
        show(run);
    verb_warn(cell, trial.notebook, problems, false);
    cell_result(cell, parsed_flag(parsed, "json") ? bundle_json(result) : ended(result));
    return outcome(result, err);
}

int verb_trial(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    struct run run = {.cell = cell,
                      .notebook = parsed->positionals[0],
                      .quiet = parsed_flag(parsed, "quiet"),
                      .began_ms = clock_monotonic_ms(),
                      .step = buf_init(LINE_BYTES),
                      .report = buf_init(LINE_BYTES)};

    if (parsed_text(parsed, "spec") || parsed_text(parsed, "status-fd"))
        return nbt_error_set(err, NBT_EUNSUPPORTED,
                             "--spec and --status-fd are for processes that engines start");
    if (!run.notebook)
        return nbt_error_set(err, NBT_EINVAL, "'trial' needs NOTEBOOK; 'help trial' tells more");
    cell_display_id(cell, run.display);
    int code = run_notebook(cell, parsed, &run, err);
    buf_fini(&run.step);
    buf_fini(&run.report);
    return code;
}
