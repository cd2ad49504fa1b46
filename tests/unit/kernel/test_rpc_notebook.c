/* Methods about a live notebook: good ones, and metadata of every wrong kind. */
#include <unistd.h>

#include "tests/unit/kernel/calls.h"

static void inspection(void **state)
{
    auto_json json_t *result = call("inspect", live_with("{}", "{}"));
    char path[128];

    (void)state;
    snprintf(path, sizeof(path), "%s/model.ipynb", home);
    assert_string_equal(text(result, "notebook"), path);
    const json_t *cells = json_object_get(result, "cells");
    assert_int_equal(json_array_size(cells), 3);
    assert_string_equal(text(json_array_get(cells, 1), "id"), "w");
    const json_t *parameters = json_object_get(result, "parameters");
    assert_string_equal(text(named(parameters, "x"), "value"), "4");
    assert_string_equal(text(named(parameters, "ratio"), "type"), "expression");
}

static void unsaved_notebooks_belong_to_the_root(void **state)
{
    json_t *params = live_with("{}", "{}");
    char path[128];

    (void)state;
    json_object_set_new(params, "notebook", json_null());
    auto_json json_t *result = call("inspect", params);
    snprintf(path, sizeof(path), "%s/Untitled.ipynb", home);
    assert_string_equal(text(result, "notebook"), path);
}

static void other_documents_are_refused(void **state)
{
    static const char *const table[] = {
        "{}",
        "{\"cells\": 3, \"metadata\": {}, \"nbformat\": 4, \"nbformat_minor\": 5}",
        "{\"cells\": [], \"metadata\": {}, \"nbformat\": 3, \"nbformat_minor\": 0}",
        "{\"cells\": [], \"metadata\": {}, \"nbformat\": \"4\"}",
        "{\"apiVersion\": \"kubeflow.org/v1beta1\", \"kind\": \"Experiment\"}",
    };
    static const char *const methods[] = {"inspect", "validate", "preview", "run"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++)
        for (size_t k = 0; k < COUNT_OF(methods); k++)
            call_refused(methods[k],
                         json_pack("{s:n, s:o}", "notebook", "document", parse(table[i])),
                         RPC_PRODUCT, "document");
}

static bool has_problem(const json_t *problems, const char *severity, const char *path)
{
    size_t i;
    json_t *problem;
    json_array_foreach(problems, i, problem)
    {
        if (strcmp(text(problem, "path"), path) == 0 &&
            strcmp(text(problem, "severity"), severity) == 0)
            return true;
    }
    return false;
}

static void expect_problem(const json_t *problems, const char *severity, const char *path,
                           const char *why)
{
    if (has_problem(problems, severity, path))
        return;
    auto_free char *found = json_dumps(problems, JSON_INDENT(1));
    fail_msg("%s: no %s at '%s' among\n%.1500s", why, severity, path, found);
}

#define STORED(members) "{\"kubeflow_notebook\": {\"katib_metadata\": {" members "}}}"
#define OBJECTIVE       "\"objective\": {\"type\": \"maximize\", \"objectiveMetricName\": \"score\"}"
#define X(type, feasible)                                                                          \
    STORED("\"parameters\": [{\"name\": \"x\", \"parameterType\": \"" type                         \
           "\", \"feasibleSpace\": {" feasible "}}], " OBJECTIVE)
#define AT(field) "spec.parameters[0].feasibleSpace" field

static void stored_faults_are_told_at_their_field(void **state)
{
    static const struct {
        const char *metadata, *severity, *path;
    } table[] = {
        {X("double", "\"min\": \"1,5\", \"max\": \"9\""), "error", AT(".min")},
        {X("double", "\"min\": \"1\", \"max\": \"\""), "error", AT(".max")},
        {X("double", "\"min\": \"\", \"max\": \"\""), "error", AT(".min")},
        {X("double", "\"min\": \"9\", \"max\": \"1\""), "error", AT(".min")},
        {X("double", "\"min\": \"0\", \"max\": \"1\", \"distribution\": \"logUniform\""), "error",
         AT(".min")},
        {X("double", "\"min\": \"nan\", \"max\": \"1\""), "error", AT(".min")},
        {X("int", "\"min\": \"1e-3\", \"max\": \"9\""), "error", AT(".min")},
        {X("int", "\"min\": \"-.5\", \"max\": \"9\""), "error", AT(".min")},
        {X("int", "\"min\": \"1\", \"max\": \"9\", \"step\": \"0\""), "error", AT(".step")},
        {X("int", "\"min\": \"1\", \"max\": \"9\", \"step\": \"x\""), "error", AT(".step")},
        {X("categorical", "\"list\": []"), "error", AT(".list")},
        {STORED("\"maxTrialCount\": \"1,5\""), "warning", "spec.maxTrialCount"},
        {STORED("\"maxTrialCount\": \"1e-3\""), "warning", "spec.maxTrialCount"},
        {STORED("\"maxTrialCount\": 0"), "error", "spec.maxTrialCount"},
        {STORED("\"parallelTrialCount\": -3"), "error", "spec.parallelTrialCount"},
        {STORED("\"parallelTrialCount\": {}"), "warning", "spec.parallelTrialCount"},
        {STORED("\"maxFailedTrialCount\": []"), "warning", "spec.maxFailedTrialCount"},
        {STORED("\"objective\": {\"goal\": \"1,5\"}"), "warning", "spec.objective.goal"},
        {STORED("\"objective\": 5"), "warning", "spec.objective"},
        {STORED("\"objective\": {\"type\": \"upwards\", \"objectiveMetricName\": \"score\"}"),
         "error", "spec.objective.type"},
        {STORED("\"parameters\": {}"), "warning", "spec.parameters"},
        {STORED("\"algorithm\": []"), "warning", "spec.algorithm"},
        {STORED("\"algorithm\": {\"algorithmName\": \"magic\"}"), "error",
         "spec.algorithm.algorithmName"},
        /* Kale's dialog never clears settings, and grid keeps those of another algorithm. */
        {STORED("\"algorithm\": {\"algorithmName\": \"grid\", \"algorithmSettings\": [{\"name\": "
                "\"acq_func\", \"value\": \"gp_hedge\"}]}"),
         "warning", "spec.algorithm.algorithmSettings"},
        /* A parameter that the notebook lost. */
        {STORED("\"parameters\": [{\"name\": \"gone\", \"parameterType\": \"int\", "
                "\"feasibleSpace\": {\"min\": \"1\", \"max\": \"2\"}}, {\"name\": \"x\", "
                "\"parameterType\": \"int\", \"feasibleSpace\": {\"min\": \"1\", \"max\": "
                "\"2\"}}]"),
         "warning", "spec.parameters"},
        {"{\"nbkatib\": {\"version\": 9}}", "warning", "metadata.nbkatib.version"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        auto_json json_t *result = call("validate", live_with(table[i].metadata, "{}"));
        expect_problem(json_object_get(result, "problems"), table[i].severity, table[i].path,
                       table[i].metadata);
    }
}

/* What Kale's dialog leaves behind and is none the less meant. */
static void what_kale_stores_is_taken(void **state)
{
    static const char *const table[] = {
        X("float", "\"min\": \".5\", \"max\": \"1e1\", \"step\": \"\""),
        X("double", "\"min\": \"1e-3\", \"max\": \"1\""),
        X("double", "\"min\": \"-.5\", \"max\": \".5\""),
        X("int", "\"min\": 1, \"max\": 9, \"step\": 2"),
        X("categorical", "\"list\": [\"1\", \"2\"]"),
        STORED("\"maxTrialCount\": \"7\", \"objective\": {\"goal\": 0, \"type\": \"minimize\", "
               "\"objectiveMetricName\": \"score\"}"),
        "{\"kubeflow_notebook\": {\"experiment\": {\"id\": \"new\", \"name\": \"\"}, "
        "\"katib_run\": true, \"unknown\": [1, {\"deep\": null}]}}",
        "{\"kubeflow_notebook\": 5}",
        "{\"kubeflow_notebook\": {\"katib_metadata\": \"text\"}}",
        "{\"nbkatib\": [1]}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        auto_json json_t *result = call("validate", live_with(table[i], "{}"));
        size_t k;
        json_t *problem;
        json_array_foreach(json_object_get(result, "problems"), k, problem)
        {
            if (strcmp(text(problem, "severity"), "error") == 0)
                fail_msg("%s: %s %s", table[i], text(problem, "path"), text(problem, "text"));
        }
    }
}

static void a_cell_that_is_missing(void **state)
{
    static const struct {
        const char *tag, *code;
    } table[] = {{"pipeline-parameters", "no-parameters"}, {"pipeline-metrics", "no-metrics"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        json_t *params = live_with("{}", "{}");
        json_t *cells = json_object_get(json_object_get(params, "document"), "cells");
        json_array_remove(cells, i == 0 ? 0 : 2);
        json_t *again = json_deep_copy(params);
        auto_json json_t *result = call("validate", params);
        assert_true(json_is_null(json_object_get(result, "gridPoints")));
        auto_json json_t *error = refused("run", again, RPC_PRODUCT, "");
        const json_t *problems = json_object_get(json_object_get(error, "data"), "problems");
        bool found = false;
        size_t k;
        json_t *problem;
        json_array_foreach(problems, k, problem) found |=
            strncmp(text(problem, "code"), table[i].code, strlen(table[i].code)) == 0 &&
            strcmp(text(problem, "severity"), "error") == 0;
        if (!found)
            fail_msg("%s: %s", table[i].tag, json_dumps(problems, 0));
    }
    auto_json json_t *list = call("list", json_object());
    assert_int_equal(json_array_size(json_object_get(list, "experiments")), 0);
}

static void huge_metadata(void **state)
{
    json_t *params = live_with("{}", "{}");
    json_t *metadata = json_object_get(json_object_get(params, "document"), "metadata");
    json_t *list = json_array();

    (void)state;
    for (int i = 0; i < 3000; i++) {
        char name[32];
        snprintf(name, sizeof(name), "p%d", i);
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:{s:s, s:s}}", "name", name, "parameterType",
                                        "int", "feasibleSpace", "min", "1", "max", "2"));
    }
    json_object_set_new(metadata, "kubeflow_notebook",
                        json_pack("{s:{s:o}}", "katib_metadata", "parameters", list));
    auto_json json_t *result = call("validate", params);
    /* None of them is in the notebook: nothing is left to search. */
    expect_problem(json_object_get(result, "problems"), "error", "spec.parameters", "3000 stored");
}

static void options_are_checked(void **state)
{
    static const struct {
        const char *options;
        int code;
        const char *path;
    } table[] = {
        {"{\"trials\": \"3\"}", RPC_PRODUCT, "options.trials"},
        {"{\"timeout\": 90}", RPC_PRODUCT, "options.timeout"},
        {"{\"keep\": \"yes\"}", RPC_PRODUCT, "options.keep"},
        {"{\"timeout\": \"soon\"}", RPC_PRODUCT, "options.timeout"},
        {"{\"trialTimeout\": \"-5\"}", RPC_PRODUCT, "options.trialTimeout"},
        {"{\"cellTimeout\": \"1.5h\"}", RPC_PRODUCT, "options.cellTimeout"},
        {"{\"engine\": \"moon\"}", RPC_PRODUCT, "options.engine"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        call_refused("validate", with(live_with("{}", "{}"), "options", table[i].options),
                     table[i].code, table[i].path);
        call_refused("run", with(live_with("{}", "{}"), "options", table[i].options), table[i].code,
                     table[i].path);
    }
    call_refused("run", with(live_with("{}", "{}"), "options", "{\"kernel\": \"fortran\"}"),
                 RPC_PRODUCT, "options.kernel");
    call_ok("validate", with(live_with("{}", "{}"), "options",
                             "{\"timeout\": \"\", \"seed\": \"\", \"name\": \"\", \"engine\": "
                             "null}"));
}

static void names_and_seeds_are_problems(void **state)
{
    static const struct {
        const char *options, *path;
    } table[] = {
        {"{\"name\": \"Bad_Name\"}", "options.name"},
        {"{\"name\": \"-a\"}", "options.name"},
        {"{\"name\": \"a-name-that-is-longer-than-forty-characters-all-in-all\"}", "options.name"},
        {"{\"name\": \"../up\"}", "options.name"},
        {"{\"seed\": \"1e-3\"}", "options.seed"},
        {"{\"seed\": \"18446744073709551616\"}", "options.seed"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        auto_json json_t *result =
            call("validate", with(live_with("{}", "{}"), "options", table[i].options));
        expect_problem(json_object_get(result, "problems"), "error", table[i].path,
                       table[i].options);
        auto_json json_t *error = refused(
            "run", with(live_with("{}", "{}"), "options", table[i].options), RPC_PRODUCT, "");
        expect_problem(json_object_get(json_object_get(error, "data"), "problems"), "error",
                       table[i].path, table[i].options);
    }
}

static void grids_are_counted_in_full(void **state)
{
    json_t *params = live_with("{}", "{}");
    json_t *document = json_object_get(params, "document");
    json_t *list = json_array();
    char source[4096] = "";

    (void)state;
    for (int i = 0; i < 40; i++) {
        char line[32], name[16];
        snprintf(name, sizeof(name), "p%d", i);
        snprintf(line, sizeof(line), "%s = 1\n", name);
        memcpy(source + strlen(source), line, strlen(line) + 1);
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:{s:s, s:s}}", "name", name, "parameterType",
                                        "int", "feasibleSpace", "min", "1", "max", "1000000007"));
    }
    json_object_set_new(json_array_get(json_object_get(document, "cells"), 0), "source",
                        json_string(source));
    json_object_set_new(json_object_get(document, "metadata"), "kubeflow_notebook",
                        json_pack("{s:{s:o}}", "katib_metadata", "parameters", list));
    auto_json json_t *result = call("validate", params);
    /* 1000000007 to the 40th, as Python writes it. */
    const char *points = text(result, "gridPoints");
    assert_int_equal(strlen(points), 361);
    if (strncmp(points, "1000000280000038220003", 22) != 0)
        fail_msg("%s", points);
    assert_string_equal(points + 361 - 20, "48781307155139224001");
}

static void small_grids(void **state)
{
    (void)state;
    auto_json json_t *nine = call("validate", live_with(RANGE_OF_X(""), "{}"));
    assert_string_equal(text(nine, "gridPoints"), "9");
    assert_string_equal(text(nine, "resolvedAlgorithm"), "random");
    auto_json json_t *endless =
        call("validate", live_with(X("double", "\"min\": \"0\", \"max\": \"1\""), "{}"));
    assert_true(json_is_null(json_object_get(endless, "gridPoints")));
}

static void a_preview_is_the_experiment(void **state)
{
    (void)state;
    auto_json json_t *result = call("preview", with(live_with(RANGE_OF_X(""), "{}"), "options",
                                                    "{\"name\": \"seen\", \"seed\": \"5\"}"));
    assert_non_null(strstr(text(result, "yaml"), "name: seen"));
    const json_t *metadata = json_object_get(json_object_get(result, "experiment"), "metadata");
    assert_string_equal(text(metadata, "name"), "seen");
    assert_string_equal(text(json_object_get(metadata, "annotations"), "nbkatib.dev/seed"), "5");
}

static void folders_that_are_not_there(void **state)
{
    json_t *params = live_with("{}", "{}");

    (void)state;
    json_object_set_new(params, "notebook", json_string("away/model.ipynb"));
    call_refused("run", params, RPC_PRODUCT, "notebook");
    params = live_with("{}", "{}");
    auto_free char *path = calloc(1, 6000);
    memset(path, 'x', 5999);
    json_object_set_new(params, "notebook", json_string(path));
    call_refused("inspect", params, RPC_PRODUCT, "notebook");
}

static void tables_for_forms(void **state)
{
    auto_json json_t *algorithms = call("algorithms", json_object());
    auto_json json_t *tags = call("tags", json_object());
    auto_json json_t *environment = call("environment", json_object());
    const json_t *random = named(algorithms, "random");
    const json_t *seed = named(json_object_get(random, "settings"), "random_state");
    const json_t *kernel = named(json_object_get(environment, "kernels"), "python3");

    (void)state;
    assert_string_equal(text(random, "title"), "Random Search");
    assert_string_equal(text(seed, "type"), "int");
    assert_int_equal(json_integer_value(json_object_get(seed, "minimum")), 0);
    assert_string_equal(json_string_value(json_array_get(json_object_get(random, "engines"), 0)),
                        "local");
    assert_string_equal(text(kernel, "displayName"), "Python 3");
    assert_string_equal(text(environment, "state"), home);
    assert_int_equal(json_array_size(json_object_get(tags, "roles")), 6);
}

/* The tags that are offered are those that the reader knows, each by its role. */
static void tags_are_read_as_they_are_offered(void **state)
{
    auto_json json_t *tags = call("tags", json_object());
    size_t i;
    json_t *role;

    (void)state;
    json_array_foreach(json_object_get(tags, "roles"), i, role)
    {
        bool step = strcmp(text(role, "role"), "step") == 0;
        json_t *params = live_with("{}", "{}");
        json_t *cells = json_object_get(json_object_get(params, "document"), "cells");
        json_array_append_new(cells, cell("q", step ? "step:train" : text(role, "tag"), "y = 1"));
        auto_json json_t *result = call("inspect", params);
        const json_t *last = json_array_get(json_object_get(result, "cells"), 3);
        assert_string_equal(text(last, "role"), text(role, "role"));
    }
}

static void values_of_kernels_that_are_not_there(void **state)
{
    static const char *const bad[] = {"[\"x.y\"]", "[\"x y\"]", "[\"\"]",
                                      "[\"1x\"]",  "[\"f()\"]", "[\"x\\n\"]"};
    char file[160];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        call_refused("values", json_pack("{s:s, s:o}", "kernelId", "a", "names", parse(bad[i])),
                     RPC_PRODUCT, "names[0]");
    call_refused("values", json_pack("{s:s, s:[s]}", "kernelId", "../a", "names", "x"), RPC_PRODUCT,
                 "kernelId");
    auto_json json_t *absent =
        call("values", json_pack("{s:s, s:[s]}", "kernelId", "5d1e-0d8c", "names", "x"));
    assert_string_equal(text(absent, "skipped"), "dead");
    /* Its file is still there, but nobody listens. */
    snprintf(file, sizeof(file), "%s/jupyter/runtime", home);
    assert_int_equal(file_mkdir_all(file, 0700, NULL), 0);
    snprintf(file, sizeof(file), "%s/jupyter/runtime/kernel-left.json", home);
    static const char connection[] =
        "{\"transport\": \"ipc\", \"ip\": \"/nowhere/k\", \"key\": \"x\", \"signature_scheme\": "
        "\"hmac-sha256\", \"shell_port\": 1, \"iopub_port\": 2, \"stdin_port\": 3, "
        "\"control_port\": 4, \"hb_port\": 5}";
    assert_int_equal(file_write_atomic(file, connection, sizeof(connection) - 1, 0600, NULL), 0);
    auto_json json_t *left =
        call("values", json_pack("{s:s, s:[s]}", "kernelId", "left", "names", "x"));
    assert_string_equal(text(left, "skipped"), "dead");
    assert_int_equal(unlink(file), 0);
    assert_int_equal(symlink("/etc/hostname", file), 0);
    call_refused("values", json_pack("{s:s, s:[s]}", "kernelId", "left", "names", "x"), RPC_PRODUCT,
                 "kernelId");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_greeted, drop_client)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(inspection),
        TEST(unsaved_notebooks_belong_to_the_root),
        TEST(other_documents_are_refused),
        TEST(stored_faults_are_told_at_their_field),
        TEST(what_kale_stores_is_taken),
        TEST(a_cell_that_is_missing),
        TEST(huge_metadata),
        TEST(options_are_checked),
        TEST(names_and_seeds_are_problems),
        TEST(grids_are_counted_in_full),
        TEST(small_grids),
        TEST(a_preview_is_the_experiment),
        TEST(folders_that_are_not_there),
        TEST(tables_for_forms),
        TEST(tags_are_read_as_they_are_offered),
        TEST(values_of_kernels_that_are_not_there),
    };

    int status = stub_dispatch(argc, argv);
    return status >= 0 ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
