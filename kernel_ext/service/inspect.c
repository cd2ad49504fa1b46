#include <string.h>

#include "base/scope.h"
#include "service/internal.h"

static json_t *strings_json(const char *const *texts, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(texts[i]));
    return list;
}

static json_t *pairs_json(const struct nbt_pair *pairs, size_t n)
{
    json_t *object = json_object();

    for (size_t i = 0; i < n; i++)
        json_object_set_new(object, pairs[i].key, json_string(pairs[i].value));
    return object;
}

static const char *cell_type_name(enum nbt_cell_type type)
{
    static const char *const names[] = {
        [NBT_CODE] = "code", [NBT_MARKDOWN] = "markdown", [NBT_RAW] = "raw"};

    return type < NBT_OTHER ? names[type] : "other";
}

static json_t *cell_json(const struct nbt_cell *c)
{
    return json_pack("{s:i, s:s, s:s, s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:b}", "index",
                     c->index, "id", c->id, "type", cell_type_name(c->type), "role",
                     nbt_role_name(c->role), "tagged", c->tagged, "step", c->step, "prev",
                     strings_json(c->prev, c->n_prev), "limits", pairs_json(c->limits, c->n_limits),
                     "labels", pairs_json(c->labels, c->n_labels), "annotations",
                     pairs_json(c->annotations, c->n_annotations), "tags",
                     strings_json(c->tags, c->n_tags), "runs", nbt_cell_runs(c));
}

static json_t *cells_json(const struct nbt_notebook *notebook)
{
    json_t *list = json_array();

    for (size_t i = 0; i < notebook->n_cells; i++)
        json_array_append_new(list, cell_json(&notebook->cells[i]));
    return list;
}

static json_t *metrics_json(const struct nbt_notebook *notebook)
{
    json_t *list = json_array();

    for (size_t i = 0; i < notebook->n_metrics; i++) {
        const struct nbt_metric *m = &notebook->metrics[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:i, s:i}", "variable", m->variable,
                                              "name", m->name, "cell", m->cell, "line", m->line,
                                              "column", m->column));
    }
    return list;
}

/* A row for each parameter; what derivation says of it is added where there is one. */
static json_t *parameter_json(const struct derive_parameter *d)
{
    const struct nbt_parameter *p = d->parameter;
    json_t *row = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:b, s:b, s:s, s:s}", "name", d->name,
                            "type", p ? nbt_type_name(p->type) : "", "value", p ? p->value : "",
                            "cell", p ? p->cell : -1, "line", p ? p->line : 0, "column",
                            p ? p->column : 0, "present", p != NULL, "selected", d->selected,
                            "origin", derive_origin_name(d->origin), "why", d->why ? d->why : "");

    if (!row)
        return NULL;
    json_object_set_new(row, "range", d->spec ? json_deep_copy(d->spec) : json_null());
    return row;
}

static json_t *parameters_json(const struct derivation *derivation)
{
    json_t *list = json_array();

    for (size_t i = 0; i < derivation->n_parameters; i++)
        json_array_append_new(list, parameter_json(&derivation->parameters[i]));
    return list;
}

static json_t *with_origin(const json_t *object, enum derive_origin origin)
{
    json_t *copy = json_is_object(object) ? json_deep_copy(object) : json_object();

    json_object_set_new(copy, "origin", json_string(derive_origin_name(origin)));
    return copy;
}

static json_t *run_json(const struct derivation *derivation, const json_t *spec)
{
    static const char *const fields[] = {"algorithm", "parallelTrialCount", "maxTrialCount",
                                         "maxFailedTrialCount"};
    json_t *run = with_origin(NULL, derivation->run_origin);

    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        json_t *value = json_object_get(spec, fields[i]);
        if (value)
            json_object_set_new(run, fields[i], json_deep_copy(value));
    }
    json_object_set_new(run, "resolvedAlgorithm",
                        json_string(resolved_algorithm(derivation->document)));
    return run;
}

static json_t *find_step(json_t *steps, const char *name)
{
    size_t i;
    json_t *step;

    json_array_foreach(steps, i, step)
    {
        if (strcmp(json_string_value(json_object_get(step, "name")), name) == 0)
            return step;
    }
    return NULL;
}

static json_t *steps_json(const struct nbt_notebook *notebook)
{
    json_t *steps = json_array();

    for (size_t i = 0; i < notebook->n_cells; i++) {
        const struct nbt_cell *cell = &notebook->cells[i];
        if (cell->role != NBT_ROLE_STEP || !cell->step[0])
            continue;
        json_t *step = find_step(steps, cell->step);
        if (!step) {
            step = json_pack("{s:s, s:o, s:[]}", "name", cell->step, "prev",
                             strings_json(cell->prev, cell->n_prev), "cells");
            json_array_append_new(steps, step);
        }
        json_array_append_new(json_object_get(step, "cells"), json_integer(cell->index));
    }
    return steps;
}

static json_t *diagnostics_json(const struct nbt_notebook *notebook)
{
    json_t *list = json_array();

    for (size_t i = 0; i < notebook->n_diagnostics; i++)
        json_array_append_new(list, problem_from_diagnostic(&notebook->diagnostics[i]));
    return list;
}

static json_t *notebook_json(const struct nbt_notebook *notebook)
{
    char version[32];

    snprintf(version, sizeof(version), "%d.%d", notebook->nbformat, notebook->nbformat_minor);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "notebook", notebook->path,
                     "nbformat", version, "kind", notebook->is_kale ? "kale" : "plain", "kernel",
                     notebook->kernel_name, "language", notebook->language, "cells",
                     cells_json(notebook), "metrics", metrics_json(notebook), "steps",
                     steps_json(notebook), "diagnostics", diagnostics_json(notebook));
}

static int add_derivation(json_t *result, const struct derivation *derivation,
                          struct nbt_error *err)
{
    const json_t *spec = json_object_get(derivation->document, "spec");

    if (json_object_set_new(result, "parameters", parameters_json(derivation)) < 0 ||
        json_object_set_new(
            result, "objective",
            with_origin(json_object_get(spec, "objective"), derivation->objective_origin)) < 0 ||
        json_object_set_new(result, "run", run_json(derivation, spec)) < 0)
        return no_memory(err);
    return problems_from_experiment(json_object_get(result, "diagnostics"), &derivation->problems,
                                    err);
}

/* A copy, because what is shown is what derivation says, without defaults. */
static int add_checks(json_t *diagnostics, const struct nbt_notebook *notebook,
                      const struct derivation *derivation, const struct service_source *source,
                      struct nbt_error *err)
{
    const struct service_run run = {.source = *source};
    const struct engine *engine = engine_find(NULL, err);

    if (!engine)
        return NBT_EINVAL;
    if (nbt_has_errors(notebook))
        return 0;
    auto_json json_t *document = json_deep_copy(derivation->document);
    if (!document)
        return no_memory(err);
    /* The other annotations are of no use to checks, and the notebook's hash costs. */
    int result = annotate_settings(document, derivation->fixed, &run, err);
    return result < 0 ? result : check_document(diagnostics, document, notebook, engine, err);
}

static int inspect(json_t **ret, const struct nbt_notebook *notebook,
                   const struct service_source *source, struct nbt_error *err)
{
    CLEANUP(derivation_fini) struct derivation derivation = {0};
    auto_json json_t *result = notebook_json(notebook);
    int status =
        result ? source_derive(&derivation, notebook, &source->given, err)
               : nbt_error_set(err, NBT_EINVAL, "the notebook's path or a name in it is not UTF-8");

    if (status == 0)
        status = add_derivation(result, &derivation, err);
    if (status == 0)
        status = add_checks(json_object_get(result, "diagnostics"), notebook, &derivation, source,
                            err);
    if (status == 0)
        *ret = TAKE(result);
    return status;
}

int service_inspect(json_t **ret, const struct service_source *source, struct nbt_error *err)
{
    struct nbt_notebook *notebook = NULL;
    int status = source_notebook(&notebook, source, err);

    if (status == 0)
        status = inspect(ret, notebook, source, err);
    nbt_free(notebook);
    return status;
}
