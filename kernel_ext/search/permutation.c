#include "search/permutation.h"

#include "search/rng.h"

#define ROUNDS 6

/* Bits of each half: the smallest even-width square that holds n, so that a walk takes fewer than 4
 * steps on average. */
static int half_bits(uint64_t n)
{
    int bits = 1;
    while (bits < 32 && (n - 1) >> (2 * bits))
        bits++;
    return bits;
}

static uint64_t network(int bits, uint64_t seed, uint64_t value)
{
    uint64_t mask = (UINT64_C(1) << bits) - 1;
    uint64_t left = value >> bits, right = value & mask;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        uint64_t next = left ^ (rng_mix(right ^ rng_mix(seed + round)) & mask);
        left = right;
        right = next;
    }
    return left << bits | right;
}

uint64_t permutation_at(uint64_t n, uint64_t seed, uint64_t index)
{
    int bits = half_bits(n);
    do
        index = network(bits, seed, index);
    while (index >= n);
    return index;
}
