/* Spaces for the tests of search: from JSON with ' for ", and at random. */
#ifndef TESTS_SEARCH_SPACES_H
#define TESTS_SEARCH_SPACES_H

#include <math.h>
#include <stdlib.h>

#include "base/scope.h"
#include "check.h"
#include "search/rng.h"
#include "search/search.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline json_t *quoted(const char *text)
{
    char copy[8192];
    snprintf(copy, sizeof(copy), "%s", text);
    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    json_t *value = json_loads(copy, 0, NULL);
    if (!value)
        fail_msg("not JSON: %s", text);
    return value;
}

static inline void space_of(struct space *space, const char *text)
{
    auto_json json_t *parameters = quoted(text);
    struct nbt_error err = NBT_ERROR_INIT;
    if (space_init(space, parameters, &err) < 0)
        fail_msg("%s: %s", text, err.text);
}

/* "{...}" of a dimension with at most `most` values. */
static inline void random_dimension(char *text, size_t size, int name, uint64_t most,
                                    struct rng *rng)
{
    static const char *const distributions[] = {"uniform", "logUniform", "normal", "logNormal"};
    const char *distribution = distributions[rng_below(rng, 4)];
    int low = 1 + (int)rng_below(rng, 40), values = 1 + (int)rng_below(rng, most),
        step = 1 + (int)rng_below(rng, 7);
    switch (rng_below(rng, 5)) {
    case 0:
        snprintf(text, size,
                 "{'name':'p%d','parameterType':'int','feasibleSpace':{'min':'%d','max':'%d','step'"
                 ":'%d',"
                 "'distribution':'%s'}}",
                 name, low, low + (values - 1) * step + (int)rng_below(rng, (uint64_t)step), step,
                 distribution);
        break;
    case 1:
        snprintf(
            text, size,
            "{'name':'p%d','parameterType':'double','feasibleSpace':{'min':'%de-3','max':'%de-3',"
            "'step':'%de-3','distribution':'%s'}}",
            name, low, low + (values - 1) * step, step, distribution);
        break;
    case 2:
        snprintf(text, size,
                 "{'name':'p%d','parameterType':'double','feasibleSpace':{'min':'%de-5','max':'%d',"
                 "'distribution':'%s'}}",
                 name, low, low, distribution);
        break;
    case 3:
        snprintf(
            text, size,
            "{'name':'p%d','parameterType':'discrete','feasibleSpace':{'list':['%d','0.5','1e3']}}",
            name, low);
        break;
    default:
        snprintf(text, size,
                 "{'name':'p%d','parameterType':'categorical','feasibleSpace':{'list':['a','b']}}",
                 name);
    }
}

static inline void random_space(struct space *space, struct rng *rng)
{
    char text[4096] = "[", dimension[512];
    int n = 1 + (int)rng_below(rng, 4);
    for (int i = 0; i < n; i++) {
        random_dimension(dimension, sizeof(dimension), 9 - i, 12, rng);
        size_t used = strlen(text);
        snprintf(text + used, sizeof(text) - used, "%s%s", i ? "," : "", dimension);
    }
    strncat(text, "]", sizeof(text) - strlen(text) - 1);
    space_of(space, text);
}

static inline struct search_result suggest(const struct search_algorithm *algorithm,
                                           const struct search_request *request)
{
    struct search_result result = {0};
    struct nbt_error err = NBT_ERROR_INIT;
    if (search_suggest(algorithm, request, &result, &err) < 0)
        fail_msg("%s: %s", algorithm->name, err.text);
    return result;
}

/* Each coordinate is on its lattice and inside: it goes to text and comes back the same. */
static inline void check_points(const char *what, const struct space *space,
                                const struct search_result *result)
{
    for (size_t i = 0; i < result->count * space->n; i++) {
        const struct space_dimension *d = &space->dimensions[i % space->n];
        char text[SPACE_TEXT_MAX];
        double back = -1;
        const char *value = space_text(d, result->points[i], text);
        if (!space_coordinate(d, value, &back) ||
            memcmp(&back, &result->points[i], sizeof(back)) != 0)
            fail_msg("%s: %s = %.17g is %s, which is %.17g of [%g, %g] by %g", what, d->name,
                     result->points[i], value, back, d->min, d->max, d->step);
    }
}

/* The number of points that came before. */
static inline size_t repeats(const double *points, size_t count, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (memcmp(points + i * n, points + k * n, n * sizeof(*points)) == 0) {
                found++;
                break;
            }
    return found;
}

#endif
