/* What the tags of a notebook's steps ask of the pod that runs them all: labels, annotations,
 * limits. */
#ifndef ENGINE_KATIB_POD_H
#define ENGINE_KATIB_POD_H

#include <jansson.h>

#include "experiment/experiment.h"
#include "nbtags/nbtags.h"

/* {"labels": {}, "annotations": {}, "limits": {}} of the steps that run, over those of
 * steps_defaults. Limits of several steps combine by maximum; the cluster's cpu, memory and gpu
 * take the place of theirs. New reference. */
nbt_must_check int katib_pod_tags(json_t **ret, const struct nbt_notebook *notebook,
                                  const json_t *cluster, struct experiment_problems *problems,
                                  struct nbt_error *err);

#endif
