/* Parallel coordinates: an axis for each parameter and one for the objective, a line for each
 * trial. */
#include <math.h>
#include <stdlib.h>

#include "base/scope.h"
#include "service/charts.h"

#define AXIS_WIDTH     112
#define WIDTH_MIN      420
#define LABELS_MAX     7
#define HEADING_DIGITS 4

/* Both ends of each axis are where the search space ends; the objective's are what was seen. */
static const char pattern[] =
    "{'$schema': 'https://vega.github.io/schema/vega-lite/v5.json',"
    " 'description': '$description',"
    " 'title': {'text': 'Parallel coordinates', 'subtitle': '$subtitle', 'anchor': 'start',"
    "           'offset': 28},"
    " 'width': '$width', 'height': 300,"
    " 'encoding': {"
    "  'x': {'field': 'a', 'type': 'quantitative', 'axis': null,"
    "        'scale': {'domain': '$range', 'nice': false, 'zero': false}},"
    "  'y': {'field': 'y', 'type': 'quantitative', 'axis': null, 'scale': {'domain': [0, 1]}}},"
    " 'layer': ["
    "  {'data': {'values': '$axes'}, 'mark': {'type': 'rule', 'strokeWidth': 1.5, 'color': "
    "'#808080'},"
    "   'encoding': {'y2': {'field': 'h'}}},"
    "  {'data': {'values': '$rows'},"
    "   'mark': {'type': 'line', 'opacity': 0.6, 'strokeWidth': 1.5}, 'encoding': '$lines'},"
    "  {'data': {'values': '$rows'}, 'transform': [{'filter': 'datum.k === 1'}],"
    "   'mark': {'type': 'line', 'strokeWidth': 4},"
    "   'encoding': '$lines'},"
    "  {'data': {'values': '$axes'},"
    "   'mark': {'type': 'text', 'baseline': 'bottom', 'dy': -10, 'fontWeight': 'bold', 'limit': "
    "108},"
    "   'encoding': {'y': {'datum': 1}, 'text': {'field': 'name', 'type': 'nominal'},"
    "                'tooltip': {'field': 'name', 'type': 'nominal', 'title': 'Axis'}}},"
    "  {'data': {'values': '$labels'},"
    "   'mark': {'type': 'text', 'align': 'left', 'dx': 5, 'dy': -6, 'fontSize': 10, 'limit': 100},"
    "   'encoding': {'text': {'field': 'label', 'type': 'nominal'}}}],"
    " 'config': {'view': {'stroke': null}}}";

static const char lines_pattern[] =
    "{'detail': {'field': 't', 'type': 'nominal'},"
    " 'color': {'field': 'o', 'type': 'quantitative', 'title': '$objective',"
    "           'legend': {'type': 'gradient', 'format': '.4~g'},"
    "           'scale': {'domain': '$seen', 'range': '$colors', 'interpolate': 'rgb', 'zero': "
    "false,"
    "                     'nice': false}},"
    " 'order': {'field': 'a', 'type': 'quantitative'},"
    " 'tooltip': [{'field': 't', 'type': 'nominal', 'title': 'Trial'},"
    "             {'field': 'o', 'type': 'quantitative', 'title': '$objective', 'format': "
    "'.6~g'}]}";

struct frame {
    const struct charts *charts;
    size_t axes;      /* parameters shown */
    double low, high; /* objective seen */
    json_t *rows, *labels;
};

static void see(struct frame *frame)
{
    const struct charts *charts = frame->charts;

    frame->low = INFINITY;
    frame->high = -INFINITY;
    for (size_t i = 0; i < charts->n; i++) {
        if (!charts->trials[i].has_value)
            continue;
        frame->low = fmin(frame->low, charts->trials[i].value);
        frame->high = fmax(frame->high, charts->trials[i].value);
    }
}

static void add_cell(struct frame *frame, size_t index, size_t axis, double place)
{
    const struct charts_trial *trial = &frame->charts->trials[index];

    json_array_append_new(frame->rows, json_pack("{s:I, s:f, s:s, s:f, s:i}", "a", (json_int_t)axis,
                                                 "y", space_round(place, 4), "t", trial->name, "o",
                                                 trial->value, "k", index == frame->charts->best));
}

static void add_trial(struct frame *frame, size_t index)
{
    const struct charts_trial *trial = &frame->charts->trials[index];
    bool flat = !(frame->high > frame->low);

    for (size_t axis = 0; axis < frame->axes; axis++) {
        if (isfinite(trial->coordinates[axis]))
            add_cell(
                frame, index, axis,
                dimension_place(&frame->charts->space.dimensions[axis], trial->coordinates[axis]));
    }
    /* Halves, since a difference of huge numbers has no double. */
    add_cell(frame, index, frame->axes,
             flat ? 0.5 : (trial->value / 2 - frame->low / 2) / (frame->high / 2 - frame->low / 2));
}

static void add_trials(struct frame *frame, size_t limit)
{
    const struct charts *charts = frame->charts;
    size_t place = 0;

    for (size_t i = 0; i < charts->n; i++) {
        if (!charts->trials[i].has_value)
            continue;
        if (i == charts->best || chart_draws(place, charts->n_values, limit))
            add_trial(frame, i);
        place++;
    }
}

static void add_label(struct frame *frame, size_t axis, double place, json_t *text)
{
    json_array_append_new(frame->labels, json_pack("{s:I, s:f, s:o}", "a", (json_int_t)axis, "y",
                                                   place, "label", text));
}

static void label_choices(struct frame *frame, size_t axis)
{
    const struct space_dimension *dimension = &frame->charts->space.dimensions[axis];

    for (size_t i = 0; i < dimension->n_choices; i++) {
        if (chart_draws(i, dimension->n_choices, LABELS_MAX))
            add_label(frame, axis, dimension_place(dimension, (double)i),
                      dimension_value(dimension, (double)i));
    }
}

static void label_axis(struct frame *frame, size_t axis)
{
    const struct space_dimension *dimension = &frame->charts->space.dimensions[axis];

    if (dimension_has_choices(dimension)) {
        label_choices(frame, axis);
        return;
    }
    double middle = dimension_is_log(dimension) ? sqrt(dimension->min) * sqrt(dimension->max)
                                                : dimension->min / 2 + dimension->max / 2;
    add_label(frame, axis, dimension_place(dimension, dimension->min),
              dimension_value(dimension, dimension->min));
    if (!(dimension->max > dimension->min))
        return;
    if (dimension->kind != SPACE_INT)
        add_label(frame, axis, 0.5, dimension_value(dimension, middle));
    add_label(frame, axis, 1, dimension_value(dimension, dimension->max));
}

static void label_objective(struct frame *frame)
{
    bool flat = !(frame->high > frame->low);

    add_label(frame, frame->axes, flat ? 0.5 : 0, json_sprintf("%.4g", frame->low));
    if (!flat)
        add_label(frame, frame->axes, 1, json_sprintf("%.4g", frame->high));
}

static json_t *axes_of(const struct frame *frame)
{
    json_t *axes = json_array();

    for (size_t axis = 0; axis <= frame->axes; axis++) {
        const char *name =
            axis < frame->axes ? frame->charts->names[axis] : frame->charts->objective;
        json_array_append_new(axes, json_pack("{s:I, s:i, s:i, s:s}", "a", (json_int_t)axis, "y", 0,
                                              "h", 1, "name", name));
    }
    return axes;
}

/* The better end of the objective has the warmer colour. */
static json_t *lines_of(const struct frame *frame)
{
    static const char *const colors[] = {"#0072B2", "#E06C00"};
    bool maximize = frame->charts->spec.maximize;
    bool flat = !(frame->high > frame->low);
    double room = flat ? fmax(0.5, fabs(frame->low) / 10) : 0;

    return chart_fill(lines_pattern,
                      json_pack("{s:s, s:[f,f], s:[s,s]}", "objective", frame->charts->objective,
                                "seen", frame->low - room, frame->high + room, "colors",
                                colors[!maximize], colors[maximize]));
}

static json_t *description(const struct frame *frame)
{
    return json_sprintf("Each line is a trial that has a result; it crosses each of %zu parameters "
                        "at its value, on the scale that is searched, and ends at %s. The thick "
                        "line is the best trial.%s",
                        frame->axes, frame->charts->objective,
                        frame->axes < frame->charts->space.n ? " The first parameters are shown."
                                                             : "");
}

static json_t *build(struct frame *frame, size_t limit)
{
    size_t width = AXIS_WIDTH * frame->axes;

    add_trials(frame, limit);
    for (size_t axis = 0; axis < frame->axes; axis++)
        label_axis(frame, axis);
    label_objective(frame);
    return chart_fill(pattern,
                      json_pack("{s:o, s:o*, s:I, s:[f,f], s:o, s:o, s:O, s:O}", "description",
                                description(frame), "subtitle",
                                chart_subtitle(frame->charts->n_values, limit), "width",
                                (json_int_t)(width < WIDTH_MIN ? WIDTH_MIN : width), "range", -0.1,
                                (double)frame->axes + 0.5, "axes", axes_of(frame), "lines",
                                lines_of(frame), "rows", frame->rows, "labels", frame->labels));
}

static json_t *parallel(const struct charts *charts, size_t limit)
{
    auto_json json_t *rows = json_array();
    auto_json json_t *labels = json_array();
    size_t n = charts->space.n;
    struct frame frame = {.charts = charts,
                          .axes = n < CHARTS_AXES_MAX ? n : CHARTS_AXES_MAX,
                          .rows = rows,
                          .labels = labels};

    if (charts->n_values == 0)
        return chart_note(chart_parallel.title, "No trial has a result yet.");
    see(&frame);
    return build(&frame, limit);
}

const struct chart chart_parallel = {"parallel", "Parallel coordinates", parallel};
