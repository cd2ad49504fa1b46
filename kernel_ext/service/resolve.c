#include "base/scope.h"
#include "experiment/space.h"
#include "search/search.h"
#include "service/internal.h"

/* The budget at first: what orders of visit are made for, also after a resume that raised it. */
static uint64_t budget_of(const json_t *document)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_json json_t *settings = NULL;
    const json_t *budget = json_object_get(json_object_get(document, "spec"), "maxTrialCount");

    if (settings_load(&settings, document, &ignored) == 0 && json_object_get(settings, "budget"))
        budget = json_object_get(settings, "budget");
    return json_integer_value(budget) > 0 ? (uint64_t)json_integer_value(budget) : 0;
}

const char *resolved_algorithm(const json_t *document)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    const json_t *spec = json_object_get(document, "spec");
    const char *name =
        json_string_value(json_object_get(json_object_get(spec, "algorithm"), "algorithmName"));
    const struct search_algorithm *algorithm = search_find(name ? name : "");
    struct space space;

    if (!algorithm || space_init(&space, json_object_get(spec, "parameters"), &ignored) < 0)
        return name ? name : "";
    algorithm = search_resolve(algorithm, &space, budget_of(document));
    space_fini(&space);
    return algorithm->name;
}
