/* The functions of the engine contract (engine.h) that talk to a cluster. */
#ifndef ENGINE_KATIB_VERBS_H
#define ENGINE_KATIB_VERBS_H

#include "engine/engine.h"

nbt_must_check int katib_submit(const struct engine_submission *submission, struct nbt_error *err);
nbt_must_check int katib_list(json_t **ret_items, struct nbt_error *err);
nbt_must_check int katib_stamps(json_t *stamps, struct nbt_error *err);
bool katib_has(const char *experiment);
nbt_must_check int katib_item(json_t **ret_item, const char *experiment, struct nbt_error *err);
nbt_must_check int katib_show(json_t **ret_show, const char *experiment, struct nbt_error *err);
nbt_must_check int katib_watch(const char *experiment, const struct engine_watch *watch,
                               struct nbt_error *err);
nbt_must_check int katib_stop(const char *experiment, enum engine_stop how, struct nbt_error *err);
nbt_must_check int katib_resume(const char *experiment, int64_t max_trials, bool detach,
                                struct nbt_error *err);
nbt_must_check int katib_remove(const char *experiment, struct nbt_error *err);
nbt_must_check int katib_file(char **ret_path, const char *experiment, const char *trial,
                              const char *file, struct nbt_error *err);

#endif
