/*
 * The file that tells a trial process what to run: trial_options as JSON, and back.
 *
 *     struct trial_options options;
 *     json_t *spec;                       // owns the strings that options borrows
 *     if (spec_read(&spec, &options, "t1/spec.json", &err) < 0) ...
 */
#ifndef TRIAL_SPEC_H
#define TRIAL_SPEC_H

#include <jansson.h>

#include "trial/trial.h"

/* cancel_fd, on_event and self are left for the caller. NBT_EVERSION when another build wrote it;
 * NBT_EINVAL with the member as path for one that is missing or of the wrong type; unknown members
 * are ignored. */
nbt_must_check int spec_read(json_t **ret_spec, struct trial_options *ret_options, const char *path,
                             struct nbt_error *err);

#endif
