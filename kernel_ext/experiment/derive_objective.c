/* The objective: given, stored, or the first metric with a direction that its name tells. */
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "experiment/derive_internal.h"
#include "nbtags/number.h"

#define PATH "spec.objective"

struct objective {
    const char *metric;   /* NULL: there is none */
    const char *type;     /* "minimize", "maximize"; NULL: by the metric's name */
    const json_t *goal;   /* a number, or NULL */
    const json_t *others; /* stored additional metrics, or NULL for all others */
};

static const char *direction_of(const char *metric)
{
    struct tokens tokens;
    tokens_init(&tokens, metric);
    bool smaller = tokens_find(
        &tokens, "loss logloss err error mae mse rmse rmsle mape nll cost perplexity time latency");
    return smaller && !tokens_find(&tokens, "neg") ? "minimize" : "maximize";
}

static void metric_names(const struct nbt_notebook *notebook, char text[300])
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < notebook->n_metrics && used < 300; i++)
        used += (size_t)snprintf(text + used, 300 - used, "%s%s", i ? ", " : "",
                                 notebook->metrics[i].name);
    if (notebook->n_metrics == 0)
        snprintf(text, 300, "none");
}

/* The first metric that is not a parameter; a parameter that is printed is no result. */
static const char *first_metric(const struct nbt_notebook *notebook)
{
    for (size_t i = 0; i < notebook->n_metrics; i++)
        if (!nbt_find_parameter(notebook, notebook->metrics[i].variable))
            return notebook->metrics[i].name;
    return NULL;
}

/* Stored names may be of variables or of Katib's kind; a metric that the notebook lost stays, as a
 * problem. */
/* Where there is none, the notebook's own diagnostic says so, once. */
static bool has_metrics_cell(const struct nbt_notebook *notebook)
{
    for (size_t i = 0; i < notebook->n_cells; i++)
        if (notebook->cells[i].role == NBT_ROLE_METRICS)
            return true;
    return false;
}

static void take_stored(struct objective *objective, const struct deriving *deriving,
                        const json_t *stored)
{
    const char *name = json_string_value(json_object_get(stored, "objectiveMetricName"));
    const char *type = json_string_value(json_object_get(stored, "type"));
    const json_t *goal = json_object_get(stored, "goal");
    if (!name || !*name)
        return;
    const struct nbt_metric *metric = nbt_find_metric(deriving->notebook, name);
    objective->metric = metric ? metric->name : name;
    objective->type = type && *type ? type : NULL;
    objective->goal = json_is_number(goal) ? goal : NULL;
    objective->others = json_object_get(stored, "additionalMetricNames");
    deriving->ret->objective_origin = DERIVE_STORED;
    if (metric || !has_metrics_cell(deriving->notebook))
        return;
    char known[300];
    metric_names(deriving->notebook, known);
    experiment_problem(&deriving->ret->problems, true, PATH ".objectiveMetricName",
                       "the stored objective '%.80s' is none of the notebook's metrics (%s): print "
                       "it in the metrics cell, "
                       "or choose another with --objective",
                       name, known);
}

/* "max:accuracy": the direction, and the metric behind the colon. */
static const char *split_direction(const char *text, const char **ret_type)
{
    static const char *const prefixes[][2] = {{"max:", "maximize"},
                                              {"maximize:", "maximize"},
                                              {"min:", "minimize"},
                                              {"minimize:", "minimize"}};
    *ret_type = NULL;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t length = strlen(prefixes[i][0]);
        if (strncmp(text, prefixes[i][0], length) == 0) {
            *ret_type = prefixes[i][1];
            return text + length;
        }
    }
    return text;
}

static void take_given(struct objective *objective, const struct deriving *deriving)
{
    const char *text = deriving->given->objective, *type;
    if (!text)
        return;
    const char *name = split_direction(text, &type);
    const struct nbt_metric *metric = nbt_find_metric(deriving->notebook, name);
    if (!metric) {
        char known[300];
        metric_names(deriving->notebook, known);
        experiment_problem(&deriving->ret->problems, true, "--objective",
                           "'%.80s' is none of the notebook's metrics (%s), expected one of them, "
                           "with max: or min: "
                           "before it if you like",
                           text, known);
        return;
    }
    bool same = objective->metric && strcmp(objective->metric, metric->name) == 0;
    /* A stored goal is for the stored metric in its direction. */
    if (!same || (type && objective->type && strcmp(type, objective->type) != 0))
        objective->goal = NULL;
    if (!same) {
        objective->others = NULL;
        objective->type = NULL;
    }
    objective->metric = metric->name;
    objective->type = type ? type : objective->type;
    deriving->ret->objective_origin = DERIVE_GIVEN;
}

/* Metrics besides the objective: the stored ones that the notebook still prints, else all others.
 */
static json_t *additional(const struct deriving *deriving, const struct objective *objective)
{
    json_t *names = json_array();
    const struct nbt_notebook *notebook = deriving->notebook;
    size_t n = objective->others ? json_array_size(objective->others) : notebook->n_metrics;
    for (size_t i = 0; i < n; i++) {
        const char *name = objective->others
                               ? json_string_value(json_array_get(objective->others, i))
                               : notebook->metrics[i].name;
        const struct nbt_metric *metric = name ? nbt_find_metric(notebook, name) : NULL;
        if (metric && (!objective->metric || strcmp(metric->name, objective->metric) != 0))
            json_array_append_new(names, json_string(metric->name));
        else if (name && !metric)
            experiment_problem(
                &deriving->ret->problems, false, PATH ".additionalMetricNames",
                "the stored metric '%.80s' is left out: the notebook does not print it", name);
    }
    return names;
}

static int put_goal(json_t *spec, const struct objective *objective,
                    const struct deriving *deriving, struct nbt_error *err)
{
    const char *text = deriving->given->goal;
    double goal;
    if (text && strcmp(text, "none") == 0)
        return 0;
    if (text && nbt_parse_double(text, &goal))
        return derive_put(spec, "goal", json_real(goal), err);
    if (text)
        experiment_problem(&deriving->ret->problems, true, "--goal",
                           "'%.80s' is not a finite number, expected one such as 0.95, or none",
                           text);
    return objective->goal ? derive_put(spec, "goal", json_deep_copy(objective->goal), err) : 0;
}

int derive_objective(const struct deriving *deriving, json_t *document, struct nbt_error *err)
{
    struct objective objective = {0};
    const json_t *stored = json_object_get(deriving->notebook->katib, "objective");
    deriving->ret->objective_origin = DERIVE_DERIVED;
    take_stored(&objective, deriving, stored);
    take_given(&objective, deriving);
    if (!objective.metric)
        objective.metric = first_metric(deriving->notebook);
    if (!objective.metric && has_metrics_cell(deriving->notebook))
        experiment_problem(
            &deriving->ret->problems, true, PATH ".objectiveMetricName",
            "there is nothing to optimise: %s; print a result in a cell tagged pipeline-metrics",
            deriving->notebook->n_metrics ? "all metrics are parameters"
                                          : "the notebook prints no metric");
    if (!objective.type)
        objective.type = direction_of(objective.metric ? objective.metric : "");
    auto_json json_t *spec = json_pack("{s:s}", "type", objective.type);
    int rc = put_goal(spec, &objective, deriving, err);
    if (rc == 0 && objective.metric)
        rc = derive_put(spec, "objectiveMetricName", json_string(objective.metric), err);
    if (rc == 0)
        rc = derive_put(spec, "additionalMetricNames", additional(deriving, &objective), err);
    return rc < 0 ? rc
                  : derive_put(json_object_get(document, "spec"), "objective", TAKE(spec), err);
}
