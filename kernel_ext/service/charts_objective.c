/* The objective by trial: every trial in order, the best value so far, the goal. */
#include <stdlib.h>

#include "base/scope.h"
#include "service/charts.h"

/* Colours of Okabe and Ito's palette and their like, each with a shape of its own. */
static const struct {
    enum status_state state;
    const char *color, *shape;
} looks[] = {
    {STATUS_TRIAL_SUCCEEDED, "#0072B2", "circle"},
    {STATUS_TRIAL_EARLY_STOPPED, "#009E73", "diamond"},
    {STATUS_TRIAL_FAILED, "#D55E00", "cross"},
    {STATUS_TRIAL_KILLED, "#CC79A7", "square"},
    {STATUS_TRIAL_METRICS_UNAVAILABLE, "#8C6D1F", "triangle-up"},
    {STATUS_TRIAL_RUNNING, "#808080", "triangle-right"},
};

static const char pattern[] =
    "{'$schema': 'https://vega.github.io/schema/vega-lite/v5.json',"
    " 'description': '$description',"
    " 'title': {'text': 'Objective by trial', 'subtitle': '$subtitle', 'anchor': 'start'},"
    " 'width': 620, 'height': 280, 'data': {'values': '$rows'},"
    " 'layer': ['$goal', '$best', '$values', '$lost']}";

static const char x_pattern[] =
    "{'field': 'n', 'type': 'quantitative', 'title': 'Trial, in order of creation',"
    " 'axis': {'tickMinStep': 1, 'format': 'd'}, 'scale': {'domain': '$range', 'nice': false}}";

static const char goal_pattern[] =
    "{'data': {'values': [{'y': '$goal'}]},"
    " 'mark': {'type': 'rule', 'strokeDash': [6, 4], 'strokeWidth': 1.5, 'color': '#808080'},"
    " 'encoding': {"
    "  'tooltip': {'field': 'y', 'type': 'quantitative', 'title': 'Goal', 'format': '.6~g'},"
    "  'y': {'field': 'y', 'type': 'quantitative', 'title': '$objective', 'scale': {'zero': "
    "false}}}}";

static const char best_pattern[] =
    "{'transform': [{'filter': 'isValid(datum.b)'}],"
    " 'mark': {'type': 'line', 'interpolate': 'step-after', 'strokeWidth': 2, 'color': '#D55E00',"
    "          'opacity': 0.8},"
    " 'encoding': {"
    "  'x': '$x',"
    "  'y': {'field': 'b', 'type': 'quantitative', 'title': '$objective', 'scale': {'zero': "
    "false}}}}";

static const char values_pattern[] =
    "{'transform': [{'filter': 'isValid(datum.y)'}],"
    " 'mark': {'type': 'point', 'filled': true, 'size': 64, 'opacity': 0.9},"
    " 'encoding': {"
    "  'x': '$x',"
    "  'y': {'field': 'y', 'type': 'quantitative', 'title': '$objective', 'scale': {'zero': false},"
    "        'axis': {'format': '.6~g'}},"
    "  'color': '$color', 'shape': '$shape',"
    "  'tooltip': [{'field': 'n', 'type': 'quantitative', 'title': 'Number'},"
    "              {'field': 't', 'type': 'nominal', 'title': 'Trial'},"
    "              {'field': 's', 'type': 'nominal', 'title': 'State'},"
    "              {'field': 'y', 'type': 'quantitative', 'title': '$objective', 'format': '.6~g'},"
    "              {'field': 'b', 'type': 'quantitative', 'title': 'Best so far', 'format': "
    "'.6~g'}]}}";

/* Trials without a value stand on the axis. */
static const char lost_pattern[] =
    "{'transform': [{'filter': '!isValid(datum.y)'}],"
    " 'mark': {'type': 'point', 'filled': true, 'size': 90, 'opacity': 0.9, 'yOffset': -7},"
    " 'encoding': {"
    "  'x': '$x',"
    "  'y': {'value': 'height'},"
    "  'color': '$color', 'shape': '$shape',"
    "  'tooltip': [{'field': 'n', 'type': 'quantitative', 'title': 'Number'},"
    "              {'field': 't', 'type': 'nominal', 'title': 'Trial'},"
    "              {'field': 's', 'type': 'nominal', 'title': 'State'},"
    "              {'field': 'r', 'type': 'nominal', 'title': 'Reason'}]}}";

static bool shown(const struct charts_trial *trial)
{
    return trial->has_value || trial->state != STATUS_TRIAL_PENDING;
}

static json_t *row_of(const struct charts_trial *trial, const double *best)
{
    json_t *row = json_pack("{s:I, s:s, s:s}", "n", (json_int_t)trial->number, "t", trial->name,
                            "s", status_state_name(trial->state));
    auto_free char *reason = chart_text(trial->reason);

    if (trial->has_value)
        json_object_set_new(row, "y", json_real(trial->value));
    else
        json_object_set_new(row, "r", json_string(reason ? reason : ""));
    if (best)
        json_object_set_new(row, "b", json_real(*best));
    return row;
}

static json_t *rows_of(const struct charts *charts, size_t limit)
{
    json_t *rows = json_array();
    const double *best = NULL;

    for (size_t i = 0; i < charts->n; i++) {
        const struct charts_trial *trial = &charts->trials[i];
        if (trial->has_value && (!best || status_better(&charts->spec, trial->value, *best)))
            best = &trial->value;
        if (shown(trial) && (i == charts->best || chart_draws(i, charts->n, limit)))
            json_array_append_new(rows, row_of(trial, best));
    }
    return rows;
}

/* {"field":"s", ...}: of the states that occur, their looks. */
static json_t *channel(const struct charts *charts, bool color)
{
    auto_json json_t *domain = json_array();
    auto_json json_t *range = json_array();

    for (size_t look = 0; look < COUNT_OF(looks); look++) {
        for (size_t i = 0; i < charts->n; i++) {
            if (charts->trials[i].state != looks[look].state)
                continue;
            json_array_append_new(domain, json_string(status_state_name(looks[look].state)));
            json_array_append_new(range,
                                  json_string(color ? looks[look].color : looks[look].shape));
            break;
        }
    }
    return json_pack("{s:s, s:s, s:s, s:{s:O, s:O}}", "field", "s", "type", "nominal", "title",
                     "State", "scale", "domain", domain, "range", range);
}

static json_t *x_of(const struct charts *charts)
{
    json_int_t last = (json_int_t)charts->trials[charts->n - 1].number;

    return chart_fill(x_pattern, json_pack("{s:[I,I]}", "range", (json_int_t)0, last + 1));
}

static json_t *layer(const char *text, const struct charts *charts)
{
    json_t *bindings =
        json_pack("{s:s, s:o, s:o, s:o}", "objective", charts->objective, "x", x_of(charts),
                  "color", channel(charts, true), "shape", channel(charts, false));

    if (bindings && charts->spec.has_goal)
        json_object_set_new(bindings, "goal", json_real(charts->spec.goal));
    return chart_fill(text, bindings);
}

static json_t *description(const struct charts *charts)
{
    if (charts->best == CHARTS_NONE)
        return json_sprintf("%zu trials, none with a value of %s yet.", charts->n,
                            charts->objective);
    return json_sprintf(
        "%s of %zu trials in order, %s; the line is the best value so far. The best "
        "is %.6g, of trial %zu.",
        charts->objective, charts->n, charts->spec.maximize ? "to be maximized" : "to be minimized",
        charts->trials[charts->best].value, charts->trials[charts->best].number);
}

static json_t *objective(const struct charts *charts, size_t limit)
{
    auto_json json_t *rows = rows_of(charts, limit);

    if (json_array_size(rows) == 0)
        return chart_note(chart_objective.title, "No trial has started yet.");
    json_t *bindings = json_pack("{s:o, s:o*, s:O, s:o}", "description", description(charts),
                                 "subtitle", chart_subtitle(charts->n, limit), "rows", rows, "lost",
                                 layer(lost_pattern, charts));
    if (bindings && charts->best != CHARTS_NONE) {
        json_object_set_new(bindings, "best", layer(best_pattern, charts));
        json_object_set_new(bindings, "values", layer(values_pattern, charts));
    }
    if (bindings && charts->best != CHARTS_NONE && charts->spec.has_goal)
        json_object_set_new(bindings, "goal", layer(goal_pattern, charts));
    return chart_fill(pattern, bindings);
}

const struct chart chart_objective = {"objective", "Objective by trial", objective};
