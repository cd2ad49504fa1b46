#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "experiment/validate.h"

/* trialTemplate: the object that a cluster runs for a trial, and how parameters get into it. */

static const struct field template_fields[] = {
    {"trialSpec", SHAPE_MAPPING, NULL, NULL},
    {"configMap", SHAPE_MAPPING, NULL, NULL},
    {"trialParameters", SHAPE_LIST, "a list with a name and a reference for each parameter", NULL},
    {"primaryContainerName", SHAPE_TEXT, "the name of the container that trains", NULL},
    {"primaryPodLabels", SHAPE_MAPPING, NULL, NULL},
    {"successCondition", SHAPE_TEXT, NULL, NULL},
    {"failureCondition", SHAPE_TEXT, NULL, NULL},
    {"retain", SHAPE_BOOL, NULL, NULL},
    {0},
};
static const struct field config_map_fields[] = {
    {"configMapName", SHAPE_TEXT, "the ConfigMap's name", NULL},
    {"configMapNamespace", SHAPE_TEXT, "the ConfigMap's namespace", NULL},
    {"templatePath", SHAPE_TEXT, "the key of the template in the ConfigMap", NULL},
    {0},
};
static const struct field parameter_fields[] = {
    {"name", SHAPE_TEXT, "the name that ${trialParameters.NAME} uses", NULL},
    {"reference", SHAPE_TEXT, "the name of a parameter of the experiment", NULL},
    {"description", SHAPE_TEXT, NULL, NULL},
    {0},
};

/* Kinds for which Katib knows when a trial has succeeded or failed. */
static const char *const known_kinds[] = {"Job",        "TrainJob", "TFJob", "PyTorchJob",
                                          "XGBoostJob", "MPIJob",   NULL};

#define OPENING "${trialParameters."

static const struct place template_place = {"spec.trialTemplate"};
static const struct place trial_place = {"spec.trialTemplate.trialSpec"};
static const struct place list_place = {"spec.trialTemplate.trialParameters"};

struct template
{
    const json_t *json;
    const json_t *parameters; /* spec.parameters */
    char *text;               /* trialSpec as JSON; NULL without one */
    json_t *names;            /* of trialParameters */
    json_t *references;
    struct experiment_problems *problems;
};

static bool is_among(const char *const *words, const char *word)
{
    for (; word && *words; words++) {
        if (strcmp(*words, word) == 0)
            return true;
    }
    return false;
}

/* Values from the trial's own metadata: ${trialSpec.Name}, ${trialSpec.Labels[k]}, ... */
static bool is_meta_reference(const char *reference)
{
    static const char *const whole[] = {"${trialSpec.Name}", "${trialSpec.Namespace}",
                                        "${trialSpec.Kind}", "${trialSpec.APIVersion}", NULL};
    static const char *const keyed[] = {"${trialSpec.Labels[", "${trialSpec.Annotations["};
    size_t length = strlen(reference);
    if (is_among(whole, reference))
        return true;
    for (size_t i = 0; i < COUNT_OF(keyed); i++) {
        size_t start = strlen(keyed[i]);
        if (strncmp(reference, keyed[i], start) == 0 && length > start + 2 &&
            strcmp(reference + length - 2, "]}") == 0)
            return true;
    }
    return false;
}

static bool has_parameter(const json_t *parameters, const char *name)
{
    size_t index;
    json_t *parameter;
    json_array_foreach(parameters, index, parameter)
    {
        const char *found = validate_text(parameter, "name");
        if (found && strcmp(found, name) == 0)
            return true;
    }
    return false;
}

/* True when the template has ${trialParameters.NAME}; searched as JSON text, where a name's own
 * escapes are doubled. */
static bool is_used(const struct template *template, const char *name)
{
    auto_free char *placeholder = NULL;
    if (!template->text)
        return true;
    if (asprintf(&placeholder, OPENING "%s}", name) < 0) {
        placeholder = NULL;
        return true;
    }
    return strstr(template->text, placeholder) != NULL;
}

static void check_reference(struct template *template, struct place place, const char *reference)
{
    if (!validate_see(template->references, reference))
        validate_error(template->problems, place,
                       "\"%.60s\" is referred to twice; keep one of them", reference);
    else if (!is_meta_reference(reference) && !has_parameter(template->parameters, reference))
        validate_error(
            template->problems, place,
            "\"%.60s\" is none of spec.parameters; refer to one of them, or to a value such as "
            "${trialSpec.Name}",
            reference);
}

static void check_parameter_name(struct template *template, struct place place, const char *name)
{
    if (strpbrk(name, "{}"))
        validate_error(template->problems, place, "found \"%.60s\"; a name must not hold { or }",
                       name);
    else if (!validate_see(template->names, name))
        validate_error(template->problems, place, "\"%.60s\" stands twice; rename one of them",
                       name);
    else if (!is_used(template, name))
        validate_error(
            template->problems, place,
            "%s%.60s} does not occur in trialSpec; use it there, or remove the parameter", OPENING,
            name);
}

static void check_parameters(struct template *template)
{
    const json_t *list = json_object_get(template->json, "trialParameters");
    size_t index;
    json_t *parameter;
    if (json_is_array(list) && json_array_size(list) == 0)
        validate_error(template->problems, list_place,
                       "is empty; give a name and a reference for each "
                       "parameter");
    json_array_foreach(list, index, parameter)
    {
        struct place place = place_item(list_place, index);
        validate_fields(template->problems, place, parameter, parameter_fields);
        const char *name = validate_text(parameter, "name");
        const char *reference = validate_text(parameter, "reference");
        if (name)
            check_parameter_name(template, place_field(place, "name"), name);
        if (reference)
            check_reference(template, place_field(place, "reference"), reference);
    }
}

/* Katib starts no trial, and says nothing, when a parameter has no reference. */
static void check_all_referred(struct template *template)
{
    size_t index;
    json_t *parameter;
    if (json_array_size(json_object_get(template->json, "trialParameters")) == 0)
        return;
    json_array_foreach(template->parameters, index, parameter)
    {
        const char *name = validate_text(parameter, "name");
        if (name && !json_object_get(template->references, name))
            validate_error(
                template->problems, list_place,
                "lacks a reference to the parameter \"%.60s\"; without it no trial starts", name);
    }
}

static void check_leftovers(struct template *template)
{
    const char *p = template->text;
    while (p && (p = strstr(p, OPENING)) != NULL) {
        p += strlen(OPENING);
        const char *end = strchr(p, '}');
        auto_free char *name = end ? strndup(p, (size_t)(end - p)) : NULL;
        if (name && *name && validate_see(template->names, name))
            validate_error(template->problems, trial_place,
                           "%s%.60s} is used, but trialParameters has no such name; add it there",
                           OPENING, name);
    }
}

/* Katib replaces placeholders in JSON text without escaping. */
static void check_choices(struct template *template)
{
    static const struct place parameters_place = {"spec.parameters"};
    size_t i, k;
    json_t *parameter, *choice;
    json_array_foreach(template->parameters, i, parameter)
    {
        struct place place = place_field(place_item(parameters_place, i), "feasibleSpace.list");
        const json_t *space = json_object_get(parameter, "feasibleSpace");
        json_array_foreach(json_object_get(space, "list"), k, choice)
        {
            const char *text = json_string_value(choice);
            if (text && strpbrk(text, "\"\\\n\r\t"))
                validate_error(
                    template->problems, place_item(place, k),
                    "Katib cannot pass on a quote, a backslash, a tab or a newline; choose "
                    "another text for this value");
        }
    }
}

static void check_source(struct template *template)
{
    const json_t *trial = json_object_get(template->json, "trialSpec");
    const json_t *map = json_object_get(template->json, "configMap");
    if (validate_missing(trial) && validate_missing(map))
        validate_error(template->problems, trial_place,
                       "is missing; give the object that runs a trial, or "
                       "a configMap that holds it");
    else if (!validate_missing(trial) && !validate_missing(map))
        validate_error(template->problems, place_field(template_place, "configMap"),
                       "stands beside trialSpec; keep one of them");
    if (json_is_object(map))
        validate_fields(template->problems, place_field(template_place, "configMap"), map,
                        config_map_fields);
}

static void check_conditions(struct template *template)
{
    static const char *const keys[] = {"successCondition", "failureCondition"};
    const json_t *trial = json_object_get(template->json, "trialSpec");
    if (is_among(known_kinds, validate_text(trial, "kind")))
        return;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (validate_missing(json_object_get(template->json, keys[i])))
            validate_error(
                template->problems, place_field(template_place, keys[i]),
                "is missing; only for Job, TrainJob, TFJob, PyTorchJob, XGBoostJob and MPIJob "
                "is it known");
    }
}

static void check_trial_object(struct template *template)
{
    static const char *const needed[] = {"apiVersion", "kind"};
    static const char *const refused[] = {"name", "namespace"};
    const json_t *trial = json_object_get(template->json, "trialSpec");
    const json_t *metadata = json_object_get(trial, "metadata");
    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        if (!validate_text(trial, needed[i]))
            validate_error(template->problems, place_field(trial_place, needed[i]),
                           "is missing; such as batch/v1 and Job");
    }
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        if (!validate_missing(json_object_get(metadata, refused[i])))
            validate_error(template->problems,
                           place_field(place_field(trial_place, "metadata"), refused[i]),
                           "must be absent, since each trial gets its own; remove it");
    }
}

static bool has_container(const json_t *pod, const char *name)
{
    size_t index;
    json_t *container;
    json_array_foreach(json_object_get(pod, "containers"), index, container)
    {
        const char *found = validate_text(container, "name");
        if (found && strcmp(found, name) == 0)
            return true;
    }
    return false;
}

/* A Job's pods are plain to see; those of other kinds are made by their own controllers. */
static void check_job(struct template *template)
{
    static const char *const policies[] = {"Never", "OnFailure", NULL};
    const json_t *trial = json_object_get(template->json, "trialSpec");
    const char *kind = validate_text(trial, "kind"), *version = validate_text(trial, "apiVersion");
    const char *primary = validate_text(template->json, "primaryContainerName");
    struct place place = place_field(trial_place, "spec.template.spec");
    if (!kind || !version || strcmp(kind, "Job") != 0 || strcmp(version, "batch/v1") != 0)
        return;
    const json_t *pod_template = json_object_get(json_object_get(trial, "spec"), "template");
    const json_t *pod = json_object_get(pod_template, "spec");
    if (primary && !has_container(pod, primary))
        validate_error(
            template->problems, place_field(place, "containers"),
            "has none named \"%.60s\", the primaryContainerName; name the one that trains so",
            primary);
    validate_job(trial, trial_place, template->problems);
    if (!is_among(policies, validate_text(pod, "restartPolicy")))
        validate_error(template->problems, place_field(place, "restartPolicy"),
                       "must be Never or OnFailure; write restartPolicy: Never");
}

static void check_trial(struct template *template)
{
    const json_t *trial = json_object_get(template->json, "trialSpec");
    if (!json_is_object(trial))
        return;
    template->text = json_dumps(trial, JSON_COMPACT);
    check_trial_object(template);
    check_job(template);
}

void validate_template(const json_t *spec, struct experiment_problems *problems)
{
    struct template template = {.json = json_object_get(spec, "trialTemplate"),
                                .parameters = json_object_get(spec, "parameters"),
                                .names = json_object(),
                                .references = json_object(),
                                .problems = problems};
    validate_fields(problems, template_place, template.json, template_fields);
    check_source(&template);
    check_conditions(&template);
    check_trial(&template);
    check_parameters(&template);
    check_all_referred(&template);
    check_leftovers(&template);
    check_choices(&template);
    json_decref(template.names);
    json_decref(template.references);
    free(template.text);
}
