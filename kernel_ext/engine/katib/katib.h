/* The Katib engine: what it makes of an Experiment. */
#ifndef ENGINE_KATIB_KATIB_H
#define ENGINE_KATIB_KATIB_H

#include "engine/engine.h"
#include "experiment/experiment.h"

extern const struct engine katib_engine;

/* translate.h's, with the programs of this machine, and with what was found in the notebook's pod
 * (NULL: nothing). For engine.translate. */
nbt_must_check int katib_prepare(json_t *document, const struct nbt_notebook *notebook,
                                 const json_t *found, struct experiment_problems *problems,
                                 struct nbt_error *err);

/* All that goes with a translated document, in the order in which it is created, owned by the
 * Experiment of that uid (NULL: by none). NBT_EUNSUPPORTED when no program can be sent. New
 * reference. */
nbt_must_check int katib_objects(json_t **ret, const json_t *document,
                                 const struct nbt_notebook *notebook, const char *uid,
                                 struct nbt_error *err);

#endif
