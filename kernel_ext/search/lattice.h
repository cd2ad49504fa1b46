/*
 * The orders in which a grid's cells are visited: each is a bijection from trial numbers to cells, computed for one number
 * alone, so that a grid of any size needs no memory and no history.
 *
 * Row-major: the last dimension fastest. Even: a rank-1 lattice (Kronecker steps near the generalised golden ratios, made
 * coprime to the sides) through as many cells as its period has, then through the cosets of that lattice in the same manner.
 * In any window of g trials within a period a side of g cells shows each of its values once.
 */
#ifndef SEARCH_LATTICE_H
#define SEARCH_LATTICE_H

#include <stddef.h>
#include <stdint.h>

#define LATTICE_ENDLESS UINT64_MAX /* a count of cells that uint64_t does not hold */

/* The product of the sides, LATTICE_ENDLESS when it is too large. */
uint64_t lattice_cells(const uint64_t *sides, size_t n);

/* The cell of a trial number (below lattice_cells) as one index for each side. */
void lattice_row_major(uint64_t *ret_cell, const uint64_t *sides, size_t n, uint64_t index);
void lattice_even(uint64_t *ret_cell, const uint64_t *sides, size_t n, uint64_t seed, uint64_t index);

#endif
