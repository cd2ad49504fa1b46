/* Learning curves: the objective as trials reported it while they ran. */
#include "base/scope.h"
#include "service/charts.h"

#define POINTS_MAX 200 /* of one curve */
#define CURVES_MAX 500

static const char pattern[] =
    "{'$schema': 'https://vega.github.io/schema/vega-lite/v5.json',"
    " 'description': '$description',"
    " 'title': {'text': 'Learning curves', 'subtitle': '$subtitle', 'anchor': 'start'},"
    " 'width': 620, 'height': 280, 'data': {'values': '$rows'},"
    " 'mark': {'type': 'line', 'point': {'size': 18}},"
    " 'encoding': {"
    "  'x': {'field': 'i', 'type': 'quantitative', 'title': 'Report',"
    "        'axis': {'tickMinStep': 1, 'format': 'd'}, 'scale': {'zero': false, 'nice': false}},"
    "  'y': {'field': 'y', 'type': 'quantitative', 'title': '$objective', 'scale': {'zero': false},"
    "        'axis': {'format': '.6~g'}},"
    "  'detail': {'field': 't', 'type': 'nominal'},"
    "  'color': {'field': 'k', 'type': 'nominal', 'title': 'Trial',"
    "            'scale': {'domain': '$kinds', 'range': ['#7A8FA6', '#0072B2', '#D55E00']}},"
    "  'strokeDash': {'field': 'k', 'type': 'nominal', 'title': 'Trial',"
    "            'scale': {'domain': '$kinds', 'range': [[1, 0], [4, 3], [1, 0]]}},"
    "  'strokeWidth': {'condition': {'test': 'datum.best', 'value': 3}, 'value': 1.2},"
    "  'order': {'field': 'i', 'type': 'quantitative'},"
    "  'tooltip': [{'field': 't', 'type': 'nominal', 'title': 'Trial'},"
    "              {'field': 's', 'type': 'nominal', 'title': 'State'},"
    "              {'field': 'i', 'type': 'quantitative', 'title': 'Report'},"
    "              {'field': 'y', 'type': 'quantitative', 'title': '$objective', 'format': "
    "'.6~g'}]}}";

static const char *kind_of(const struct charts *charts, size_t index)
{
    enum status_state state = charts->trials[index].state;

    if (index == charts->best)
        return "best";
    return state == STATUS_TRIAL_SUCCEEDED ? "succeeded" : "not to its end";
}

static void add_curve(json_t *rows, const struct charts *charts, size_t index)
{
    const struct charts_trial *trial = &charts->trials[index];
    size_t count = json_array_size(trial->curve);

    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && i > 0 && !chart_draws(i, count, POINTS_MAX))
            continue;
        json_array_append_new(rows,
                              json_pack("{s:s, s:s, s:s, s:b, s:I, s:O}", "t", trial->name, "s",
                                        status_state_name(trial->state), "k",
                                        kind_of(charts, index), "best", index == charts->best, "i",
                                        (json_int_t)i + 1, "y", json_array_get(trial->curve, i)));
    }
}

static json_t *rows_of(const struct charts *charts, size_t limit)
{
    json_t *rows = json_array();
    size_t place = 0;

    for (size_t i = 0; i < charts->n; i++) {
        if (!charts->trials[i].curve)
            continue;
        if (i == charts->best || chart_draws(place, charts->n_curves, limit))
            add_curve(rows, charts, i);
        place++;
    }
    return rows;
}

static json_t *learning(const struct charts *charts, size_t limit)
{
    size_t curves = limit < CURVES_MAX ? limit : CURVES_MAX;

    if (charts->n_curves == 0)
        return NULL;
    json_t *description =
        json_sprintf("%s as %zu trials reported it while they ran; the thick line is the best "
                     "trial, dashed lines did not run to their end.",
                     charts->objective, charts->n_curves);
    return chart_fill(pattern,
                      json_pack("{s:o, s:o*, s:s, s:o, s:[s,s,s]}", "description", description,
                                "subtitle", chart_subtitle(charts->n_curves, curves), "objective",
                                charts->objective, "rows", rows_of(charts, curves), "kinds",
                                "succeeded", "not to its end", "best"));
}

const struct chart chart_learning = {"learning", "Learning curves", learning};
