/* The grammar of --param and --fix. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/scope.h"
#include "experiment/derive_internal.h"
#include "experiment/space.h"
#include "nbtags/number.h"

#define RANGE_GRAMMAR                                                                              \
    "expected MIN..MAX, with :STEP and :log if you like, or values divided by commas"

/* Whether an option "NAME=..." is this parameter's; *ret_value is what follows the '='. */
static bool names(const char *option, const char *name, const char **ret_value)
{
    size_t length = strlen(name);
    if (strncmp(option, name, length) != 0 || option[length] != '=')
        return false;
    *ret_value = option + length + 1;
    return true;
}

static bool is_utf8(const char *text)
{
    auto_json json_t *string = json_string(text);
    return string != NULL;
}

static const char *find(const char *const *options, size_t n, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < n; i++)
        if (names(options[i], name, &value) && is_utf8(value))
            return value;
    return NULL;
}

const char *derive_fixed_value(const struct derive_given *given, const char *name)
{
    return find(given->fixed, given->n_fixed, name);
}

static void complain(const struct deriving *deriving, const char *option, const char *name,
                     const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s%s%.100s", option, *name ? " " : "", name);
    experiment_problem(&deriving->ret->problems, true, path, "%s", text);
}

/* One item of a list up to an unescaped comma; "\," is a comma. *place moves behind it, NULL at the
 * end. */
static json_t *list_item(const char **place)
{
    char *text = malloc(strlen(*place) + 1);
    size_t length = 0;
    const char *p = *place;
    for (; text && *p && *p != ','; p++) {
        if (*p == '\\' && p[1] == ',')
            p++;
        text[length++] = *p;
    }
    *place = *p == ',' ? p + 1 : NULL;
    json_t *item = text ? json_stringn(text, length) : NULL;
    free(text);
    return item;
}

static bool listed(const json_t *list, const char *text)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item) if (strcmp(json_string_value(item), text) == 0) return true;
    return false;
}

/* "adam,sgd" to a list; NULL, with the reason in ret_text, when an item is empty or comes twice. */
static json_t *list_of(const struct nbt_parameter *parameter, const char *value,
                       char ret_text[DERIVE_WHY])
{
    auto_json json_t *list = json_array();
    while (value) {
        json_t *item = list_item(&value);
        const char *text = json_string_value(item);
        if (text && parameter->type == NBT_BOOL && derive_bool(text))
            json_string_set(item, derive_bool(text));
        text = json_string_value(item);
        bool good = text && *text && !listed(list, text);
        if (!good)
            snprintf(ret_text, DERIVE_WHY,
                     text && *text ? "'%.80s' stands there twice, name each value once"
                                   : "a value is empty%.0s, " RANGE_GRAMMAR,
                     text ? text : "");
        if (!good || json_array_append_new(list, json_incref(item)) < 0) {
            json_decref(item);
            return NULL;
        }
        json_decref(item);
    }
    return TAKE(list);
}

/* A list of numbers is discrete; for a string only when each would stay as it is written. */
static bool all_numbers(const struct nbt_parameter *parameter, const json_t *list)
{
    size_t i;
    const json_t *item;
    double number;
    bool good = parameter->type != NBT_BOOL;
    json_array_foreach(list, i, item)
    {
        const char *text = json_string_value(item);
        bool named = parameter->type == NBT_STR &&
                     (*text == '+' || (text[0] == '0' && text[1] && text[1] != '.'));
        good = good && !named && nbt_parse_double(text, &number);
    }
    return good;
}

/* The parts of "MIN..MAX:STEP:log". */
struct parts {
    char min[64], max[64], step[64];
    const char *distribution;
};

static const char *distribution_named(const char *text)
{
    static const char *const table[][2] = {
        {"log", "logUniform"}, {"loguniform", "logUniform"}, {"uniform", "uniform"},
        {"linear", "uniform"}, {"normal", "normal"},         {"lognormal", "logNormal"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (strcasecmp(text, table[i][0]) == 0)
            return table[i][1];
    return NULL;
}

static bool copy_number(char ret[64], const char *text, size_t length)
{
    double number;
    char copy[64];
    if (length >= sizeof(copy))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (!nbt_parse_double(copy, &number))
        return false;
    memcpy(ret, copy, length + 1);
    return true;
}

/* The words behind a range, each a step or a scale. */
static bool read_tail(struct parts *parts, const char *tail)
{
    while (*tail == ':') {
        size_t length = strcspn(++tail, ":");
        char word[64];
        if (length == 0 || length >= sizeof(word))
            return false;
        memcpy(word, tail, length);
        word[length] = '\0';
        const char *distribution = distribution_named(word);
        bool twice = distribution ? parts->distribution != NULL : *parts->step != '\0';
        if (twice || (!distribution && !copy_number(parts->step, tail, length)))
            return false;
        parts->distribution = distribution ? distribution : parts->distribution;
        tail += length;
    }
    return true;
}

enum shape { SHAPE_LIST, SHAPE_RANGE, SHAPE_WRONG };

/* A string's values may hold dots and colons: only a complete range of numbers is one there. */
static enum shape shape_of(struct parts *ret, const struct nbt_parameter *parameter,
                           const char *value)
{
    *ret = (struct parts){.distribution = NULL};
    const char *dots = strstr(value, "..");
    if (!dots)
        return SHAPE_LIST;
    const char *max = dots + 2;
    size_t length = strcspn(max, ":");
    if (copy_number(ret->min, value, (size_t)(dots - value)) &&
        copy_number(ret->max, max, length) && read_tail(ret, max + length))
        return SHAPE_RANGE;
    return parameter->type == NBT_STR ? SHAPE_LIST : SHAPE_WRONG;
}

static json_t *range_feasible(const struct parts *parts)
{
    json_t *feasible = json_pack("{s:s,s:s}", "min", parts->min, "max", parts->max);
    if (feasible && *parts->step)
        json_object_set_new(feasible, "step", json_string(parts->step));
    if (feasible && parts->distribution)
        json_object_set_new(feasible, "distribution", json_string(parts->distribution));
    return feasible;
}

static bool integral(const struct nbt_parameter *parameter, const struct parts *parts)
{
    int64_t number;
    return parameter->type != NBT_FLOAT && nbt_parse_int(parts->min, &number) &&
           nbt_parse_int(parts->max, &number) &&
           (!*parts->step || nbt_parse_int(parts->step, &number));
}

/* The spec of an option's value; *ret stays NULL, and the reason is in ret_text, when it is wrong.
 */
static int option_spec(json_t **ret, const struct nbt_parameter *parameter, const char *value,
                       char ret_text[DERIVE_WHY], struct nbt_error *err)
{
    struct parts parts;
    switch (shape_of(&parts, parameter, value)) {
    case SHAPE_RANGE:
        return derive_spec(ret, parameter->name, integral(parameter, &parts) ? "int" : "double",
                           range_feasible(&parts), err);
    case SHAPE_LIST: {
        json_t *list = list_of(parameter, value, ret_text);
        if (!list)
            return 0;
        const char *type = all_numbers(parameter, list) ? "discrete" : "categorical";
        return derive_spec(ret, parameter->name, type, json_pack("{s:o}", "list", list), err);
    }
    case SHAPE_WRONG: break;
    }
    snprintf(ret_text, DERIVE_WHY, "'%.60s' is not a range, " RANGE_GRAMMAR, value);
    return 0;
}

int derive_option(struct range *ret, const struct deriving *deriving,
                  const struct nbt_parameter *parameter, struct nbt_error *err)
{
    const char *value =
        find(deriving->given->parameters, deriving->given->n_parameters, parameter->name);
    if (!value)
        return 0;
    char text[DERIVE_WHY] = "";
    auto_json json_t *spec = NULL;
    if (parameter->type == NBT_EXPRESSION) {
        complain(deriving, "--param", parameter->name,
                 "it is an expression in the cell and cannot be searched, write a literal there");
        return 0;
    }
    int rc = option_spec(&spec, parameter, value, text, err);
    if (rc < 0)
        return rc;
    if (!spec || !derive_usable(deriving, parameter, spec, text)) {
        complain(deriving, "--param", parameter->name, text);
        return 0;
    }
    ret->spec = TAKE(spec);
    ret->selected = true;
    snprintf(ret->why, sizeof(ret->why), "given");
    return 0;
}

static int fix(const struct deriving *deriving, const struct nbt_parameter *parameter,
               const char *value, struct nbt_error *err)
{
    char text[DERIVE_WHY];
    const char *truth = parameter->type == NBT_BOOL ? derive_bool(value) : NULL;
    if (parameter->type == NBT_EXPRESSION)
        snprintf(
            text, sizeof(text),
            "it is an expression in the cell and follows what it reads, write a literal there");
    else if (!derive_value_converts(deriving->notebook, parameter, value))
        snprintf(text, sizeof(text), "'%.80s' is no value for type %s", value,
                 nbt_type_name(parameter->type));
    else if (find(deriving->given->parameters, deriving->given->n_parameters, parameter->name))
        snprintf(text, sizeof(text),
                 "it is given to --param as well, which searches it; keep one of them");
    else
        return derive_put(deriving->ret->fixed, parameter->name, json_string(truth ? truth : value),
                          err);
    complain(deriving, "--fix", parameter->name, text);
    return 0;
}

int derive_fixed(const struct deriving *deriving, struct nbt_error *err)
{
    deriving->ret->fixed = json_object();
    if (!deriving->ret->fixed)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for fixed values");
    int rc = 0;
    for (size_t i = 0; i < deriving->notebook->n_parameters && rc == 0; i++) {
        const struct nbt_parameter *parameter = &deriving->notebook->parameters[i];
        const char *value = derive_fixed_value(deriving->given, parameter->name);
        if (value)
            rc = fix(deriving, parameter, value, err);
    }
    return rc;
}

static void unknown_parameter(const struct deriving *deriving, const char *option, const char *name)
{
    char known[300] = "", text[480];
    size_t used = 0;
    for (size_t i = 0; i < deriving->notebook->n_parameters && used < sizeof(known); i++)
        used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "",
                                 deriving->notebook->parameters[i].name);
    snprintf(text, sizeof(text), "the notebook has no parameter '%.80s', it has: %s", name,
             *known ? known : "none");
    complain(deriving, option, name, text);
}

static void check_option(const struct deriving *deriving, const char *option,
                         const char *const *options, size_t i)
{
    char name[128];
    const char *equals = strchr(options[i], '='), *value;
    size_t length = equals ? (size_t)(equals - options[i]) : 0;
    if (!is_utf8(options[i])) {
        complain(deriving, option, "",
                 "the option is not valid UTF-8, expected NAME=VALUE in UTF-8");
        return;
    }
    if (length == 0 || length >= sizeof(name)) {
        complain(deriving, option, options[i], "expected NAME=VALUE with the name of a parameter");
        return;
    }
    memcpy(name, options[i], length);
    name[length] = '\0';
    if (!nbt_find_parameter(deriving->notebook, name))
        unknown_parameter(deriving, option, name);
    for (size_t k = 0; k < i; k++)
        if (names(options[k], name, &value)) {
            complain(deriving, option, name, "the option is given twice for it, keep one");
            return;
        }
}

void derive_check_options(const struct deriving *deriving)
{
    const struct derive_given *given = deriving->given;
    for (size_t i = 0; i < given->n_parameters; i++)
        check_option(deriving, "--param", given->parameters, i);
    for (size_t i = 0; i < given->n_fixed; i++)
        check_option(deriving, "--fix", given->fixed, i);
}
