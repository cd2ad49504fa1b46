/*
 * Follows the logs of trials that run, for what they tell of themselves meanwhile: their steps. On
 * the client's loop; nothing that goes wrong here is told, for the trials' states come from
 * elsewhere.
 *
 *     struct steps *steps = steps_new(&session, on_step, self);
 *     steps_follow(steps, "exp-k5jnxqrj");
 *     steps_free(steps);
 */
#ifndef ENGINE_KATIB_STEPS_H
#define ENGINE_KATIB_STEPS_H

#include "engine/katib/session.h"

struct steps;
/* The event is trial.h's "step". Borrowed. */
typedef void (*steps_fn)(void *self, const char *trial, const json_t *event);

struct steps *steps_new(const struct katib_session *session, steps_fn fn, void *self); /* borrows */
void steps_free(struct steps *steps); /* no callback after; NULL is allowed */

void steps_follow(struct steps *steps, const char *trial); /* once for each trial; idempotent */
void steps_leave(struct steps *steps, const char *trial);  /* it has ended */

#endif
