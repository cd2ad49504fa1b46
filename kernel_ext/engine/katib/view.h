/*
 * What the cluster has of an experiment, as the engine contract shows it (engine.h): pure functions
 * of Katib's objects.
 *
 *     auto_json json_t *show = NULL;
 *     if (katib_show_view(&show, experiment, trials, &err) < 0) ...
 */
#ifndef ENGINE_KATIB_VIEW_H
#define ENGINE_KATIB_VIEW_H

#include <jansson.h>
#include <stdbool.h>

#include "experiment/status.h"
#include "nbtags/error.h"

/* Annotation of an Experiment that was asked to stop (change.c): {"asked": it is not to go on,
 * "trials": how many there were, "killed": [names of trials that were ended],
 * "maxTrialCount", "maxFailedTrialCount": as they were}. */
#define KATIB_STOP "nbkatib.dev/stop"

json_t *katib_stop_note(const json_t *experiment); /* NULL: none. New reference */
bool katib_stop_asked(const json_t *experiment);

/* It has ended and none of its trials runs. Katib leaves Restarting true for ever, and what ended
 * it stands for a moment after a resume. */
bool katib_is_over(const json_t *experiment);
bool katib_used_up(const json_t *experiment); /* it ended, or will, for it has had its trials */

/* A state of the engine contract. Succeeded without a trial that did is Failed. */
const char *katib_experiment_state(const json_t *experiment);

/* reason and message of the condition that ended it; "" when none did. Borrowed. */
void katib_why(const json_t *experiment, const char **ret_reason, const char **ret_message);

/* In Katib's order: Killed, Failed, Succeeded, EarlyStopped, Running, MetricsUnavailable, else
 * Pending (katib section 6). */
enum status_state katib_trial_state(const json_t *trial);
bool katib_trial_is_over(enum status_state state);
/* The same, where what a stop ended is Killed. note NULL: there was none. */
enum status_state katib_shown_state(const json_t *trial, size_t index, const json_t *note);

/* What of an experiment its trials are read by. */
struct katib_reading {
    json_t *settings;
    const json_t *choices; /* of settings; may be NULL */
    json_t *note;          /* katib_stop_note's */
};
nbt_must_check int katib_reading_init(struct katib_reading *ret, const json_t *experiment,
                                      struct nbt_error *err);
void katib_reading_fini(struct katib_reading *reading);

/* Items of a TrialList, oldest first. New reference. */
nbt_must_check int katib_sort_trials(json_t **ret, const json_t *items, struct nbt_error *err);

/* A trial of the engine contract; index is its place by age. New reference; NULL without memory. */
json_t *katib_trial_view(const json_t *trial, size_t index, const struct katib_reading *reading);

/* show and list item of engine.h; `items` are the Trial objects. New references. */
nbt_must_check int katib_show_view(json_t **ret, const json_t *experiment, const json_t *items,
                                   struct nbt_error *err);
nbt_must_check int katib_item_view(json_t **ret, const json_t *experiment, struct nbt_error *err);

#endif
