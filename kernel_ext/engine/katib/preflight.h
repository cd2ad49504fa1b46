/*
 * What must hold in a cluster before an experiment can run there, looked for before anything is
 * made: each finding with its cure.
 *
 * Checks are doctor's: {"name","status":"ok|warning|missing","text","cure"}. Where something cannot
 * be read by whoever asks, that is a warning: the cluster may be right all the same.
 */
#ifndef ENGINE_KATIB_PREFLIGHT_H
#define ENGINE_KATIB_PREFLIGHT_H

#include <jansson.h>

#include "engine/katib/session.h"

/* Appends to `checks`; document NULL: what every experiment needs. Ends at a server that is away.
 */
nbt_must_check int katib_preflight(json_t *checks, const struct katib_session *session,
                                   const json_t *document, struct nbt_error *err);

/* The same with the configuration that counts here, for engine.h. */
nbt_must_check int katib_check(json_t *checks, struct nbt_error *err);

/* What is missing as one error, NBT_EIO; 0 when nothing is. */
nbt_must_check int katib_preflight_error(const json_t *checks, struct nbt_error *err);

#endif
