/* Random search: each coordinate by its own distribution. In a finite space no cell is drawn twice;
 * only trials with a lower number count, so that a trial that is asked for again gets the point
 * that it had. */
#include <math.h>

#include "base/scope.h"
#include "search/algorithms.h"
#include "search/permutation.h"
#include "search/rng.h"
#include "search/visited.h"

#define REDRAWS 32

static void draw(double *point, const struct space *space, struct rng *rng)
{
    for (size_t i = 0; i < space->n; i++)
        point[i] = space_quantile(&space->dimensions[i], rng_uniform(rng));
}

static void cell_point(double *point, const struct space *space, uint64_t cell)
{
    for (size_t i = 0; i < space->n; i++) {
        const struct space_dimension *d = &space->dimensions[i];
        uint64_t side = (uint64_t)d->cells;
        point[i] = d->choices || d->step > 0 ? (double)(cell % side) : d->min;
        cell /= side;
    }
}

/* A cell that was not visited, of which there is one: the first in a random order of all cells. */
static void enumerate(double *point, const struct space *space, const struct visited *visited,
                      struct rng *rng)
{
    uint64_t cells = (uint64_t)space->cells, seed = rng_next(rng);
    for (uint64_t i = 0; i < cells; i++) {
        cell_point(point, space, permutation_at(cells, seed, i));
        if (!visited_has(visited, point))
            return;
    }
}

static void suggest_one(double *point, const struct search_request *request, uint64_t trial,
                        const struct visited *visited)
{
    uint64_t seed = search_seed(request);
    struct rng rng = rng_stream(seed, trial, RNG_RANDOM);
    draw(point, request->space, &rng);
    if (!visited)
        return;
    for (int i = 1; i < REDRAWS && visited_has(visited, point); i++)
        draw(point, request->space, &rng);
    if (!visited_has(visited, point))
        return;
    rng = rng_stream(seed, trial, RNG_UNVISITED);
    if (request->space->cells < 0x1p62)
        enumerate(point, request->space, visited, &rng);
}

static void suggest_new(struct search_result *result, const struct search_request *request,
                        struct visited *visited)
{
    size_t row = 0, n = request->space->n;
    while (result->count < request->count) {
        uint64_t trial = request->first_index + result->count;
        for (; row < request->n_history && request->history[row].index < trial; row++)
            visited_add(visited, request->history[row].point);
        if ((double)visited->count >= request->space->cells)
            break;
        double *point = result->points + result->count * n;
        suggest_one(point, request, trial, visited);
        visited_add(visited, point);
        result->count++;
    }
    result->exhausted = (double)visited->count >= request->space->cells;
}

static int suggest(const struct search_request *request, struct search_result *ret_result,
                   struct nbt_error *err)
{
    struct search_result result;
    int rc = search_result_init(&result, request, err);
    if (rc < 0)
        return rc;
    auto_free double *points = result.points;
    if (isinf(request->space->cells)) {
        for (; result.count < request->count; result.count++)
            suggest_one(points + result.count * request->space->n, request,
                        request->first_index + result.count, NULL);
    } else {
        CLEANUP(visited_fini) struct visited visited = {0};
        rc = visited_init(&visited, request->space->n, request->n_history + request->count, err);
        if (rc < 0)
            return rc;
        suggest_new(&result, request, &visited);
    }
    *ret_result = result;
    points = NULL;
    return 0;
}

const struct search_algorithm search_random = {
    .name = "random",
    .summary =
        "independent draws from each parameter's distribution, no value twice in a finite space",
    .settings = search_random_state,
    .suggest = suggest,
};
