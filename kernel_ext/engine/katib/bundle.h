/*
 * What is submitted besides the Experiment: ConfigMaps with the notebook, its modules, the script
 * that starts a trial and the program; VolumeSnapshots of the claims that trials get copies of. All
 * in the experiment's namespace. They are created after the Experiment, whose ownerReferences they
 * carry, so that they go with it; its pods wait for them.
 */
#ifndef ENGINE_KATIB_BUNDLE_H
#define ENGINE_KATIB_BUNDLE_H

#include <jansson.h>

#include "engine/katib/files.h"
#include "engine/katib/programs.h"

struct katib_bundle_from {
    const json_t *document; /* katib_translate's */
    const struct katib_files *files;
    const struct katib_programs *programs;
    const char *uid; /* of the Experiment; NULL: the objects have no owner */
};

/* An array of Kubernetes objects; empty when the Experiment's template is the user's own. New
 * reference. */
nbt_must_check int katib_bundle(json_t **ret, const struct katib_bundle_from *from,
                                struct nbt_error *err);

/* trial/job.h's file. New reference. */
nbt_must_check int katib_job(json_t **ret, const struct katib_bundle_from *from,
                             struct nbt_error *err);

/* Where trials find the notebook's own folder: on a volume that is mounted around it; NULL when it
 * is on none. Caller frees. */
char *katib_directory(const json_t *document, const json_t *cluster);

extern const char katib_start[]; /* the script "start" */

#endif
