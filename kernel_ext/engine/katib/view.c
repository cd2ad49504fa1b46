#include "engine/katib/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/kube/moment.h"
#include "engine/katib/session.h"
#include "engine/katib/translate.h"
#include "experiment/experiment.h"

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the experiment's trials");
}

static json_t *member(const json_t *object, const char *key)
{
    return json_object_get(object, key);
}

static const char *text(const json_t *object, const char *key)
{
    const char *found = json_string_value(member(object, key));
    return found ? found : "";
}

static const json_t *metadata(const json_t *object)
{
    return member(object, "metadata");
}

/* ---- conditions ---- */

/* The condition of that type when it is true; NULL otherwise. */
static const json_t *condition(const json_t *object, const char *type)
{
    size_t i;
    const json_t *found;

    json_array_foreach(member(member(object, "status"), "conditions"), i, found)
    {
        if (strcmp(text(found, "type"), type) == 0 && strcmp(text(found, "status"), "True") == 0)
            return found;
    }
    return NULL;
}

static bool has_best(const json_t *experiment)
{
    return text(member(member(experiment, "status"), "currentOptimalTrial"), "bestTrialName")[0];
}

bool katib_is_over(const json_t *experiment)
{
    return condition(experiment, "Failed") || condition(experiment, "Succeeded");
}

const char *katib_experiment_state(const json_t *experiment)
{
    bool stopped = experiment_annotation(experiment, KATIB_STOPPED);

    if (text(metadata(experiment), "deletionTimestamp")[0])
        return "Stopping";
    if (stopped)
        return katib_is_over(experiment) ? "Stopped" : "Stopping";
    if (condition(experiment, "Failed"))
        return "Failed";
    if (condition(experiment, "Succeeded"))
        return has_best(experiment) ? "Succeeded" : "Failed";
    return condition(experiment, "Running") ? "Running" : "Created";
}

void katib_why(const json_t *experiment, const char **ret_reason, const char **ret_message)
{
    const json_t *failed = condition(experiment, "Failed");
    const json_t *found = failed ? failed : condition(experiment, "Succeeded");

    *ret_reason = text(found, "reason");
    *ret_message = text(found, "message");
    if (found && !failed && !has_best(experiment))
        *ret_message = "no trial succeeded";
}

enum status_state katib_trial_state(const json_t *trial)
{
    static const enum status_state order[] = {
        STATUS_TRIAL_KILLED,        STATUS_TRIAL_FAILED,  STATUS_TRIAL_SUCCEEDED,
        STATUS_TRIAL_EARLY_STOPPED, STATUS_TRIAL_RUNNING, STATUS_TRIAL_METRICS_UNAVAILABLE,
    };

    for (size_t i = 0; i < COUNT_OF(order); i++) {
        if (condition(trial, status_state_name(order[i])))
            return order[i];
    }
    return STATUS_TRIAL_PENDING;
}

bool katib_trial_is_over(enum status_state state)
{
    return state != STATUS_TRIAL_PENDING && state != STATUS_TRIAL_RUNNING;
}

/* ---- a trial ---- */

/* The values that the user named, where tokens were sent in their place. */
static json_t *decoded(const json_t *assignments, const json_t *choices)
{
    json_t *list = json_array();
    size_t i;
    const json_t *assignment;

    json_array_foreach(assignments, i, assignment)
    {
        const char *name = text(assignment, "name");
        const char *value = text(assignment, "value");
        const json_t *choice = member(member(choices, name), value);
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", name, "value",
                                              choice ? json_string_value(choice) : value));
    }
    return list;
}

static json_t *observation(const json_t *trial)
{
    json_t *found = member(member(trial, "status"), "observation");
    return member(found, "metrics") ? json_incref(found) : json_object();
}

static double seconds_between(const char *from, const char *to)
{
    int64_t start;
    int64_t end;

    if (!kube_moment_parse(from, strlen(from), &start) || !kube_moment_parse(to, strlen(to), &end))
        return 0;
    return (double)(end - start) / 1e9;
}

static json_t *moment(const json_t *status, const char *key)
{
    json_t *found = member(status, key);
    return json_is_string(found) ? json_incref(found) : json_null();
}

json_t *katib_trial_view(const json_t *trial, size_t index, const json_t *choices)
{
    const json_t *status = member(trial, "status");
    enum status_state state = katib_trial_state(trial);
    const json_t *last = condition(trial, status_state_name(state));

    return json_pack(
        "{s:s, s:I, s:s, s:o, s:o, s:o, s:o, s:f, s:s, s:s, s:n, s:s, s:s, s:s, s:[]}", "name",
        text(metadata(trial), "name"), "index", (json_int_t)index, "state",
        status_state_name(state), "assignments",
        decoded(member(member(trial, "spec"), "parameterAssignments"), choices), "observation",
        observation(trial), "startTime", moment(status, "startTime"), "completionTime",
        moment(status, "completionTime"), "seconds",
        seconds_between(text(status, "startTime"), text(status, "completionTime")), "reason",
        text(last, "reason"), "message", katib_trial_is_over(state) ? text(last, "message") : "",
        "cell", "step", "", "folder", "", "isolation", "pod", "warnings");
}

static int older_first(const void *a, const void *b)
{
    const json_t *x = *(const json_t *const *)a;
    const json_t *y = *(const json_t *const *)b;
    int order = strcmp(text(metadata(x), "creationTimestamp"), text(metadata(y), "creationTimestamp"));

    return order ? order : strcmp(text(metadata(x), "name"), text(metadata(y), "name"));
}

int katib_trials_view(json_t **ret, const json_t *items, const json_t *choices,
                      struct nbt_error *err)
{
    size_t n = json_array_size(items);
    auto_free const json_t **sorted = calloc(n + 1, sizeof(*sorted));
    auto_json json_t *list = json_array();

    if (!sorted || !list)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        sorted[i] = json_array_get(items, i);
    qsort(sorted, n, sizeof(*sorted), older_first);
    for (size_t i = 0; i < n; i++) {
        if (json_array_append_new(list, katib_trial_view(sorted[i], i, choices)) < 0)
            return no_memory(err);
    }
    *ret = TAKE(list);
    return 0;
}

/* ---- an experiment ---- */

static const char *notebook_of(const json_t *experiment)
{
    const char *path = experiment_annotation(experiment, EXPERIMENT_NOTEBOOK);
    return path ? path : "";
}

int katib_show_view(json_t **ret, const json_t *experiment, const json_t *items,
                    struct nbt_error *err)
{
    auto_json json_t *settings = NULL;
    auto_json json_t *trials = NULL;
    const char *reason;
    const char *message;
    int result = katib_settings(&settings, experiment, err);

    if (result == 0)
        result = katib_trials_view(&trials, items, member(settings, "choices"), err);
    if (result < 0)
        return result;
    katib_why(experiment, &reason, &message);
    *ret = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:O, s:s, s:i, s:s, s:[]}", "name",
                     text(metadata(experiment), "name"), "engine", "katib", "state",
                     katib_experiment_state(experiment), "reason", reason, "message", message,
                     "experiment", experiment, "trials", trials, "folder", "", "seq", 0, "notebook",
                     notebook_of(experiment), "warnings");
    return *ret ? 0 : no_memory(err);
}

static json_int_t number(const json_t *status, const char *key)
{
    return json_integer_value(member(status, key));
}

/* The optimal trial's compared value, and the trial itself. */
static json_t *objective_view(const json_t *experiment)
{
    const json_t *objective = member(member(experiment, "spec"), "objective");
    const json_t *best = member(member(experiment, "status"), "currentOptimalTrial");
    struct experiment_spec spec;
    double value;
    json_t *found = NULL;

    if (experiment_spec_init(&spec, experiment, NULL) == 0) {
        if (status_objective(&spec, member(best, "observation"), &value))
            found = json_real(value);
        experiment_spec_fini(&spec);
    }
    return json_pack("{s:O?, s:O?, s:o?}", "name", member(objective, "objectiveMetricName"), "type",
                     member(objective, "type"), "value", found);
}

static json_t *best_view(const json_t *experiment, const json_t *choices)
{
    const json_t *best = member(member(experiment, "status"), "currentOptimalTrial");

    if (!has_best(experiment))
        return json_null();
    return json_pack("{s:s, s:o}", "trial", text(best, "bestTrialName"), "assignments",
                     decoded(member(best, "parameterAssignments"), choices));
}

int katib_item_view(json_t **ret, const json_t *experiment, struct nbt_error *err)
{
    const json_t *status = member(experiment, "status");
    auto_json json_t *settings = NULL;
    int result = katib_settings(&settings, experiment, err);

    if (result < 0)
        return result;
    *ret = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:O?, s:o, s:o}", "name",
        text(metadata(experiment), "name"), "engine", "katib", "state",
        katib_experiment_state(experiment), "notebook", notebook_of(experiment), "startTime",
        moment(metadata(experiment), "creationTimestamp"), "completionTime",
        moment(status, "completionTime"), "trials", number(status, "trials"), "trialsSucceeded",
        number(status, "trialsSucceeded"), "trialsFailed",
        number(status, "trialsFailed") + number(status, "trialMetricsUnavailable"),
        "trialsRunning", number(status, "trialsRunning"), "maxTrialCount",
        member(member(experiment, "spec"), "maxTrialCount"), "objective",
        objective_view(experiment), "best", best_view(experiment, member(settings, "choices")));
    return *ret ? 0 : no_memory(err);
}
