/*
 * A seeded permutation of [0, n) by a Feistel network with cycle walking: any element without building the rest, no memory.
 */
#ifndef SEARCH_PERMUTATION_H
#define SEARCH_PERMUTATION_H

#include <stdint.h>

/* The element at `index` (below n) of the permutation that `seed` names; n at least 1. */
uint64_t permutation_at(uint64_t n, uint64_t seed, uint64_t index);

#endif
