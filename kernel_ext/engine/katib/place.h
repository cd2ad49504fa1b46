/*
 * Which cluster an experiment is in: a small file for each that was submitted from here, beneath
 * file_state_root, so that every later command finds it whatever the kubeconfig's current context
 * is. Nothing secret is in it.
 *
 *     clusters/NAME/place.json     {"context", "namespace", "server", "submission"}
 *     clusters/NAME/notebook.ipynb the bytes that were submitted
 *     clusters/NAME/facts.jsonl    what was seen of it (facts.h)
 *     clusters/NAME/ended          there when the last of these is its end
 *     clusters/NAME/trials/TRIAL/  files that were fetched
 */
#ifndef ENGINE_KATIB_PLACE_H
#define ENGINE_KATIB_PLACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "nbtags/error.h"

struct katib_place {
    char *folder;  /* clusters/NAME */
    json_t *facts; /* place.json's object */
};

/* NBT_ENOTFOUND when nothing was submitted under that name. */
nbt_must_check int katib_place_find(struct katib_place *ret, const char *experiment,
                                    struct nbt_error *err);
void katib_place_fini(struct katib_place *place);

const char *katib_place_name(const struct katib_place *place); /* the experiment's. Borrowed */
const char *katib_place_text(const struct katib_place *place, const char *key); /* NULL: none */

/* Creates folder and files; NBT_EEXIST when the name is taken. */
nbt_must_check int katib_place_create(const char *experiment, const json_t *facts,
                                      const char *notebook, size_t size, struct nbt_error *err);
nbt_must_check int katib_place_remove(const char *experiment,
                                      struct nbt_error *err); /* absent is success */

/* The names of all, an array of texts. New reference. */
nbt_must_check int katib_places(json_t **ret_names, struct nbt_error *err);

/* The folder of a trial's files; it need not be there. The caller frees; NULL without memory. */
char *katib_place_trial(const struct katib_place *place, const char *trial);

/* A number that changes with what is known of it here, but for `ended`, which says that nothing
 * more is expected. */
int64_t katib_place_stamp(const char *experiment, bool *ret_ended);

#endif
