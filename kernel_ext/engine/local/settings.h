/*
 * What the annotations of an Experiment say about running it here (EXPERIMENT_SETTINGS and its
 * kin), with defaults filled.
 */
#ifndef ENGINE_LOCAL_SETTINGS_H
#define ENGINE_LOCAL_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "nbtags/error.h"

struct settings {
    int64_t timeout_s, trial_timeout_s, cell_timeout_s; /* 0: none */
    bool isolate, snapshots, keep, reports;
    json_t *fixed;   /* [{name, value}]: assignments that every trial gets besides its own; owned */
    char *kernel;    /* owned; NULL: the notebook's */
    char *directory; /* owned; the notebook's folder */
    uint64_t seed;
    uint64_t budget; /* maxTrialCount as it was at first: what orders of visit are made for; 0: none
                        given */
};

/* NBT_EINVAL when an annotation is not what engine.h says. `fallback` is the directory when no
 * notebook is named. */
nbt_must_check int settings_init(struct settings *ret_settings, const json_t *document,
                                 const char *fallback, struct nbt_error *err);
void settings_fini(struct settings *settings);

int64_t settings_max_trials(const json_t *document); /* maxTrialCount; 0: none given */

/* The annotation EXPERIMENT_SETTINGS as an object; new reference; empty when absent. */
nbt_must_check int settings_read(json_t **ret_object, const json_t *document,
                                 struct nbt_error *err);

#endif
