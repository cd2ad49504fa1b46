#include <string.h>

#include "base/scope.h"
#include "experiment/validate.h"

#define PARALLEL_DEFAULT 3 /* Katib's */

static const struct field algorithm_fields[] = {
    {"algorithmName", SHAPE_TEXT, "an algorithm's name, such as random", NULL},
    {"algorithmSettings", SHAPE_LIST, NULL, NULL},
    {0},
};

static const struct field setting_fields[] = {
    {"name", SHAPE_TEXT, "the setting's name", NULL},
    {"value", SHAPE_TEXT, "the setting's value", NULL},
    {0},
};

/* The algorithm and early stopping have the same form. */
static void check_algorithm(const json_t *spec, const char *key,
                            struct experiment_problems *problems)
{
    struct place place = place_field((struct place){"spec"}, key);
    const json_t *algorithm = json_object_get(spec, key);
    auto_json json_t *seen = json_object();
    size_t index;
    json_t *setting;
    if (!json_is_object(algorithm))
        return;
    validate_fields(problems, place, algorithm, algorithm_fields);
    json_array_foreach(json_object_get(algorithm, "algorithmSettings"), index, setting)
    {
        struct place item = place_item(place_field(place, "algorithmSettings"), index);
        validate_fields(problems, item, setting, setting_fields);
        const char *name = validate_text(setting, "name");
        if (name && !validate_see(seen, name))
            validate_error(problems, place_field(item, "name"),
                           "the setting \"%.60s\" stands twice; keep one of them", name);
    }
}

/* Each count: the least that is allowed, and whether maxTrialCount bounds it. */
static const struct {
    const char *key;
    int64_t least;
    bool bounded;
} counts[] = {
    {"maxTrialCount", 1, false},
    {"parallelTrialCount", 1, true},
    {"maxFailedTrialCount", 0, true},
};

static void check_count(const json_t *spec, size_t row, struct experiment_problems *problems)
{
    struct place place = place_field((struct place){"spec"}, counts[row].key);
    const json_t *value = json_object_get(spec, counts[row].key);
    const json_t *limit = json_object_get(spec, "maxTrialCount");
    if (!json_is_integer(value))
        return;
    json_int_t count = json_integer_value(value), maximum = json_integer_value(limit);
    if (count < counts[row].least)
        validate_error(problems, place, "found %" JSON_INTEGER_FORMAT "; expected at least %d",
                       count, (int)counts[row].least);
    else if (counts[row].bounded && maximum > 0 && count > maximum)
        validate_error(problems, place,
                       "found %" JSON_INTEGER_FORMAT ", more than maxTrialCount, which is "
                       "%" JSON_INTEGER_FORMAT "; lower it, or raise maxTrialCount",
                       count, maximum);
}

/* Katib fills in 3, and then refuses it. */
static void check_default_parallel(const json_t *spec, struct experiment_problems *problems)
{
    const json_t *limit = json_object_get(spec, "maxTrialCount");
    json_int_t maximum = json_integer_value(limit);
    if (validate_missing(json_object_get(spec, "parallelTrialCount")) && json_is_integer(limit) &&
        maximum > 0 && maximum < PARALLEL_DEFAULT)
        validate_error(problems, (struct place){"spec.parallelTrialCount"},
                       "is missing and would be %d, more than maxTrialCount, which is "
                       "%" JSON_INTEGER_FORMAT "; write parallelTrialCount: %" JSON_INTEGER_FORMAT,
                       PARALLEL_DEFAULT, maximum, maximum);
}

void validate_run(const json_t *spec, struct experiment_problems *problems)
{
    for (size_t row = 0; row < COUNT_OF(counts); row++)
        check_count(spec, row, problems);
    check_default_parallel(spec, problems);
    check_algorithm(spec, "algorithm", problems);
    check_algorithm(spec, "earlyStopping", problems);
}
