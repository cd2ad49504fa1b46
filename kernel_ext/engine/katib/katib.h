/* The Katib engine: what it makes of an Experiment. */
#ifndef ENGINE_KATIB_KATIB_H
#define ENGINE_KATIB_KATIB_H

#include "engine/engine.h"

extern const struct engine katib_engine;

#endif
