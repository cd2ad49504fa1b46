/* The top of the page: state, objective, best trial, counts; and the places where charts are drawn.
 */
#include <string.h>

#include "base/clock.h"
#include "nbtags/number.h"
#include "service/assets.h"
#include "service/html.h"
#include "service/report.h"
#include "service/values.h"

static const json_t *status_of(const struct report *report)
{
    return json_object_get(json_object_get(report->show, "experiment"), "status");
}

static void put_state(struct buf *out, const char *state)
{
    buf_puts(out, "<span class=\"state ");
    html_text(out, state);
    buf_puts(out, "\">");
    html_text(out, state);
    buf_puts(out, "</span>");
}

static void put_header(const struct report *report)
{
    struct buf *out = report->out;
    const json_t *conditions = json_object_get(status_of(report), "conditions");
    const json_t *last = json_array_get(conditions, json_array_size(conditions) - 1);
    char now[CLOCK_TEXT_MAX];

    clock_rfc3339_seconds(now, clock_realtime_us());
    buf_puts(out, "<header>\n");
    html_element(out, "h1", "", text_of(report->show, "name"));
    buf_puts(out, "<p>");
    put_state(out, text_of(report->show, "state"));
    buf_puts(out, " ");
    html_text(out, text_of(report->show, "message")[0] ? text_of(report->show, "message")
                                                           : text_of(last, "message"));
    buf_printf(out, "</p>\n<p>Written by nbkatib on <time>%s</time>", now);
    if (text_of(report->show, "notebook")[0]) {
        buf_puts(out, " for ");
        html_element(out, "code", "", text_of(report->show, "notebook"));
    }
    buf_puts(out, "</p>\n<nav aria-label=\"Sections\"><ul>"
                  "<li><a href=\"#charts-section\">Charts</a></li>"
                  "<li><a href=\"#trials\">Trials</a></li>"
                  "<li><a href=\"#errors\">Errors</a></li>"
                  "<li><a href=\"#settings\">Settings</a></li>"
                  "<li><a href=\"#document\">Experiment</a></li></ul></nav>\n</header>\n");
}

static void put_fact(struct buf *out, const char *name, const char *value)
{
    if (!value[0])
        return;
    html_element(out, "dt", "", name);
    buf_puts(out, "<dd>");
    html_number(out, value);
    buf_puts(out, "</dd>\n");
}

static void put_count(struct buf *out, const char *name, const json_t *status, const char *key)
{
    char text[NBT_NUMBER_MAX];

    nbt_format_int(text, json_integer_value(json_object_get(status, key)));
    put_fact(out, name, text);
}

static void put_best(const struct report *report, const json_t *best)
{
    struct buf *out = report->out;
    const char *name = text_of(best, "bestTrialName");
    size_t i;
    json_t *row;

    html_element(out, "p", " class=\"quiet\"", report->spec.metrics[0].name);
    buf_puts(out, "<p class=\"big\">");
    html_number(out, report_metric(report, json_object_get(best, "observation"), 0));
    buf_puts(out, "</p>\n<p>of trial <a href=\"#trial-");
    html_text(out, report_trial(report, name));
    buf_puts(out, "\">");
    html_text(out, report_trial(report, name));
    buf_puts(out, "</a></p>\n<dl>\n");
    json_array_foreach(json_object_get(best, "parameterAssignments"), i, row)
    {
        html_element(out, "dt", "", text_of(row, "name"));
        html_element(out, "dd", "", text_of(row, "value"));
    }
    buf_puts(out, "</dl>\n");
    if (!report->apply[0])
        return;
    buf_puts(out, "<div class=\"command\">");
    html_element(out, "pre", " id=\"apply\" tabindex=\"0\"", report->apply);
    buf_puts(out, "<button type=\"button\" data-copy=\"apply\" hidden>Copy</button></div>\n");
}

static void put_objective(const struct report *report)
{
    struct buf *out = report->out;
    char goal[NBT_NUMBER_MAX] = "";

    if (report->spec.has_goal)
        nbt_format_double(goal, report->spec.goal);
    put_fact(out, report->spec.maximize ? "maximize" : "minimize", report->spec.metrics[0].name);
    put_fact(out, "goal", goal);
    put_fact(out, "algorithm", report->spec.algorithm ? report->spec.algorithm : "");
    if (strcmp(text_of(report->show, "resolvedAlgorithm"), "") != 0)
        put_fact(out, "searched by", text_of(report->show, "resolvedAlgorithm"));
}

static void put_facts(const struct report *report)
{
    struct buf *out = report->out;
    const json_t *status = status_of(report);

    buf_puts(out, "<section class=\"panel\"><h3>Experiment</h3>\n<dl>\n");
    put_objective(report);
    put_count(out, "trials", status, "trials");
    put_count(out, "succeeded", status, "trialsSucceeded");
    put_count(out, "stopped early", status, "trialsEarlyStopped");
    put_count(out, "failed", status, "trialsFailed");
    put_count(out, "killed", status, "trialsKilled");
    put_count(out, "running", status, "trialsRunning");
    put_fact(out, "started", text_of(status, "startTime"));
    put_fact(out, "completed", text_of(status, "completionTime"));
    put_fact(out, "engine", text_of(report->show, "engine"));
    buf_puts(out, "</dl></section>\n");
}

void report_summary(const struct report *report)
{
    struct buf *out = report->out;
    const json_t *best = json_object_get(status_of(report), "currentOptimalTrial");

    put_header(report);
    buf_puts(out, "<div class=\"summary\">\n<section class=\"panel\"><h3>Best trial</h3>\n");
    if (text_of(best, "bestTrialName")[0])
        put_best(report, best);
    else
        buf_puts(out, "<p>No trial has succeeded yet.</p>\n");
    buf_puts(out, "</section>\n");
    put_facts(report);
    buf_puts(out, "</div>\n");
}

static void put_chart(struct buf *out, const json_t *chart)
{
    const char *name = text_of(chart, "name");
    const char *description = text_of(json_object_get(chart, "spec"), "description");

    buf_puts(out, "<figure>\n<div class=\"chart\" role=\"img\" id=\"chart-");
    html_text(out, name);
    buf_puts(out, "\" aria-label=\"");
    html_text(out, text_of(chart, "title"));
    buf_puts(out, ". ");
    html_text(out, description);
    buf_puts(out, "\"></div>\n");
    html_element(out, "figcaption", "", description);
    buf_puts(out, "</figure>\n");
}

void report_charts(const struct report *report)
{
    struct buf *out = report->out;
    size_t i;
    json_t *chart;

    buf_puts(out, "<section id=\"charts-section\">\n<h2>Charts</h2>\n");
    if (!asset_charts().size) {
        buf_puts(out, "<p>This nbkatib was built without Node.js, so its reports have no charts. "
                      "Install Node.js and npm and run scripts/build again.</p>\n</section>\n");
        return;
    }
    buf_puts(out, "<noscript><p>Charts are drawn by a script of this page; allow scripts to see "
                  "them.</p></noscript>\n<div class=\"charts\">\n");
    json_array_foreach(report->charts, i, chart) put_chart(out, chart);
    buf_puts(out, "</div>\n</section>\n");
}
