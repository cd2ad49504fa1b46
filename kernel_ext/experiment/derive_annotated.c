/* Ranges out of form comments in the cell. */
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "experiment/derive_internal.h"
#include "experiment/space.h"
#include "nbtags/number.h"

static json_t *annotated_list(const struct nbt_parameter *parameter, bool *ret_numbers)
{
    json_t *list = json_array();
    double number;
    *ret_numbers = parameter->type == NBT_INT || parameter->type == NBT_FLOAT;
    for (size_t i = 0; i < parameter->range.n_choices; i++) {
        const char *text = parameter->range.choices[i];
        const char *truth = parameter->type == NBT_BOOL ? derive_bool(text) : NULL;
        *ret_numbers = *ret_numbers && nbt_parse_double(text, &number);
        json_array_append_new(list, json_string(truth ? truth : text));
    }
    return list;
}

static bool all_integers(const struct nbt_range *range)
{
    int64_t number;
    return nbt_parse_int(range->min, &number) && nbt_parse_int(range->max, &number) &&
           (!*range->step || nbt_parse_int(range->step, &number));
}

static int annotated_spec(json_t **ret, const struct nbt_parameter *parameter,
                          struct nbt_error *err)
{
    const struct nbt_range *range = &parameter->range;
    if (range->n_choices > 0) {
        bool numbers;
        json_t *list = annotated_list(parameter, &numbers);
        return derive_spec(ret, parameter->name, numbers ? "discrete" : "categorical",
                           json_pack("{s:o}", "list", list), err);
    }
    bool integer = parameter->type != NBT_FLOAT && all_integers(range);
    json_t *feasible = json_pack("{s:s,s:s}", "min", range->min, "max", range->max);
    if (feasible && *range->step)
        json_object_set_new(feasible, "step", json_string(range->step));
    return derive_spec(ret, parameter->name, integer ? "int" : "double", feasible, err);
}

int derive_annotated(struct range *ret, const struct deriving *deriving,
                     const struct nbt_parameter *parameter, const struct range *derived,
                     struct nbt_error *err)
{
    const struct nbt_range *range = &parameter->range;
    if (range->n_choices == 0 && !(*range->min && *range->max))
        return 0;
    auto_json json_t *spec = NULL;
    int rc = annotated_spec(&spec, parameter, err);
    if (rc < 0)
        return rc;
    char text[DERIVE_WHY];
    if (!derive_usable(deriving, parameter, spec, text)) {
        experiment_problem(&deriving->ret->problems, false, parameter->name,
                           "the range in the comment of cell %d, line %d is not used: %s",
                           parameter->cell, parameter->line, text);
        return 0;
    }
    ret->spec = TAKE(spec);
    /* A list of strings or a range around 0 is what the rules lacked to select it; a name stays
     * what it is. */
    ret->by_name = derived->by_name;
    ret->selected = !derived->by_name && range->n_choices != 1;
    snprintf(ret->why, sizeof(ret->why), "%sthe comment beside it gives the range",
             ret->by_name ? "not selected by its name; " : "");
    return 0;
}
