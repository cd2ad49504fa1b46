/*
 * What the cluster has of an experiment, as the engine contract shows it (engine.h): pure functions of Katib's objects.
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

/* A state of the engine contract, by the conditions of Katib's Experiment (katib section 6): Failed and Succeeded before
 * Running before the rest, since Katib leaves Restarting true for ever. Succeeded without a trial that did is Failed. */
const char *katib_experiment_state(const json_t *experiment);
bool katib_is_over(const json_t *experiment); /* it will start no more trials */

/* reason and message of the condition that the state is by; "" when there are none. Borrowed. */
void katib_why(const json_t *experiment, const char **ret_reason, const char **ret_message);

/* In Katib's order: Killed, Failed, Succeeded, EarlyStopped, Running, MetricsUnavailable, else Pending. */
enum status_state katib_trial_state(const json_t *trial);
bool katib_trial_is_over(enum status_state state);

/* A trial of the engine contract. `index` is its place by creation; choices as EXPERIMENT_SETTINGS has them, or NULL. New
 * reference; NULL without memory. */
json_t *katib_trial_view(const json_t *trial, size_t index, const json_t *choices);

/* Trials of a TrialList's items, oldest first, as katib_trial_view has them. New reference. */
nbt_must_check int katib_trials_view(json_t **ret, const json_t *items, const json_t *choices, struct nbt_error *err);

/* show and list item of engine.h. `items` are the Trial objects. New references. */
nbt_must_check int katib_show_view(json_t **ret, const json_t *experiment, const json_t *items, struct nbt_error *err);
nbt_must_check int katib_item_view(json_t **ret, const json_t *experiment, struct nbt_error *err);

#endif
