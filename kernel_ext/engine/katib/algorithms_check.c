/* Name and settings of algorithms and early stopping against Katib's (katib sections 2 and 3). */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "engine/katib/algorithms.h"
#include "nbtags/number.h"

/* Names that people know from elsewhere, and what Katib has that is nearest. */
static const struct {
    const char *name, *nearest, *why;
} elsewhere[] = {
    {"bayesian", "bayesianoptimization", NULL},
    {"bo", "bayesianoptimization", NULL},
    {"gp", "bayesianoptimization", NULL},
    {"cma-es", "cmaes", NULL},
    {"halton", "sobol", NULL},
    {"qmc", "sobol", NULL},
    {"lhs", "sobol", NULL},
    {"asha", "hyperband", NULL},
    {"bohb", "hyperband", NULL},
    {"nsga2", "multivariate-tpe", "Katib has one objective"},
    {"nsgaii", "multivariate-tpe", "Katib has one objective"},
    {"motpe", "multivariate-tpe", "Katib has one objective"},
    {"pbt", "multivariate-tpe",
     "it hands checkpoints from trial to trial through a volume, which a notebook does not"},
    {"enas", "random", "it searches for an architecture, not for parameters"},
    {"darts", "random", "it searches for an architecture, not for parameters"},
};

static void names_of_algorithms(struct buf *names)
{
    for (size_t i = 0; katib_algorithms[i]; i++)
        buf_printf(names, ", %s", katib_algorithms[i]->name);
}

static void unknown_algorithm(const char *name, struct experiment_problems *problems)
{
    static const char path[] = "spec.algorithm.algorithmName";
    CLEANUP(buf_fini) struct buf names = buf_init(400);
    names_of_algorithms(&names);
    for (size_t i = 0; i < COUNT_OF(elsewhere); i++) {
        if (strcmp(elsewhere[i].name, name) != 0)
            continue;
        experiment_problem(
            problems, true, path,
            "'%.60s' cannot be run by Katib%s%s; the nearest that it has is %s (all: "
            "auto%s)",
            name, elsewhere[i].why ? ": " : "", elsewhere[i].why ? elsewhere[i].why : "",
            elsewhere[i].nearest, buf_text(&names));
        return;
    }
    experiment_problem(problems, true, path,
                       "Katib has no algorithm '%.60s'; multivariate-tpe serves most spaces (all: "
                       "auto%s)",
                       name, buf_text(&names));
}

static const struct search_setting *find_setting(const struct search_setting *settings,
                                                 const char *name)
{
    for (; settings->name; settings++) {
        if (strcmp(settings->name, name) == 0)
            return settings;
    }
    return NULL;
}

static void unknown_setting(const char *algorithm, const struct search_setting *settings,
                            const char *path, const char *name,
                            struct experiment_problems *problems)
{
    CLEANUP(buf_fini) struct buf names = buf_init(400);
    for (const struct search_setting *s = settings; s->name; s++)
        buf_printf(&names, "%s%s", s == settings ? "" : ", ", s->name);
    experiment_problem(problems, true, path, "Katib's %s has no setting '%.60s', it has: %s",
                       algorithm, name, names.length ? buf_text(&names) : "none");
}

/* Settings of an algorithm or of early stopping at `place`. */
static void check_settings(const json_t *list, const char *place, const char *algorithm,
                           const struct search_setting *settings,
                           struct experiment_problems *problems)
{
    size_t i;
    json_t *row;
    json_array_foreach(list, i, row)
    {
        const char *name = json_string_value(json_object_get(row, "name"));
        const char *value = json_string_value(json_object_get(row, "value"));
        char path[96];
        if (!name || !value)
            continue; /* validation told */
        snprintf(path, sizeof(path), "%s[%zu]", place, i);
        const struct search_setting *known = find_setting(settings, name);
        const char *expected = known ? known->check(value) : NULL;
        if (!known)
            unknown_setting(algorithm, settings, path, name, problems);
        else if (expected)
            experiment_problem(problems, true, path, "setting %s is '%.60s', expected %s", name,
                               value, expected);
    }
}

static const char *check_positive_count(const char *value)
{
    int64_t number;
    return nbt_parse_int(value, &number) && number >= 1 && number <= INT32_MAX
               ? NULL
               : "an integer from 1 to 2147483647";
}

static const struct search_setting medianstop_settings[] = {
    {.name = "min_trials_required", .help = "", .check = check_positive_count},
    {.name = "start_step", .help = "", .check = check_positive_count},
    {.name = NULL},
};

static void check_early_stopping(const json_t *spec, struct experiment_problems *problems)
{
    const json_t *stopping = json_object_get(spec, "earlyStopping");
    const char *name = json_string_value(json_object_get(stopping, "algorithmName"));
    if (!name || !*name)
        return;
    if (strcmp(name, "medianstop") != 0) {
        experiment_problem(problems, true, "spec.earlyStopping.algorithmName",
                           "Katib has no early stopping '%.60s'; it has medianstop alone", name);
        return;
    }
    check_settings(json_object_get(stopping, "algorithmSettings"),
                   "spec.earlyStopping.algorithmSettings", name, medianstop_settings, problems);
}

void katib_check_algorithm(const json_t *spec, struct experiment_problems *problems)
{
    const json_t *algorithm = json_object_get(spec, "algorithm");
    const char *name = json_string_value(json_object_get(algorithm, "algorithmName"));
    check_early_stopping(spec, problems);
    if (!name || !*name)
        return; /* validation asks for it */
    const struct katib_algorithm *found = katib_algorithm_find(name);
    bool automatic = strcmp(name, "auto") == 0;
    if (!found && !automatic) {
        unknown_algorithm(name, problems);
        return;
    }
    check_settings(
        json_object_get(algorithm, "algorithmSettings"), "spec.algorithm.algorithmSettings", name,
        automatic ? katib_algorithm_find("random")->settings : found->settings, problems);
    if (found && found->check)
        found->check(spec, problems);
}
