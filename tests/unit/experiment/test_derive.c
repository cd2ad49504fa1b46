#include "unit/experiment/scene.h"

static void test_document(void **state)
{
    (void)state;
    CLEANUP(scene_fini) struct scene scene;
    scene_init(&scene, NULL, NULL);
    scene_derive(&scene, &(struct derive_given){.suffix = "x1y2z"});
    assert_int_equal(scene.derivation.problems.count, 0);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(scene.derivation.document, "metadata"), "name")),
                        "my-model-x1y2z");
    assert_string_equal(json_string_value(json_object_get(scene.derivation.document, "kind")),
                        "Experiment");
    assert_string_equal(json_string_value(json_object_get(scene.derivation.document, "apiVersion")),
                        "kubeflow.org/v1beta1");
    assert_null(spec_of(&scene, "trialTemplate"));
    expect_json("algorithm", spec_of(&scene, "algorithm"), "{'algorithmName':'auto'}");
    expect_json("parallel", spec_of(&scene, "parallelTrialCount"), "3");
    expect_json("trials", spec_of(&scene, "maxTrialCount"), "12");
    expect_json("failed", spec_of(&scene, "maxFailedTrialCount"), "3");
    assert_int_equal(json_array_size(spec_of(&scene, "parameters")), 3); /* lr, depth, flag */
    const json_t *objective = spec_of(&scene, "objective");
    expect_json("metric", json_object_get(objective, "objectiveMetricName"), "'val-loss'");
    expect_json("type", json_object_get(objective, "type"), "'minimize'");
    expect_json("others", json_object_get(objective, "additionalMetricNames"),
                "['depth','accuracy']");
    assert_null(json_object_get(objective, "goal"));
    assert_int_equal(scene.derivation.objective_origin, DERIVE_DERIVED);
    assert_int_equal(scene.derivation.run_origin, DERIVE_DERIVED);
    assert_null(item(&scene, "lr2")->spec);
    assert_false(item(&scene, "opt")->selected);
}

#define KATIB                                                                                      \
    "{'parameters':[{'name':'lr','parameterType':'double','feasibleSpace':{'min':'0','max':'1','"  \
    "step':'','list':[]}},"                                                                        \
    "{'name':'gone','parameterType':'int','feasibleSpace':{'min':'1','max':'2'}},"                 \
    "{'name':'seed','parameterType':'int','feasibleSpace':{'min':'1','max':'9'}}],"                \
    "'objective':{'type':'maximize','goal':0,'objectiveMetricName':'val_loss','"                   \
    "additionalMetricNames':['accuracy','old']},"                                                  \
    "'algorithm':{'algorithmName':'grid','algorithmSettings':[{'name':'random_state','value':'10'" \
    "},"                                                                                           \
    "{'name':'acq_func','value':'gp_hedge'},{'name':'n','value':''}]},"                            \
    "'maxTrialCount':15,'parallelTrialCount':5}"

static bool grid_knows(const char *algorithm, const char *setting)
{
    return strcmp(algorithm, "grid") != 0 || strcmp(setting, "random_state") == 0;
}

static void test_stored(void **state)
{
    (void)state;
    CLEANUP(scene_fini) struct scene scene;
    scene_init(&scene, KATIB, NULL);
    scene_derive(&scene, &(struct derive_given){.setting_known = grid_knows});
    expect_item(&scene, "lr", true, DERIVE_STORED, "double", "{'min':'0','max':'1'}");
    expect_item(&scene, "seed", true, DERIVE_STORED, "int", "{'min':'1','max':'9'}");
    expect_item(&scene, "depth", false, DERIVE_DERIVED, "int", "{'min':'1','max':'6','step':'1'}");
    expect_item(&scene, "gone", false, DERIVE_STORED, "int", "{'min':'1','max':'2'}");
    assert_null(item(&scene, "gone")->parameter);
    assert_int_equal(json_array_size(spec_of(&scene, "parameters")), 2);
    expect_problem(&scene, false, "spec.parameters", "'gone'");
    const json_t *objective = spec_of(&scene, "objective");
    expect_json("metric", json_object_get(objective, "objectiveMetricName"), "'val-loss'");
    expect_json("type", json_object_get(objective, "type"), "'maximize'");
    expect_json("goal", json_object_get(objective, "goal"), "0");
    expect_json("others", json_object_get(objective, "additionalMetricNames"), "['accuracy']");
    expect_problem(&scene, false, "spec.objective.additionalMetricNames", "'old'");
    expect_json(
        "algorithm", spec_of(&scene, "algorithm"),
        "{'algorithmName':'grid','algorithmSettings':[{'name':'random_state','value':'10'}]}");
    expect_problem(&scene, false, "spec.algorithm.algorithmSettings", "'acq_func'");
    expect_json("trials", spec_of(&scene, "maxTrialCount"), "15");
    expect_json("parallel", spec_of(&scene, "parallelTrialCount"), "5");
    expect_json("failed", spec_of(&scene, "maxFailedTrialCount"), "3");
    assert_int_equal(scene.derivation.objective_origin, DERIVE_STORED);
    assert_int_equal(scene.derivation.run_origin, DERIVE_STORED);
    assert_int_equal(scene.derivation.problems.errors, 0);
}

static void test_stored_wrong(void **state)
{
    (void)state;
    CLEANUP(scene_fini) struct scene scene;
    scene_init(
        &scene,
        "{'parameters':[{'name':'lr','parameterType':'double','feasibleSpace':{'min':'0','max':'1'}"
        "},"
        "{'name':'depth','parameterType':'categorical','feasibleSpace':{'list':['3','deep']}},"
        "{'name':'flag','parameterType':'int','feasibleSpace':{'min':'0','max':'1'}}],"
        "'objective':{'type':'minimize','objectiveMetricName':'recall'}}",
        NULL);
    scene_derive(&scene, NULL);
    expect_problem(&scene, true, "spec.parameters[1].feasibleSpace",
                   "'deep' is no value for depth, whose type in the cell is int");
    expect_problem(&scene, true, "spec.parameters[2].feasibleSpace", "flag is a bool");
    expect_problem(&scene, true, "spec.objective.objectiveMetricName", "'recall' is none of");
}

static void test_own(void **state)
{
    (void)state;
    CLEANUP(scene_fini) struct scene scene;
    scene_init(&scene, KATIB,
               "{'version':1,'engine':'local','maxTrialCount':null,'parameters':[{'name':'depth','"
               "parameterType':"
               "'int','feasibleSpace':{'min':'2','max':'4'}}],'else':1}");
    scene_derive(&scene, NULL);
    assert_string_equal(scene.derivation.engine, "local");
    assert_null(spec_of(&scene, "maxTrialCount"));
    expect_item(&scene, "depth", false, DERIVE_STORED, "int", "{'min':'2','max':'4'}");
    CLEANUP(scene_fini) struct scene newer;
    scene_init(&newer, NULL, "{'version':2,'maxTrialCount':null}");
    scene_derive(&newer, NULL);
    expect_json("trials", spec_of(&newer, "maxTrialCount"), "12");
    expect_problem(&newer, false, "metadata.nbkatib.version", "newer");
    CLEANUP(scene_fini) struct scene given;
    scene_init(&given, NULL, "{'version':1,'maxTrialCount':null}");
    scene_derive(&given, &(struct derive_given){.max_trials = "7"});
    expect_json("trials", spec_of(&given, "maxTrialCount"), "7");
}

static void test_annotated(void **state)
{
    (void)state;
    CLEANUP(scene_fini) struct scene scene;
    const char *opts[] = {"adam", "sgd"}, *depths[] = {"2", "4", "8"}, *wrong[] = {"2", "deep"};
    scene_init(&scene, NULL, NULL);
    scene.parameters[0].range = (struct nbt_range){.min = "0.001", .max = "0.1", .step = "0.001"};
    scene.parameters[1].range =
        (struct nbt_range){.min = "", .max = "", .step = "", .choices = depths, .n_choices = 3};
    scene.parameters[2].range =
        (struct nbt_range){.min = "", .max = "", .step = "", .choices = opts, .n_choices = 2};
    scene.parameters[4].range = (struct nbt_range){.min = "1", .max = "99", .step = ""};
    scene_derive(&scene, NULL);
    expect_item(&scene, "lr", true, DERIVE_ANNOTATED, "double",
                "{'min':'0.001','max':'0.1','step':'0.001'}");
    expect_item(&scene, "depth", true, DERIVE_ANNOTATED, "discrete", "{'list':['2','4','8']}");
    expect_item(&scene, "opt", true, DERIVE_ANNOTATED, "categorical", "{'list':['adam','sgd']}");
    expect_item(&scene, "seed", false, DERIVE_ANNOTATED, "int", "{'min':'1','max':'99'}");
    CLEANUP(scene_fini) struct scene bad;
    scene_init(&bad, NULL, NULL);
    bad.parameters[0].range = (struct nbt_range){.min = "5", .max = "1", .step = ""};
    bad.parameters[1].range =
        (struct nbt_range){.min = "", .max = "", .step = "", .choices = wrong, .n_choices = 2};
    scene_derive(&bad, NULL);
    expect_item(&bad, "lr", true, DERIVE_DERIVED, "double", "{'min':'0.001','max':'0.1'" LOG "}");
    expect_problem(&bad, false, "lr", "min 5 is above max 1");
    expect_problem(&bad, false, "depth", "'deep'");
}

/* --param: what the grammar gives. */
static void test_param(void **state)
{
    (void)state;
    static const struct {
        const char *option, *name, *type, *feasible;
    } rows[] = {
        {"lr=1e-4..1e-1:log", "lr", "double", "{'min':'1e-4','max':'1e-1'" LOG "}"},
        {"lr=0..1:0.1", "lr", "double", "{'min':'0','max':'1','step':'0.1'}"},
        {"lr=1..5", "lr", "double", "{'min':'1','max':'5'}"},
        {"lr=-1..-.5:normal", "lr", "double", "{'min':'-1','max':'-.5','distribution':'normal'}"},
        {"lr=0.1,0.01", "lr", "discrete", "{'list':['0.1','0.01']}"},
        {"depth=1..5", "depth", "int", "{'min':'1','max':'5'}"},
        {"depth=1..9:2", "depth", "int", "{'min':'1','max':'9','step':'2'}"},
        {"depth=1..512:log", "depth", "int", "{'min':'1','max':'512'" LOG "}"},
        {"depth=1..9:log:2", "depth", "int", "{'min':'1','max':'9','step':'2'" LOG "}"},
        {"depth=0.5..1.5", "depth", "double", "{'min':'0.5','max':'1.5'}"},
        {"depth=2,4,8", "depth", "discrete", "{'list':['2','4','8']}"},
        {"opt=adam,sgd", "opt", "categorical", "{'list':['adam','sgd']}"},
        {"opt=../a,../b", "opt", "categorical", "{'list':['../a','../b']}"},
        {"opt=multi:softprob,multi:softmax", "opt", "categorical",
         "{'list':['multi:softprob','multi:softmax']}"},
        {"opt=a\\,b,c\\d", "opt", "categorical", "{'list':['a,b','c\\\\d']}"},
        {"opt=1..5", "opt", "int", "{'min':'1','max':'5'}"},
        {"opt=007,010", "opt", "categorical", "{'list':['007','010']}"},
        {"flag=true,FALSE", "flag", "categorical", "{'list':['True','False']}"},
        {"seed=1,2,3", "seed", "discrete", "{'list':['1','2','3']}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        CLEANUP(scene_fini) struct scene scene;
        scene_init(&scene, KATIB, NULL);
        scene_derive(&scene,
                     &(struct derive_given){.parameters = &rows[i].option, .n_parameters = 1});
        if (scene.derivation.problems.errors)
            fail_msg("%s: %s", rows[i].option, scene.derivation.problems.items[0].text);
        expect_item(&scene, rows[i].name, true, DERIVE_GIVEN, rows[i].type, rows[i].feasible);
    }
}

static void test_param_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *option, *path, *part;
    } rows[] = {
        {"lr=1..x", "--param lr", "'1..x' is not a range, expected MIN..MAX"},
        {"lr=5..1", "--param lr", "min 5 is above max 1"},
        {"lr=0..1:log", "--param lr", "no logarithm"},
        {"lr=0..1:0", "--param lr", "the step is 0"},
        {"lr=0..1:log:log", "--param lr", "is not a range"},
        {"lr=0..1:cubic", "--param lr", "is not a range"},
        {"lr=a,b", "--param lr", "'a' is no value for lr, whose type in the cell is float"},
        {"lr=", "--param lr", "a value is empty"},
        {"lr=0.1,,1", "--param lr", "a value is empty"},
        {"lr=0.1,0.1", "--param lr", "'0.1' stands there twice"},
        {"lr=nan..1", "--param lr", "is not a range"},
        {"flag=0..1", "--param flag", "flag is a bool"},
        {"flag=yes,no", "--param flag",
         "'yes' is no value for flag, whose type in the cell is bool"},
        {"lr2=0..1", "--param lr2", "an expression"},
        {"nope=1..2", "--param nope",
         "no parameter 'nope', it has: lr, depth, opt, flag, seed, lr2"},
        {"lr", "--param lr", "expected NAME=VALUE"},
        {"lr=\xff", "--param", "not valid UTF-8"},
        {"=1", "--param =1", "expected NAME=VALUE"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        CLEANUP(scene_fini) struct scene scene;
        scene_init(&scene, NULL, NULL);
        scene_derive(&scene,
                     &(struct derive_given){.parameters = &rows[i].option, .n_parameters = 1});
        expect_problem(&scene, true, rows[i].path, rows[i].part);
        assert_int_equal(scene.derivation.problems.errors, 1);
        assert_int_equal(item(&scene, "lr")->origin, DERIVE_DERIVED);
    }
}

static void test_fixed(void **state)
{
    (void)state;
    CLEANUP(scene_fini) struct scene scene;
    const char *fixed[] = {"depth=7", "flag=false", "opt=a=b", "seed=x",
                           "lr2=1",   "nope=1",     "depth=8"};
    scene_init(&scene, NULL, NULL);
    scene_derive(&scene, &(struct derive_given){.fixed = fixed, .n_fixed = COUNT(fixed)});
    expect_json("fixed", scene.derivation.fixed, "{'depth':'7','flag':'False','opt':'a=b'}");
    assert_false(item(&scene, "depth")->selected);
    assert_int_equal(item(&scene, "depth")->origin, DERIVE_GIVEN);
    assert_int_equal(json_array_size(spec_of(&scene, "parameters")), 1);
    expect_problem(&scene, true, "--fix seed", "'x' is no value for type int");
    expect_problem(&scene, true, "--fix lr2", "an expression");
    expect_problem(&scene, true, "--fix nope", "no parameter");
    expect_problem(&scene, true, "--fix depth", "twice");
    CLEANUP(scene_fini) struct scene both;
    const char *param = "depth=1..5", *fix = "depth=3";
    scene_init(&both, NULL, NULL);
    scene_derive(&both, &(struct derive_given){
                            .parameters = &param, .n_parameters = 1, .fixed = &fix, .n_fixed = 1});
    expect_problem(&both, true, "--fix depth", "--param as well");
}

static void test_objective(void **state)
{
    (void)state;
    static const struct {
        const char *katib, *objective, *goal, *want; /* want: type metric goal origin */
    } rows[] = {
        {NULL, "accuracy", NULL, "maximize accuracy - given"},
        {NULL, "min:accuracy", "0.5", "minimize accuracy 0.5 given"},
        {NULL, "max:val_loss", NULL, "maximize val-loss - given"},
        {NULL, "val-loss", "none", "minimize val-loss - given"},
        {NULL, NULL, "-1e-3", "minimize val-loss -0.001 derived"},
        {KATIB, NULL, NULL, "maximize val-loss 0 stored"},
        {KATIB, NULL, "none", "maximize val-loss - stored"},
        {KATIB, NULL, "2", "maximize val-loss 2 stored"},
        {KATIB, "val_loss", NULL, "maximize val-loss 0 given"},
        {KATIB, "min:val_loss", NULL, "minimize val-loss - given"},
        {KATIB, "accuracy", NULL, "maximize accuracy - given"},
        {"{'objective':{'type':'minimize','objectiveMetricName':''},'maxTrialCount':12}", NULL,
         NULL, "minimize val-loss - derived"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        CLEANUP(scene_fini) struct scene scene;
        char got[128], goal[NBT_NUMBER_MAX] = "-";
        scene_init(&scene, rows[i].katib, NULL);
        scene_derive(&scene,
                     &(struct derive_given){.objective = rows[i].objective, .goal = rows[i].goal});
        const json_t *objective = spec_of(&scene, "objective");
        if (json_object_get(objective, "goal"))
            nbt_format_double(goal, json_number_value(json_object_get(objective, "goal")));
        snprintf(got, sizeof(got), "%s %s %s %s",
                 json_string_value(json_object_get(objective, "type")),
                 json_string_value(json_object_get(objective, "objectiveMetricName")), goal,
                 derive_origin_name(scene.derivation.objective_origin));
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("row %zu: got '%s', want '%s'", i, got, rows[i].want);
    }
}

static void test_direction(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"val_loss", "minimize"},
        {"logLoss", "minimize"},
        {"neg_mean_squared_error", "maximize"},
        {"r2", "maximize"},
        {"RMSE", "minimize"},
        {"lossless", "maximize"},
        {"train_time", "minimize"},
        {"NegLogLoss", "maximize"},
        {"xgb_sq_err", "minimize"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        CLEANUP(scene_fini) struct scene scene;
        scene_init(&scene, NULL, NULL);
        scene.metrics[0] = (struct nbt_metric){.variable = rows[i][0], .name = rows[i][0]};
        scene_derive(&scene, NULL);
        const char *got = json_string_value(json_object_get(spec_of(&scene, "objective"), "type"));
        if (strcmp(got, rows[i][1]) != 0)
            fail_msg("%s: %s, want %s", rows[i][0], got, rows[i][1]);
    }
}

static void test_no_metric(void **state)
{
    (void)state;
    CLEANUP(scene_fini) struct scene scene;
    scene_init(&scene, NULL, NULL);
    scene.notebook.n_metrics = 1; /* depth, a parameter */
    scene_derive(&scene, &(struct derive_given){.objective = "max:recall"});
    expect_problem(&scene, true, "spec.objective.objectiveMetricName",
                   "all metrics are parameters");
    expect_problem(&scene, true, "--objective",
                   "'max:recall' is none of the notebook's metrics (depth)");
}

/* The notebook's own diagnostic says that there is no metrics cell: not a second time here. */
static void test_no_metrics_cell(void **state)
{
    (void)state;
    CLEANUP(scene_fini) struct scene scene;
    scene_init(&scene, "{'objective':{'type':'minimize','objectiveMetricName':'recall'}}", NULL);
    scene.notebook.n_metrics = 0;
    scene.notebook.n_cells = 0;
    scene_derive(&scene, NULL);
    assert_int_equal(scene.derivation.problems.errors, 0);
}

static void test_run_options(void **state)
{
    (void)state;
    CLEANUP(scene_fini) struct scene scene;
    const char *settings[] = {"random_state=5", "a=b=c", "bad"};
    scene_init(&scene, KATIB, NULL);
    scene_derive(&scene, &(struct derive_given){.algorithm = "random",
                                                .settings = settings,
                                                .n_settings = 3,
                                                .max_trials = "none",
                                                .parallel = "20",
                                                .max_failed = "0",
                                                .seed = "18446744073709551615",
                                                .name = "exact"});
    expect_json(
        "algorithm", spec_of(&scene, "algorithm"),
        "{'algorithmName':'random','algorithmSettings':[{'name':'random_state','value':'5'},"
        "{'name':'a','value':'b=c'}]}");
    expect_problem(&scene, true, "--setting", "'bad' is not a setting");
    assert_null(spec_of(&scene, "maxTrialCount"));
    expect_json("parallel", spec_of(&scene, "parallelTrialCount"), "20");
    expect_json("failed", spec_of(&scene, "maxFailedTrialCount"), "0");
    assert_string_equal(experiment_annotation(scene.derivation.document, EXPERIMENT_SEED),
                        "18446744073709551615");
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(scene.derivation.document, "metadata"), "name")),
                        "exact");
    assert_int_equal(scene.derivation.run_origin, DERIVE_GIVEN);
    /* what was not asked for gives way to a small number of trials; --seed replaces a stored
     * random_state */
    CLEANUP(scene_fini) struct scene small;
    scene_init(&small, KATIB, NULL);
    scene_derive(&small, &(struct derive_given){.max_trials = "2", .seed = "0"});
    expect_json("parallel", spec_of(&small, "parallelTrialCount"), "2");
    expect_json("failed", spec_of(&small, "maxFailedTrialCount"), "2");
    expect_json(
        "algorithm", spec_of(&small, "algorithm"),
        "{'algorithmName':'grid','algorithmSettings':[{'name':'acq_func','value':'gp_hedge'}]}");
}

static void test_run_wrong(void **state)
{
    (void)state;
    static const struct {
        struct derive_given given;
        const char *path, *part;
    } rows[] = {
        {{.max_trials = "0"},
         "--trials",
         "'0' is not a count, expected an integer from 1, or none"},
        {{.max_trials = "many"}, "--trials", "'many'"},
        {{.max_trials = "99999999999"}, "--trials", "'99999999999'"},
        {{.parallel = "0"}, "--parallel", "from 1"},
        {{.max_failed = "-1"}, "--max-failed", "from 0"},
        {{.seed = "-1"}, "--seed", "'-1' is not a seed"},
        {{.seed = "18446744073709551616"}, "--seed", "is not a seed"},
        {{.seed = ""}, "--seed", "is not a seed"},
        {{.goal = "nan"}, "--goal", "'nan' is not a finite number"},
        {{.goal = "inf"}, "--goal", "'inf'"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        CLEANUP(scene_fini) struct scene scene;
        scene_init(&scene, NULL, NULL);
        scene_derive(&scene, &rows[i].given);
        expect_problem(&scene, true, rows[i].path, rows[i].part);
    }
}

static void test_names(void **state)
{
    (void)state;
    CLEANUP(scene_fini) struct scene scene;
    scene_init(&scene, NULL, NULL);
    scene.kale = quoted("{'experiment_name':'Stored Name'}");
    scene.notebook.kale = scene.kale;
    scene_derive(&scene, NULL);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(scene.derivation.document, "metadata"), "name")),
                        "stored-name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document),     cmocka_unit_test(test_stored),
        cmocka_unit_test(test_stored_wrong), cmocka_unit_test(test_own),
        cmocka_unit_test(test_annotated),    cmocka_unit_test(test_param),
        cmocka_unit_test(test_param_wrong),  cmocka_unit_test(test_fixed),
        cmocka_unit_test(test_objective),    cmocka_unit_test(test_direction),
        cmocka_unit_test(test_no_metric),    cmocka_unit_test(test_no_metrics_cell),
        cmocka_unit_test(test_run_options),  cmocka_unit_test(test_run_wrong),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
