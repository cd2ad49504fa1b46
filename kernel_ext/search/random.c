/* Random search: each coordinate by its own distribution. In a finite space no cell is drawn twice;
 * only trials with a lower number count, so that a trial that is asked for again gets the point
 * that it had. */
#include <math.h>
#include <string.h>

#include "base/scope.h"
#include "search/algorithms.h"
#include "search/permutation.h"
#include "search/rng.h"
#include "search/visited.h"

#define REDRAWS 32
#define SCANNED                                                                                    \
    64 /* points of a request up to which scanning the history is cheaper than a set of it */

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

/* The points of trials with a lower number: a set, or, while they are few against the cells, the
 * history as it is. */
struct tried {
    const struct search_request *request;
    const struct visited *visited; /* NULL: scan */
    const double *earlier;         /* of this request */
    size_t n_earlier;
    uint64_t trial;
};

static bool was_tried(const struct tried *tried, const double *point)
{
    const struct search_request *request = tried->request;
    size_t n = request->space->n, size = n * sizeof(*point);
    if (tried->visited)
        return visited_has(tried->visited, point);
    for (size_t i = 0; i < request->n_history && request->history[i].index < tried->trial; i++)
        if (memcmp(request->history[i].point, point, size) == 0)
            return true;
    for (size_t i = 0; i < tried->n_earlier; i++)
        if (memcmp(tried->earlier + i * n, point, size) == 0)
            return true;
    return false;
}

/* A cell that was not tried, of which there is one: the first in a random order of all cells. */
static void enumerate(double *point, const struct tried *tried, struct rng *rng)
{
    const struct space *space = tried->request->space;
    uint64_t cells = (uint64_t)space->cells, seed = rng_next(rng);
    for (uint64_t i = 0; i < cells; i++) {
        cell_point(point, space, permutation_at(cells, seed, i));
        if (!was_tried(tried, point))
            return;
    }
}

static void suggest_one(double *point, const struct tried *tried)
{
    const struct space *space = tried->request->space;
    uint64_t seed = search_seed(tried->request);
    struct rng rng = rng_stream(seed, tried->trial, RNG_RANDOM);
    for (int i = 0; i < REDRAWS; i++) {
        draw(point, space, &rng);
        if (isinf(space->cells) || !was_tried(tried, point))
            return;
    }
    rng = rng_stream(seed, tried->trial, RNG_UNVISITED);
    if (space->cells < 0x1p62)
        enumerate(point, tried, &rng);
}

/* Trials that were tried cannot fill the space, so they need no counting. */
static void suggest_sparse(struct search_result *result, const struct search_request *request)
{
    for (; result->count < request->count; result->count++) {
        struct tried tried = {.request = request,
                              .earlier = result->points,
                              .n_earlier = result->count,
                              .trial = request->first_index + result->count};
        suggest_one(result->points + result->count * request->space->n, &tried);
    }
}

static void suggest_dense(struct search_result *result, const struct search_request *request,
                          struct visited *visited)
{
    size_t row = 0, n = request->space->n;
    struct tried tried = {.request = request, .visited = visited};
    for (;; result->count++) {
        tried.trial = request->first_index + result->count;
        for (; row < request->n_history && request->history[row].index < tried.trial; row++)
            visited_add(visited, request->history[row].point);
        result->exhausted = (double)visited->count >= request->space->cells;
        if (result->exhausted || result->count == request->count)
            break;
        double *point = result->points + result->count * n;
        suggest_one(point, &tried);
        visited_add(visited, point);
    }
}

static int suggest(const struct search_request *request, struct search_result *ret_result,
                   struct nbt_error *err)
{
    struct search_result result = {0};
    size_t most = request->n_history + request->count;
    int rc = search_result_init(&result, request, err);
    if (rc < 0)
        return rc;
    auto_free double *points = result.points;
    bool scan = request->count <= SCANNED && 2.0 * (double)most < request->space->cells;
    if (scan || isinf(request->space->cells)) {
        suggest_sparse(&result, request);
    } else {
        CLEANUP(visited_fini) struct visited visited = {0};
        rc = visited_init(&visited, request->space->n, most, err);
        if (rc < 0)
            return rc;
        suggest_dense(&result, request, &visited);
    }
    *ret_result = result;
    points = NULL;
    return 0;
}

const struct search_algorithm search_random = {
    .name = "random",
    .title = "Random Search",
    .summary =
        "independent draws from each parameter's distribution, no value twice in a finite space",
    .settings = search_random_state,
    .suggest = suggest,
};
