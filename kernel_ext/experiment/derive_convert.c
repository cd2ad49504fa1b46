/* Whether a value or a range fits the literal in the cell. */
#include <stdio.h>
#include <strings.h>

#include "base/scope.h"
#include "experiment/derive_internal.h"
#include "experiment/space.h"

const char *derive_bool(const char *text)
{
    if (strcasecmp(text, "true") == 0)
        return "True";
    return strcasecmp(text, "false") == 0 ? "False" : NULL;
}

bool derive_value_converts(const struct nbt_notebook *notebook,
                           const struct nbt_parameter *parameter, const char *text)
{
    auto_free char *literal = NULL;
    if (parameter->type == NBT_BOOL)
        return derive_bool(text) != NULL;
    return nbt_literal(notebook->language, parameter->type, text, &literal, NULL) != NBT_EINVAL;
}

static bool list_converts(const struct nbt_notebook *notebook,
                          const struct nbt_parameter *parameter, const json_t *list,
                          char ret_text[DERIVE_WHY])
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        const char *text = json_string_value(item);
        if (!text || derive_value_converts(notebook, parameter, text))
            continue;
        snprintf(ret_text, DERIVE_WHY,
                 "'%.60s' is no value for %.60s, whose type in the cell is %s", text,
                 parameter->name, nbt_type_name(parameter->type));
        return false;
    }
    return true;
}

bool derive_converts(const struct nbt_notebook *notebook, const struct nbt_parameter *parameter,
                     const json_t *spec, char ret_text[DERIVE_WHY])
{
    const json_t *list = json_object_get(json_object_get(spec, "feasibleSpace"), "list");
    if (list)
        return list_converts(notebook, parameter, list, ret_text);
    if (parameter->type != NBT_BOOL)
        return true;
    snprintf(ret_text, DERIVE_WHY,
             "%.60s is a bool in the cell, a range of numbers does not fit; expected a list of "
             "True and False",
             parameter->name);
    return false;
}

bool derive_usable(const struct deriving *deriving, const struct nbt_parameter *parameter,
                   const json_t *spec, char ret_text[DERIVE_WHY])
{
    if (!derive_converts(deriving->notebook, parameter, spec, ret_text))
        return false;
    auto_json json_t *parameters = json_pack("[O]", spec);
    struct nbt_error problem = NBT_ERROR_INIT;
    CLEANUP(space_fini) struct space space = {0};
    if (space_init(&space, parameters, &problem) == 0)
        return true;
    snprintf(ret_text, DERIVE_WHY, "%.*s", DERIVE_WHY - 1, problem.text);
    return false;
}
