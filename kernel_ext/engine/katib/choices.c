#include "engine/katib/choices.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"

static bool is_safe(const char *text)
{
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f || strchr("\"\\$", *p))
            return false;
    }
    return *text != '\0';
}

static bool all_safe(const json_t *list)
{
    size_t i;
    json_t *choice;
    json_array_foreach(list, i, choice)
    {
        const char *text = json_string_value(choice);
        if (text && !is_safe(text))
            return false;
    }
    return true;
}

static int encode(json_t *space, json_t *tokens)
{
    json_t *list = json_object_get(space, "list");
    json_t *encoded = json_array();
    size_t i;
    json_t *choice;
    int failed = 0;
    json_array_foreach(list, i, choice)
    {
        char token[24];
        snprintf(token, sizeof(token), "c%zu", i);
        failed |= json_object_set(tokens, token, choice);
        failed |= json_array_append_new(encoded, json_string(token));
    }
    return failed | json_object_set_new(space, "list", encoded);
}

int katib_encode_choices(json_t *spec, json_t **ret_choices, struct nbt_error *err)
{
    auto_json json_t *choices = json_object();
    size_t i;
    json_t *parameter;
    int failed = choices ? 0 : -1;
    json_array_foreach(json_object_get(spec, "parameters"), i, parameter)
    {
        json_t *space = json_object_get(parameter, "feasibleSpace");
        const char *name = json_string_value(json_object_get(parameter, "name"));
        if (!name || all_safe(json_object_get(space, "list")))
            continue;
        json_t *tokens = json_object();
        failed |= json_object_set_new(choices, name, tokens);
        failed |= encode(space, tokens);
    }
    if (failed)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the choices of parameters");
    *ret_choices = TAKE(choices);
    return 0;
}
