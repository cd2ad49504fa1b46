/*
 * Random numbers without state between calls: a stream is named by (seed, trial number, purpose),
 * so that what one trial draws does not depend on how many others were asked for, in which order,
 * or by which process. xoshiro256++ seeded by SplitMix64. Not for secrets.
 *
 *     struct rng rng = rng_stream(seed, trial, RNG_RANDOM);
 *     double u = rng_uniform(&rng);
 */
#ifndef SEARCH_RNG_H
#define SEARCH_RNG_H

#include <stdint.h>

/* What a stream is for; values are part of what makes a seed reproducible and never change. */
enum rng_purpose { RNG_RANDOM = 1, RNG_UNVISITED = 2, RNG_GRID = 3, RNG_FOREST = 64 };

struct rng {
    uint64_t state[4];
};

struct rng rng_stream(uint64_t seed, uint64_t trial, enum rng_purpose purpose);
uint64_t rng_next(struct rng *rng);

/* In [0, 1), 53 bits. */
double rng_uniform(struct rng *rng);

/* In [0, bound), without bias; bound at least 1. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* SplitMix64's finaliser: a good 64-bit hash of 64 bits. */
uint64_t rng_mix(uint64_t value);

#endif
