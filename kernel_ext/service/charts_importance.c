/* How much of the objective's variance each parameter explains. */
#include <math.h>
#include <stdlib.h>

#include "base/scope.h"
#include "service/charts.h"
#include "service/importance.h"

#define ROWS_MAX 400 /* enough for the forest, little enough to be drawn while somebody waits */

static const char pattern[] =
    "{'$schema': 'https://vega.github.io/schema/vega-lite/v5.json',"
    " 'description': '$description',"
    " 'title': {'text': 'Parameter importance', 'subtitle': '$subtitle', 'anchor': 'start'},"
    " 'width': 460, 'height': {'step': 26}, 'data': {'values': '$rows'},"
    " 'encoding': {"
    "  'y': {'field': 'i', 'type': 'ordinal', 'axis': null}},"
    " 'layer': ["
    "  {'mark': {'type': 'bar', 'color': '#0072B2', 'height': {'band': 0.55}},"
    "   'encoding': {"
    "    'x': {'field': 'v', 'type': 'quantitative', 'title': 'Share of the variance of the "
    "objective',"
    "          'scale': {'domain': [0, 1]}, 'axis': {'format': '.0%', 'tickCount': 5}},"
    "    'tooltip': [{'field': 'name', 'type': 'nominal', 'title': 'Parameter'},"
    "                {'field': 'v', 'type': 'quantitative', 'title': 'Main effect', 'format': "
    "'.1%'},"
    "                {'field': 'd', 'type': 'quantitative', 'title': 'Deviation between trees',"
    "                 'format': '.1%'}]}},"
    "  {'mark': {'type': 'rule', 'color': '#808080', 'strokeWidth': 1.5},"
    "   'encoding': {'x': {'field': 'l', 'type': 'quantitative'}, 'x2': {'field': 'h'}}},"
    "  {'mark': {'type': 'text', 'align': 'right', 'dx': -8, 'limit': 200},"
    "   'encoding': {'x': {'value': 0}, 'text': {'field': 'name', 'type': 'nominal'}}},"
    "  {'mark': {'type': 'text', 'align': 'left', 'dx': 6},"
    "   'encoding': {'x': {'field': 'h', 'type': 'quantitative'},"
    "                'text': {'field': 'v', 'type': 'quantitative', 'format': '.0%'}}}],"
    " 'config': {'view': {'stroke': null}}}";

struct sums {
    const struct charts *charts;
    double *rows, *values;
    size_t *choices;
    struct importance_effect *effects;
    size_t n;
};

static void sums_fini(struct sums *sums)
{
    free(sums->rows);
    free(sums->values);
    free(sums->choices);
    free(sums->effects);
}

static int sums_init(struct sums *sums, const struct charts *charts)
{
    size_t n = charts->space.n;

    *sums = (struct sums){
        .charts = charts,
        .rows = calloc((ROWS_MAX + 1) * n + 1, sizeof(double)),
        .values = calloc(ROWS_MAX + 1, sizeof(double)),
        .choices = calloc(n + 1, sizeof(size_t)),
        .effects = calloc(n + 1, sizeof(*sums->effects)),
    };
    return sums->rows && sums->values && sums->choices && sums->effects ? 0 : NBT_ENOMEM;
}

/* Discrete values have an order, and so have, for want of better, more choices than the forest
 * takes. */
static size_t unordered(const struct space_dimension *dimension)
{
    bool takes = dimension->n_choices <= IMPORTANCE_CHOICES_MAX;

    return dimension->kind == SPACE_CATEGORICAL && takes ? dimension->n_choices : 0;
}

static void add_row(struct sums *sums, const struct charts_trial *trial)
{
    size_t n = sums->charts->space.n;

    for (size_t i = 0; i < n; i++) {
        if (!isfinite(trial->coordinates[i]))
            return;
        sums->rows[sums->n * n + i] =
            sums->choices[i]
                ? trial->coordinates[i]
                : dimension_place(&sums->charts->space.dimensions[i], trial->coordinates[i]);
    }
    sums->values[sums->n++] = trial->value;
}

static void add_rows(struct sums *sums)
{
    const struct charts *charts = sums->charts;
    size_t place = 0;

    for (size_t i = 0; i < charts->space.n; i++)
        sums->choices[i] = unordered(&charts->space.dimensions[i]);
    for (size_t i = 0; i < charts->n; i++) {
        if (charts->trials[i].has_value && chart_draws(place++, charts->n_values, ROWS_MAX))
            add_row(sums, &charts->trials[i]);
    }
}

/* Stable, the largest first: there are few. */
static size_t *ranking(const struct importance_effect *effects, size_t n)
{
    size_t *order = calloc(n + 1, sizeof(*order));

    for (size_t i = 0; order && i < n; i++) {
        size_t at = i;
        for (; at > 0 && effects[order[at - 1]].mean < effects[i].mean; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return order;
}

static json_t *rows_of(const struct sums *sums)
{
    const struct charts *charts = sums->charts;
    auto_free size_t *order = ranking(sums->effects, charts->space.n);
    json_t *rows = json_array();

    for (size_t i = 0; order && i < charts->space.n && i < CHARTS_AXES_MAX; i++) {
        const struct importance_effect *effect = &sums->effects[order[i]];
        json_array_append_new(
            rows, json_pack("{s:I, s:s, s:f, s:f, s:f, s:f}", "i", (json_int_t)i, "name",
                            charts->names[order[i]], "v", space_round(effect->mean, 4), "d",
                            space_round(effect->deviation, 4), "l",
                            fmax(0, space_round(effect->mean - effect->deviation, 4)), "h",
                            fmin(1, space_round(effect->mean + effect->deviation, 4))));
    }
    return rows;
}

static json_t *subtitle(const struct sums *sums)
{
    double rest = 1;

    for (size_t i = 0; i < sums->charts->space.n; i++)
        rest -= sums->effects[i].mean;
    return json_sprintf("fANOVA (Hutter et al. 2014) of %zu trials; interactions explain the other "
                        "%.0f %%",
                        sums->n, 100 * fmax(0, rest));
}

static json_t *chart_of(const struct sums *sums)
{
    json_t *description =
        json_sprintf("How much of the variance of %s over the search space each parameter explains "
                     "by itself. Grey lines are the deviation between the forest's trees.",
                     sums->charts->objective);

    return chart_fill(pattern, json_pack("{s:o, s:o, s:o}", "description", description, "subtitle",
                                         subtitle(sums), "rows", rows_of(sums)));
}

static json_t *too_few(const struct sums *sums)
{
    char text[160];
    size_t least = importance_rows_min(sums->charts->space.n);

    if (sums->n < least)
        snprintf(text, sizeof(text), "Needs %zu trials with a result; there are %zu.", least,
                 sums->n);
    else
        snprintf(text, sizeof(text), "All %zu trials have the same result.", sums->n);
    return chart_note(chart_importance.title, text);
}

static json_t *importance_chart(const struct charts *charts, size_t limit)
{
    CLEANUP(sums_fini) struct sums sums = {0};
    struct nbt_error ignored = NBT_ERROR_INIT;

    (void)limit; /* one bar a parameter, whatever the trials */
    if (charts->space.n == 0 || sums_init(&sums, charts) < 0)
        return NULL;
    add_rows(&sums);
    struct importance_input input = {.rows = sums.rows,
                                     .values = sums.values,
                                     .choices = sums.choices,
                                     .n = sums.n,
                                     .n_parameters = charts->space.n,
                                     .seed = charts->seed};
    int found = importance(sums.effects, &input, &ignored);
    return found < 0 ? NULL : found == 0 ? too_few(&sums) : chart_of(&sums);
}

const struct chart chart_importance = {"importance", "Parameter importance", importance_chart};
