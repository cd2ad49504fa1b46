#include "search/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nbtags/number.h"
#include "search/algorithms.h"
#include "search/rng.h"

const struct search_algorithm *const search_algorithms[] = {&search_auto, &search_grid,
                                                            &search_random, NULL};

static const char *check_random_state(const char *value)
{
    int64_t number;
    return nbt_parse_int(value, &number) && number >= 0 ? NULL : "an integer from 0";
}

const struct search_setting search_random_state[] = {
    {.name = "random_state",
     .help = "seed of the random generator, an integer from 0; default: the experiment's seed",
     .check = check_random_state,
     .type = SEARCH_INT,
     .minimum = "0"},
    {.name = NULL},
};

const char *search_setting(const json_t *settings, const char *name)
{
    size_t i;
    const json_t *setting;
    json_array_foreach(settings, i, setting)
    {
        const char *key = json_string_value(json_object_get(setting, "name"));
        if (key && strcmp(key, name) == 0)
            return json_string_value(json_object_get(setting, "value"));
    }
    return NULL;
}

uint64_t search_seed(const struct search_request *request)
{
    const char *text = search_setting(request->settings, "random_state");
    int64_t number;
    return text && nbt_parse_int(text, &number) ? rng_mix((uint64_t)number) : request->seed;
}

int search_result_init(struct search_result *ret, const struct search_request *request,
                       struct nbt_error *err)
{
    size_t n = request->space->n ? request->space->n : 1;
    double *points = NULL;
    if (request->count < SIZE_MAX / sizeof(*points) / n)
        points = calloc(request->count * n + 1, sizeof(*points));
    if (!points)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for %zu suggestions", request->count);
    *ret = (struct search_result){.points = points};
    return 0;
}

const struct search_algorithm *search_find(const char *name)
{
    for (size_t i = 0; name && search_algorithms[i]; i++)
        if (strcmp(search_algorithms[i]->name, name) == 0)
            return search_algorithms[i];
    return NULL;
}

const struct search_algorithm *search_resolve(const struct search_algorithm *algorithm,
                                              const struct space *space, uint64_t budget)
{
    if (algorithm != &search_auto)
        return algorithm;
    bool fits = isfinite(space->cells) && (budget == 0 || space->cells <= (double)budget);
    return fits ? &search_grid : &search_random;
}

/* A budget that was raised may change what auto stands for; a history that is no grid's goes on at
 * random. */
static int suggest_auto(const struct search_request *request, struct search_result *ret_result,
                        struct nbt_error *err)
{
    const struct search_algorithm *algorithm =
        search_resolve(&search_auto, request->space, request->budget);
    if (algorithm == &search_grid && !search_grid_matches(request))
        algorithm = &search_random;
    return algorithm->suggest(request, ret_result, err);
}

const struct search_algorithm search_auto = {
    .name = "auto",
    .title = "Automatic",
    .summary = "grid when all combinations fit into the number of trials, else random",
    .settings = search_random_state,
    .suggest = suggest_auto,
};

int search_suggest(const struct search_algorithm *algorithm, const struct search_request *request,
                   struct search_result *ret_result, struct nbt_error *err)
{
    return algorithm->suggest(request, ret_result, err);
}

const struct search_setting *search_find_setting(const struct search_algorithm *algorithm,
                                                 const char *name)
{
    for (const struct search_setting *s = algorithm->settings; s && s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

bool search_knows_setting(const char *algorithm, const char *setting)
{
    const struct search_algorithm *found = search_find(algorithm);
    return !found || search_find_setting(found, setting);
}
