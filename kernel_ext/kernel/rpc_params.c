#include <string.h>

#include "base/scope.h"
#include "kernel/rpc_internal.h"

static const char *const expected[] = {
    [RPC_TEXT] = "a string",
    [RPC_TEXT_OR_NULL] = "a string or null",
    [RPC_OBJECT] = "an object",
    [RPC_BOOL] = "true or false",
    [RPC_COUNT] = "a whole number from 0",
    [RPC_TEXTS] = "a list of strings",
};

/* Texts go to functions that take C strings. */
static bool is_text(const json_t *value)
{
    return json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value);
}

static bool are_texts(const json_t *value)
{
    size_t i;
    json_t *item;

    json_array_foreach(value, i, item)
    {
        if (!is_text(item))
            return false;
    }
    return json_is_array(value);
}

static bool fits(const json_t *value, enum rpc_type type)
{
    switch (type) {
    case RPC_TEXT: return is_text(value);
    case RPC_TEXT_OR_NULL: return json_is_null(value) || is_text(value);
    case RPC_OBJECT: return json_is_object(value);
    case RPC_BOOL: return json_is_boolean(value);
    case RPC_COUNT: return json_is_integer(value) && json_integer_value(value) >= 0;
    case RPC_TEXTS: return are_texts(value);
    }
    return false;
}

static const char *found(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "a list";
    case JSON_STRING: return is_text(value) ? "a string" : "a string with a NUL character";
    case JSON_INTEGER: return json_integer_value(value) < 0 ? "a negative number" : "a number";
    case JSON_REAL: return "a number";
    case JSON_TRUE: return "true";
    case JSON_FALSE: return "false";
    case JSON_NULL: return "null";
    }
    return "something else";
}

static int complain(const char *within, const char *name, struct nbt_error *err, const char *text)
{
    nbt_error_set(err, NBT_EINVAL, "%s%s%.80s: %s", within, within[0] ? "." : "", name, text);
    nbt_error_path(err, "%s%s%.80s", within, within[0] ? "." : "", name);
    return NBT_EINVAL;
}

static int check_param(const json_t *params, const struct rpc_param *param, const char *within,
                       struct nbt_error *err)
{
    const json_t *value = json_object_get(params, param->name);
    char text[128];

    if (!param->required && (!value || json_is_null(value)))
        return 0;
    if (value && fits(value, param->type))
        return 0;
    snprintf(text, sizeof(text), "found %s, expected %s", value ? found(value) : "nothing",
             expected[param->type]);
    return complain(within, param->name, err, text);
}

static bool is_known(const struct rpc_param *table, const char *name)
{
    for (; table->name; table++) {
        if (strcmp(table->name, name) == 0)
            return true;
    }
    return false;
}

int rpc_check_params(const json_t *params, const struct rpc_param *table, const char *within,
                     struct nbt_error *err)
{
    const char *name;
    json_t *value;

    if (!json_is_object(params))
        return complain(within, "params", err, "expected an object with the parameters by name");
    for (const struct rpc_param *param = table; param->name; param++) {
        int result = check_param(params, param, within, err);
        if (result < 0)
            return result;
    }
    json_object_foreach((json_t *)(uintptr_t)params, name, value)
    {
        (void)value;
        if (!is_known(table, name))
            return complain(within, name, err, "there is no such parameter; see openrpc.json");
    }
    return 0;
}

const char *rpc_text(const struct rpc_call *call, const char *name)
{
    return json_string_value(json_object_get(call->params, name));
}

bool rpc_flag(const struct rpc_call *call, const char *name)
{
    return json_is_true(json_object_get(call->params, name));
}
