#include <string.h>

#include "base/scope.h"
#include "experiment/space.h"
#include "jupyter/kernelspec.h"
#include "service/internal.h"
#include "trial/trial.h"

#define CHECK_ROUNDS 256 /* choices of one parameter that are tried; more take the same path */

/* In round r a list gives its choice r, a number its lower end in even rounds and its upper end in
 * odd ones. */
static double coordinate(const struct space_dimension *dimension, size_t round)
{
    if (dimension->n_choices)
        return (double)(round % dimension->n_choices);
    return space_quantile(dimension, round % 2 ? 0.9999999 : 0.0);
}

static int add_assignment(json_t *assignments, const char *name, const char *value,
                          struct nbt_error *err)
{
    json_t *row = json_pack("{s:s, s:s}", "name", name, "value", value);

    return !row || json_array_append_new(assignments, row) < 0 ? no_memory(err) : 0;
}

static int assignments_of_round(json_t *assignments, const struct space *space, const json_t *fixed,
                                size_t round, struct nbt_error *err)
{
    const char *name;
    json_t *value;
    int result = 0;

    for (size_t i = 0; i < space->n && result == 0; i++) {
        char text[SPACE_TEXT_MAX];
        const struct space_dimension *dimension = &space->dimensions[i];
        result = add_assignment(assignments, dimension->name,
                                space_text(dimension, coordinate(dimension, round), text), err);
    }
    json_object_foreach((json_t *)fixed, name, value)
    {
        if (result == 0 && json_is_string(value))
            result = add_assignment(assignments, name, json_string_value(value), err);
    }
    return result;
}

static size_t rounds_of(const struct space *space)
{
    size_t rounds = 2;

    for (size_t i = 0; i < space->n; i++) {
        if (space->dimensions[i].n_choices > rounds)
            rounds = space->dimensions[i].n_choices;
    }
    return rounds < CHECK_ROUNDS ? rounds : CHECK_ROUNDS;
}

static int check_round(json_t *problems, const struct nbt_notebook *notebook,
                       const struct space *space, const json_t *fixed, size_t round,
                       struct nbt_error *err)
{
    auto_json json_t *assignments = json_array();
    auto_json json_t *found = NULL;
    int result;

    if (!assignments)
        return no_memory(err);
    result = assignments_of_round(assignments, space, fixed, round, err);
    /* Who reads a parameter does not depend on its value. */
    if (result == 0)
        result = round == 0 ? trial_check(&found, notebook, assignments, err)
                            : trial_check_values(&found, notebook, assignments, err);
    return result < 0 ? result : problems_from_check(problems, found, err);
}

int check_assignments(json_t *problems, const struct nbt_notebook *notebook, const json_t *document,
                      struct nbt_error *err)
{
    CLEANUP(space_fini) struct space space = {0};
    auto_json json_t *settings = NULL;
    const json_t *parameters = json_object_get(json_object_get(document, "spec"), "parameters");
    int result = space_init(&space, parameters, err);

    if (result == 0)
        result = settings_load(&settings, document, err);
    if (result < 0)
        return result;
    size_t rounds = rounds_of(&space);
    for (size_t round = 0; round < rounds && result == 0; round++)
        result =
            check_round(problems, notebook, &space, json_object_get(settings, "fixed"), round, err);
    return result;
}

int check_kernel(const struct nbt_notebook *notebook, const char *kernel, struct nbt_error *err)
{
    struct kernelspec *spec = NULL;
    struct nbt_error found = NBT_ERROR_INIT;
    int result =
        kernelspec_find(&spec, kernel ? kernel : notebook->kernel_name, notebook->language, &found);

    kernelspec_free(spec);
    if (result == 0)
        return 0;
    /* A kernel that is not there is this machine's trouble, not a wrong name of the user's input.
     */
    nbt_error_set(err, result == NBT_ENOTFOUND ? NBT_EUNSUPPORTED : result, "%s", found.text);
    nbt_error_path(err, kernel ? "--kernel" : "metadata.kernelspec.name");
    return err ? err->code : result;
}
