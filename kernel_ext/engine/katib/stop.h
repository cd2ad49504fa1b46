/*
 * What a stop and a resume change in the cluster (change.c says why): the edits of the Experiment,
 * as pure functions, the ConfigMap that keeps trials from starting, and the pods of running trials.
 */
#ifndef ENGINE_KATIB_STOP_H
#define ENGINE_KATIB_STOP_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/katib/session.h"

/* Merge patches of an Experiment; `trials` are its Trials, oldest first. New references. */
nbt_must_check int katib_stop_patch(json_t **ret, const json_t *experiment, const json_t *trials,
                                    bool now, struct nbt_error *err);
nbt_must_check int katib_resume_patch(json_t **ret, const json_t *experiment, const json_t *trials,
                                      json_int_t budget, struct nbt_error *err);

/* maxTrialCount as it was before a stop. */
json_int_t katib_stop_budget(const json_t *experiment);

/* That trials which begin from now on end at once, and that they do not any more; both are right
 * when it is so already. */
nbt_must_check int katib_stop_trials_to_come(const struct katib_session *session,
                                             const json_t *experiment, struct nbt_error *err);
nbt_must_check int katib_start_trials_to_come(const struct katib_session *session,
                                              const json_t *experiment, struct nbt_error *err);

/* Ends the pods of trials that run. */
nbt_must_check int katib_stop_running(const struct katib_session *session, const json_t *experiment,
                                      struct nbt_error *err);

#endif
