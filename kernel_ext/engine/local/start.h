/* Starting the engine process of an experiment, and asking one that runs. */
#ifndef ENGINE_LOCAL_START_H
#define ENGINE_LOCAL_START_H

#include <stdbool.h>

#include "engine/local/home.h"
#include "engine/local/store.h"
#include "nbtags/error.h"

/* Starts `PROGRAM engine NAME` in a session of its own, no child of the caller, and waits until it
 * is up. Unless `detach`, it stops gently when the calling process ends. */
nbt_must_check int start_engine(const struct home_paths *paths, bool detach, struct nbt_error *err);

/* The state to show: an experiment that is not over and has no living engine is Interrupted. */
const char *shown_state(const struct home_paths *paths, const struct store_experiment *experiment);

/* Waits, some seconds at most, for an engine that has written its end to be gone: what follows an
 * end may then count on the lock. */
void wait_for_end(const struct home_paths *paths);

#endif
