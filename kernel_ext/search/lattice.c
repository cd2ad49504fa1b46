#include "search/lattice.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

#include "search/rng.h"

__extension__ typedef unsigned __int128 wide;

static uint64_t multiply(uint64_t a, uint64_t b)
{
    wide product = (wide)a * b;
    return product < LATTICE_ENDLESS ? (uint64_t)product : LATTICE_ENDLESS;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

uint64_t lattice_cells(const uint64_t *sides, size_t n)
{
    uint64_t cells = 1;
    for (size_t i = 0; i < n; i++)
        cells = multiply(cells, sides[i]);
    return cells;
}

void lattice_row_major(uint64_t *ret_cell, const uint64_t *sides, size_t n, uint64_t index)
{
    for (size_t i = n; i-- > 0;) {
        ret_cell[i] = index % sides[i];
        index /= sides[i];
    }
}

/* The root of x^(n+1) = x + 1; steps of its powers' inverses spread best in n dimensions (Roberts
 * 2018). */
static double golden(size_t n)
{
    double x = 1.5;
    for (int i = 0; i < 64; i++)
        x = pow(1 + x, 1.0 / (double)(n + 1));
    return x;
}

static bool taken(const uint64_t *steps, const uint64_t *sides, size_t i, uint64_t step)
{
    for (size_t k = 0; k < i; k++)
        if (sides[k] == sides[i] && steps[k] == step)
            return true;
    return false;
}

/* The step nearest to `wanted` that is coprime to side i and, while there are others, not that of
 * an equal side: equal steps would keep both dimensions at the same distance. */
static uint64_t unit_step(const uint64_t *steps, const uint64_t *sides, size_t i, uint64_t wanted)
{
    uint64_t side = sides[i], nearest = 0;
    uint64_t reach = side < 1024 ? side : 1024;
    for (uint64_t distance = 0; distance <= 2 * reach; distance++) {
        uint64_t offset = (distance + 1) / 2;
        uint64_t step = distance % 2 ? wanted + offset : wanted - offset;
        if (step == 0 || step >= side || gcd(step, side) != 1)
            continue;
        if (!taken(steps, sides, i, step))
            return step;
        nearest = nearest ? nearest : step;
    }
    return nearest ? nearest : 1;
}

static void choose_steps(uint64_t *ret_steps, const uint64_t *sides, size_t n)
{
    size_t free_sides = 0;
    for (size_t i = 0; i < n; i++)
        free_sides += sides[i] > 1;
    double ratio = golden(free_sides), power = 1;
    for (size_t i = 0; i < n; i++) {
        ret_steps[i] = 0;
        if (sides[i] == 1)
            continue;
        power /= ratio;
        double rounded = floor(power * 0x1p32) * 0x1p-32; /* the same with every C library's pow */
        ret_steps[i] = unit_step(ret_steps, sides, i, (uint64_t)((double)sides[i] * rounded));
    }
}

static uint64_t affine(uint64_t step, uint64_t value, uint64_t shift, uint64_t side)
{
    assert(side > 0);
    return (uint64_t)(((wide)step * (value % side) + shift % side) % side);
}

/* The coset's shift of a side that shares `shared` with those before it: one digit of the coset's
 * number, moved by a hash of the lower digits, so that sides whose digit is still 0 do not march in
 * step. */
static uint64_t coset_shift(uint64_t shared, uint64_t lower, uint64_t digit, uint64_t key)
{
    uint64_t none = 0;
    uint64_t step = shared > 1 ? unit_step(&none, &shared, 0, shared * 5 / 8) : 0;
    return affine(step, digit, rng_mix(key ^ rng_mix(lower)), shared);
}

static uint64_t lcm(uint64_t a, uint64_t b)
{
    return a == LATTICE_ENDLESS ? a : multiply(a / gcd(a, b), b);
}

/* Steps are units of their sides, so a period is lcm(sides) long. A cell lies in exactly one coset:
 * the one whose shift of side k lies in [0, gcd(lcm of the sides before it, side k)). When the
 * period is endless there is only coset 0 to visit. */
void lattice_even(uint64_t *ret_cell, const uint64_t *sides, size_t n, uint64_t seed,
                  uint64_t index)
{
    uint64_t period = 1, before = 1, cosets = 1;
    for (size_t i = 0; i < n; i++) {
        assert(sides[i] > 0);
        period = lcm(period, sides[i]);
    }
    assert(period > 0);
    uint64_t row = index % period, coset = index / period;
    choose_steps(ret_cell, sides, n);
    for (size_t i = 0; i < n; i++) {
        uint64_t shared = before == LATTICE_ENDLESS ? 1 : gcd(before, sides[i]);
        struct rng rng = rng_stream(seed, i, RNG_GRID);
        uint64_t shift =
            coset_shift(shared, coset % cosets, coset / cosets % shared, rng_next(&rng));
        ret_cell[i] =
            affine(ret_cell[i], row % sides[i] + shift, rng_below(&rng, sides[i]), sides[i]);
        before = lcm(before, sides[i]);
        cosets = multiply(cosets, shared);
    }
}
