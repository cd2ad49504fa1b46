#include <string.h>

#include "base/scope.h"
#include "nbtags/number.h"
#include "search/search.h"
#include "service/internal.h"

static json_t *texts(const char *const *list)
{
    json_t *array = json_array();

    for (; list && *list; list++)
        json_array_append_new(array, json_string(*list));
    return array;
}

/* "10" is a JSON number where the setting is one. */
static json_t *bound(enum search_type type, const char *text)
{
    double number = 0;
    bool whole = false;
    int64_t integer = 0;

    if (!text || !nbt_parse_double(text, &number))
        return NULL;
    whole = type == SEARCH_INT && nbt_parse_int(text, &integer);
    return whole ? json_integer(integer) : json_real(number);
}

static void set_bound(json_t *row, const char *key, const struct search_setting *setting,
                      const char *text)
{
    json_t *value = bound(setting->type, text);

    if (value)
        json_object_set_new(row, key, value);
}

static json_t *setting_json(const struct search_setting *setting)
{
    static const char *const types[] = {
        [SEARCH_TEXT] = "text",     [SEARCH_INT] = "int",   [SEARCH_NUMBER] = "number",
        [SEARCH_CHOICE] = "choice", [SEARCH_BOOL] = "bool",
    };
    json_t *row =
        json_pack("{s:s, s:s, s:s, s:s}", "name", setting->name, "type", types[setting->type],
                  "default", setting->fallback ? setting->fallback : "", "help", setting->help);

    set_bound(row, "minimum", setting, setting->minimum);
    set_bound(row, "maximum", setting, setting->maximum);
    if (row && setting->choices)
        json_object_set_new(row, "choices", texts(setting->choices));
    return row;
}

static json_t *settings_json(const struct search_algorithm *algorithm)
{
    json_t *list = json_array();

    for (const struct search_setting *s = algorithm->settings; s && s->name; s++)
        json_array_append_new(list, setting_json(s));
    return list;
}

static bool names_the_algorithm(const struct experiment_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        if (strcmp(problems->items[i].path, "spec.algorithm.algorithmName") == 0)
            return true;
    }
    return false;
}

/* The engines that know the algorithm, asked as a submission asks them. */
static json_t *engines_json(const struct search_algorithm *algorithm)
{
    json_t *list = json_array();
    auto_json json_t *spec =
        json_pack("{s:{s:s}, s:[]}", "algorithm", "algorithmName", algorithm->name, "parameters");

    for (size_t i = 0; engines[i]; i++) {
        CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
        if (engines[i]->check_algorithm)
            engines[i]->check_algorithm(spec, &problems);
        if (!names_the_algorithm(&problems))
            json_array_append_new(list, json_string(engines[i]->name));
    }
    return list;
}

static json_t *takes_json(const struct search_algorithm *algorithm)
{
    static const char *const all[] = {"int", "double", "discrete", "categorical", NULL};

    return texts(algorithm->takes ? algorithm->takes : all);
}

int service_algorithms(json_t **ret, struct nbt_error *err)
{
    auto_json json_t *list = json_array();

    for (size_t i = 0; list && search_algorithms[i]; i++) {
        const struct search_algorithm *a = search_algorithms[i];
        json_t *row =
            json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "name", a->name, "title",
                      a->title ? a->title : a->name, "summary", a->summary, "engines",
                      engines_json(a), "takes", takes_json(a), "settings", settings_json(a));
        if (!row || json_array_append_new(list, row) < 0)
            return no_memory(err);
    }
    if (!list)
        return no_memory(err);
    *ret = TAKE(list);
    return 0;
}
