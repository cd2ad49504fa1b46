#include "engine/katib/algorithms.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "nbtags/number.h"

/* Values of settings, as each service checks them (katib section 2). */

static const char *check_count(const char *value)
{
    int64_t number;
    return nbt_parse_int(value, &number) && number >= 0 && number <= INT32_MAX
               ? NULL
               : "an integer from 0 to 2147483647";
}

static const char *check_positive_count(const char *value)
{
    int64_t number;
    return nbt_parse_int(value, &number) && number >= 1 && number <= INT32_MAX
               ? NULL
               : "an integer from 1 to 2147483647";
}

static const char *check_eta(const char *value)
{
    int64_t number;
    return nbt_parse_int(value, &number) && number >= 2 && number <= INT32_MAX
               ? NULL
               : "an integer from 2";
}

static const char *check_open_unit(const char *value)
{
    double number;
    return nbt_parse_double(value, &number) && number > 0 && number < 1
               ? NULL
               : "a number between 0 and 1, neither of them";
}

static const char *check_positive(const char *value)
{
    double number;
    return nbt_parse_double(value, &number) && number > 0 ? NULL : "a number greater than 0";
}

static const char *check_text(const char *value)
{
    return *value ? NULL : "a name";
}

static bool is_among(const char *const *words, const char *word)
{
    for (; *words; words++) {
        if (strcmp(*words, word) == 0)
            return true;
    }
    return false;
}

static const char *const estimators[] = {"GP", "RF", "ET", "GBRT", NULL};
static const char *const acquisitions[] = {"gp_hedge", "LCB", "EI", "PI", "EIps", "PIps", NULL};
static const char *const optimizers[] = {"auto", "sampling", "lbfgs", NULL};
static const char *const restarts[] = {"none", "ipop", "bipop", NULL};

static const char *check_estimator(const char *value)
{
    return is_among(estimators, value) ? NULL : "GP, RF, ET or GBRT";
}

static const char *check_acquisition(const char *value)
{
    return is_among(acquisitions, value) ? NULL : "gp_hedge, LCB, EI, PI, EIps or PIps";
}

static const char *check_optimizer(const char *value)
{
    return is_among(optimizers, value) ? NULL : "auto, sampling or lbfgs";
}

static const char *check_restart(const char *value)
{
    return is_among(restarts, value) ? NULL : "none, ipop or bipop";
}

#define RANDOM_STATE                                                                               \
    {                                                                                              \
        .name = "random_state",                                                                    \
        .help = "seed of the random generator, an integer from 0; default: the experiment's seed", \
        .check = check_count, .type = SEARCH_INT, .minimum = "0",                                  \
    }

static const struct search_setting state_settings[] = {RANDOM_STATE, {.name = NULL}};

static const struct search_setting tpe_settings[] = {
    {.name = "gamma",
     .help = "share of the trials that count as good, between 0 and 1",
     .check = check_open_unit,
     .type = SEARCH_NUMBER,
     .fallback = "0.25"},
    {.name = "prior_weight",
     .help = "weight of the prior, greater than 0",
     .check = check_positive,
     .type = SEARCH_NUMBER,
     .fallback = "1"},
    {.name = "n_EI_candidates",
     .help = "candidates drawn for each suggestion",
     .check = check_positive_count,
     .type = SEARCH_INT,
     .fallback = "24",
     .minimum = "1"},
    RANDOM_STATE,
    {.name = NULL},
};

static const struct search_setting multivariate_settings[] = {
    {.name = "n_startup_trials",
     .help = "trials at random before the model is used",
     .check = check_count,
     .type = SEARCH_INT,
     .fallback = "10",
     .minimum = "0"},
    {.name = "n_ei_candidates",
     .help = "candidates drawn for each suggestion",
     .check = check_count,
     .type = SEARCH_INT,
     .fallback = "24",
     .minimum = "0"},
    RANDOM_STATE,
    {.name = NULL},
};

static const struct search_setting cmaes_settings[] = {
    {.name = "sigma",
     .help = "initial step of the search, greater than 0",
     .check = check_positive,
     .type = SEARCH_NUMBER},
    {.name = "restart_strategy",
     .help = "whether the search starts again, with a larger population",
     .check = check_restart,
     .type = SEARCH_CHOICE,
     .fallback = "none",
     .choices = restarts},
    RANDOM_STATE,
    {.name = NULL},
};

static const struct search_setting bayesian_settings[] = {
    {.name = "base_estimator",
     .help = "the model",
     .check = check_estimator,
     .type = SEARCH_CHOICE,
     .fallback = "GP",
     .choices = estimators},
    {.name = "n_initial_points",
     .help = "trials at random before the model is used",
     .check = check_count,
     .type = SEARCH_INT,
     .fallback = "10",
     .minimum = "0"},
    {.name = "acq_func",
     .help = "the acquisition function",
     .check = check_acquisition,
     .type = SEARCH_CHOICE,
     .fallback = "gp_hedge",
     .choices = acquisitions},
    {.name = "acq_optimizer",
     .help = "how the acquisition function is minimised",
     .check = check_optimizer,
     .type = SEARCH_CHOICE,
     .fallback = "auto",
     .choices = optimizers},
    RANDOM_STATE,
    {.name = NULL},
};

static const struct search_setting hyperband_settings[] = {
    {.name = "r_l",
     .help = "the most of the resource that one trial gets; required",
     .check = check_positive,
     .type = SEARCH_NUMBER},
    {.name = "resource_name",
     .help = "the parameter that is the resource, such as the number of epochs; required",
     .check = check_text,
     .type = SEARCH_TEXT},
    {.name = "eta",
     .help = "one of so many trials goes on in each round",
     .check = check_eta,
     .type = SEARCH_INT,
     .fallback = "3",
     .minimum = "2"},
    {.name = NULL},
};

static const struct search_setting no_settings[] = {{.name = NULL}};

/* Rules of single algorithms. */

static const char *setting_of(const json_t *spec, const char *name)
{
    const json_t *settings =
        json_object_get(json_object_get(spec, "algorithm"), "algorithmSettings");
    size_t i;
    json_t *setting;
    json_array_foreach(settings, i, setting)
    {
        const char *key = json_string_value(json_object_get(setting, "name"));
        if (key && strcmp(key, name) == 0)
            return json_string_value(json_object_get(setting, "value"));
    }
    return NULL;
}

static void check_cmaes(const json_t *spec, struct experiment_problems *problems)
{
    size_t i, numbers = 0;
    json_t *parameter;
    json_array_foreach(json_object_get(spec, "parameters"), i, parameter)
    {
        const char *type = json_string_value(json_object_get(parameter, "parameterType"));
        numbers += type && (strcmp(type, "int") == 0 || strcmp(type, "double") == 0);
    }
    if (numbers < 2)
        experiment_problem(problems, true, "spec.algorithm.algorithmName",
                           "cmaes needs at least two int or double parameters with a range, this "
                           "space has %zu; choose multivariate-tpe or tpe",
                           numbers);
}

static bool has_parameter(const json_t *spec, const char *name)
{
    size_t i;
    json_t *parameter;
    json_array_foreach(json_object_get(spec, "parameters"), i, parameter)
    {
        const char *found = json_string_value(json_object_get(parameter, "name"));
        if (found && strcmp(found, name) == 0)
            return true;
    }
    return false;
}

/* The first bracket starts eta^smax trials at once, smax by the service's own arithmetic in
 * doubles. */
static void check_bracket(const json_t *spec, double most, double eta,
                          struct experiment_problems *problems)
{
    double rounds = floor(log(most) / log(eta));
    double needed = pow(eta, rounds > 0 ? rounds : 0);
    double parallel = (double)json_integer_value(json_object_get(spec, "parallelTrialCount"));
    if (parallel < needed)
        experiment_problem(problems, true, "spec.parallelTrialCount",
                           "hyperband with r_l %g and eta %g starts %.0f trials at once, but "
                           "parallelTrialCount is %.0f; raise it, or lower r_l",
                           most, eta, needed, parallel);
}

static void check_hyperband(const json_t *spec, struct experiment_problems *problems)
{
    static const char path[] = "spec.algorithm.algorithmSettings";
    const char *most = setting_of(spec, "r_l"), *eta = setting_of(spec, "eta");
    const char *resource = setting_of(spec, "resource_name");
    double most_value, eta_value = 3;
    if (!most)
        experiment_problem(problems, true, path,
                           "hyperband needs r_l, the most of the resource that one trial gets; "
                           "add it, such as r_l=27");
    if (!resource)
        experiment_problem(problems, true, path,
                           "hyperband needs resource_name, the parameter that is the resource; "
                           "add it, such as resource_name=epochs");
    else if (!has_parameter(spec, resource))
        experiment_problem(problems, true, path,
                           "resource_name is '%s', which is none of the parameters that are "
                           "searched; name one of them",
                           resource);
    if (eta && !nbt_parse_double(eta, &eta_value))
        return; /* told as a setting */
    if (most && nbt_parse_double(most, &most_value) && most_value > 0 && eta_value >= 2)
        check_bracket(spec, most_value, eta_value, problems);
    experiment_problem(problems, false, "spec.algorithm.algorithmName",
                       "Katib's hyperband stands still when a trial of a round fails; a notebook "
                       "that may fail is safer with random or tpe");
}

/* The table. */

static const struct katib_algorithm grid = {
    .name = "grid",
    .title = "Grid Search",
    .summary = "every combination once, in a random order",
    .settings = state_settings,
    .traits = {.log_int = true, .log_double = true, .normal = true, .lists_doubles = true},
};

static const struct katib_algorithm multivariate_tpe = {
    .name = "multivariate-tpe",
    .title = "Multivariate TPE",
    .summary = "tree of Parzen estimators over all parameters together (Optuna)",
    .settings = multivariate_settings,
    .traits = {.log_int = true, .log_double = true},
};

static const struct katib_algorithm tpe = {
    .name = "tpe",
    .title = "TPE",
    .summary = "tree of Parzen estimators, parameter by parameter (hyperopt)",
    .settings = tpe_settings,
    .traits = {.log_int = true,
               .log_double = true,
               .log_step = true,
               .normal = true,
               .step = KATIB_STEP_MULTIPLES},
};

static const struct katib_algorithm random_search = {
    .name = "random",
    .title = "Random Search",
    .summary = "independent draws (hyperopt)",
    .settings = state_settings,
    .traits = {.log_int = true,
               .log_double = true,
               .log_step = true,
               .normal = true,
               .step = KATIB_STEP_MULTIPLES},
};

static const struct katib_algorithm bayesian = {
    .name = "bayesianoptimization",
    .title = "Bayesian Optimization",
    .summary = "a model of the objective, doubles on a logarithmic scale (scikit-optimize)",
    .settings = bayesian_settings,
    .traits = {.log_double = true, .always_log = true, .step = KATIB_STEP_IGNORED},
};

static const struct katib_algorithm cmaes = {
    .name = "cmaes",
    .title = "CMA-ES",
    .summary = "evolution of two or more numbers (goptuna)",
    .settings = cmaes_settings,
    .check = check_cmaes,
};

static const struct katib_algorithm sobol = {
    .name = "sobol",
    .title = "Sobol Sequence",
    .summary = "evenly spread points (goptuna)",
    .settings = no_settings,
    .traits = {.step = KATIB_STEP_IGNORED, .lists_ints = true},
};

static const struct katib_algorithm hyperband = {
    .name = "hyperband",
    .title = "Hyperband",
    .summary = "many short trials, of which the best go on with more of a resource",
    .settings = hyperband_settings,
    .traits = {.step = KATIB_STEP_IGNORED, .whole_lists = true},
    .check = check_hyperband,
};

const struct katib_algorithm *const katib_algorithms[] = {
    &grid, &multivariate_tpe, &tpe, &random_search, &bayesian, &cmaes, &sobol, &hyperband, NULL};

const struct katib_algorithm *katib_algorithm_find(const char *name)
{
    for (size_t i = 0; name && katib_algorithms[i]; i++) {
        if (strcmp(katib_algorithms[i]->name, name) == 0)
            return katib_algorithms[i];
    }
    return NULL;
}
