/*
 * Where in a cluster trials run, and with what: the "cluster" member of EXPERIMENT_SETTINGS, filled
 * up from what Kale stored in the notebook and from what was found in the notebook's own pod. Every
 * member may be absent:
 *
 *     image, namespace, context, service_account, storage_class    texts
 *     cpu, memory          quantities
 *     gpu                  "2" (Nvidia's) or "amd.com/gpu=1"
 *     access_mode          "ReadWriteOnce", ... of the volumes that are made
 *     volumes              [{"type", "name", "mount", "size", "storage_class", "access_mode",
 *                          "annotations": {text: text}}]
 *     notebook_volumes     true: copies of those of the notebook's pod
 *     node_selector        {text: text}
 *     tolerations          [{"key", "operator", "value", "effect"}]
 *     security_context     Kubernetes' PodSecurityContext
 *     ttl_s                seconds that a Job stays after its end
 *     debug                true: the script that starts a trial prints what it does
 *
 * Types of volumes: `new` is an empty one for each trial, `clone` a copy for each trial of a claim
 * as it is when the experiment is submitted, `snapshot` a copy for each trial of a VolumeSnapshot
 * (of a Rok URL, where the name is one), `existing` one claim that all trials share.
 */
#ifndef ENGINE_KATIB_CLUSTER_H
#define ENGINE_KATIB_CLUSTER_H

#include <jansson.h>

#include "experiment/experiment.h"
#include "nbtags/nbtags.h"

#define KATIB_CLUSTER_PATH "metadata.annotations[\"" EXPERIMENT_SETTINGS "\"].cluster"

/* Where the trial's files are in its container (template.c); no volume may be mounted there. */
#define KATIB_FOLDER         "/nbkatib"
#define KATIB_METRICS_FOLDER "/var/log/nbkatib"

/* The members that count, checked: given before stored before found. `given` is settings.cluster or
 * NULL; `found`, of the same shape, what the pod's own inspection gave, or NULL. New reference.
 * What is wrong is a problem. */
nbt_must_check int katib_cluster(json_t **ret, const json_t *given,
                                 const struct nbt_notebook *notebook, const json_t *found,
                                 struct experiment_problems *problems, struct nbt_error *err);

#endif
