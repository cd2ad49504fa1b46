#include <string.h>

#include "base/scope.h"
#include "experiment/experiment.h"

static const struct {
    const char *word;
    enum experiment_strategy strategy;
} strategies[] = {{"min", EXPERIMENT_MIN}, {"max", EXPERIMENT_MAX}, {"latest", EXPERIMENT_LATEST}};

/* The strategy that metricStrategies gives a metric, else `fallback`. */
static enum experiment_strategy find_strategy(const json_t *objective, const char *name,
                                              enum experiment_strategy fallback)
{
    size_t index;
    json_t *entry;
    json_array_foreach(json_object_get(objective, "metricStrategies"), index, entry)
    {
        const char *metric = json_string_value(json_object_get(entry, "name"));
        const char *value = json_string_value(json_object_get(entry, "value"));
        if (!metric || !value || strcmp(metric, name) != 0)
            continue;
        for (size_t i = 0; i < COUNT_OF(strategies); i++) {
            if (strcmp(strategies[i].word, value) == 0)
                return strategies[i].strategy;
        }
    }
    return fallback;
}

static int add_metric(struct experiment_spec *spec, const json_t *objective, const json_t *name)
{
    enum experiment_strategy fallback = spec->maximize ? EXPERIMENT_MAX : EXPERIMENT_MIN;
    const char *text = json_string_value(name);
    if (!text)
        return 0;
    char *copy = strdup(text);
    if (!copy)
        return -1;
    spec->metrics[spec->n_metrics++] =
        (struct experiment_metric){copy, find_strategy(objective, text, fallback)};
    return 0;
}

static int read_metrics(struct experiment_spec *spec, const json_t *objective)
{
    const json_t *additional = json_object_get(objective, "additionalMetricNames");
    spec->metrics = calloc(json_array_size(additional) + 1, sizeof(*spec->metrics));
    if (!spec->metrics ||
        add_metric(spec, objective, json_object_get(objective, "objectiveMetricName")) < 0)
        return -1;
    for (size_t i = 0; i < json_array_size(additional); i++) {
        if (add_metric(spec, objective, json_array_get(additional, i)) < 0)
            return -1;
    }
    return 0;
}

static int64_t read_count(const json_t *spec, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(spec, key);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

static void read_run(struct experiment_spec *spec, const json_t *json)
{
    const json_t *objective = json_object_get(json, "objective");
    const json_t *goal = json_object_get(objective, "goal");
    const char *type = json_string_value(json_object_get(objective, "type"));
    spec->maximize = type && strcmp(type, "maximize") == 0;
    spec->has_goal = json_is_number(goal);
    spec->goal = json_number_value(goal);
    spec->max_trials = read_count(json, "maxTrialCount", 0);
    spec->max_failed = read_count(json, "maxFailedTrialCount", -1);
    spec->parallel = read_count(json, "parallelTrialCount", 3);
}

static int missing(struct nbt_error *err, const char *path)
{
    nbt_error_set(err, NBT_EINVAL, "%s is missing; it must be a text", path);
    nbt_error_path(err, "%s", path);
    return NBT_EINVAL;
}

int experiment_spec_init(struct experiment_spec *ret_spec, const json_t *document,
                         struct nbt_error *err)
{
    struct experiment_spec spec = {0};
    const json_t *json = json_object_get(document, "spec");
    const json_t *algorithm = json_object_get(json, "algorithm");
    const char *name = json_string_value(json_object_get(algorithm, "algorithmName"));
    const json_t *objective = json_object_get(json, "objective");
    if (!json_is_string(json_object_get(objective, "objectiveMetricName")))
        return missing(err, "spec.objective.objectiveMetricName");
    if (!name)
        return missing(err, "spec.algorithm.algorithmName");
    read_run(&spec, json);
    spec.settings = json_object_get(algorithm, "algorithmSettings");
    spec.algorithm = strdup(name);
    if (!spec.algorithm || read_metrics(&spec, objective) < 0) {
        experiment_spec_fini(&spec);
        return nbt_error_set(err, NBT_ENOMEM, "out of memory while reading the Experiment");
    }
    *ret_spec = spec;
    return 0;
}

void experiment_spec_fini(struct experiment_spec *spec)
{
    if (!spec)
        return;
    for (size_t i = 0; i < spec->n_metrics; i++)
        free(spec->metrics[i].name);
    free(spec->metrics);
    free(spec->algorithm);
    *spec = (struct experiment_spec){0};
}
