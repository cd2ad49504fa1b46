#include "base/scope.h"
#include "service/internal.h"

/*
 * One trial with the notebook's own values is an Experiment like any other: each parameter is a
 * list of one value, so that the space is one point, and one trial is all there is to run.
 */

/* Katib has no empty choice: an empty text stays as it stands in its cell. */
static bool can_be_listed(const struct nbt_parameter *parameter)
{
    return parameter->type != NBT_EXPRESSION && parameter->value[0];
}

static json_t *own_values(const struct nbt_notebook *notebook)
{
    json_t *list = json_array();

    for (size_t i = 0; i < notebook->n_parameters; i++) {
        const struct nbt_parameter *p = &notebook->parameters[i];
        if (!can_be_listed(p))
            continue;
        json_t *row = json_pack("{s:s, s:s, s:{s:[s]}}", "name", p->name, "parameterType",
                                "categorical", "feasibleSpace", "list", p->value);
        if (!row || json_array_append_new(list, row) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

int single_run(json_t *document, const struct nbt_notebook *notebook, struct nbt_error *err)
{
    json_t *spec = json_object_get(document, "spec");
    auto_json json_t *change =
        json_pack("{s:o, s:{s:s}, s:i, s:i, s:i}", "parameters", own_values(notebook), "algorithm",
                  "algorithmName", "grid", "maxTrialCount", 1, "parallelTrialCount", 1,
                  "maxFailedTrialCount", 0);

    if (!change || json_object_update(spec, change) < 0)
        return no_memory(err);
    /* Nothing is compared with a goal, and nothing is stopped early. */
    json_object_del(json_object_get(spec, "objective"), "goal");
    json_object_del(spec, "earlyStopping");
    return 0;
}
