#include <string.h>

#include "base/scope.h"
#include "service/internal.h"

int problems_add(json_t *problems, const json_t *problem, struct nbt_error *err)
{
    size_t i;
    json_t *known;

    if (!problem)
        return no_memory(err);
    json_array_foreach(problems, i, known)
    {
        if (json_equal(known, problem))
            return 0;
    }
    auto_json json_t *copy = json_deep_copy(problem);
    if (!copy || json_array_append(problems, copy) < 0)
        return no_memory(err);
    return 0;
}

json_t *problem_from_diagnostic(const struct nbt_diagnostic *d)
{
    return json_pack("{s:s, s:s, s:s, s:i, s:s, s:i, s:i, s:s}", "severity",
                     nbt_severity_name(d->severity), "code", d->code, "path", d->path, "cell",
                     d->cell, "cell_id", d->cell_id ? d->cell_id : "", "line", d->line, "column",
                     d->column, "text", d->text);
}

int problems_from_notebook(json_t *problems, const struct nbt_notebook *notebook,
                           struct nbt_error *err)
{
    for (size_t i = 0; i < notebook->n_diagnostics; i++) {
        auto_json json_t *problem = problem_from_diagnostic(&notebook->diagnostics[i]);
        int result = problems_add(problems, problem, err);
        if (result < 0)
            return result;
    }
    return 0;
}

/* What derivation could not fill in is told once, not again as a field that is missing. */
static bool is_told(const json_t *problems, size_t n, const char *path)
{
    for (size_t i = 0; i < n; i++) {
        const json_t *known = json_array_get(problems, i);
        const char *told = json_string_value(json_object_get(known, "path"));
        const char *severity = json_string_value(json_object_get(known, "severity"));
        if (told && severity && strcmp(told, path) == 0 && strcmp(severity, "error") == 0)
            return true;
    }
    return false;
}

int problems_from_experiment(json_t *problems, const struct experiment_problems *found,
                             struct nbt_error *err)
{
    size_t n_known = json_array_size(problems);

    for (size_t i = 0; i < found->count; i++) {
        const struct experiment_problem *p = &found->items[i];
        if (p->path[0] && is_told(problems, n_known, p->path))
            continue;
        auto_json json_t *problem =
            json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:s}", "severity",
                      p->error ? "error" : "warning", "code", "experiment", "path", p->path, "cell",
                      -1, "line", 0, "column", 0, "text", p->text);
        int result = problems_add(problems, problem, err);
        if (result < 0)
            return result;
    }
    return 0;
}

/* Members that a checker left out get the values that mean "does not apply". */
int problems_from_check(json_t *problems, const json_t *diagnostics, struct nbt_error *err)
{
    size_t i;
    json_t *found;

    json_array_foreach(diagnostics, i, found)
    {
        auto_json json_t *problem =
            json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:s}", "severity", "warning", "code", "trial",
                      "path", "", "cell", -1, "line", 0, "column", 0, "text", "");
        if (!problem || json_object_update(problem, found) < 0)
            return no_memory(err);
        int result = problems_add(problems, problem, err);
        if (result < 0)
            return result;
    }
    return 0;
}

static size_t count_errors(const json_t *problems)
{
    size_t i, errors = 0;
    json_t *problem;

    json_array_foreach(problems, i, problem)
    {
        const char *severity = json_string_value(json_object_get(problem, "severity"));
        errors += severity && strcmp(severity, "error") == 0;
    }
    return errors;
}

bool problems_have_errors(const json_t *problems)
{
    return count_errors(problems) > 0;
}

int problems_refuse(const json_t *problems, struct nbt_error *err)
{
    size_t errors = count_errors(problems);

    return nbt_error_set(err, NBT_EINVAL, "nothing was run: %zu error%s must be put right first",
                         errors, errors == 1 ? "" : "s");
}
