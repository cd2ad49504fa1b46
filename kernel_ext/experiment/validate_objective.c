#include <math.h>
#include <string.h>

#include "base/scope.h"
#include "experiment/validate.h"

static const char *const types[] = {"minimize", "maximize", NULL};
static const char *const strategies[] = {"min", "max", "latest", NULL};

static const struct field objective_fields[] = {
    {"type", SHAPE_TEXT, "minimize or maximize", types},
    {"goal", SHAPE_NUMBER, NULL, NULL},
    {"objectiveMetricName", SHAPE_TEXT, "the name of the metric to optimize", NULL},
    {"additionalMetricNames", SHAPE_LIST, NULL, NULL},
    {"metricStrategies", SHAPE_LIST, NULL, NULL},
    {0},
};

static const struct field strategy_fields[] = {
    {"name", SHAPE_TEXT, "the name of a metric", NULL},
    {"value", SHAPE_TEXT, "min, max or latest", strategies},
    {0},
};

static const struct place objective_place = {"spec.objective"};

/* Katib's collector finds "name=value" with [\w|-]+ for the name: val.loss=1 would count as loss. A
 * filter of the user's may read other names. */
static void check_metric_name(struct experiment_problems *problems, struct place place,
                              const char *name, bool filtered)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_|-";
    size_t length = strlen(name);
    if (strchr(name, ';') || (!filtered && strspn(name, allowed) != length))
        validate_error(problems, place,
                       "found \"%.60s\"; a metric's name has letters, digits, _, - and | only",
                       name);
}

static void check_additional(const json_t *objective, json_t *names, bool filtered,
                             struct experiment_problems *problems)
{
    struct place list_place = place_field(objective_place, "additionalMetricNames");
    const char *main_name = validate_text(objective, "objectiveMetricName");
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(objective, "additionalMetricNames"), index, item)
    {
        struct place place = place_item(list_place, index);
        const char *name = json_string_value(item);
        if (!validate_shape(problems, place, item, SHAPE_TEXT))
            continue;
        if (*name == '\0')
            validate_error(problems, place, "is empty; name a metric or remove it");
        else if (main_name && strcmp(name, main_name) == 0)
            validate_error(problems, place, "\"%.60s\" is the objective already; remove it here",
                           name);
        else if (!validate_see(names, name))
            validate_error(problems, place, "\"%.60s\" stands twice; remove it here", name);
        else
            check_metric_name(problems, place, name, filtered);
    }
}

static void check_strategies(const json_t *objective, const json_t *names,
                             struct experiment_problems *problems)
{
    struct place list_place = place_field(objective_place, "metricStrategies");
    auto_json json_t *seen = json_object();
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(objective, "metricStrategies"), index, item)
    {
        struct place place = place_item(list_place, index);
        validate_fields(problems, place, item, strategy_fields);
        const char *name = validate_text(item, "name");
        if (!name)
            continue;
        place = place_field(place, "name");
        if (!validate_see(seen, name))
            validate_error(problems, place, "\"%.60s\" has a strategy already; keep one of them",
                           name);
        else if (!json_object_get(names, name))
            validate_warning(problems, place, "\"%.60s\" is no metric of this experiment", name);
    }
}

static bool has_filter(const json_t *spec)
{
    const json_t *collector = json_object_get(spec, "metricsCollectorSpec");
    return json_is_object(json_object_get(json_object_get(collector, "source"), "filter"));
}

void validate_objective(const json_t *spec, struct experiment_problems *problems)
{
    const json_t *objective = json_object_get(spec, "objective");
    auto_json json_t *names = json_object();
    bool filtered = has_filter(spec);
    if (!json_is_object(objective))
        return;
    validate_fields(problems, objective_place, objective, objective_fields);
    const json_t *goal = json_object_get(objective, "goal");
    if (json_is_real(goal) && !isfinite(json_real_value(goal)))
        validate_error(problems, place_field(objective_place, "goal"),
                       "is not finite; give a number, or remove the goal");
    const char *name = validate_text(objective, "objectiveMetricName");
    if (name) {
        check_metric_name(problems, place_field(objective_place, "objectiveMetricName"), name,
                          filtered);
        validate_see(names, name);
    }
    check_additional(objective, names, filtered, problems);
    check_strategies(objective, names, problems);
}
