#include <string.h>

#include "base/scope.h"
#include "experiment/status.h"

/* Katib's names; the lists come in the order of its ExperimentStatus, the counts in theirs. */
static const struct {
    const char *name, *list, *count;
} states[STATUS_TRIAL_STATES] = {
    [STATUS_TRIAL_PENDING] = {"Pending", "pendingTrialList", "trialsPending"},
    [STATUS_TRIAL_RUNNING] = {"Running", "runningTrialList", "trialsRunning"},
    [STATUS_TRIAL_SUCCEEDED] = {"Succeeded", "succeededTrialList", "trialsSucceeded"},
    [STATUS_TRIAL_FAILED] = {"Failed", "failedTrialList", "trialsFailed"},
    [STATUS_TRIAL_KILLED] = {"Killed", "killedTrialList", "trialsKilled"},
    [STATUS_TRIAL_EARLY_STOPPED] = {"EarlyStopped", "earlyStoppedTrialList", "trialsEarlyStopped"},
    [STATUS_TRIAL_METRICS_UNAVAILABLE] = {"MetricsUnavailable", "metricsUnavailableTrialList",
                                          "trialMetricsUnavailable"},
};

static const enum status_state list_order[STATUS_TRIAL_STATES] = {STATUS_TRIAL_RUNNING,
                                                                  STATUS_TRIAL_PENDING,
                                                                  STATUS_TRIAL_FAILED,
                                                                  STATUS_TRIAL_SUCCEEDED,
                                                                  STATUS_TRIAL_KILLED,
                                                                  STATUS_TRIAL_EARLY_STOPPED,
                                                                  STATUS_TRIAL_METRICS_UNAVAILABLE};

static const enum status_state count_order[STATUS_TRIAL_STATES] = {
    STATUS_TRIAL_SUCCEEDED,
    STATUS_TRIAL_FAILED,
    STATUS_TRIAL_KILLED,
    STATUS_TRIAL_PENDING,
    STATUS_TRIAL_RUNNING,
    STATUS_TRIAL_EARLY_STOPPED,
    STATUS_TRIAL_METRICS_UNAVAILABLE};

const char *status_state_name(enum status_state state)
{
    return states[state].name;
}

bool status_state_find(const char *name, enum status_state *ret_state)
{
    for (int i = 0; i < STATUS_TRIAL_STATES; i++) {
        if (strcmp(states[i].name, name) == 0) {
            *ret_state = (enum status_state)i;
            return true;
        }
    }
    return false;
}

/* A failed trial's partial reports never win. */
static bool may_be_best(enum status_state state)
{
    return state == STATUS_TRIAL_SUCCEEDED || state == STATUS_TRIAL_EARLY_STOPPED;
}

const struct status_trial *status_optimal(const struct experiment_spec *spec,
                                          const struct status_trial *trials, size_t n,
                                          double *ret_value)
{
    const struct status_trial *best = NULL;
    double best_value = 0;
    for (size_t i = 0; i < n; i++) {
        double value;
        if (!may_be_best(trials[i].state) ||
            !status_objective(spec, trials[i].observation, &value) ||
            (best && !status_better(spec, value, best_value)))
            continue;
        best = &trials[i];
        best_value = value;
    }
    if (best && ret_value)
        *ret_value = best_value;
    return best;
}

struct status_counts status_count(const struct status_trial *trials, size_t n)
{
    struct status_counts counts = {.trials = n};
    for (size_t i = 0; i < n; i++)
        counts.of[trials[i].state]++;
    return counts;
}

enum status_verdict status_decide(const struct experiment_spec *spec,
                                  const struct status_counts *counts, const double *best)
{
    size_t failed = counts->of[STATUS_TRIAL_FAILED] + counts->of[STATUS_TRIAL_METRICS_UNAVAILABLE];
    size_t done = counts->of[STATUS_TRIAL_SUCCEEDED] + counts->of[STATUS_TRIAL_EARLY_STOPPED];
    if (best && status_goal_reached(spec, *best))
        return STATUS_GOAL_REACHED;
    if (spec->max_failed >= 0 && failed > (uint64_t)spec->max_failed)
        return STATUS_TOO_MANY_FAILED;
    if (spec->max_trials > 0 && done >= (uint64_t)spec->max_trials)
        return STATUS_ENOUGH_TRIALS;
    return STATUS_GO_ON;
}

json_t *status_optimal_json(const struct status_trial *trial)
{
    if (!trial)
        return json_pack("{s:{}}", "observation");
    json_t *assignments = trial->assignments ? json_deep_copy(trial->assignments) : json_array();
    json_t *observation = trial->observation ? json_deep_copy(trial->observation) : json_object();
    return json_pack("{s:s, s:o, s:o}", "bestTrialName", trial->name, "parameterAssignments",
                     assignments, "observation", observation);
}

static int fill_lists(json_t *status, const struct status_trial *trials, size_t n)
{
    json_t *lists[STATUS_TRIAL_STATES] = {0};
    int failed = 0;
    for (size_t i = 0; i < n; i++) {
        json_t **list = &lists[trials[i].state];
        if (!*list)
            *list = json_array();
        failed |= json_array_append_new(*list, json_string(trials[i].name));
    }
    for (int i = 0; i < STATUS_TRIAL_STATES; i++) {
        enum status_state state = list_order[i];
        /* Removed first: a field that is set again keeps its old place. */
        json_object_del(status, states[state].list);
        if (lists[state])
            failed |= json_object_set_new(status, states[state].list, lists[state]);
    }
    return failed;
}

static int fill_count(json_t *status, const char *key, size_t count)
{
    json_object_del(status, key);
    return count > 0 ? json_object_set_new(status, key, json_integer((json_int_t)count)) : 0;
}

static int fill_counts(json_t *status, const struct status_counts *counts)
{
    int failed = fill_count(status, "trials", counts->trials);
    for (int i = 0; i < STATUS_TRIAL_STATES; i++) {
        enum status_state state = count_order[i];
        failed |= fill_count(status, states[state].count, counts->of[state]);
    }
    return failed;
}

int status_fill(json_t *status, const struct experiment_spec *spec,
                const struct status_trial *trials, size_t n, struct nbt_error *err)
{
    const struct status_trial *best = status_optimal(spec, trials, n, NULL);
    struct status_counts counts = status_count(trials, n);
    json_object_del(status, "currentOptimalTrial");
    if (json_object_set_new(status, "currentOptimalTrial", status_optimal_json(best)) != 0 ||
        fill_lists(status, trials, n) != 0 || fill_counts(status, &counts) != 0)
        return nbt_error_set(err, NBT_ENOMEM,
                             "the status of %zu trials: out of memory, or a name "
                             "that is not UTF-8",
                             n);
    return 0;
}
