/*
 * The cells of a finite space that were tried: a hash set of points. Borrows the points, which must outlive it.
 */
#ifndef SEARCH_VISITED_H
#define SEARCH_VISITED_H

#include <stdbool.h>
#include <stddef.h>

#include "nbtags/error.h"

struct visited {
    const double **slots; /* owned; NULL where free */
    size_t capacity;      /* a power of two */
    size_t count;         /* different points */
    size_t n;             /* coordinates of a point */
};

/* Room for `points` points of `n` coordinates. */
nbt_must_check int visited_init(struct visited *ret, size_t n, size_t points, struct nbt_error *err);
void visited_fini(struct visited *visited);
bool visited_has(const struct visited *visited, const double *point);
void visited_add(struct visited *visited, const double *point);

#endif
