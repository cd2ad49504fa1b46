/* The table of trials, errors with their tracebacks, settings, and the Experiment's YAML. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "nbtags/number.h"
#include "service/html.h"
#include "service/internal.h"
#include "service/report.h"
#include "service/values.h"

#define ROWS_MAX       10000
#define ERRORS_MAX     200
#define TRACEBACKS_MAX 30

static void put_heads(const struct report *report)
{
    struct buf *out = report->out;
    const json_t *spec = json_object_get(json_object_get(report->show, "experiment"), "spec");
    size_t i;
    json_t *row;

    buf_puts(out, "<thead><tr><th scope=\"col\" aria-sort=\"ascending\">Number</th>"
                  "<th scope=\"col\">Trial</th><th scope=\"col\">State</th>");
    for (i = 0; i < report->spec.n_metrics; i++)
        html_element(out, "th", " scope=\"col\"", report->spec.metrics[i].name);
    json_array_foreach(json_object_get(spec, "parameters"), i, row)
        html_element(out, "th", " scope=\"col\"", text_of(row, "name"));
    buf_puts(out, "<th scope=\"col\">Seconds</th><th scope=\"col\">Started</th></tr></thead>\n");
}

/* Rounded for the eye, exact for sorting and on hovering. */
static void put_cell(struct buf *out, const char *value)
{
    double number;

    if (!nbt_parse_double(value, &number)) {
        html_element(out, "td", " class=\"text\"", value[0] ? value : "-");
        return;
    }
    buf_puts(out, "<td class=\"number\" data-sort=\"");
    html_text(out, value);
    buf_puts(out, "\" title=\"");
    html_text(out, value);
    buf_puts(out, "\">");
    html_number(out, value);
    buf_puts(out, "</td>");
}

static const char *assignment_of(const json_t *trial, const char *name)
{
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(trial, "assignments"), i, row)
    {
        if (strcmp(text_of(row, "name"), name) == 0)
            return text_of(row, "value");
    }
    return "";
}

static bool failed(const json_t *trial)
{
    const char *state = text_of(trial, "state");

    return strcmp(state, "Failed") == 0 || strcmp(state, "MetricsUnavailable") == 0;
}

static void put_name(const struct report *report, const json_t *trial)
{
    struct buf *out = report->out;
    const char *name = report_trial(report, text_of(trial, "name"));
    const char *state = text_of(trial, "state");

    html_element(out, "td", "", name);
    buf_puts(out, "<td><span class=\"state ");
    html_text(out, state);
    buf_puts(out, "\">");
    html_text(out, state);
    buf_puts(out, "</span>");
    if (failed(trial)) {
        buf_puts(out, " <a href=\"#error-");
        html_text(out, name);
        buf_puts(out, "\">why</a>");
    }
    buf_puts(out, "</td>");
}

static void put_values(const struct report *report, const json_t *trial)
{
    const json_t *spec = json_object_get(json_object_get(report->show, "experiment"), "spec");
    const json_t *observation = json_object_get(trial, "observation");
    size_t i;
    json_t *row;

    for (i = 0; i < report->spec.n_metrics; i++)
        put_cell(report->out, report_metric(report, observation, i));
    json_array_foreach(json_object_get(spec, "parameters"), i, row)
        put_cell(report->out, assignment_of(trial, text_of(row, "name")));
}

static void put_row(const struct report *report, const json_t *trial)
{
    struct buf *out = report->out;
    const json_t *status = json_object_get(json_object_get(report->show, "experiment"), "status");
    const char *best = text_of(json_object_get(status, "currentOptimalTrial"), "bestTrialName");
    const char *name = text_of(trial, "name");

    buf_puts(out, "<tr id=\"trial-");
    html_text(out, report_trial(report, name));
    buf_printf(out, "\"%s><td class=\"number\">%lld</td>",
               best[0] && strcmp(best, name) == 0 ? " class=\"best\"" : "",
               (long long)json_integer_value(json_object_get(trial, "index")) + 1);
    put_name(report, trial);
    put_values(report, trial);
    buf_printf(out, "<td class=\"number\">%.1f</td>",
               json_number_value(json_object_get(trial, "seconds")));
    html_element(out, "td", "", text_of(trial, "startTime"));
    buf_puts(out, "</tr>\n");
}

void report_trials(const struct report *report)
{
    struct buf *out = report->out;
    const json_t *trials = json_object_get(report->show, "trials");
    size_t i;
    json_t *trial;

    buf_puts(out, "<section id=\"trials\">\n<h2>Trials</h2>\n");
    if (json_array_size(trials) > ROWS_MAX)
        buf_printf(out, "<p>The first %d of %zu trials; 'nbkatib show --json' has all.</p>\n",
                   ROWS_MAX, json_array_size(trials));
    buf_puts(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Trials\">"
                  "<table class=\"sortable\">\n");
    put_heads(report);
    buf_puts(out, "<tbody>\n");
    json_array_foreach(trials, i, trial)
    {
        if (i < ROWS_MAX)
            put_row(report, trial);
    }
    buf_puts(out, "</tbody>\n</table></div>\n</section>\n");
}

static void put_error(const struct report *report, const json_t *trial, bool traced)
{
    struct buf *out = report->out;
    const char *name = report_trial(report, text_of(trial, "name"));
    auto_free char *traceback =
        traced ? report_traceback(text_of(report->show, "name"), text_of(trial, "name"))
               : NULL;

    buf_puts(out, "<details id=\"error-");
    html_text(out, name);
    buf_puts(out, "\"><summary>Trial <a href=\"#trial-");
    html_text(out, name);
    buf_puts(out, "\">");
    html_text(out, name);
    buf_puts(out, "</a>: ");
    html_text(out, text_of(trial, "message"));
    buf_puts(out, "</summary>\n");
    if (traceback)
        html_element(out, "pre", " tabindex=\"0\"", traceback);
    buf_puts(out, "<p class=\"quiet\">Its files: <code>");
    html_text(out, text_of(trial, "folder"));
    buf_puts(out, "</code></p></details>\n");
}

static size_t put_failed(const struct report *report)
{
    size_t i, count = 0;
    json_t *trial;

    json_array_foreach(json_object_get(report->show, "trials"), i, trial)
    {
        if (!failed(trial))
            continue;
        if (count < ERRORS_MAX)
            put_error(report, trial, count < TRACEBACKS_MAX);
        count++;
    }
    return count;
}

void report_errors(const struct report *report)
{
    struct buf *out = report->out;
    const json_t *warnings = json_object_get(report->show, "warnings");
    size_t i;
    json_t *row;

    buf_puts(out, "<section id=\"errors\">\n<h2>Errors and warnings</h2>\n");
    size_t count = put_failed(report);
    if (count > ERRORS_MAX)
        buf_printf(out, "<p>%zu more trials failed; 'nbkatib show' tells why.</p>\n",
                   count - ERRORS_MAX);
    json_array_foreach(warnings, i, row)
        html_element(out, "p", "", json_is_string(row) ? json_string_value(row) : "");
    if (count == 0 && json_array_size(warnings) == 0)
        buf_puts(out, "<p>None.</p>\n");
    buf_puts(out, "</section>\n");
}

static void put_setting(struct buf *out, const char *name, const json_t *value)
{
    auto_free char *json = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    const char *text = json_string_value(value);

    html_element(out, "dt", "", name);
    html_element(out, "dd", "", text ? text : json ? json : "");
}

static void put_settings(const struct report *report)
{
    const json_t *document = json_object_get(report->show, "experiment");
    const json_t *spec = json_object_get(document, "spec");
    const char *annotations[] = {EXPERIMENT_KERNEL, EXPERIMENT_SEED, EXPERIMENT_NOTEBOOK_SHA256};
    const char *const counts[] = {"parallelTrialCount", "maxTrialCount", "maxFailedTrialCount",
                                  "resumePolicy"};
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_json json_t *settings = NULL;
    const char *key;
    json_t *value;

    for (size_t i = 0; i < COUNT_OF(annotations); i++) {
        const char *text = experiment_annotation(document, annotations[i]);
        html_element(report->out, "dt", "", strchr(annotations[i], '/') + 1);
        html_element(report->out, "dd", "", text ? text : "-");
    }
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        if (json_object_get(spec, counts[i]))
            put_setting(report->out, counts[i], json_object_get(spec, counts[i]));
    }
    if (settings_load(&settings, document, &ignored) < 0)
        return;
    json_object_foreach(settings, key, value) put_setting(report->out, key, value);
}

void report_settings(const struct report *report)
{
    struct buf *out = report->out;
    struct nbt_error why = NBT_ERROR_INIT;
    auto_free char *yaml = NULL;

    buf_puts(out, "<section id=\"settings\">\n<h2>Run settings</h2>\n<dl>\n");
    put_settings(report);
    buf_puts(out, "</dl>\n</section>\n<section id=\"document\">\n<h2>Experiment</h2>\n"
                  "<details><summary>The document as YAML, with its status</summary>\n");
    int result = service_yaml(&yaml, json_object_get(report->show, "experiment"), &why);
    html_element(out, "pre", " tabindex=\"0\"", result < 0 ? why.text : yaml);
    buf_puts(out, "</details>\n</section>\n");
}
