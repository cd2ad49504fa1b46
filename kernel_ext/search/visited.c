#include "search/visited.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "search/rng.h"

int visited_init(struct visited *ret, size_t n, size_t points, struct nbt_error *err)
{
    size_t capacity = 16;
    while (capacity / 2 < points)
        capacity *= 2;
    const double **slots = calloc(capacity, sizeof(*slots));
    if (!slots)
        return nbt_error_set(err, NBT_ENOMEM, "no memory to remember %zu points", points);
    *ret = (struct visited){.slots = slots, .capacity = capacity, .n = n};
    return 0;
}

void visited_fini(struct visited *visited)
{
    free(visited->slots);
    *visited = (struct visited){0};
}

static size_t place(const struct visited *visited, const double *point)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < visited->n; i++) {
        uint64_t bits;
        memcpy(&bits, &point[i], sizeof(bits));
        hash = rng_mix(hash ^ bits) + i;
    }
    size_t slot = (size_t)hash & (visited->capacity - 1);
    while (visited->slots[slot] &&
           memcmp(visited->slots[slot], point, visited->n * sizeof(*point)) != 0)
        slot = (slot + 1) & (visited->capacity - 1);
    return slot;
}

bool visited_has(const struct visited *visited, const double *point)
{
    return visited->slots[place(visited, point)] != NULL;
}

void visited_add(struct visited *visited, const double *point)
{
    size_t slot = place(visited, point);
    visited->count += visited->slots[slot] == NULL;
    visited->slots[slot] = point;
}
