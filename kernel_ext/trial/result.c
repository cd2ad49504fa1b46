#include <stdlib.h>
#include <string.h>

#include "trial/trial.h"

const char *trial_state_name(enum trial_state state)
{
    static const char *const names[] = {
        [TRIAL_SUCCEEDED] = "Succeeded",
        [TRIAL_FAILED] = "Failed",
        [TRIAL_KILLED] = "Killed",
        [TRIAL_METRICS_UNAVAILABLE] = "MetricsUnavailable",
    };
    return names[state];
}

void trial_result_fini(struct trial_result *result)
{
    if (result == NULL)
        return;
    for (size_t i = 0; i < result->n_metrics; i++) {
        free(result->metrics[i].name);
        free(result->metrics[i].variable);
        free(result->metrics[i].values);
    }
    free(result->metrics);
    free(result->isolation);
    json_decref(result->warnings);
    *result = (struct trial_result){0};
}

static json_t *metric_json(const struct trial_metric *metric)
{
    json_t *values = json_array();
    for (size_t i = 0; i < metric->n_values; i++)
        json_array_append_new(values, json_real(metric->values[i]));
    return json_pack("{s:s, s:s, s:o}", "name", metric->name, "variable", metric->variable,
                     "values", values);
}

json_t *trial_result_json(const struct trial_result *result)
{
    json_t *metrics = json_array();
    for (size_t i = 0; i < result->n_metrics; i++)
        json_array_append_new(metrics, metric_json(&result->metrics[i]));
    json_t *warnings = result->warnings == NULL ? json_array() : json_deep_copy(result->warnings);
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:o, s:s, s:f, s:o}", "state",
                     trial_state_name(result->state), "reason", result->reason, "message",
                     result->error.text, "cell", result->error.cell, "line", result->error.line,
                     "metrics", metrics, "isolation",
                     result->isolation == NULL ? "" : result->isolation, "seconds", result->seconds,
                     "warnings", warnings);
}
