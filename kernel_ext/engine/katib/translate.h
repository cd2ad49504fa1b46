/*
 * From an Experiment as all engines have it to the one that is submitted to Katib: a pure function
 * of documents. What is submitted besides it is bundle.h's.
 *
 *     json_t *document = ... with EXPERIMENT_NOTEBOOK and EXPERIMENT_SETTINGS, defaults filled in
 *     if (katib_translate(document, &from, &problems, &err) < 0) ...
 */
#ifndef ENGINE_KATIB_TRANSLATE_H
#define ENGINE_KATIB_TRANSLATE_H

#include <jansson.h>

#include "engine/katib/programs.h"
#include "experiment/experiment.h"
#include "nbtags/nbtags.h"

struct katib_from {
    const struct nbt_notebook *notebook;
    const json_t *found; /* of the notebook's own pod, in the shape of cluster.h; NULL: nothing is
                            known of one */
    const struct katib_programs *programs;
};

/* In place. An Experiment that has a trialTemplate keeps it, with its collector and its choices;
 * algorithm, ranges and counts are made what Katib takes in either case. What was settled is
 * written back to EXPERIMENT_SETTINGS ("cluster", "choices"). The document is of use only when no
 * problem is an error. */
nbt_must_check int katib_translate(json_t *document, const struct katib_from *from,
                                   struct experiment_problems *problems, struct nbt_error *err);

/* EXPERIMENT_SETTINGS; {} when there are none. New reference. */
nbt_must_check int katib_settings(json_t **ret, const json_t *document, struct nbt_error *err);

#endif
