#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nbtags/diagnostics.h"
#include "nbtags/number.h"
#include "nbtags/reader.h"

/*
 * Kale's stored katib_metadata, tolerantly, in the shape of an Experiment's spec. What cannot be
 * used is left out with a warning; it stays in notebook->kale, and in the file.
 */

/* An Experiment holds the same at the same place in its spec, but for items of lists: those that
 * cannot be used have no place there. */
static const char *path_in_spec(struct nbt_notebook *notebook, const char *path)
{
    char text[128];
    int length = (int)strcspn(path, "[");
    int written = snprintf(text, sizeof(text), "spec.%.*s", length, path);
    const char *kept = written > 0 ? nbt_arena_text(notebook, text, (size_t)written) : NULL;
    return kept ? kept : "";
}

static void ignored(struct nbt_notebook *notebook, const char *path, const char *expected)
{
    size_t before = notebook->n_diagnostics;
    nbt_diagnose(
        notebook, NBT_WARNING, NBT_BAD_STORED_VALUE, -1, 0, 0,
        "The stored Katib setting katib_metadata.%s was ignored: %s was expected. Set it again",
        path, expected);
    if (notebook->n_diagnostics > before)
        notebook->diagnostics[before].path = path_in_spec(notebook, path);
}

/* A value as the string that Katib's schema wants; NULL when it is none ("" and null are absent
 * ones). */
static json_t *as_text(const json_t *value)
{
    char number[NBT_NUMBER_MAX];
    switch (json_typeof(value)) {
    case JSON_STRING: return json_string(json_string_value(value));
    case JSON_INTEGER:
        nbt_format_int(number, json_integer_value(value));
        return json_string(number);
    case JSON_REAL: nbt_format_double(number, json_real_value(value)); return json_string(number);
    case JSON_TRUE: return json_string("True");
    case JSON_FALSE: return json_string("False");
    default: return NULL;
    }
}

static bool is_absent(const json_t *value)
{
    return !value || json_is_null(value) || (json_is_string(value) && !*json_string_value(value));
}

static void copy_text(struct nbt_notebook *notebook, json_t *to, const json_t *from,
                      const char *key, const char *path)
{
    const json_t *value = json_object_get(from, key);
    if (is_absent(value))
        return;
    json_t *text = as_text(value);
    if (!text)
        ignored(notebook, path, "a string or a number");
    else if (json_object_set_new(to, key, text) < 0)
        nbt_private(notebook)->failed = true;
}

static json_t *texts(struct nbt_notebook *notebook, const json_t *list, const char *path)
{
    json_t *out = json_array();
    size_t i;
    json_t *value;
    json_array_foreach((json_t *)list, i, value)
    {
        json_t *text = as_text(value);
        if (text)
            json_array_append_new(out, text);
        else
            ignored(notebook, path, "a list of strings or numbers");
    }
    return out;
}

static void copy_texts(struct nbt_notebook *notebook, json_t *to, const json_t *from,
                       const char *key, const char *path)
{
    const json_t *list = json_object_get(from, key);
    if (!list || json_is_null(list))
        return;
    if (json_is_array(list))
        json_object_set_new(to, key, texts(notebook, list, path));
    else
        ignored(notebook, path, "a list");
}

static json_t *feasible_space(struct nbt_notebook *notebook, const json_t *from)
{
    static const char *const keys[] = {"min", "max", "step", "distribution"};
    json_t *space = json_object();
    if (from && !json_is_object(from))
        ignored(notebook, "parameters[].feasibleSpace", "an object");
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        copy_text(notebook, space, from, keys[i], "parameters[].feasibleSpace");
    copy_texts(notebook, space, from, "list", "parameters[].feasibleSpace.list");
    return space;
}

static const char *parameter_type(const json_t *parameter)
{
    static const char *const known[] = {"int", "double", "discrete", "categorical"};
    const char *type = json_string_value(json_object_get(parameter, "parameterType"));
    for (size_t i = 0; type && i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(type, known[i]) == 0)
            return known[i];
    }
    bool list = json_object_get(json_object_get(parameter, "feasibleSpace"), "list") != NULL;
    return list ? "categorical" : "double";
}

static json_t *parameter_of(struct nbt_notebook *notebook, const json_t *from)
{
    const char *name = json_string_value(json_object_get(from, "name"));
    if (!name || !*name) {
        ignored(notebook, "parameters[]", "an object with a name");
        return NULL;
    }
    json_t *parameter = json_object();
    json_object_set_new(parameter, "name", json_string(name));
    json_object_set_new(parameter, "parameterType", json_string(parameter_type(from)));
    json_object_set_new(parameter, "feasibleSpace",
                        feasible_space(notebook, json_object_get(from, "feasibleSpace")));
    return parameter;
}

static json_t *parameters_of(struct nbt_notebook *notebook, const json_t *from)
{
    json_t *list = json_array();
    size_t i;
    json_t *value;
    json_array_foreach((json_t *)from, i, value)
    {
        json_t *parameter = parameter_of(notebook, value);
        if (parameter)
            json_array_append_new(list, parameter);
    }
    return list;
}

static void copy_goal(struct nbt_notebook *notebook, json_t *to, const json_t *value)
{
    double goal = 0;
    bool text = json_is_string(value) && nbt_parse_double(json_string_value(value), &goal);
    if (is_absent(value))
        return;
    if (json_is_number(value))
        json_object_set(to, "goal", (json_t *)value);
    else if (text)
        json_object_set_new(to, "goal", json_real(goal));
    else
        ignored(notebook, "objective.goal", "a finite number");
}

static json_t *objective_of(struct nbt_notebook *notebook, const json_t *from)
{
    json_t *objective = json_object();
    copy_text(notebook, objective, from, "type", "objective.type");
    copy_goal(notebook, objective, json_object_get(from, "goal"));
    copy_text(notebook, objective, from, "objectiveMetricName", "objective.objectiveMetricName");
    copy_texts(notebook, objective, from, "additionalMetricNames",
               "objective.additionalMetricNames");
    const json_t *strategies = json_object_get(from, "metricStrategies");
    if (json_is_array(strategies))
        json_object_set_new(objective, "metricStrategies", json_deep_copy(strategies));
    return objective;
}

static json_t *settings_of(struct nbt_notebook *notebook, const json_t *from)
{
    json_t *list = json_array();
    size_t i;
    json_t *value;
    json_array_foreach((json_t *)from, i, value)
    {
        json_t *setting = json_object();
        copy_text(notebook, setting, value, "name", "algorithm.algorithmSettings[].name");
        copy_text(notebook, setting, value, "value", "algorithm.algorithmSettings[].value");
        if (json_object_size(setting) == 2)
            json_array_append(list, setting);
        json_decref(setting);
    }
    return list;
}

static json_t *algorithm_of(struct nbt_notebook *notebook, const json_t *from)
{
    json_t *algorithm = json_object();
    copy_text(notebook, algorithm, from, "algorithmName", "algorithm.algorithmName");
    const json_t *settings = json_object_get(from, "algorithmSettings");
    if (json_is_array(settings) && json_array_size(settings))
        json_object_set_new(algorithm, "algorithmSettings", settings_of(notebook, settings));
    return algorithm;
}

static bool count_of(const json_t *value, int64_t *ret)
{
    double real = json_real_value(value);
    if (json_is_string(value))
        return nbt_parse_int(json_string_value(value), ret);
    if (json_is_real(value) && fabs(real) < 1e9 && real == floor(real))
        *ret = (int64_t)real;
    else if (json_is_integer(value))
        *ret = json_integer_value(value);
    else
        return false;
    return true;
}

static void copy_counts(struct nbt_notebook *notebook, json_t *to, const json_t *from)
{
    static const char *const keys[] = {"parallelTrialCount", "maxTrialCount",
                                       "maxFailedTrialCount"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const json_t *value = json_object_get(from, keys[i]);
        int64_t count = 0;
        if (is_absent(value))
            continue;
        if (count_of(value, &count))
            json_object_set_new(to, keys[i], json_integer(count));
        else
            ignored(notebook, keys[i], "a whole number");
    }
}

typedef json_t *(*convert_fn)(struct nbt_notebook *notebook, const json_t *from);

static void copy_section(struct nbt_notebook *notebook, json_t *to, const json_t *from,
                         const char *key, bool list, convert_fn convert)
{
    const json_t *value = json_object_get(from, key);
    if (!value || json_is_null(value))
        return;
    if (list ? json_is_array(value) : json_is_object(value))
        json_object_set_new(to, key, convert(notebook, value));
    else
        ignored(notebook, key, list ? "a list" : "an object");
}

int nbt_katib_read(struct nbt_notebook *notebook, struct nbt_error *err)
{
    const json_t *stored = json_object_get(notebook->kale, "katib_metadata");
    if (!stored || json_is_null(stored))
        return 0;
    if (!json_is_object(stored)) {
        nbt_diagnose(
            notebook, NBT_WARNING, NBT_BAD_STORED_VALUE, -1, 0, 0,
            "The stored katib_metadata is no object and was ignored. Set up the Katib job again");
        return 0;
    }
    json_t *spec = json_object();
    if (!spec)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the stored settings of %s",
                             notebook->path);
    copy_section(notebook, spec, stored, "parameters", true, parameters_of);
    copy_section(notebook, spec, stored, "objective", false, objective_of);
    copy_section(notebook, spec, stored, "algorithm", false, algorithm_of);
    copy_counts(notebook, spec, stored);
    nbt_private(notebook)->katib = spec;
    if (json_object_size(spec))
        notebook->katib = spec;
    return 0;
}
