#include <math.h>
#include <string.h>

#include "base/scope.h"
#include "experiment/status.h"
#include "nbtags/number.h"

#define UNAVAILABLE "unavailable" /* Katib's word for a metric without a value */

static double smallest(const double *values, size_t n)
{
    double found = values[0];
    for (size_t i = 1; i < n; i++)
        found = values[i] < found ? values[i] : found;
    return found;
}

static double largest(const double *values, size_t n)
{
    double found = values[0];
    for (size_t i = 1; i < n; i++)
        found = values[i] > found ? values[i] : found;
    return found;
}

double status_compared(enum experiment_strategy strategy, const double *values, size_t n)
{
    if (n == 0)
        return NAN;
    switch (strategy) {
    case EXPERIMENT_MIN: return smallest(values, n);
    case EXPERIMENT_MAX: return largest(values, n);
    case EXPERIMENT_LATEST: break;
    }
    return values[n - 1];
}

static const struct status_reports *find_reports(const struct status_reports *reports, size_t n,
                                                 const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(reports[i].name, name) == 0 && reports[i].n > 0)
            return &reports[i];
    }
    return NULL;
}

/* Katib's observations are texts. */
static json_t *number_text(const struct status_reports *reports, enum experiment_strategy strategy)
{
    char text[NBT_NUMBER_MAX];
    if (!reports)
        return json_string(UNAVAILABLE);
    double value = status_compared(strategy, reports->values, reports->n);
    if (!isfinite(value))
        return json_string(UNAVAILABLE);
    nbt_format_double(text, value);
    return json_string(text);
}

static json_t *metric_json(const char *name, const struct status_reports *reports)
{
    return json_pack(
        "{s:s, s:o, s:o, s:o}", "name", name, "min", number_text(reports, EXPERIMENT_MIN), "max",
        number_text(reports, EXPERIMENT_MAX), "latest", number_text(reports, EXPERIMENT_LATEST));
}

json_t *status_observation(const struct experiment_spec *spec, const struct status_reports *reports,
                           size_t n)
{
    auto_json json_t *metrics = json_array();
    if (!metrics)
        return NULL;
    for (size_t i = 0; i < spec->n_metrics; i++) {
        const char *name = spec->metrics[i].name;
        if (json_array_append_new(metrics, metric_json(name, find_reports(reports, n, name))) < 0)
            return NULL;
    }
    return json_pack("{s:O}", "metrics", metrics);
}

static bool read_value(const json_t *metric, const char *key, double *ret_value)
{
    const char *text = json_string_value(json_object_get(metric, key));
    return text && nbt_parse_double(text, ret_value);
}

static const json_t *find_metric(const json_t *observation, const char *name)
{
    size_t index;
    json_t *metric;
    json_array_foreach(json_object_get(observation, "metrics"), index, metric)
    {
        const char *text = json_string_value(json_object_get(metric, "name"));
        if (text && strcmp(text, name) == 0)
            return metric;
    }
    return NULL;
}

bool status_objective(const struct experiment_spec *spec, const json_t *observation,
                      double *ret_value)
{
    static const char *const keys[] = {
        [EXPERIMENT_MIN] = "min", [EXPERIMENT_MAX] = "max", [EXPERIMENT_LATEST] = "latest"};
    if (spec->n_metrics == 0)
        return false;
    const json_t *metric = find_metric(observation, spec->metrics[0].name);
    return read_value(metric, keys[spec->metrics[0].strategy], ret_value) ||
           read_value(metric, "latest", ret_value);
}

bool status_better(const struct experiment_spec *spec, double value, double best)
{
    return spec->maximize ? value > best : value < best;
}

bool status_goal_reached(const struct experiment_spec *spec, double value)
{
    if (!spec->has_goal)
        return false;
    return spec->maximize ? value >= spec->goal : value <= spec->goal;
}
