/* Volumes of a trial, from the cluster's settings: what stands in its pod, and what must be there
 * before it. */
#ifndef ENGINE_KATIB_VOLUMES_H
#define ENGINE_KATIB_VOLUMES_H

#include <jansson.h>

#include "experiment/experiment.h"

/* Checks cluster.volumes; adds problems. */
void katib_check_volumes(const json_t *cluster, json_int_t parallel,
                         struct experiment_problems *problems);

/* Adds to a pod's `volumes` and a container's `mounts`. `experiment` is its name. */
nbt_must_check int katib_volumes(json_t *volumes, json_t *mounts, const json_t *cluster,
                                 const char *experiment, struct nbt_error *err);

/* VolumeSnapshot documents that the clones are made of; appended to `objects`. */
nbt_must_check int katib_snapshots(json_t *objects, const json_t *cluster, const char *experiment,
                                   struct nbt_error *err);

#endif
