#include <string.h>

#include "base/scope.h"
#include "experiment/experiment.h"

/* Katib's defaulter (katib section 1, "Defaults"). A field of the wrong type is left for validation
 * to name. */

#define JOB_SUCCEEDED  "status.conditions.#(type==\"Complete\")#|#(status==\"True\")#"
#define KIND_SUCCEEDED "status.conditions.#(type==\"Succeeded\")#|#(status==\"True\")#"
#define KIND_FAILED    "status.conditions.#(type==\"Failed\")#|#(status==\"True\")#"

static const struct {
    const char *kind, *success;
    const char *labels[2][2];
} kinds[] = {
    {"Job", JOB_SUCCEEDED, {{0}}},
    {"TrainJob",
     JOB_SUCCEEDED,
     {{"jobset.sigs.k8s.io/replicatedjob-name", "node"},
      {"batch.kubernetes.io/job-completion-index", "0"}}},
    {"TFJob", KIND_SUCCEEDED, {{"training.kubeflow.org/job-role", "master"}}},
    {"PyTorchJob", KIND_SUCCEEDED, {{"training.kubeflow.org/job-role", "master"}}},
    {"XGBoostJob", KIND_SUCCEEDED, {{"training.kubeflow.org/job-role", "master"}}},
    {"MPIJob", KIND_SUCCEEDED, {{"training.kubeflow.org/job-role", "master"}}},
};

/* Each takes `value`, sets it when the key is absent, empty or null, and returns non-zero without
 * memory. */
static int set_missing(json_t *object, const char *key, json_t *value)
{
    const json_t *old = json_object_get(object, key);
    bool absent =
        !old || json_is_null(old) || (json_is_string(old) && json_string_length(old) == 0);
    if (absent && value)
        return json_object_set_new(object, key, value);
    json_decref(value);
    return value ? 0 : -1;
}

static int set_text(json_t *object, const char *key, const char *text)
{
    return set_missing(object, key, json_string(text));
}

/* The object at a key, made when it is absent; NULL when something else stands there. */
static json_t *need_object(json_t *parent, const char *key)
{
    set_missing(parent, key, json_object());
    json_t *child = json_object_get(parent, key);
    return json_is_object(child) ? child : NULL;
}

static bool has_strategy(const json_t *strategies, const char *metric)
{
    size_t index;
    json_t *entry;
    json_array_foreach(strategies, index, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "name"));
        if (name && strcmp(name, metric) == 0)
            return true;
    }
    return false;
}

static int add_strategy(json_t *strategies, const json_t *metric, const char *value)
{
    const char *name = json_string_value(metric);
    if (!name || *name == '\0' || has_strategy(strategies, name))
        return 0;
    return json_array_append_new(strategies, json_pack("{s:s, s:s}", "name", name, "value", value));
}

static const char *strategy_for(const char *type)
{
    if (type && strcmp(type, "maximize") == 0)
        return "max";
    return type && strcmp(type, "minimize") == 0 ? "min" : "latest";
}

static int default_strategies(json_t *objective)
{
    const json_t *name = json_object_get(objective, "objectiveMetricName");
    const json_t *additional = json_object_get(objective, "additionalMetricNames");
    const char *value = strategy_for(json_string_value(json_object_get(objective, "type")));
    if (!json_is_string(name))
        return 0;
    int failed = set_missing(objective, "metricStrategies", json_array());
    json_t *strategies = json_object_get(objective, "metricStrategies");
    if (!json_is_array(strategies))
        return failed;
    failed |= add_strategy(strategies, name, value);
    for (size_t i = 0; i < json_array_size(additional); i++)
        failed |= add_strategy(strategies, json_array_get(additional, i), value);
    return failed;
}

static int default_parameters(json_t *parameters)
{
    int failed = 0;
    size_t index;
    json_t *parameter;
    json_array_foreach(parameters, index, parameter)
    {
        json_t *feasible = json_object_get(parameter, "feasibleSpace");
        if (json_is_object(feasible))
            failed |= set_text(feasible, "distribution", "uniform");
    }
    return failed;
}

static int default_path(json_t *collector_spec, const char *kind, const char *path,
                        const char *format)
{
    json_t *source = need_object(collector_spec, "source");
    json_t *place = source ? need_object(source, "fileSystemPath") : NULL;
    if (!place)
        return 0;
    int failed = set_text(place, "kind", kind);
    failed |= set_text(place, "path", path);
    if (format)
        failed |= set_text(place, "format", format);
    return failed;
}

static int default_http(json_t *collector_spec)
{
    json_t *source = need_object(collector_spec, "source");
    json_t *get = source ? need_object(source, "httpGet") : NULL;
    if (!get)
        return 0;
    int failed = set_text(get, "path", "/metrics");
    return failed | set_missing(get, "port", json_integer(8080));
}

static int default_collector(json_t *spec)
{
    json_t *collector_spec = need_object(spec, "metricsCollectorSpec");
    json_t *collector = collector_spec ? need_object(collector_spec, "collector") : NULL;
    if (!collector)
        return 0;
    int failed = set_text(collector, "kind", "StdOut");
    const char *kind = json_string_value(json_object_get(collector, "kind"));
    if (kind && strcmp(kind, "File") == 0)
        return failed | default_path(collector_spec, "File", "/var/log/katib/metrics.log", "TEXT");
    if (kind && strcmp(kind, "TensorFlowEvent") == 0)
        return failed | default_path(collector_spec, "Directory", "/var/log/katib/tfevent/", NULL);
    if (kind && strcmp(kind, "PrometheusMetric") == 0)
        return failed | default_http(collector_spec);
    return failed;
}

static int default_labels(json_t *template, size_t kind)
{
    if (!kinds[kind].labels[0][0] || json_object_get(template, "primaryPodLabels"))
        return 0;
    json_t *labels = need_object(template, "primaryPodLabels");
    int failed = 0;
    for (size_t i = 0; labels && i < 2 && kinds[kind].labels[i][0]; i++)
        failed |= set_text(labels, kinds[kind].labels[i][0], kinds[kind].labels[i][1]);
    return failed;
}

/* By the kind of trialSpec alone, as Katib does: nothing for a template in a ConfigMap. */
static int default_template(json_t *template)
{
    const json_t *trial = json_object_get(template, "trialSpec");
    const char *kind = json_string_value(json_object_get(trial, "kind"));
    size_t row = 0;
    while (kind && row < COUNT_OF(kinds) && strcmp(kinds[row].kind, kind) != 0)
        row++;
    if (!kind || row == COUNT_OF(kinds))
        return 0;
    int failed = set_text(template, "successCondition", kinds[row].success);
    failed |= set_text(template, "failureCondition", KIND_FAILED);
    return failed | default_labels(template, row);
}

int experiment_default(json_t *document, struct nbt_error *err)
{
    json_t *spec = json_object_get(document, "spec");
    if (!json_is_object(spec))
        return 0;
    int failed = set_missing(spec, "parallelTrialCount", json_integer(3));
    failed |= set_text(spec, "resumePolicy", "Never");
    json_t *objective = json_object_get(spec, "objective");
    json_t *template = json_object_get(spec, "trialTemplate");
    if (json_is_object(objective))
        failed |= default_strategies(objective);
    failed |= default_parameters(json_object_get(spec, "parameters"));
    failed |= default_collector(spec);
    if (json_is_object(template))
        failed |= default_template(template);
    return failed ? nbt_error_set(err, NBT_ENOMEM, "out of memory while filling defaults") : 0;
}
