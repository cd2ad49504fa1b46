/* A trial's files, made local: what its pod printed (pod_log.h), as clusters/NAME/trials/TRIAL/. */
#ifndef ENGINE_KATIB_FETCH_H
#define ENGINE_KATIB_FETCH_H

#include "engine/katib/facts.h"
#include "engine/katib/session.h"

/* NBT_ENOTFOUND when there is no pod, or none that has begun. Does nothing when all were fetched.
 */
nbt_must_check int katib_fetch(const struct katib_session *session, const struct katib_place *place,
                               const char *trial, struct nbt_error *err);

/* Of trials that were not seen to fail before, so that it is known why: of the newest few. What
 * cannot be fetched is left. Not from a callback of the session's loop. */
void katib_fetch_failures(const struct katib_session *session, const struct facts *facts,
                          const json_t *items);

/* What a trial's result.json says, where it was fetched, in a trial of the engine contract. */
void katib_set_result(json_t *view, const struct katib_place *place);

#endif
