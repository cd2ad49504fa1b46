/* Grid search. Trial number i takes cell i of an order that depends on space, seed and budget
 * alone, so that nothing has to be remembered: row by row, parameters by name, when the budget
 * covers the grid, else evenly spread. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "search/algorithms.h"
#include "search/lattice.h"

#define CONTINUOUS_POINTS 5 /* of a double without a step */

struct grid {
    const struct space *space;
    size_t *by_name; /* owned; dimension of each place in the order */
    uint64_t *sides; /* owned; by place */
    uint64_t *cell;  /* owned; by place, scratch */
    uint64_t cells;
    uint64_t seed;
    bool row_major;
};

static void grid_fini(struct grid *grid)
{
    free(grid->by_name);
    free(grid->sides);
    free(grid->cell);
}

static uint64_t side_of(const struct space_dimension *d)
{
    return isinf(d->cells) ? CONTINUOUS_POINTS : (uint64_t)d->cells;
}

static uint64_t cells_of(const struct space *space)
{
    uint64_t cells = 1;
    for (size_t i = 0; i < space->n; i++) {
        uint64_t pair[] = {cells, side_of(&space->dimensions[i])};
        cells = lattice_cells(pair, 2);
    }
    return cells;
}

/* Insertion, since spaces are small and qsort has no context for the names. */
static void sort_by_name(struct grid *grid)
{
    const struct space_dimension *d = grid->space->dimensions;
    for (size_t i = 0; i < grid->space->n; i++) {
        size_t k = i;
        for (; k > 0 && strcmp(d[grid->by_name[k - 1]].name, d[i].name) > 0; k--)
            grid->by_name[k] = grid->by_name[k - 1];
        grid->by_name[k] = i;
    }
}

static double coordinate(const struct space_dimension *d, uint64_t index)
{
    if (d->choices || d->step > 0)
        return (double)index;
    if (index == 0 || d->min == d->max)
        return d->min;
    if (index == CONTINUOUS_POINTS - 1)
        return d->max;
    double u = (double)index / (CONTINUOUS_POINTS - 1);
    bool log_scale = d->distribution == SPACE_LOG_UNIFORM || d->distribution == SPACE_LOG_NORMAL;
    double value =
        log_scale ? exp(log(d->min) * (1 - u) + log(d->max) * u) : d->min * (1 - u) + d->max * u;
    return space_round(value, 14);
}

static void point_at(double *point, const struct grid *grid, uint64_t index)
{
    size_t n = grid->space->n;
    if (grid->row_major)
        lattice_row_major(grid->cell, grid->sides, n, index);
    else
        lattice_even(grid->cell, grid->sides, n, grid->seed, index);
    for (size_t i = 0; i < n; i++) {
        size_t d = grid->by_name[i];
        point[d] = coordinate(&grid->space->dimensions[d], grid->cell[i]);
    }
}

enum shown { SHOWN_NOTHING, SHOWN_ROW_MAJOR, SHOWN_EVEN, SHOWN_NEITHER };

static bool same(const struct grid *grid, const double *a, const double *b)
{
    return memcmp(a, b, grid->space->n * sizeof(*a)) == 0;
}

/* The order that a history of trials follows: its first row that only one of the orders explains.
 */
static enum shown order_shown(struct grid *grid, const struct search_request *request,
                              double *scratch)
{
    enum shown shown = SHOWN_NOTHING;
    for (size_t i = 0; i < request->n_history && shown == SHOWN_NOTHING; i++) {
        const struct search_row *row = &request->history[i];
        if (row->index >= grid->cells)
            return SHOWN_NEITHER;
        grid->row_major = true;
        point_at(scratch, grid, row->index);
        bool row_major = same(grid, scratch, row->point);
        grid->row_major = false;
        point_at(scratch, grid, row->index);
        bool even = same(grid, scratch, row->point);
        if (row_major != even)
            shown = row_major ? SHOWN_ROW_MAJOR : SHOWN_EVEN;
        else if (!even)
            shown = SHOWN_NEITHER;
    }
    return shown;
}

static int grid_init(struct grid *ret, enum shown *ret_shown, const struct search_request *request,
                     struct nbt_error *err)
{
    size_t n = request->space->n, room = n ? n : 1;
    struct grid grid = {.space = request->space, .seed = search_seed(request)};
    grid.by_name = calloc(room, sizeof(*grid.by_name));
    grid.sides = calloc(room, sizeof(*grid.sides));
    grid.cell = calloc(room, sizeof(*grid.cell));
    auto_free double *scratch = calloc(room, sizeof(*scratch));
    if (!grid.by_name || !grid.sides || !grid.cell || !scratch) {
        grid_fini(&grid);
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a grid of %zu parameters", n);
    }
    sort_by_name(&grid);
    for (size_t i = 0; i < n; i++)
        grid.sides[i] = side_of(&grid.space->dimensions[grid.by_name[i]]);
    grid.cells = lattice_cells(grid.sides, n);
    *ret_shown = order_shown(&grid, request, scratch);
    bool all = request->budget == 0 || request->budget >= grid.cells;
    /* A budget that grew on the way must not change the order: cells would come twice, and others
     * never. */
    grid.row_major = *ret_shown == SHOWN_ROW_MAJOR || (*ret_shown != SHOWN_EVEN && all);
    *ret = grid;
    return 0;
}

static int suggest(const struct search_request *request, struct search_result *ret_result,
                   struct nbt_error *err)
{
    struct search_result result = {0};
    CLEANUP(grid_fini) struct grid grid = {0};
    enum shown shown = SHOWN_NEITHER;
    int rc = grid_init(&grid, &shown, request, err);
    if (rc == 0)
        rc = search_result_init(&result, request, err);
    if (rc < 0)
        return rc;
    assert(result.points);
    uint64_t index = request->first_index;
    for (; result.count < request->count && index < grid.cells; result.count++, index++)
        point_at(result.points + result.count * request->space->n, &grid, index);
    result.exhausted = index >= grid.cells && grid.cells != LATTICE_ENDLESS;
    *ret_result = result;
    return 0;
}

bool search_grid_matches(const struct search_request *request)
{
    CLEANUP(grid_fini) struct grid grid = {0};
    enum shown shown = SHOWN_NEITHER;
    return grid_init(&grid, &shown, request, NULL) == 0 && shown != SHOWN_NEITHER;
}

/* A grid that is larger or smaller than the number of trials is allowed; both are worth knowing
 * before the start. */
static void check(const json_t *spec, const struct space *space,
                  struct experiment_problems *problems)
{
    json_int_t trials = json_integer_value(json_object_get(spec, "maxTrialCount"));
    uint64_t cells = cells_of(space);
    if (trials <= 0 || cells == (uint64_t)trials)
        return;
    if (cells < (uint64_t)trials)
        experiment_problem(problems, false, "spec.maxTrialCount",
                           "the grid has %llu points, fewer than maxTrialCount %lld: the "
                           "experiment ends when all were "
                           "tried; widen a range or lower maxTrialCount",
                           (unsigned long long)cells, (long long)trials);
    else if (cells == LATTICE_ENDLESS)
        experiment_problem(problems, false, "spec.maxTrialCount",
                           "the grid has more than 2^64 points and maxTrialCount is %lld: those "
                           "that are tried are "
                           "spread evenly over it",
                           (long long)trials);
    else
        experiment_problem(problems, false, "spec.maxTrialCount",
                           "the grid has %llu points, more than maxTrialCount %lld: those that are "
                           "tried are spread "
                           "evenly over it",
                           (unsigned long long)cells, (long long)trials);
}

const struct search_algorithm search_grid = {
    .name = "grid",
    .title = "Grid Search",
    .summary = "every combination once; evenly spread when there are more than trials",
    .settings = search_random_state,
    .check = check,
    .suggest = suggest,
};
