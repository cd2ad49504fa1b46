/* An experiment's show document as numbers that charts draw. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "nbtags/number.h"
#include "service/charts.h"
#include "service/internal.h"

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static double choice_of(const struct space_dimension *dimension, const char *text)
{
    for (size_t i = 0; i < dimension->n_choices; i++) {
        if (strcmp(dimension->choices[i], text) == 0)
            return (double)i;
    }
    return NAN;
}

static double coordinate_of(const struct space_dimension *dimension, const char *text)
{
    double value = NAN;

    if (dimension_has_choices(dimension))
        return choice_of(dimension, text);
    (void)nbt_parse_double(text, &value);
    return dimension_is_log(dimension) && value <= 0 ? NAN : value;
}

static void read_assignments(double *coordinates, const struct space *space, const json_t *list)
{
    size_t i;
    json_t *row;

    for (i = 0; i < space->n; i++)
        coordinates[i] = NAN;
    json_array_foreach(list, i, row)
    {
        for (size_t d = 0; d < space->n; d++) {
            if (strcmp(space->dimensions[d].name, text_at(row, "name")) == 0)
                coordinates[d] = coordinate_of(&space->dimensions[d], text_at(row, "value"));
        }
    }
}

static const char *short_name(const char *experiment, const char *trial)
{
    size_t length = strlen(experiment);
    bool full = strncmp(trial, experiment, length) == 0 && trial[length] == '-';

    return full ? trial + length + 1 : trial;
}

static bool has_result(enum status_state state)
{
    return state == STATUS_TRIAL_SUCCEEDED || state == STATUS_TRIAL_EARLY_STOPPED;
}

static void compare(struct charts *charts, size_t index)
{
    const struct charts_trial *trial = &charts->trials[index];

    charts->n_values++;
    if (charts->best == CHARTS_NONE ||
        status_better(&charts->spec, trial->value, charts->trials[charts->best].value))
        charts->best = index;
}

static void read_trial(struct charts *charts, size_t index, const json_t *row,
                       const char *experiment, const json_t *curves)
{
    struct charts_trial *trial = &charts->trials[index];
    json_t *curve = json_object_get(curves, text_at(row, "name"));

    trial->name = short_name(experiment, text_at(row, "name"));
    trial->reason = text_at(row, "reason");
    trial->number = (size_t)json_integer_value(json_object_get(row, "index")) + 1;
    trial->coordinates = charts->coordinates + index * charts->space.n;
    read_assignments(trial->coordinates, &charts->space, json_object_get(row, "assignments"));
    if (!status_state_find(text_at(row, "state"), &trial->state))
        trial->state = STATUS_TRIAL_PENDING;
    trial->has_value =
        has_result(trial->state) &&
        status_objective(&charts->spec, json_object_get(row, "observation"), &trial->value);
    if (trial->has_value)
        compare(charts, index);
    trial->curve = json_array_size(curve) > 0 ? curve : NULL;
    charts->n_curves += trial->curve != NULL;
}

static int read_names(struct charts *charts, struct nbt_error *err)
{
    charts->objective = chart_text(charts->spec.metrics[0].name);
    charts->names = calloc(charts->space.n + 1, sizeof(*charts->names));
    if (!charts->objective || !charts->names)
        return no_memory(err);
    for (size_t i = 0; i < charts->space.n; i++) {
        charts->names[i] = chart_text(charts->space.dimensions[i].name);
        if (!charts->names[i])
            return no_memory(err);
    }
    return 0;
}

static int read_trials(struct charts *charts, const json_t *show, const json_t *curves,
                       struct nbt_error *err)
{
    const json_t *list = json_object_get(show, "trials");
    size_t i;
    json_t *row;

    charts->n = json_array_size(list);
    charts->trials = calloc(charts->n + 1, sizeof(*charts->trials));
    charts->coordinates = calloc(charts->n * charts->space.n + 1, sizeof(double));
    if (!charts->trials || !charts->coordinates)
        return no_memory(err);
    json_array_foreach(list, i, row) read_trial(charts, i, row, text_at(show, "name"), curves);
    return 0;
}

static uint64_t seed_of(const json_t *document)
{
    const char *text = experiment_annotation(document, EXPERIMENT_SEED);
    uint64_t seed = 0;

    for (; text && *text >= '0' && *text <= '9'; text++)
        seed = 10 * seed + (uint64_t)(*text - '0');
    return seed;
}

int charts_init(struct charts *ret, const json_t *show, const json_t *curves, struct nbt_error *err)
{
    const json_t *document = json_object_get(show, "experiment");
    struct charts charts = {.best = CHARTS_NONE, .seed = seed_of(document)};
    int result = experiment_spec_init(&charts.spec, document, err);

    if (result == 0)
        result = space_init(&charts.space,
                            json_object_get(json_object_get(document, "spec"), "parameters"), err);
    if (result == 0)
        result = read_names(&charts, err);
    if (result == 0)
        result = read_trials(&charts, show, curves, err);
    if (result < 0)
        charts_fini(&charts);
    else
        *ret = charts;
    return result;
}

void charts_fini(struct charts *charts)
{
    for (size_t i = 0; charts->names && i < charts->space.n; i++)
        free(charts->names[i]);
    free(charts->names);
    free(charts->objective);
    free(charts->trials);
    free(charts->coordinates);
    space_fini(&charts->space);
    experiment_spec_fini(&charts->spec);
    *charts = (struct charts){0};
}
