#include "experiment/validate.h"

#include <string.h>

#include "base/scope.h"

static const char *const api_versions[] = {"kubeflow.org/v1beta1", NULL};
static const char *const kinds[] = {"Experiment", NULL};

static const struct field document_fields[] = {
    {"apiVersion", SHAPE_TEXT, "kubeflow.org/v1beta1", api_versions},
    {"kind", SHAPE_TEXT, "Experiment", kinds},
    {"metadata", SHAPE_MAPPING, "a mapping with the experiment's name", NULL},
    {"spec", SHAPE_MAPPING, "a mapping with objective, algorithm and parameters", NULL},
    {"status", SHAPE_MAPPING, NULL, NULL},
    {0},
};

static void check_name(const json_t *metadata, struct experiment_problems *problems)
{
    struct place place = {"metadata.name"};
    const json_t *value = json_object_get(metadata, "name");
    if (validate_missing(value))
        validate_error(problems, place,
                       "is missing; give a name of at most %d lower-case letters, digits "
                       "and dashes",
                       EXPERIMENT_NAME_MAX);
    else if (validate_shape(problems, place, value, SHAPE_TEXT) &&
             !experiment_name_valid(json_string_value(value)))
        validate_error(
            problems, place,
            "found \"%.60s\"; a name starts with a letter, has at most %d lower-case letters, "
            "digits and dashes, and ends with a letter or digit",
            json_string_value(value), EXPERIMENT_NAME_MAX);
}

/* Labels and annotations: texts to texts. */
static void check_texts(const json_t *metadata, const char *key,
                        struct experiment_problems *problems)
{
    const json_t *texts = json_object_get(metadata, key);
    struct place place = place_field((struct place){"metadata"}, key);
    const char *name;
    json_t *value;
    if (validate_missing(texts) || !validate_shape(problems, place, texts, SHAPE_MAPPING))
        return;
    json_object_foreach((json_t *)texts, name, value)
    {
        validate_shape(problems, place_field(place, name), value, SHAPE_TEXT);
    }
}

static bool is_uint64(const char *text)
{
    static const char largest[] = "18446744073709551615";
    size_t length = strlen(text);
    if (length == 0 || strspn(text, "0123456789") != length)
        return false;
    while (*text == '0' && text[1])
        text++;
    length = strlen(text);
    return length < sizeof(largest) - 1 ||
           (length == sizeof(largest) - 1 && strcmp(text, largest) <= 0);
}

static void check_annotations(const json_t *document, struct experiment_problems *problems)
{
    struct place place = {"metadata.annotations"};
    const char *seed = experiment_annotation(document, EXPERIMENT_SEED);
    const char *settings = experiment_annotation(document, EXPERIMENT_SETTINGS);
    if (seed && !is_uint64(seed))
        validate_error(problems, place_field(place, EXPERIMENT_SEED),
                       "found \"%.60s\"; expected a whole number from 0 to 18446744073709551615",
                       seed);
    if (!settings)
        return;
    auto_json json_t *value = json_loads(settings, 0, NULL);
    if (!json_is_object(value))
        validate_error(problems, place_field(place, EXPERIMENT_SETTINGS),
                       "found \"%.60s\"; expected a JSON object in a text", settings);
}

void validate_metadata(const json_t *document, struct experiment_problems *problems)
{
    const json_t *metadata = json_object_get(document, "metadata");
    if (!json_is_object(metadata))
        return;
    check_name(metadata, problems);
    check_texts(metadata, "labels", problems);
    check_texts(metadata, "annotations", problems);
    check_annotations(document, problems);
}

static const char *const policies[] = {"Never", "LongRunning", "FromVolume", NULL};

static const struct field spec_fields[] = {
    {"objective", SHAPE_MAPPING, "a mapping with type and objectiveMetricName", NULL},
    {"algorithm", SHAPE_MAPPING, "a mapping with algorithmName, such as random", NULL},
    {"earlyStopping", SHAPE_MAPPING, NULL, NULL},
    {"parameters", SHAPE_LIST, NULL, NULL},
    {"nasConfig", SHAPE_MAPPING, NULL, NULL},
    {"maxTrialCount", SHAPE_COUNT, NULL, NULL},
    {"parallelTrialCount", SHAPE_COUNT, NULL, NULL},
    {"maxFailedTrialCount", SHAPE_COUNT, NULL, NULL},
    {"metricsCollectorSpec", SHAPE_MAPPING, NULL, NULL},
    {"trialTemplate", SHAPE_MAPPING, NULL, NULL},
    {"resumePolicy", SHAPE_TEXT, NULL, policies},
    {0},
};

static void check_template(const json_t *spec, const struct experiment_rules *rules,
                           struct experiment_problems *problems)
{
    const json_t *template = json_object_get(spec, "trialTemplate");
    if (json_is_object(template))
        validate_template(spec, problems);
    else if (validate_missing(template) && rules && rules->trial_template_required)
        validate_error(problems, (struct place){"spec.trialTemplate"},
                       "is missing; a cluster needs the object that runs a trial");
}

size_t experiment_validate(const json_t *document, const struct experiment_rules *rules,
                           struct experiment_problems *problems)
{
    size_t before = problems->errors;
    const json_t *spec = json_object_get(document, "spec");
    validate_fields(problems, (struct place){""}, document, document_fields);
    validate_metadata(document, problems);
    if (!json_is_object(spec))
        return problems->errors - before;
    validate_fields(problems, (struct place){"spec"}, spec, spec_fields);
    validate_objective(spec, problems);
    validate_run(spec, problems);
    validate_space(spec, problems);
    validate_collector(spec, problems);
    check_template(spec, rules, problems);
    if (rules && rules->check_algorithm && json_is_object(json_object_get(spec, "algorithm")))
        rules->check_algorithm(spec, problems);
    return problems->errors - before;
}
