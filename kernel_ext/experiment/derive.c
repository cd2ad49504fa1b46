#include "experiment/derive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "experiment/derive_internal.h"

#define OWN_VERSION 1 /* of metadata.nbkatib */

const char *derive_origin_name(enum derive_origin origin)
{
    switch (origin) {
    case DERIVE_GIVEN: return "given";
    case DERIVE_STORED: return "stored";
    case DERIVE_ANNOTATED: return "annotated";
    case DERIVE_DERIVED: return "derived";
    }
    return "derived";
}

void derive_range_fini(struct range *range)
{
    json_decref(range->spec);
    range->spec = NULL;
}

int derive_put(json_t *object, const char *key, json_t *value, struct nbt_error *err)
{
    if (!value || json_object_set_new(object, key, value) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for %s", key);
    return 0;
}

int derive_spec(json_t **ret, const char *name, const char *type, json_t *feasible,
                struct nbt_error *err)
{
    json_t *spec =
        json_pack("{s:s,s:s,s:o}", "name", name, "parameterType", type, "feasibleSpace", feasible);
    if (!spec)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the range of '%s'", name);
    *ret = spec;
    return 0;
}

static const json_t *by_name(const json_t *parameters, const char *name)
{
    size_t i;
    const json_t *parameter;
    json_array_foreach(parameters, i, parameter)
    {
        const char *other = json_string_value(json_object_get(parameter, "name"));
        if (other && strcmp(other, name) == 0)
            return parameter;
    }
    return NULL;
}

/* A stored spec as Katib takes it: members that the dialog left empty are absent. */
static json_t *stored_spec(const json_t *stored)
{
    json_t *spec = json_deep_copy(stored);
    json_t *feasible = json_object_get(spec, "feasibleSpace");
    static const char *const fields[] = {"min", "max", "step", "distribution"};
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const char *text = json_string_value(json_object_get(feasible, fields[i]));
        if (text && !*text)
            json_object_del(feasible, fields[i]);
    }
    if (json_array_size(json_object_get(feasible, "list")) == 0 && json_object_get(feasible, "min"))
        json_object_del(feasible, "list");
    return spec;
}

static void replace(struct range *range, json_t *spec)
{
    json_decref(range->spec);
    range->spec = spec;
}

/* What is stored for a parameter: Kale's list decides what is selected, ours keeps ranges of what
 * is not. */
static enum derive_origin take_stored(struct range *range, const struct deriving *deriving,
                                      const char *name, enum derive_origin origin)
{
    const json_t *stored = by_name(deriving->stored, name);
    const json_t *kept = stored ? NULL : by_name(deriving->ranges, name);
    if (stored || kept)
        replace(range, stored_spec(stored ? stored : kept));
    if (stored)
        snprintf(range->why, sizeof(range->why), "stored in the notebook");
    else if (kept)
        snprintf(range->why, sizeof(range->why),
                 "not selected; its range is stored in the notebook");
    else if (deriving->stored)
        snprintf(range->why, sizeof(range->why),
                 "not among the parameters that the notebook has stored");
    range->selected = stored || (range->selected && !kept && !deriving->stored);
    return stored || kept ? DERIVE_STORED : origin;
}

/* The range of a notebook's parameter, by precedence from the lowest up. */
static int choose(struct range *ret, enum derive_origin *ret_origin,
                  const struct deriving *deriving, const struct nbt_parameter *parameter,
                  struct nbt_error *err)
{
    *ret_origin = DERIVE_DERIVED;
    int rc = derive_range(ret, parameter, err);
    if (rc < 0)
        return rc;
    CLEANUP(derive_range_fini) struct range annotated = {0}, given = {0};
    rc = derive_option(&given, deriving, parameter, err);
    if (rc < 0 || !ret->spec)
        return rc;
    rc = derive_annotated(&annotated, deriving, parameter, ret, err);
    if (rc < 0)
        return rc;
    if (annotated.spec) {
        derive_range_fini(ret);
        *ret = annotated;
        annotated.spec = NULL;
        *ret_origin = DERIVE_ANNOTATED;
    }
    *ret_origin = take_stored(ret, deriving, parameter->name, *ret_origin);
    if (given.spec) {
        derive_range_fini(ret);
        *ret = given;
        given.spec = NULL;
        *ret_origin = DERIVE_GIVEN;
    }
    return 0;
}

static int set_item(struct derive_parameter *item, const char *name, struct range *range,
                    struct nbt_error *err)
{
    item->spec = TAKE(range->spec);
    item->selected = range->selected && item->spec;
    item->name = strdup(name);
    item->why = strdup(range->why);
    return item->name && item->why
               ? 0
               : nbt_error_set(err, NBT_ENOMEM, "no memory for parameter '%s'", name);
}

static int add_parameter(const struct deriving *deriving, const struct nbt_parameter *parameter,
                         struct nbt_error *err)
{
    struct derive_parameter *item = &deriving->ret->parameters[deriving->ret->n_parameters++];
    CLEANUP(derive_range_fini) struct range range = {0};
    item->parameter = parameter;
    int rc = choose(&range, &item->origin, deriving, parameter, err);
    if (rc < 0)
        return rc;
    const json_t *fixed = json_object_get(deriving->ret->fixed, parameter->name);
    if (fixed) {
        range.selected = false;
        item->origin = DERIVE_GIVEN;
        snprintf(range.why, sizeof(range.why), "given a fixed value");
    }
    return set_item(item, parameter->name, &range, err);
}

/* A stored parameter that the cell no longer has is shown and kept, not sent. */
static int add_lost(const struct deriving *deriving, const json_t *stored, struct nbt_error *err)
{
    const char *name = json_string_value(json_object_get(stored, "name"));
    if (!name || nbt_find_parameter(deriving->notebook, name))
        return 0;
    struct derive_parameter *item = &deriving->ret->parameters[deriving->ret->n_parameters++];
    CLEANUP(derive_range_fini) struct range range = {.spec = stored_spec(stored)};
    item->origin = DERIVE_STORED;
    snprintf(range.why, sizeof(range.why),
             "stored, but the notebook no longer has it: kept, not searched");
    experiment_problem(
        &deriving->ret->problems, false, "spec.parameters",
        "the stored parameter '%.80s' is not searched: no parameters cell assigns it", name);
    return set_item(item, name, &range, err);
}

static int add_parameters(struct deriving *deriving, struct nbt_error *err)
{
    const struct nbt_notebook *notebook = deriving->notebook;
    size_t most = notebook->n_parameters + json_array_size(deriving->stored);
    deriving->ret->parameters = calloc(most + 1, sizeof(*deriving->ret->parameters));
    if (!deriving->ret->parameters)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for %zu parameters", most);
    derive_check_options(deriving);
    int rc = derive_fixed(deriving, err);
    for (size_t i = 0; i < notebook->n_parameters && rc == 0; i++)
        rc = add_parameter(deriving, &notebook->parameters[i], err);
    for (size_t i = 0; i < json_array_size(deriving->stored) && rc == 0; i++)
        rc = add_lost(deriving, json_array_get(deriving->stored, i), err);
    return rc;
}

/* The selected ranges as spec.parameters; what does not fit the cell's literal is a problem at its
 * place there. */
static int put_parameters(const struct deriving *deriving, json_t *spec, struct nbt_error *err)
{
    auto_json json_t *list = json_array();
    for (size_t i = 0; i < deriving->ret->n_parameters; i++) {
        const struct derive_parameter *item = &deriving->ret->parameters[i];
        char text[DERIVE_WHY], path[64];
        if (!item->selected)
            continue;
        snprintf(path, sizeof(path), "spec.parameters[%zu].feasibleSpace", json_array_size(list));
        if (!derive_converts(deriving->notebook, item->parameter, item->spec, text))
            experiment_problem(&deriving->ret->problems, true, path, "%s", text);
        if (json_array_append_new(list, json_deep_copy(item->spec)) < 0)
            return nbt_error_set(err, NBT_ENOMEM, "no memory for the search space");
    }
    return derive_put(spec, "parameters", TAKE(list), err);
}

/* The file's name without folders and suffix. */
static void file_name(char ret[256], const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t length = strlen(base);
    if (length > 6 && strcmp(base + length - 6, ".ipynb") == 0)
        length -= 6;
    snprintf(ret, 256, "%.*s", length < 255 ? (int)length : 255, base);
}

static json_t *new_document(const struct deriving *deriving)
{
    const char *stored =
        json_string_value(json_object_get(deriving->notebook->kale, "experiment_name"));
    const char *given = deriving->given->name;
    char base[256], name[EXPERIMENT_NAME_MAX + 1];
    file_name(base, deriving->notebook->path);
    experiment_name(name, stored && *stored ? stored : base, deriving->given->suffix);
    return json_pack("{s:s,s:s,s:{s:s},s:{}}", "apiVersion", "kubeflow.org/v1beta1", "kind",
                     "Experiment", "metadata", "name", given ? given : name, "spec");
}

static int build_document(const struct deriving *deriving, struct nbt_error *err)
{
    auto_json json_t *document = new_document(deriving);
    if (!document)
        return nbt_error_set(err, NBT_EINVAL,
                             "the experiment's name is not valid UTF-8, give another with --name");
    int rc = derive_objective(deriving, document, err);
    if (rc == 0)
        rc = derive_run(deriving, document, err);
    if (rc == 0)
        rc = put_parameters(deriving, json_object_get(document, "spec"), err);
    if (rc == 0)
        rc = experiment_default(document, err);
    if (rc == 0)
        deriving->ret->document = TAKE(document);
    return rc;
}

/* metadata.nbkatib, when it is of a version that this program reads. */
static int read_own(struct deriving *deriving, struct nbt_error *err)
{
    const json_t *own = deriving->notebook->own;
    if (!json_is_object(own))
        return 0;
    if (json_integer_value(json_object_get(own, "version")) != OWN_VERSION) {
        experiment_problem(&deriving->ret->problems, false, "metadata.nbkatib.version",
                           "the notebook's nbkatib metadata is not used: its version is not %d, it "
                           "may come from a newer "
                           "nbkatib",
                           OWN_VERSION);
        return 0;
    }
    const char *engine = json_string_value(json_object_get(own, "engine"));
    deriving->own = own;
    deriving->ranges = json_object_get(own, "parameters");
    if (engine && *engine && !(deriving->ret->engine = strdup(engine)))
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the engine's name");
    return 0;
}

int derive(struct derivation *ret, const struct nbt_notebook *notebook,
           const struct derive_given *given, struct nbt_error *err)
{
    static const struct derive_given nothing = {0};
    struct derivation derivation = {0};
    const json_t *stored = json_object_get(notebook->katib, "parameters");
    struct deriving deriving = {
        .ret = &derivation, .notebook = notebook, .given = given ? given : &nothing};
    deriving.stored = json_array_size(stored) > 0 ? stored : NULL;
    int rc = read_own(&deriving, err);
    if (rc == 0)
        rc = add_parameters(&deriving, err);
    if (rc == 0)
        rc = build_document(&deriving, err);
    if (rc < 0) {
        derivation_fini(&derivation);
        return rc;
    }
    *ret = derivation;
    return 0;
}

void derivation_fini(struct derivation *derivation)
{
    if (!derivation)
        return;
    for (size_t i = 0; i < derivation->n_parameters; i++) {
        json_decref(derivation->parameters[i].spec);
        free(derivation->parameters[i].name);
        free(derivation->parameters[i].why);
    }
    free(derivation->parameters);
    json_decref(derivation->fixed);
    json_decref(derivation->document);
    free(derivation->engine);
    experiment_problems_fini(&derivation->problems);
    *derivation = (struct derivation){0};
}
