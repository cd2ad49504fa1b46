#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "service/internal.h"

#define DOCUMENTS_MAX ((size_t)512 << 20)

static int validate(json_t *problems, json_t *document, const struct engine *engine,
                    struct nbt_error *err)
{
    CLEANUP(experiment_problems_fini) struct experiment_problems found = {0};
    struct experiment_rules rules = {.trial_template_required = engine->trial_template_required};
    int result = experiment_default(document, err);

    if (result < 0)
        return result;
    experiment_validate(document, &rules, &found);
    /* The engine's own check reads a space and settings, which must be well-formed first. */
    if (found.errors == 0 && engine->check_algorithm)
        engine->check_algorithm(json_object_get(document, "spec"), &found);
    return problems_from_experiment(problems, &found, err);
}

int check_document(json_t *problems, json_t *document, const struct nbt_notebook *notebook,
                   const struct engine *engine, struct nbt_error *err)
{
    int result = validate(problems, document, engine, err);

    if (result < 0 || problems_have_errors(problems))
        return result;
    return check_assignments(problems, notebook, document, err);
}

/* Where nothing is searched, what is wrong with the search does not matter; options do. */
static int add_problems(json_t *problems, const struct experiment_problems *found, bool single,
                        struct nbt_error *err)
{
    int result = single ? 0 : problems_from_experiment(problems, found, err);

    for (size_t i = 0; single && i < found->count && result == 0; i++) {
        struct experiment_problems one = {.items = &found->items[i], .count = 1};
        if (strncmp(found->items[i].path, "--", 2) == 0)
            result = problems_from_experiment(problems, &one, err);
    }
    return result;
}

static int derive_document(struct prepared *prepared, const struct service_run *run,
                           struct nbt_error *err)
{
    CLEANUP(derivation_fini) struct derivation derivation = {0};
    struct derive_given given = run->source.given;
    char suffix[6];
    int result;

    random_suffix(suffix);
    if (!given.suffix)
        given.suffix = suffix;
    result = source_derive(&derivation, prepared->notebook, &given, err);
    if (result == 0)
        result = add_problems(prepared->problems, &derivation.problems, run->single, err);
    if (result == 0 && run->single)
        result = single_run(derivation.document, prepared->notebook, err);
    if (result == 0)
        result = annotate(derivation.document, prepared->notebook, derivation.fixed, run, err);
    if (result == 0)
        prepared->document = json_incref(derivation.document);
    return result;
}

static int load_document(struct prepared *prepared, const struct service_run *run,
                         struct nbt_error *err)
{
    int result = source_experiment(&prepared->document, &prepared->notebook, &run->source, err);

    if (result == 0)
        result = problems_from_notebook(prepared->problems, prepared->notebook, err);
    if (result == 0)
        result = override(prepared->document, &run->source.given, err);
    if (result == 0)
        result = annotate(prepared->document, prepared->notebook, NULL, run, err);
    return result;
}

static int derive_from_notebook(struct prepared *prepared, const struct service_run *run,
                                struct nbt_error *err)
{
    int result = source_notebook(&prepared->notebook, &run->source, err);

    if (result == 0)
        result = problems_from_notebook(prepared->problems, prepared->notebook, err);
    if (result == 0 && !nbt_has_errors(prepared->notebook))
        result = derive_document(prepared, run, err);
    return result;
}

/* What is submitted, and whether it is valid as that. */
static int translate(struct prepared *prepared, struct nbt_error *err)
{
    CLEANUP(experiment_problems_fini) struct experiment_problems found = {0};
    const struct engine *engine = prepared->engine;
    int result = engine->translate(prepared->document, prepared->notebook, &found, err);

    if (result == 0)
        result = problems_from_experiment(prepared->problems, &found, err);
    if (result < 0 || problems_have_errors(prepared->problems))
        return result;
    return validate(prepared->problems, prepared->document, engine, err);
}

/* Tokens mean something to a cluster's trials alone. */
static int refuse_tokens(struct prepared *prepared, struct nbt_error *err)
{
    CLEANUP(experiment_problems_fini) struct experiment_problems found = {0};
    auto_json json_t *settings = NULL;
    int result = settings_load(&settings, prepared->document, err);
    const char *name;
    json_t *tokens;

    if (result < 0)
        return result;
    json_object_foreach(json_object_get(settings, "choices"), name, tokens)
    {
        experiment_problem(&found, true, "spec.parameters",
                           "this Experiment was written for a cluster, with tokens for the choices "
                           "of %.60s; run the notebook, or make the Experiment anew from it",
                           name);
    }
    return problems_from_experiment(prepared->problems, &found, err);
}

static int check_prepared(struct prepared *prepared, const struct service_run *run,
                          struct nbt_error *err)
{
    /* Before it is translated, a document needs no template and no algorithm of the engine's. */
    const struct engine plain = {.name = prepared->engine->name};
    bool elsewhere = prepared->engine->translate != NULL;
    const struct engine *engine = elsewhere ? &plain : prepared->engine;
    int result = elsewhere ? 0 : refuse_tokens(prepared, err);

    if (result == 0 && run->single)
        result = validate(prepared->problems, prepared->document, engine, err);
    else if (result == 0)
        result =
            check_document(prepared->problems, prepared->document, prepared->notebook, engine, err);
    if (result < 0 || !elsewhere || problems_have_errors(prepared->problems))
        return result;
    return translate(prepared, err);
}

static int fill(struct prepared *prepared, const struct service_run *run, struct nbt_error *err)
{
    int result;

    prepared->engine = engine_find(run->engine, err);
    if (!prepared->engine)
        return NBT_EINVAL;
    prepared->problems = json_array();
    if (!prepared->problems)
        return no_memory(err);
    result = source_is_experiment(&run->source) ? load_document(prepared, run, err)
                                                : derive_from_notebook(prepared, run, err);
    if (result == 0 && prepared->document)
        result = check_prepared(prepared, run, err);
    return result;
}

int prepare(struct prepared *ret, const struct service_run *run, struct nbt_error *err)
{
    struct prepared prepared = {0};
    int result = fill(&prepared, run, err);

    if (result < 0) {
        prepared_fini(&prepared);
        return result;
    }
    *ret = prepared;
    return 0;
}

void prepared_fini(struct prepared *prepared)
{
    nbt_free(prepared->notebook);
    json_decref(prepared->document);
    json_decref(prepared->problems);
    *prepared = (struct prepared){0};
}

int prepared_check_kernel(const struct prepared *prepared, struct nbt_error *err)
{
    if (prepared->engine->translate)
        return 0; /* its trials run elsewhere */
    return check_kernel(prepared->notebook,
                        experiment_annotation(prepared->document, EXPERIMENT_KERNEL), err);
}

static int add_objects(json_t *packed, const struct prepared *prepared, struct nbt_error *err)
{
    const struct engine *engine = prepared->engine;
    json_t *objects = NULL;
    int result;

    if (!prepared->document || problems_have_errors(prepared->problems) || !engine->objects)
        objects = json_array();
    else if ((result = engine->objects(&objects, prepared->document, prepared->notebook, err)) < 0)
        return result;
    return json_object_set_new(packed, "objects", objects) < 0 ? no_memory(err) : 0;
}

int service_experiment(json_t **ret, const struct service_run *run, struct nbt_error *err)
{
    CLEANUP(prepared_fini) struct prepared prepared = {0};
    int result = prepare(&prepared, run, err);

    if (result == 0 && run->dry_run && prepared.document &&
        !problems_have_errors(prepared.problems))
        result = prepared_check_kernel(&prepared, err);
    if (result < 0)
        return result;
    auto_json json_t *packed =
        json_pack("{s:O?, s:O, s:s, s:o}", "experiment", prepared.document, "problems",
                  prepared.problems, "resolvedAlgorithm", resolved_algorithm(prepared.document),
                  "gridPoints", grid_points(prepared.document));
    if (!packed)
        return no_memory(err);
    result = run->objects ? add_objects(packed, &prepared, err) : 0;
    if (result == 0)
        *ret = TAKE(packed);
    return result;
}

int service_yaml(char **ret_text, const json_t *document, struct nbt_error *err)
{
    return experiment_to_yaml(document, ret_text, err);
}

static int add_yaml(struct buf *out, const json_t *document, struct nbt_error *err)
{
    auto_free char *text = NULL;
    int result = service_yaml(&text, document, err);

    if (result < 0)
        return result;
    buf_puts(out, out->length ? "---\n" : "");
    buf_puts(out, text);
    return buf_failed(out) ? nbt_error_set(err, NBT_ENOMEM, "the documents are too large") : 0;
}

int service_documents(char **ret_text, const json_t *experiment, struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf text = buf_init(DOCUMENTS_MAX);
    size_t i;
    json_t *object;
    int result = add_yaml(&text, json_object_get(experiment, "experiment"), err);

    json_array_foreach(json_object_get(experiment, "objects"), i, object)
    {
        if (result == 0)
            result = add_yaml(&text, object, err);
    }
    if (result < 0)
        return result;
    *ret_text = buf_take(&text);
    return *ret_text ? 0 : no_memory(err);
}
