/* The objective against each parameter: one small chart each. */
#include <math.h>
#include <stdio.h>

#include "base/scope.h"
#include "service/charts.h"

static const char pattern[] =
    "{'$schema': 'https://vega.github.io/schema/vega-lite/v5.json',"
    " 'description': '$description',"
    " 'title': {'text': 'Objective by parameter', 'subtitle': '$subtitle', 'anchor': 'start'},"
    " 'data': {'values': '$rows'}, 'columns': 3, 'spacing': 24, 'concat': '$panels'}";

static const char panel_pattern[] =
    "{'width': 190, 'height': 170,"
    " 'transform': [{'filter': '$valid'}],"
    " 'mark': {'type': 'point', 'filled': true, 'opacity': 0.85, 'clip': false},"
    " 'encoding': {"
    "  'x': '$x',"
    "  'y': {'field': 'y', 'type': 'quantitative', 'title': '$objective', 'scale': {'zero': false},"
    "        'axis': {'format': '.5~g', 'tickCount': 5}},"
    "  'color': {'field': 'k', 'type': 'nominal', 'title': 'Trial',"
    "            'scale': {'domain': ['other', 'best'], 'range': ['#0072B2', '#D55E00']}},"
    "  'shape': {'field': 'k', 'type': 'nominal', 'title': 'Trial',"
    "            'scale': {'domain': ['other', 'best'], 'range': ['circle', 'diamond']}},"
    "  'size': {'condition': {'test': 'datum.z === 1', 'value': 170}, 'value': 36},"
    "  'order': {'field': 'z', 'type': 'quantitative'},"
    "  'tooltip': [{'field': 't', 'type': 'nominal', 'title': 'Trial'},"
    "              {'field': '$field', 'type': '$type', 'title': '$name'},"
    "              {'field': 'y', 'type': 'quantitative', 'title': '$objective', 'format': "
    "'.6~g'}]}}";

static const char numbers_pattern[] =
    "{'field': '$field', 'type': 'quantitative', 'title': '$name',"
    " 'axis': {'format': '$format', 'tickCount': '$ticks', 'labelOverlap': true},"
    " 'scale': {'type': '$scale', 'zero': '$zero', 'nice': false, 'padding': 6}}";

/* An order of their own: the one that the search space lists them in. */
static const char choices_pattern[] =
    "{'field': '$field', 'type': '$type', 'title': '$name', 'sort': null,"
    " 'axis': {'labelAngle': -35, 'labelLimit': 90, 'labelOverlap': true},"
    " 'scale': {'type': 'point', 'padding': 0.5, 'domain': '$domain'}}";

struct panel {
    const struct space_dimension *dimension;
    const char *name, *objective;
    char field[24]; /* "p0" */
};

static json_t *bindings_of(const struct panel *panel)
{
    const char *type = panel->dimension->kind == SPACE_CATEGORICAL ? "nominal"
                       : panel->dimension->kind == SPACE_DISCRETE  ? "ordinal"
                                                                   : "quantitative";

    return json_pack("{s:s, s:s, s:s, s:s}", "field", panel->field, "name", panel->name, "type",
                     type, "objective", panel->objective);
}

/* The choices' texts; two that look the same when shortened become one. */
static json_t *domain_of(const struct space_dimension *dimension)
{
    auto_json json_t *seen = json_object();
    json_t *domain = json_array();

    for (size_t i = 0; i < dimension->n_choices && i < CHARTS_TRIALS_MAX; i++) {
        auto_json json_t *text = dimension_value(dimension, (double)i);
        const char *key = json_string_value(text);
        if (!key || json_object_get(seen, key))
            continue;
        json_object_set_new(seen, key, json_true());
        json_array_append(domain, text);
    }
    return domain;
}

static json_t *x_of(const struct panel *panel)
{
    json_t *bindings = bindings_of(panel);

    if (dimension_has_choices(panel->dimension)) {
        json_object_set_new(bindings, "domain", domain_of(panel->dimension));
        return chart_fill(choices_pattern, bindings);
    }
    bool log = dimension_is_log(panel->dimension);
    json_object_set_new(bindings, "scale", json_string(log ? "log" : "linear"));
    if (!log)
        json_object_set_new(bindings, "zero", json_false());
    json_object_set_new(bindings, "format", json_string(log ? "~g" : ".4~g"));
    json_object_set_new(bindings, "ticks", json_integer(log ? 3 : 5));
    return chart_fill(numbers_pattern, bindings);
}

static json_t *panel_of(const struct panel *panel)
{
    json_t *bindings = bindings_of(panel);

    json_object_set_new(bindings, "x", x_of(panel));
    json_object_set_new(bindings, "valid", json_sprintf("isValid(datum.%s)", panel->field));
    return chart_fill(panel_pattern, bindings);
}

static json_t *coordinate_json(const struct space_dimension *dimension, double coordinate)
{
    if (dimension_has_choices(dimension) || !isfinite(coordinate))
        return dimension_value(dimension, coordinate);
    return json_real(coordinate);
}

static json_t *row_of(const struct charts *charts, size_t index, size_t axes)
{
    const struct charts_trial *trial = &charts->trials[index];
    bool best = index == charts->best;
    json_t *row = json_pack("{s:s, s:f, s:s, s:i}", "t", trial->name, "y", trial->value, "k",
                            best ? "best" : "other", "z", best);
    char field[24];

    for (size_t i = 0; i < axes; i++) {
        snprintf(field, sizeof(field), "p%zu", i);
        json_object_set_new(row, field,
                            coordinate_json(&charts->space.dimensions[i], trial->coordinates[i]));
    }
    return row;
}

static json_t *rows_of(const struct charts *charts, size_t axes, size_t limit)
{
    json_t *rows = json_array();
    size_t place = 0;

    for (size_t i = 0; i < charts->n; i++) {
        if (!charts->trials[i].has_value)
            continue;
        if (i == charts->best || chart_draws(place, charts->n_values, limit))
            json_array_append_new(rows, row_of(charts, i, axes));
        place++;
    }
    return rows;
}

static json_t *panels_of(const struct charts *charts, size_t axes)
{
    json_t *panels = json_array();

    for (size_t i = 0; i < axes; i++) {
        struct panel panel = {.dimension = &charts->space.dimensions[i],
                              .name = charts->names[i],
                              .objective = charts->objective};
        snprintf(panel.field, sizeof(panel.field), "p%zu", i);
        json_array_append_new(panels, panel_of(&panel));
    }
    return panels;
}

static json_t *parameters(const struct charts *charts, size_t limit)
{
    size_t n = charts->space.n;
    size_t axes = n < CHARTS_AXES_MAX ? n : CHARTS_AXES_MAX;

    if (charts->n_values == 0 || n == 0)
        return chart_note(chart_parameters.title, "No trial has a result yet.");
    json_t *description =
        json_sprintf("%s against each of %zu parameters, one small chart each; a point is a trial, "
                     "the diamond the best one.%s",
                     charts->objective, axes, axes < n ? " The first parameters are shown." : "");
    return chart_fill(pattern,
                      json_pack("{s:o, s:o*, s:o, s:o}", "description", description, "subtitle",
                                chart_subtitle(charts->n_values, limit), "rows",
                                rows_of(charts, axes, limit), "panels", panels_of(charts, axes)));
}

const struct chart chart_parameters = {"parameters", "Objective by parameter", parameters};
