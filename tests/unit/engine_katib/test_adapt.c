/* What each of Katib's services gets for a space, against the tables of how they convert (katib
 * section 2). */
#include "base/scope.h"
#include "check.h"
#include "engine/katib/algorithms.h"
#include "quoted.h"

#define P(name, type, space)                                                                       \
    "{'name':'" name "','parameterType':'" type "','feasibleSpace':{" space "}}"
#define RANGE(min, max) "'min':'" min "','max':'" max "'"
#define STEP(step)      ",'step':'" step "'"
#define ON(scale)       ",'distribution':'" scale "'"
#define LR              P("lr", "double", RANGE("0.01", "1"))
#define DEPTH           P("depth", "int", RANGE("1", "9"))

static json_t *spec_of(const char *algorithm, const char *parameters, const char *more)
{
    char text[2048];
    snprintf(text, sizeof(text),
             "{'parallelTrialCount':3,'maxTrialCount':12,'algorithm':{'algorithmName':'%s'},"
             "'parameters':[%s]%s}",
             algorithm, parameters, more);
    return quoted(text);
}

static void show(const struct experiment_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        print_error("%s %s: %s\n", problems->items[i].error ? "error" : "warning",
                    problems->items[i].path, problems->items[i].text);
}

static bool told(const struct experiment_problems *problems, const char *path, const char *part)
{
    for (size_t i = 0; i < problems->count; i++) {
        if (strcmp(problems->items[i].path, path) == 0 && strstr(problems->items[i].text, part))
            return true;
    }
    return false;
}

#define FIRST "spec.parameters[0].feasibleSpace."

/* The first parameter of each row, sent with a second one that every service takes. */
static const struct {
    const char *algorithm, *parameter;
    const char *want;        /* the parameter that is sent; NULL: refused */
    const char *path, *text; /* a problem that must be told; NULL: none */
} rows[] = {
    /* hyperopt: steps are multiples of the step */
    {"random", LR, LR, NULL, NULL},
    {"random", P("x", "int", RANGE("4", "12") STEP("4")), P("x", "int", RANGE("4", "12") STEP("4")),
     NULL, NULL},
    {"random", P("x", "int", RANGE("1", "10") STEP("4")),
     P("x", "discrete", "'list':['1','5','9'],'distribution':'uniform'"), NULL, NULL},
    {"tpe", P("x", "int", RANGE("1", "10") STEP("4")),
     P("x", "discrete", "'list':['1','5','9'],'distribution':'uniform'"), FIRST "step",
     "whose order it does not learn from"},
    {"tpe", P("x", "double", RANGE("0.2", "0.6") STEP("0.2")),
     P("x", "double", RANGE("0.2", "0.6") STEP("0.2")), NULL, NULL},
    {"tpe", P("x", "double", RANGE("0.1", "0.5") STEP("0.2")),
     P("x", "discrete", "'list':['0.1','0.3','0.5'],'distribution':'uniform'"), FIRST "step",
     "as a list"},
    {"tpe", P("x", "double", RANGE("0.01", "1") ON("logUniform")),
     P("x", "double", RANGE("0.01", "1") ON("logUniform")), NULL, NULL},
    {"tpe", P("x", "double", RANGE("0.1", "0.5") STEP("0.2") ON("logUniform")), NULL, FIRST "step",
     "multiples of the step"},
    {"random", P("x", "double", RANGE("-1", "1") ON("normal")),
     P("x", "double", RANGE("-1", "1") ON("normal")), FIRST "distribution", "without bounds"},
    {"random", P("x", "double", RANGE("1", "5000") STEP("3")), NULL, FIRST "step",
     "more than 1000"},
    {"random", P("x", "double", RANGE("2", "2")),
     P("x", "discrete", "'list':['2'],'distribution':'uniform'"), NULL, NULL},
    /* optuna: anchored at min, no normal ones, a step is lost on a logarithmic scale */
    {"multivariate-tpe", P("x", "int", RANGE("1", "9") STEP("4")),
     P("x", "int", RANGE("1", "9") STEP("4")), NULL, NULL},
    {"multivariate-tpe", P("x", "int", RANGE("1", "10") STEP("4")),
     P("x", "int", RANGE("1", "9") STEP("4")), NULL, NULL},
    {"multivariate-tpe", P("x", "double", RANGE("0.01", "1") ON("normal")), NULL,
     FIRST "distribution", "has no normal distribution"},
    {"multivariate-tpe", P("x", "double", RANGE("0.2", "1") STEP("0.2") ON("logUniform")), NULL,
     FIRST "step", "ignores a step"},
    {"multivariate-tpe", P("x", "double", RANGE("1e-12", "1") ON("logUniform")), NULL, FIRST "min",
     "1e-10"},
    {"multivariate-tpe", P("x", "int", RANGE("1", "64") ON("logUniform")),
     P("x", "int", RANGE("1", "64") ON("logUniform")), NULL, NULL},
    /* grid: doubles need a step, and come out with rounding errors */
    {"grid", LR,
     P("lr", "discrete", "'list':['0.01','0.2575','0.505','0.7525','1'],'distribution':'uniform'"),
     NULL, NULL},
    {"grid", P("x", "double", RANGE("0.0001", "1") ON("logUniform")),
     P("x", "discrete", "'list':['0.0001','0.001','0.01','0.1','1'],'distribution':'uniform'"),
     NULL, NULL},
    {"grid", P("x", "double", RANGE("0.1", "0.3") STEP("0.1")),
     P("x", "discrete", "'list':['0.1','0.2','0.3'],'distribution':'uniform'"), NULL, NULL},
    {"grid", P("x", "int", RANGE("1", "9") STEP("2") ON("normal")),
     P("x", "int", RANGE("1", "9") STEP("2") ON("uniform")), NULL, NULL},
    /* goptuna: no distributions; sobol's ints miss their maximum */
    {"cmaes", LR, LR, NULL, NULL},
    {"cmaes", P("x", "double", RANGE("0.01", "1") ON("logUniform")), NULL, FIRST "distribution",
     "no logarithmic scale"},
    {"cmaes", P("x", "int", RANGE("1", "9") STEP("4")), P("x", "int", RANGE("1", "9") STEP("4")),
     NULL, NULL},
    {"cmaes", P("x", "categorical", "'list':['a','b']"), NULL, "spec.algorithm.algorithmName",
     "at least two"},
    {"sobol", DEPTH,
     P("depth", "discrete",
       "'list':['1','2','3','4','5','6','7','8','9'],'distribution':'uniform'"),
     NULL, NULL},
    {"sobol", P("x", "double", RANGE("0.1", "0.3") STEP("0.1")),
     P("x", "discrete", "'list':['0.1','0.2','0.3'],'distribution':'uniform'"), NULL, NULL},
    /* scikit-optimize: every double on a logarithmic scale, no steps */
    {"bayesianoptimization", LR, LR, FIRST "distribution", "this one too"},
    {"bayesianoptimization", P("x", "double", RANGE("0.01", "1") ON("logUniform")),
     P("x", "double", RANGE("0.01", "1") ON("logUniform")), NULL, NULL},
    {"bayesianoptimization", P("x", "double", RANGE("0", "1")), NULL, FIRST "min",
     "greater than 0"},
    {"bayesianoptimization", P("x", "double", RANGE("-1", "1")), NULL, FIRST "min",
     "greater than 0"},
    {"bayesianoptimization", P("x", "int", RANGE("1", "64") ON("logUniform")), NULL,
     FIRST "distribution", "no logarithmic scale"},
    {"bayesianoptimization", P("x", "int", RANGE("1", "9") STEP("4")),
     P("x", "discrete", "'list':['1','5','9'],'distribution':'uniform'"), FIRST "step",
     "as a list"},
};

static void check_row(size_t i)
{
    char parameters[1024];
    struct nbt_error err = NBT_ERROR_INIT;
    CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
    snprintf(parameters, sizeof(parameters), "%s,%s", rows[i].parameter,
             P("other", "int", RANGE("1", "9")));
    auto_json json_t *spec = spec_of(rows[i].algorithm, parameters, "");
    if (katib_adapt(spec, NULL, &problems, &err) < 0)
        fail_msg("row %zu: %s", i, err.text);
    if (rows[i].path && !told(&problems, rows[i].path, rows[i].text)) {
        show(&problems);
        fail_msg("row %zu (%s, %s): nothing says '%s' at %s", i, rows[i].algorithm,
                 rows[i].parameter, rows[i].text, rows[i].path);
    }
    if (!rows[i].path && problems.count > 0) {
        show(&problems);
        fail_msg("row %zu (%s, %s): nothing was to be told", i, rows[i].algorithm,
                 rows[i].parameter);
    }
    assert_int_equal(problems.errors > 0, rows[i].want == NULL);
    if (!rows[i].want)
        return;
    auto_json json_t *want = quoted(rows[i].want);
    const json_t *got = json_array_get(json_object_get(spec, "parameters"), 0);
    auto_free char *shown = json_dumps(got, JSON_COMPACT);
    if (!json_equal(got, want))
        fail_msg("row %zu (%s): got %s, want %s", i, rows[i].algorithm, shown, rows[i].want);
}

static void test_parameters(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_row(i);
}

/* What a spec becomes: algorithm, maxTrialCount, parallelTrialCount, and what is told. */
static const struct {
    const char *algorithm, *parameters, *more;
    const char *name; /* NULL: refused */
    int max, parallel;
    const char *path, *text;
} specs[] = {
    {"auto", LR "," DEPTH, "", "multivariate-tpe", 12, 3, "spec.algorithm.algorithmName",
     "stands for multivariate-tpe"},
    {"auto", P("x", "int", RANGE("1", "3")), "", "grid", 3, 3, "spec.maxTrialCount",
     "3 points, fewer"},
    {"auto", P("x", "double", RANGE("0.1", "1") ON("normal")), "", "tpe", 12, 3, NULL, NULL},
    {"auto", P("x", "double", RANGE("0.2", "1") STEP("0.2") ON("logUniform")) "," LR, "", "tpe", 12,
     3, NULL, NULL},
    {"auto", P("x", "double", RANGE("1", "5000") STEP("3") ON("normal")) "," LR, "", NULL, 0, 0,
     FIRST "step", "more than 1000"},
    {"grid", DEPTH, ",'maxFailedTrialCount':12", "grid", 9, 3, "spec.maxTrialCount", "9 are sent"},
    {"grid", P("x", "int", RANGE("1", "2")), "", "grid", 2, 2, "spec.maxTrialCount", "2 are sent"},
    {"grid", LR "," DEPTH, "", "grid", 12, 3, NULL, NULL},
    {"hyperband", DEPTH "," LR, "", NULL, 0, 0, "spec.algorithm.algorithmSettings", "needs r_l"},
    {"gird", LR, "", NULL, 0, 0, "spec.algorithm.algorithmName", "has no algorithm 'gird'"},
    {"nsga2", LR, "", NULL, 0, 0, "spec.algorithm.algorithmName",
     "the nearest that it has is multivariate-tpe"},
    {"pbt", LR, "", NULL, 0, 0, "spec.algorithm.algorithmName", "checkpoints"},
    {"halton", LR, "", NULL, 0, 0, "spec.algorithm.algorithmName", "nearest that it has is sobol"},
    {"cmaes", LR, "", NULL, 0, 0, "spec.algorithm.algorithmName", "at least two"},
};

static json_int_t number(const json_t *spec, const char *key)
{
    return json_integer_value(json_object_get(spec, key));
}

static void check_spec(size_t i)
{
    struct nbt_error err = NBT_ERROR_INIT;
    CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
    auto_json json_t *spec = spec_of(specs[i].algorithm, specs[i].parameters, specs[i].more);
    if (katib_adapt(spec, NULL, &problems, &err) < 0)
        fail_msg("spec %zu: %s", i, err.text);
    if (specs[i].path && !told(&problems, specs[i].path, specs[i].text)) {
        show(&problems);
        fail_msg("spec %zu (%s): nothing says '%s' at %s", i, specs[i].algorithm, specs[i].text,
                 specs[i].path);
    }
    if ((problems.errors == 0) != (specs[i].name != NULL)) {
        show(&problems);
        fail_msg("spec %zu (%s): %zu errors", i, specs[i].algorithm, problems.errors);
    }
    if (!specs[i].name)
        return;
    const json_t *algorithm = json_object_get(spec, "algorithm");
    assert_string_equal(json_string_value(json_object_get(algorithm, "algorithmName")),
                        specs[i].name);
    assert_int_equal(number(spec, "maxTrialCount"), specs[i].max);
    assert_int_equal(number(spec, "parallelTrialCount"), specs[i].parallel);
    assert_true(number(spec, "maxFailedTrialCount") <= number(spec, "maxTrialCount"));
}

static void test_specs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(specs); i++)
        check_spec(i);
}

static void test_no_maximum(void **state)
{
    (void)state;
    static const struct {
        const char *algorithm, *parameters;
        int max;
    } cases[] = {{"random", LR, 10000},
                 {"grid", DEPTH "," LR, 45},
                 {"tpe", DEPTH, 10000},
                 {"auto", DEPTH, 9}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
        auto_json json_t *spec = spec_of(cases[i].algorithm, cases[i].parameters, "");
        json_object_del(spec, "maxTrialCount");
        assert_int_equal(katib_adapt(spec, NULL, &problems, &err), 0);
        assert_int_equal(number(spec, "maxTrialCount"), cases[i].max);
        assert_true(told(&problems, "spec.maxTrialCount", "never ends without a maximum"));
    }
}

/* Settings as each service checks them. */
static const struct {
    const char *algorithm, *name, *value;
    const char *text; /* NULL: right */
} settings[] = {
    {"random", "random_state", "7", NULL},
    {"random", "random_state", "-1", "an integer from 0"},
    {"random", "seed", "7", "has no setting 'seed'"},
    {"tpe", "gamma", "0.25", NULL},
    {"tpe", "gamma", "1", "between 0 and 1"},
    {"tpe", "gamma", "0", "between 0 and 1"},
    {"tpe", "prior_weight", "0", "greater than 0"},
    {"tpe", "n_EI_candidates", "0", "an integer from 1"},
    {"tpe", "n_EI_candidates", "2.5", "an integer from 1"},
    {"multivariate-tpe", "n_startup_trials", "0", NULL},
    {"multivariate-tpe", "n_startup_trials", "-1", "an integer from 0"},
    {"multivariate-tpe", "n_ei_candidates", "x", "an integer from 0"},
    {"multivariate-tpe", "n_EI_candidates", "3", "has no setting"},
    {"cmaes", "sigma", "0.5", NULL},
    {"cmaes", "sigma", "wide", "greater than 0"},
    {"cmaes", "restart_strategy", "ipop", NULL},
    {"cmaes", "restart_strategy", "sometimes", "none, ipop or bipop"},
    {"cmaes", "random_state", "1.5", "an integer from 0"},
    {"sobol", "random_state", "1", "has no setting 'random_state', it has: none"},
    {"bayesianoptimization", "base_estimator", "RF", NULL},
    {"bayesianoptimization", "base_estimator", "rf", "GP, RF, ET or GBRT"},
    {"bayesianoptimization", "acq_func", "best", "gp_hedge"},
    {"bayesianoptimization", "acq_optimizer", "newton", "auto, sampling or lbfgs"},
    {"bayesianoptimization", "n_initial_points", "-3", "an integer from 0"},
    {"auto", "random_state", "3", NULL},
    {"auto", "gamma", "0.3", "has no setting 'gamma'"},
};

static void test_settings(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
        auto_json json_t *spec = spec_of(settings[i].algorithm, LR "," DEPTH, "");
        json_object_set_new(
            json_object_get(spec, "algorithm"), "algorithmSettings",
            json_pack("[{s:s, s:s}]", "name", settings[i].name, "value", settings[i].value));
        katib_check_algorithm(spec, &problems);
        bool right = settings[i].text
                         ? told(&problems, "spec.algorithm.algorithmSettings[0]", settings[i].text)
                         : problems.errors == 0;
        if (!right) {
            show(&problems);
            fail_msg("%s %s=%s: want %s", settings[i].algorithm, settings[i].name,
                     settings[i].value, settings[i].text ? settings[i].text : "nothing");
        }
    }
}

/* eta^smax trials at once, with smax as the service computes it in doubles: 243 and 3 give 4,
 * not 5. */
static void test_hyperband(void **state)
{
    (void)state;
    static const struct {
        const char *r_l, *eta;
        int parallel;
        bool right;
    } cases[] = {{"9", "3", 9, true},     {"9", "3", 8, false}, {"243", "3", 81, true},
                 {"243", "3", 80, false}, {"8", "2", 8, true},  {"0", "3", 1, false},
                 {"9", "1", 9, false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
        auto_json json_t *spec = spec_of("hyperband", DEPTH "," LR, "");
        json_object_set_new(json_object_get(spec, "algorithm"), "algorithmSettings",
                            json_pack("[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}]", "name", "r_l",
                                      "value", cases[i].r_l, "name", "eta", "value", cases[i].eta,
                                      "name", "resource_name", "value", "depth"));
        json_object_set_new(spec, "parallelTrialCount", json_integer(cases[i].parallel));
        katib_check_algorithm(spec, &problems);
        if ((problems.errors == 0) != cases[i].right) {
            show(&problems);
            fail_msg("r_l %s, eta %s, parallel %d", cases[i].r_l, cases[i].eta, cases[i].parallel);
        }
    }
}

/* The seed becomes a random_state, within 31 bits; one that is set stays. */
static void test_seed(void **state)
{
    (void)state;
    static const struct {
        const char *algorithm, *seed, *want;
    } cases[] = {{"random", "7", "7"},
                 {"tpe", "18446744073709551615", "2147483647"},
                 {"sobol", "7", NULL},
                 {"grid", "4294967296", "0"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
        auto_json json_t *spec = spec_of(cases[i].algorithm, DEPTH "," LR, "");
        assert_int_equal(katib_adapt(spec, cases[i].seed, &problems, &err), 0);
        const json_t *list =
            json_object_get(json_object_get(spec, "algorithm"), "algorithmSettings");
        const char *value = json_string_value(json_object_get(json_array_get(list, 0), "value"));
        assert_int_equal(json_array_size(list), cases[i].want ? 1 : 0);
        if (cases[i].want)
            assert_string_equal(value, cases[i].want);
        assert_int_equal(katib_adapt(spec, "99", &problems, &err), 0);
        assert_int_equal(json_array_size(list), cases[i].want ? 1 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters), cmocka_unit_test(test_specs),
        cmocka_unit_test(test_no_maximum), cmocka_unit_test(test_settings),
        cmocka_unit_test(test_hyperband),  cmocka_unit_test(test_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
