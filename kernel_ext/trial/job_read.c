/* What job.json says of parameters. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "trial/job.h"

static int refuse(struct nbt_error *err, size_t index, const char *variable, const char *why)
{
    nbt_error_set(err, NBT_EINVAL, "the environment variable %s %s",
                  variable ? variable : "of a parameter", why);
    nbt_error_path(err, "parameters[%zu]", index);
    return NBT_EINVAL;
}

/* Katib's own words must not reach the notebook: a placeholder that it left is no value. */
static int value_of(const char **ret_value, const json_t *parameter, size_t index,
                    struct nbt_error *err)
{
    const char *variable = json_string_value(json_object_get(parameter, "variable"));
    const json_t *values = json_object_get(parameter, "values");
    const char *text = variable ? getenv(variable) : NULL;
    if (!variable)
        return refuse(err, index, NULL, "is not named");
    if (!text)
        return refuse(err, index, variable, "is not set");
    if (strstr(text, "${trialParameters."))
        return refuse(err, index, variable, "holds no value: Katib replaced nothing in it");
    if (values) {
        text = json_string_value(json_object_get(values, text));
        if (!text)
            return refuse(err, index, variable, "holds none of the parameter's tokens");
    }
    *ret_value = text;
    return 0;
}

static int add(json_t *assignments, const char *name, const char *value, struct nbt_error *err)
{
    json_t *row = json_pack("{s:s, s:s}", "name", name, "value", value);
    return !row || json_array_append_new(assignments, row) < 0
               ? nbt_error_set(err, NBT_EINVAL, "the value of %s is not UTF-8", name)
               : 0;
}

static int add_parameter(json_t *assignments, const json_t *parameter, size_t index,
                         struct nbt_error *err)
{
    const char *name = json_string_value(json_object_get(parameter, "name"));
    const char *value = NULL;
    if (!name)
        return refuse(err, index, NULL, "belongs to no name");
    int result = value_of(&value, parameter, index, err);
    return result < 0 ? result : add(assignments, name, value, err);
}

int job_assignments(json_t **ret, const json_t *job, struct nbt_error *err)
{
    auto_json json_t *assignments = json_array();
    size_t i;
    const char *name;
    json_t *item;
    int result =
        assignments ? 0 : nbt_error_set(err, NBT_ENOMEM, "no memory for the trial's assignments");
    json_array_foreach(json_object_get(job, "parameters"), i, item)
    {
        if (result == 0)
            result = add_parameter(assignments, item, i, err);
    }
    json_object_foreach(json_object_get(job, "fixed"), name, item)
    {
        if (result == 0 && json_is_string(item))
            result = add(assignments, name, json_string_value(item), err);
    }
    if (result == 0)
        *ret = TAKE(assignments);
    return result;
}
