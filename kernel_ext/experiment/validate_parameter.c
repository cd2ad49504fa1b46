#include <math.h>
#include <string.h>

#include "base/scope.h"
#include "experiment/validate.h"
#include "nbtags/number.h"

/* One parameter: its type decides which of feasibleSpace's fields it has, and what they may hold.
 */

#define INT_LIMIT ((int64_t)1 << 53) /* beyond it, neighbours are one and the same double */

static const char *const types[] = {"int", "double", "discrete", "categorical", NULL};
static const char *const distributions[] = {"uniform",   "logUniform", "normal",
                                            "logNormal", "unknown",    NULL};

static const struct field parameter_fields[] = {
    {"name", SHAPE_TEXT, "the parameter's name", NULL},
    {"parameterType", SHAPE_TEXT, "int, double, discrete or categorical", types},
    {"feasibleSpace", SHAPE_MAPPING, "a mapping with min and max, or with list", NULL},
    {0},
};

static const struct field space_fields[] = {
    {"min", SHAPE_TEXT, NULL, NULL},
    {"max", SHAPE_TEXT, NULL, NULL},
    {"step", SHAPE_TEXT, NULL, NULL},
    {"list", SHAPE_LIST, NULL, NULL},
    {"distribution", SHAPE_TEXT, NULL, distributions},
    {0},
};

struct range {
    const json_t *space;
    struct place place;
    const char *type;
    bool whole; /* int */
    struct experiment_problems *problems;
};

static bool read_whole(const struct range *range, struct place place, const char *text,
                       double *ret_value)
{
    int64_t value;
    if (!nbt_parse_int(text, &value)) {
        validate_error(range->problems, place,
                       "found \"%.60s\"; an int needs a whole number in decimal digits", text);
        return false;
    }
    if (value > INT_LIMIT || value < -INT_LIMIT) {
        validate_error(range->problems, place,
                       "found \"%.60s\"; whole numbers beyond 2^53 cannot be told apart", text);
        return false;
    }
    *ret_value = (double)value;
    return true;
}

/* True with the number; false when it is missing or was reported. */
static bool read_number(const struct range *range, const char *key, double *ret_value)
{
    const char *text = validate_text(range->space, key);
    struct place place = place_field(range->place, key);
    if (!text)
        return false;
    if (range->whole)
        return read_whole(range, place, text, ret_value);
    if (nbt_parse_double(text, ret_value))
        return true;
    validate_error(range->problems, place,
                   "found \"%.60s\"; a %s needs a finite decimal number, such as 0.5 or 1e-3", text,
                   range->type);
    return false;
}

static void forbid(const struct range *range, const char *key, const char *instead)
{
    if (!validate_missing(json_object_get(range->space, key)))
        validate_error(range->problems, place_field(range->place, key),
                       "does not go with parameterType %s; %s", range->type, instead);
}

static void require(const struct range *range, const char *key)
{
    if (validate_missing(json_object_get(range->space, key)))
        validate_error(range->problems, place_field(range->place, key),
                       "is missing; parameterType %s needs min and max", range->type);
}

static void check_log(const struct range *range, double min)
{
    const char *distribution = validate_text(range->space, "distribution");
    if (min <= 0 && distribution && strncmp(distribution, "log", 3) == 0)
        validate_error(range->problems, place_field(range->place, "min"),
                       "found \"%.60s\" with distribution %s; the logarithm needs a min above 0",
                       validate_text(range->space, "min"), distribution);
}

static void check_order(const struct range *range, double min, double max)
{
    if (min > max)
        validate_error(range->problems, place_field(range->place, "min"),
                       "found \"%.60s\", more than max, which is \"%.60s\"; swap them",
                       validate_text(range->space, "min"), validate_text(range->space, "max"));
    else if (!isfinite(max - min))
        validate_error(range->problems, place_field(range->place, "max"),
                       "the range from min to max is too wide for a number; narrow it");
}

static void check_step(const struct range *range, double width)
{
    double step;
    struct place place = place_field(range->place, "step");
    if (!read_number(range, "step", &step))
        return;
    if (step <= 0)
        validate_error(range->problems, place, "found \"%.60s\"; a step must be greater than 0%s",
                       validate_text(range->space, "step"),
                       range->whole ? "" : ", or absent for a continuous range");
    else if (width > 0 && step > width)
        validate_warning(range->problems, place,
                         "found \"%.60s\", more than max - min: only min is left",
                         validate_text(range->space, "step"));
}

static void check_range(const struct range *range)
{
    double min = 0, max = 0;
    forbid(range, "list", "give min and max");
    require(range, "min");
    require(range, "max");
    bool has_min = read_number(range, "min", &min);
    bool has_max = read_number(range, "max", &max);
    if (has_min)
        check_log(range, min);
    if (has_min && has_max)
        check_order(range, min, max);
    check_step(range, has_min && has_max ? max - min : 0);
}

static void check_choice(const struct range *range, struct place place, const json_t *item,
                         json_t *seen)
{
    double number;
    if (!validate_shape(range->problems, place, item, SHAPE_TEXT))
        return;
    const char *text = json_string_value(item);
    if (strcmp(range->type, "discrete") == 0 && !nbt_parse_double(text, &number))
        validate_error(
            range->problems, place,
            "found \"%.60s\"; a discrete parameter's values are finite decimal numbers (use "
            "categorical for others)",
            text);
    else if (!validate_see(seen, text))
        validate_error(range->problems, place, "\"%.60s\" stands twice in the list; remove one",
                       text);
}

static void check_list(const struct range *range)
{
    static const char instead[] = "give a list";
    const json_t *list = json_object_get(range->space, "list");
    struct place place = place_field(range->place, "list");
    auto_json json_t *seen = json_object();
    forbid(range, "min", instead);
    forbid(range, "max", instead);
    forbid(range, "step", instead);
    if (validate_missing(list))
        validate_error(range->problems, place,
                       "is missing; parameterType %s needs a list of values", range->type);
    else if (json_is_array(list) && json_array_size(list) == 0)
        validate_error(range->problems, place, "is empty; give at least one value");
    for (size_t i = 0; i < json_array_size(list); i++)
        check_choice(range, place_item(place, i), json_array_get(list, i), seen);
    const char *distribution = validate_text(range->space, "distribution");
    if (distribution && strcmp(distribution, "uniform") != 0)
        validate_warning(range->problems, place_field(range->place, "distribution"),
                         "has no meaning for a list of values; it is ignored");
}

static bool is_one_of(const char *text, const char *a, const char *b)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

void validate_parameter(const json_t *parameter, struct place place,
                        struct experiment_problems *problems)
{
    validate_fields(problems, place, parameter, parameter_fields);
    const json_t *space = json_object_get(parameter, "feasibleSpace");
    const char *type = validate_text(parameter, "parameterType");
    struct range range = {.space = space,
                          .place = place_field(place, "feasibleSpace"),
                          .type = type,
                          .whole = type && strcmp(type, "int") == 0,
                          .problems = problems};
    if (!json_is_object(space))
        return;
    validate_fields(problems, range.place, space, space_fields);
    if (type && is_one_of(type, "int", "double"))
        check_range(&range);
    else if (type && is_one_of(type, "discrete", "categorical"))
        check_list(&range);
}
