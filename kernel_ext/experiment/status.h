/*
 * The status of an Experiment as Katib shows it (katib section 6): conditions, counts and lists of
 * trials, observations, the optimal trial. Pure: facts in, JSON out; no clock (times are
 * arguments), no I/O. Counting is the user's reading (design section 6), not Katib's: trials that
 * succeeded or were stopped early reach maxTrialCount, failures must exceed maxFailedTrialCount.
 *
 * Nothing is kept between calls. Any thread.
 *
 *     auto_json json_t *status = json_object();
 *     status_mark(status, STATUS_CREATED, true, NULL, NULL, clock_realtime_us(), &err);
 *     status_fill(status, &spec, trials, n_trials, &err);
 *     json_object_set(document, "status", status);
 */
#ifndef EXPERIMENT_STATUS_H
#define EXPERIMENT_STATUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "experiment/experiment.h"

/* Katib's words for a trial's state. */
enum status_state {
    STATUS_TRIAL_PENDING,
    STATUS_TRIAL_RUNNING,
    STATUS_TRIAL_SUCCEEDED,
    STATUS_TRIAL_FAILED,
    STATUS_TRIAL_KILLED,
    STATUS_TRIAL_EARLY_STOPPED,
    STATUS_TRIAL_METRICS_UNAVAILABLE,
};
#define STATUS_TRIAL_STATES 7

/* "Pending", "Running", "Succeeded", "Failed", "Killed", "EarlyStopped", "MetricsUnavailable". */
const char *status_state_name(enum status_state state);
bool status_state_find(const char *name,
                       enum status_state *ret_state); /* false when it is none of them */

struct status_trial {
    const char *name;
    enum status_state state;
    const json_t *assignments; /* [{name, value}]; borrowed */
    const json_t *observation; /* {"metrics":[{name, min, max, latest}]}, or NULL; borrowed */
};

/* Conditions, with Katib's names. */
enum status_condition {
    STATUS_CREATED,
    STATUS_RUNNING,
    STATUS_RESTARTING,
    STATUS_SUCCEEDED,
    STATUS_FAILED,
};

/* Katib's reasons; the first of each type is what status_mark writes when no reason is given. */
#define STATUS_REASON_CREATED        "ExperimentCreated"
#define STATUS_REASON_RUNNING        "ExperimentRunning"
#define STATUS_REASON_RESTARTING     "ExperimentRestarting"
#define STATUS_REASON_MAX_TRIALS     "ExperimentMaxTrialsReached"
#define STATUS_REASON_GOAL           "ExperimentGoalReached"
#define STATUS_REASON_SUGGESTION_END "ExperimentSuggestionEndReached" /* the space is exhausted */
#define STATUS_REASON_FAILED         "ExperimentFailed"

/*
 * Sets a condition and what follows from it, as Katib does: the entry moves to the end of the
 * array, lastTransitionTime stays where only reason or message changed, nothing changes when all
 * are as they were.
 *
 *     Created true             sets startTime when it is absent
 *     Running true             makes Restarting false (Katib leaves it true for ever)
 *     Restarting true          removes Succeeded and Failed, completionTime becomes null
 *     Succeeded, Failed true   make Running and Restarting false, completionTime is now
 *
 * Reason NULL: the first of its type above; message NULL: Katib's text for the reason.
 */
nbt_must_check int status_mark(json_t *status, enum status_condition condition, bool value,
                               const char *reason, const char *message, int64_t now_us,
                               struct nbt_error *err);

/* One metric's reports, in order of report. */
struct status_reports {
    const char *name;     /* Katib's */
    const double *values; /* finite */
    size_t n;
};

/* {"metrics":[{name, min, max, latest}]}: the objective, then the additional metrics of `spec`;
 * texts are the shortest that read back as the same double, "unavailable" for a metric without a
 * report. New reference, NULL without memory. */
json_t *status_observation(const struct experiment_spec *spec, const struct status_reports *reports,
                           size_t n);

/* The one number that stands for a metric's reports: by strategy; NAN when n is 0. */
double status_compared(enum experiment_strategy strategy, const double *values, size_t n);

/* The objective's compared value in an observation; false when there is none (NULL, "unavailable",
 * not a finite number). Min or max that is unavailable falls back to latest, as in Katib. */
bool status_objective(const struct experiment_spec *spec, const json_t *observation,
                      double *ret_value);

/* True when `value` beats `best`; an equal one does not, so that the first stays. */
bool status_better(const struct experiment_spec *spec, double value, double best);

/* False without a goal. Reaching is >= when maximizing, <= when minimizing. */
bool status_goal_reached(const struct experiment_spec *spec, double value);

/* The best of the trials that succeeded or were stopped early and have an objective; the first of
 * equals; NULL when none. ret_value may be NULL. */
const struct status_trial *status_optimal(const struct experiment_spec *spec,
                                          const struct status_trial *trials, size_t n,
                                          double *ret_value);

struct status_counts {
    size_t of[STATUS_TRIAL_STATES]; /* by enum status_state */
    size_t trials;
};
struct status_counts status_count(const struct status_trial *trials, size_t n);

/* Why an experiment is to end, STATUS_GO_ON when it is not. In this order: goal, too many failures,
 * enough trials. */
enum status_verdict {
    STATUS_GO_ON,
    STATUS_GOAL_REACHED,
    STATUS_TOO_MANY_FAILED,
    STATUS_ENOUGH_TRIALS
};

/* `best`: the optimal trial's value, or NULL when there is none yet. */
enum status_verdict status_decide(const struct experiment_spec *spec,
                                  const struct status_counts *counts, const double *best);

/* {"bestTrialName", "parameterAssignments", "observation"}; {"observation":{}} for NULL, as Katib.
 * New reference. */
json_t *status_optimal_json(const struct status_trial *trial);

/* Writes currentOptimalTrial, the lists of names and the counts into `status`, in Katib's order of
 * fields; empty lists and zero counts are absent. Costs the number of trials. */
nbt_must_check int status_fill(json_t *status, const struct experiment_spec *spec,
                               const struct status_trial *trials, size_t n, struct nbt_error *err);

#endif
