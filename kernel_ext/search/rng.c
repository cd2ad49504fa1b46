#include "search/rng.h"

#define GOLDEN 0x9E3779B97F4A7C15u

uint64_t rng_mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    return value ^ (value >> 31);
}

struct rng rng_stream(uint64_t seed, uint64_t trial, enum rng_purpose purpose)
{
    uint64_t key = rng_mix(seed + GOLDEN);
    key = rng_mix(key ^ rng_mix(trial + 2 * GOLDEN));
    key = rng_mix(key ^ rng_mix((uint64_t)purpose + 3 * GOLDEN));
    struct rng rng;
    for (int i = 0; i < 4; i++)
        rng.state[i] = rng_mix(key += GOLDEN);
    return rng;
}

static uint64_t rotate(uint64_t value, int bits)
{
    return (value << bits) | (value >> (64 - bits));
}

uint64_t rng_next(struct rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t result = rotate(s[0] + s[3], 23) + s[0];
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

double rng_uniform(struct rng *rng)
{
    return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    uint64_t uneven = (0 - bound) % bound; /* 2^64 mod bound */
    uint64_t value = rng_next(rng);
    while (value < uneven)
        value = rng_next(rng);
    return value % bound;
}
