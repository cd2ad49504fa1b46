#include "service/outcome.h"

#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "service/service.h"
#include "service/text.h"
#include "service/values.h"

static const json_t *status_of(const json_t *show)
{
    return json_object_get(json_object_get(show, "experiment"), "status");
}

const json_t *outcome_best(const json_t *show)
{
    const json_t *optimal = json_object_get(status_of(show), "currentOptimalTrial");

    return text_of(optimal, "bestTrialName")[0] ? optimal : NULL;
}

char *outcome_notebook(const json_t *show, const json_t *optimal)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    char *path = NULL;

    if (service_file(&path, text_of(show, "name"), text_of(optimal, "bestTrialName"),
                     "executed.ipynb", &ignored) < 0)
        return NULL;
    return path;
}

/* The condition that ended it says why. */
const json_t *outcome_condition(const json_t *show)
{
    const json_t *conditions = json_object_get(status_of(show), "conditions");
    size_t n = json_array_size(conditions);

    return n ? json_array_get(conditions, n - 1) : NULL;
}

void put_plan(struct buf *out, const json_t *result)
{
    const json_t *document = json_object_get(result, "experiment");
    const json_t *spec = json_object_get(document, "spec");
    const json_t *objective = json_object_get(spec, "objective");
    size_t i;
    json_t *row;

    buf_printf(out, "%s would run: ", text_of(json_object_get(document, "metadata"), "name"));
    if (number_of(spec, "maxTrialCount") > 0)
        buf_printf(out, "%.0f trials, ", number_of(spec, "maxTrialCount"));
    buf_printf(out, "%.0f in parallel, ", number_of(spec, "parallelTrialCount"));
    put_algorithm(out, text_of(json_object_get(spec, "algorithm"), "algorithmName"),
                  text_of(result, "resolvedAlgorithm"));
    buf_printf(out, ", %s %s", text_of(objective, "type"),
               text_of(objective, "objectiveMetricName"));
    json_array_foreach(json_object_get(spec, "parameters"), i, row)
    {
        buf_printf(out, "\n  %s  ", text_of(row, "name"));
        put_range(out, row);
    }
}

static void put_row(struct buf *out, const char *name, const char *value)
{
    auto_free char *shown_name = file_printable(name);
    auto_free char *shown = file_printable(value);

    buf_puts(out, "  ");
    text_pad(out, shown_name ? shown_name : "?", 20);
    buf_printf(out, "  %s\n", shown ? shown : "?");
}

static void put_best(struct buf *out, const json_t *show, const json_t *optimal, const char *apply)
{
    auto_free char *notebook = outcome_notebook(show, optimal);
    auto_free char *shown = notebook ? file_printable(notebook) : NULL;
    size_t i;
    json_t *row;

    buf_printf(out, "best trial  %s\n", text_of(optimal, "bestTrialName"));
    json_array_foreach(json_object_get(optimal, "parameterAssignments"), i, row)
        put_row(out, text_of(row, "name"), text_of(row, "value"));
    buf_puts(out, "metrics\n");
    json_array_foreach(json_object_get(json_object_get(optimal, "observation"), "metrics"), i, row)
    {
        CLEANUP(buf_fini) struct buf value = buf_init(8192);
        put_value(&value, json_object_get(row, "latest"));
        put_row(out, text_of(row, "name"), buf_text(&value));
    }
    if (shown)
        buf_printf(out, "notebook    %s\n", shown);
    buf_printf(out, "apply with  %s\n", apply);
}

/* Where nothing succeeded, the newest failure and the way to see more of it. */
static void put_failure(struct buf *out, const json_t *show)
{
    const json_t *failed = NULL;
    size_t i;
    json_t *trial;

    json_array_foreach(json_object_get(show, "trials"), i, trial)
    {
        if (text_of(trial, "message")[0] && strcmp(text_of(trial, "state"), "Killed") != 0)
            failed = trial;
    }
    if (!failed)
        return;
    auto_free char *message = file_printable(text_of(failed, "message"));
    const char *name = text_short_trial(text_of(show, "name"), text_of(failed, "name"));
    buf_printf(out, "last error  %s  %s: %s\n", name, text_of(failed, "reason"),
               message ? message : "?");
    buf_printf(out, "look with   nbkatib logs %s %s\n", text_of(show, "name"), name);
}

void outcome_line(struct buf *out, const json_t *show)
{
    const json_t *status = status_of(show);
    double budget =
        number_of(json_object_get(json_object_get(show, "experiment"), "spec"), "maxTrialCount");
    auto_free char *message = file_printable(text_of(outcome_condition(show), "message"));

    buf_printf(out, "%s  %s: %.0f of %.0f trials succeeded, %.0f failed", text_of(show, "name"),
               text_of(show, "state"), number_of(status, "trialsSucceeded"),
               budget > 0 ? budget : number_of(status, "trials"),
               number_of(status, "trialsFailed"));
    if (message && message[0])
        buf_printf(out, " (%s)", message);
}

void outcome_text(struct buf *out, const json_t *show, const char *apply)
{
    const char *state = text_of(show, "state");

    outcome_line(out, show);
    buf_putc(out, '\n');
    if (outcome_best(show))
        put_best(out, show, outcome_best(show), apply);
    else
        put_failure(out, show);
    if (strcmp(state, "Interrupted") == 0 || strcmp(state, "Stopped") == 0)
        buf_printf(out, "go on with  nbkatib resume %s\n", text_of(show, "name"));
}
