/* The members of the local engine's table, a file each. Contracts: engine/engine.h. */
#ifndef ENGINE_LOCAL_VERBS_H
#define ENGINE_LOCAL_VERBS_H

#include "engine/engine.h"

nbt_must_check int local_submit(const struct engine_submission *submission, struct nbt_error *err);
nbt_must_check int local_list(json_t **ret_items, struct nbt_error *err);
nbt_must_check int local_stamps(json_t *stamps, struct nbt_error *err);
bool local_has(const char *experiment);
nbt_must_check int local_item(json_t **ret_item, const char *experiment, struct nbt_error *err);
nbt_must_check int local_show(json_t **ret_show, const char *experiment, struct nbt_error *err);
nbt_must_check int local_watch(const char *experiment, const struct engine_watch *watch,
                               struct nbt_error *err);
nbt_must_check int local_stop(const char *experiment, enum engine_stop how, struct nbt_error *err);
nbt_must_check int local_resume(const char *experiment, int64_t max_trials, bool detach,
                                struct nbt_error *err);
nbt_must_check int local_remove(const char *experiment, struct nbt_error *err);
nbt_must_check int local_file(char **ret_path, const char *experiment, const char *trial,
                              const char *file, struct nbt_error *err);

#endif
