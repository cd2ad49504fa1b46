/* The algorithm part of an Experiment against the table. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "experiment/space.h"
#include "search/algorithms.h"

static void names_of_algorithms(struct buf *names)
{
    for (size_t i = 0; search_algorithms[i]; i++)
        buf_printf(names, "%s%s", i ? ", " : "", search_algorithms[i]->name);
}

static void unknown_setting(const struct search_algorithm *algorithm, const char *path,
                            const char *name, struct experiment_problems *problems)
{
    CLEANUP(buf_fini) struct buf names = buf_init(400);
    for (const struct search_setting *s = algorithm->settings; s && s->name; s++)
        buf_printf(&names, "%s%s", s == algorithm->settings ? "" : ", ", s->name);
    experiment_problem(problems, true, path, "algorithm %s has no setting '%s', it has: %s",
                       algorithm->name, name, names.length ? buf_text(&names) : "none");
}

static bool set_before(const json_t *settings, size_t i, const char *name)
{
    for (size_t k = 0; k < i; k++) {
        const char *other = json_string_value(json_object_get(json_array_get(settings, k), "name"));
        if (other && strcmp(other, name) == 0)
            return true;
    }
    return false;
}

static void check_setting(const struct search_algorithm *algorithm, const json_t *settings,
                          size_t i, struct experiment_problems *problems)
{
    const json_t *setting = json_array_get(settings, i);
    const char *name = json_string_value(json_object_get(setting, "name"));
    const char *value = json_string_value(json_object_get(setting, "value"));
    char path[96];
    snprintf(path, sizeof(path), "spec.algorithm.algorithmSettings[%zu]", i);
    if (!name || !value) {
        experiment_problem(problems, true, path,
                           "the setting is not an object of two strings, expected "
                           "{\"name\": \"random_state\", \"value\": \"10\"}");
        return;
    }
    const struct search_setting *known = search_find_setting(algorithm, name);
    if (!known) {
        unknown_setting(algorithm, path, name, problems);
        return;
    }
    if (set_before(settings, i, name))
        experiment_problem(problems, true, path, "setting %s is given twice, keep one", name);
    const char *expected = known->check ? known->check(value) : NULL;
    if (expected)
        experiment_problem(problems, true, path, "setting %s is '%s', expected %s", name, value,
                           expected);
}

static void check_space(const struct search_algorithm *algorithm, const json_t *spec,
                        struct experiment_problems *problems)
{
    CLEANUP(space_fini) struct space space = {0};
    if (space_init(&space, json_object_get(spec, "parameters"), NULL) < 0)
        return; /* validation names what is wrong with the parameters */
    for (size_t i = 0; i < space.n; i++) {
        const struct space_dimension *d = &space.dimensions[i];
        char path[96];
        snprintf(path, sizeof(path), "spec.parameters[%zu].feasibleSpace.step", i);
        if (d->kind == SPACE_DOUBLE && d->step > 0 && d->distribution != SPACE_UNIFORM)
            experiment_problem(problems, false, path,
                               "%s has a step on a scale that is not uniform: values are drawn on "
                               "the scale and moved "
                               "to the nearest of the step's",
                               d->name);
    }
    json_int_t trials = json_integer_value(json_object_get(spec, "maxTrialCount"));
    algorithm = search_resolve(algorithm, &space, trials > 0 ? (uint64_t)trials : 0);
    if (algorithm->check)
        algorithm->check(spec, &space, problems);
}

void search_check(const json_t *spec, struct experiment_problems *problems)
{
    const json_t *settings =
        json_object_get(json_object_get(spec, "algorithm"), "algorithmSettings");
    const char *name =
        json_string_value(json_object_get(json_object_get(spec, "algorithm"), "algorithmName"));
    if (!name || !*name)
        return; /* validation asks for it */
    const struct search_algorithm *algorithm = search_find(name);
    if (!algorithm) {
        CLEANUP(buf_fini) struct buf names = buf_init(400);
        names_of_algorithms(&names);
        experiment_problem(problems, true, "spec.algorithm.algorithmName",
                           "algorithm '%s' is not known here, choose one of: %s", name,
                           buf_text(&names));
        return;
    }
    for (size_t i = 0; i < json_array_size(settings); i++)
        check_setting(algorithm, settings, i, problems);
    check_space(algorithm, spec, problems);
}
