#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "check.h"
#include "experiment/experiment.h"

static int parse(json_t **ret_document, const char *text, struct nbt_error *err)
{
    return experiment_parse(ret_document, "t", text, strlen(text), err);
}

static json_t *must_parse(const char *text)
{
    struct nbt_error err = NBT_ERROR_INIT;
    json_t *document = NULL;
    if (parse(&document, text, &err) < 0)
        fail_msg("%s: %s", text, err.text);
    return document;
}

static void check_json(const json_t *got, const char *want)
{
    auto_free char *text = json_dumps(got, JSON_COMPACT);
    if (!text || strcmp(text, want) != 0)
        fail_msg("\n got %s\nwant %s", text ? text : "(none)", want);
}

static void tells_json_from_yaml(void **state)
{
    (void)state;
    static const struct {
        const char *text, *json;
    } rows[] = {
        {"{\"a\": 1}", "{\"a\":1}"},
        {" \n\t{ \"a\": \"\\ud83d\\ude00\" }\n", "{\"a\":\"\xF0\x9F\x98\x80\"}"},
        {"{a: 1}", "{\"a\":1}"},
        {"a: 1", "{\"a\":1}"},
        {"{}", "{}"},
        {"---\n{\"a\": 010}", "{\"a\":8}"},
        {"\xEF\xBB\xBF{\"a\": 1}", "{\"a\":1}"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_json json_t *document = must_parse(rows[i].text);
        check_json(document, rows[i].json);
    }
}

static void refuses_what_is_no_document(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int line;
        const char *part;
    } rows[] = {
        {"", 0, "empty"},
        {"{\"a\": 1", 1, "not valid JSON"},
        {"{\"a\": 1,\n \"a\": 2}", 2, "duplicate object key"},
        {"{\"goal\": NaN}", 1, "not valid JSON"},
        {"{\"a\": 1} x", 1, "end of file expected"},
        {"{\"a\": \"\xFF\"}", 1, "unable to decode byte 0xff"},
        {"[1]", 0, "holds a list"},
        {"just words", 0, "holds a text"},
        {"5", 0, "holds a number"},
        {"null", 0, "holds nothing"},
        {"true", 0, "holds a truth value"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        json_t *document = NULL;
        int code = parse(&document, rows[i].text, &err);
        if (code != NBT_EPARSE || document || err.line != rows[i].line ||
            !strstr(err.text, rows[i].part) || strncmp(err.text, "t: ", 3) != 0)
            fail_msg("%s\n got %d, line %d: %s\nwant line %d: %s", rows[i].text, code, err.line,
                     err.text, rows[i].line, rows[i].part);
    }
}

static void refuses_deep_json(void **state)
{
    (void)state;
    CLEANUP(buf_fini) struct buf text = buf_init(4096);
    struct nbt_error err = NBT_ERROR_INIT;
    json_t *document = NULL;
    for (int i = 0; i < 65; i++)
        buf_puts(&text, "{\"a\":");
    buf_puts(&text, "1");
    for (int i = 0; i < 65; i++)
        buf_puts(&text, "}");
    assert_int_equal(parse(&document, buf_text(&text), &err), NBT_EPARSE);
    assert_non_null(strstr(err.text, "nested deeper than 64"));
}

static void loads_files(void **state)
{
    (void)state;
    char path[] = "/tmp/nbkatib-experiment-XXXXXX";
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *document = NULL;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(file_write_all(fd, "a: 1\n", 5, &err), 0);
    close(fd);
    int code = experiment_load(&document, path, &err);
    unlink(path);
    assert_int_equal(code, 0);
    check_json(document, "{\"a\":1}");
    json_t *none = NULL;
    assert_int_equal(experiment_load(&none, path, &err), NBT_ENOTFOUND);
}

static void writes_known_fields_first_and_keeps_the_others(void **state)
{
    (void)state;
    auto_json json_t *document =
        must_parse("{\"zeta\":1,\"status\":{},\"spec\":{\"b\":1,\"a\":2},\"kind\":\"Experiment\","
                   "\"alpha\":[\"1\"],\"apiVersion\":\"kubeflow.org/v1beta1\"}");
    struct nbt_error err = NBT_ERROR_INIT;
    auto_free char *yaml = NULL;
    assert_int_equal(experiment_to_yaml(document, &yaml, &err), 0);
    assert_string_equal(yaml, "apiVersion: kubeflow.org/v1beta1\nkind: Experiment\nspec:\n  b: 1\n"
                              "  a: 2\nstatus: {}\nzeta: 1\nalpha:\n- \"1\"\n");
    auto_json json_t *back = must_parse(yaml);
    assert_true(json_equal(document, back));
}

static void makes_names(void **state)
{
    (void)state;
    static const struct {
        const char *text, *suffix, *name;
    } rows[] = {
        {"wine", NULL, "wine"},
        {"wine", "ab12", "wine-ab12"},
        {"My Notebook (1)", NULL, "my-notebook-1"},
        {"__x__", NULL, "x"},
        {"2024-report", NULL, "report"},
        {"", NULL, "notebook"},
        {NULL, NULL, "notebook"},
        {"123", "7f", "notebook-7f"},
        {"\xC3\xA9t\xC3\xA9", NULL, "t"},
        {"\xE6\x97\xA5\xE6\x9C\xAC", "x", "notebook-x"},
        {"a/../b", NULL, "a-b"},
        {"wine", "", "wine"},
        {"wine", "--", "wine"},
        {"wine", "A_b", "wine-a-b"},
        {"a234567890123456789012345678901234567890x", NULL,
         "a234567890123456789012345678901234567890"},
        {"a23456789012345678901234567890123456789-x", NULL,
         "a23456789012345678901234567890123456789"},
        {"a234567890123456789012345678901234567890", "abcdef",
         "a23456789012345678901234567890123-abcdef"},
        {"wine", "a234567890123456789012345678901234567890",
         "w-a2345678901234567890123456789012345678"},
        {"", "a234567890123456789012345678901234567890",
         "n-a2345678901234567890123456789012345678"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char name[EXPERIMENT_NAME_MAX + 1];
        experiment_name(name, rows[i].text, rows[i].suffix);
        if (strcmp(name, rows[i].name) != 0 || !experiment_name_valid(name))
            fail_msg("%s, %s\n got %s\nwant %s", rows[i].text ? rows[i].text : "(null)",
                     rows[i].suffix ? rows[i].suffix : "(null)", name, rows[i].name);
    }
}

static void knows_valid_names(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "a1", "a-b", "a--b",
                                       "a234567890123456789012345678901234567890"};
    static const char *const bad[] = {"",
                                      "-a",
                                      "a-",
                                      "1a",
                                      "A",
                                      "aB",
                                      "a.b",
                                      "a_b",
                                      "a b",
                                      "a\n",
                                      "\xC3\xA9",
                                      "../a",
                                      "a234567890123456789012345678901234567890x"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        if (!experiment_name_valid(good[i]))
            fail_msg("refused %s", good[i]);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (experiment_name_valid(bad[i]))
            fail_msg("accepted %s", bad[i]);
    }
}

static void annotates(void **state)
{
    (void)state;
    auto_json json_t *document = json_object();
    struct nbt_error err = NBT_ERROR_INIT;
    assert_null(experiment_annotation(document, EXPERIMENT_SEED));
    assert_int_equal(experiment_annotate(document, EXPERIMENT_SEED, "7", &err), 0);
    assert_int_equal(experiment_annotate(document, "b", "x", &err), 0);
    assert_int_equal(experiment_annotate(document, EXPERIMENT_SEED, "8", &err), 0);
    check_json(document,
               "{\"metadata\":{\"annotations\":{\"nbkatib.dev/seed\":\"8\",\"b\":\"x\"}}}");
    assert_string_equal(experiment_annotation(document, EXPERIMENT_SEED), "8");
    assert_int_equal(experiment_annotate(document, "c", "\xFF", &err), NBT_EINVAL);
    auto_json json_t *odd = must_parse("{\"metadata\":{\"annotations\":[1]}}");
    nbt_error_clear(&err);
    assert_int_equal(experiment_annotate(odd, "c", "x", &err), NBT_EINVAL);
    assert_string_equal(err.path, "metadata.annotations");
    check_json(odd, "{\"metadata\":{\"annotations\":[1]}}");
}

/* {given, with Katib's defaults} */
static const struct {
    const char *given, *filled;
} defaults[] = {
    {"spec: {}",
     "{\"spec\":{\"parallelTrialCount\":3,\"resumePolicy\":\"Never\",\"metricsCollectorSpec\":{"
     "\"collector\":{\"kind\":\"StdOut\"}}}}"},
    {"spec: {objective: {type: maximize, objectiveMetricName: a, additionalMetricNames: [b, c],\n"
     "  metricStrategies: [{name: b, value: latest}]}, parallelTrialCount: 1, resumePolicy: '',\n"
     "  metricsCollectorSpec: {collector: {kind: File}}}",
     "{\"spec\":{\"objective\":{\"type\":\"maximize\",\"objectiveMetricName\":\"a\","
     "\"additionalMetricNames\":[\"b\",\"c\"],\"metricStrategies\":[{\"name\":\"b\",\"value\":"
     "\"latest\"},{\"name\":\"a\",\"value\":\"max\"},{\"name\":\"c\",\"value\":\"max\"}]},"
     "\"parallelTrialCount\":1,\"resumePolicy\":\"Never\",\"metricsCollectorSpec\":{\"collector\":{"
     "\"kind\":\"File\"},\"source\":{\"fileSystemPath\":{\"kind\":\"File\",\"path\":"
     "\"/var/log/katib/metrics.log\",\"format\":\"TEXT\"}}}}}"},
    {"spec: {parameters: [{name: a, feasibleSpace: {min: '1'}}, {name: b, feasibleSpace:\n"
     "  {distribution: logUniform}}], parallelTrialCount: 1, resumePolicy: Never,\n"
     "  metricsCollectorSpec: {collector: {kind: TensorFlowEvent}},\n"
     "  trialTemplate: {trialSpec: {kind: Job}}}",
     "{\"spec\":{\"parameters\":[{\"name\":\"a\",\"feasibleSpace\":{\"min\":\"1\",\"distribution\":"
     "\"uniform\"}},{\"name\":\"b\",\"feasibleSpace\":{\"distribution\":\"logUniform\"}}],"
     "\"parallelTrialCount\":1,\"resumePolicy\":\"Never\",\"metricsCollectorSpec\":{\"collector\":{"
     "\"kind\":\"TensorFlowEvent\"},\"source\":{\"fileSystemPath\":{\"kind\":\"Directory\","
     "\"path\":\"/var/log/katib/tfevent/\"}}},\"trialTemplate\":{\"trialSpec\":{\"kind\":\"Job\"},"
     "\"successCondition\":\"status.conditions.#(type==\\\"Complete\\\")#|#(status==\\\"True\\\")#"
     "\","
     "\"failureCondition\":\"status.conditions.#(type==\\\"Failed\\\")#|#(status==\\\"True\\\")#\"}"
     "}}"},
    {"spec: {parallelTrialCount: 1, resumePolicy: Never,\n"
     "  metricsCollectorSpec: {collector: {kind: PrometheusMetric}},\n"
     "  trialTemplate: {successCondition: x, trialSpec: {kind: PyTorchJob}}}",
     "{\"spec\":{\"parallelTrialCount\":1,\"resumePolicy\":\"Never\",\"metricsCollectorSpec\":{"
     "\"collector\":{\"kind\":\"PrometheusMetric\"},\"source\":{\"httpGet\":{\"path\":\"/metrics\","
     "\"port\":8080}}},\"trialTemplate\":{\"successCondition\":\"x\",\"trialSpec\":{\"kind\":"
     "\"PyTorchJob\"},\"failureCondition\":\"status.conditions.#(type==\\\"Failed\\\")#|"
     "#(status==\\\"True\\\")#\",\"primaryPodLabels\":{\"training.kubeflow.org/job-role\":"
     "\"master\"}}}}"},
    {"a: 1", "{\"a\":1}"},
};

static void fills_katibs_defaults(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(defaults); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        auto_json json_t *document = must_parse(defaults[i].given);
        assert_int_equal(experiment_default(document, &err), 0);
        check_json(document, defaults[i].filled);
        /* Once more changes nothing. */
        assert_int_equal(experiment_default(document, &err), 0);
        check_json(document, defaults[i].filled);
    }
}

static void gives_the_typed_view(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    CLEANUP(experiment_spec_fini) struct experiment_spec spec;
    auto_json json_t *document = must_parse(
        "spec: {objective: {type: minimize, goal: 1, objectiveMetricName: loss,\n"
        "  additionalMetricNames: [acc, f1], metricStrategies: [{name: acc, value: latest}]},\n"
        "  algorithm: {algorithmName: grid, algorithmSettings: []}, maxTrialCount: 5}");
    assert_int_equal(experiment_spec_init(&spec, document, &err), 0);
    assert_false(spec.maximize);
    assert_true(spec.has_goal && spec.goal == 1);
    assert_int_equal(spec.n_metrics, 3);
    assert_string_equal(spec.metrics[0].name, "loss");
    assert_int_equal(spec.metrics[0].strategy, EXPERIMENT_MIN);
    assert_int_equal(spec.metrics[1].strategy, EXPERIMENT_LATEST);
    assert_string_equal(spec.metrics[2].name, "f1");
    assert_int_equal(spec.max_trials, 5);
    assert_int_equal(spec.max_failed, -1);
    assert_int_equal(spec.parallel, 3);
    assert_string_equal(spec.algorithm, "grid");
    assert_true(json_is_array(spec.settings));
}

static void the_typed_view_needs_names(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path;
    } rows[] = {
        {"spec: {algorithm: {algorithmName: grid}}", "spec.objective.objectiveMetricName"},
        {"spec: {objective: {objectiveMetricName: a}}", "spec.algorithm.algorithmName"},
        {"a: 1", "spec.objective.objectiveMetricName"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct experiment_spec spec;
        auto_json json_t *document = must_parse(rows[i].text);
        assert_int_equal(experiment_spec_init(&spec, document, &err), NBT_EINVAL);
        assert_string_equal(err.path, rows[i].path);
    }
}

#define CASES TESTS_DIR "/cases/experiment"

/* expect.error: "LINE:COLUMN: a part of the text". */
static bool check_refusal(const char *folder, int code, const struct nbt_error *err)
{
    auto_free char *path = file_join(folder, "expect.error");
    auto_free char *want = NULL;
    char got[900];
    size_t length;
    struct nbt_error problem = NBT_ERROR_INIT;
    if (file_read(path, 4096, &want, &length, &problem) < 0)
        fail_msg("%s", problem.text);
    want[strcspn(want, "\n")] = '\0';
    snprintf(got, sizeof(got), "%d:%d: %s", err->line, err->column, err->text);
    const char *place_end = strstr(want, ": ");
    if (code < 0 && place_end && strncmp(got, want, (size_t)(place_end - want) + 2) == 0 &&
        strstr(err->text, place_end + 2))
        return true;
    print_error("%s\n got %s\nwant %s\n", folder, code < 0 ? got : "no error", want);
    return false;
}

/* expect.json: {"template_required": false, "problems": [["error", path, a part of the text],
 * ...]}, all of them in order. */
static bool check_problems(const char *folder, const json_t *want,
                           const struct experiment_problems *got)
{
    const json_t *rows = json_object_get(want, "problems");
    bool good = json_array_size(rows) == got->count;
    for (size_t i = 0; good && i < got->count; i++) {
        const char *kind, *path, *text;
        const struct experiment_problem *problem = &got->items[i];
        if (json_unpack(json_array_get(rows, i), "[s, s, s]", &kind, &path, &text) < 0)
            fail_msg("%s: expect.json is not as it should be", folder);
        good = (strcmp(kind, "error") == 0) == problem->error && strcmp(path, problem->path) == 0 &&
               strstr(problem->text, text);
    }
    auto_free char *wanted = json_dumps(rows, JSON_INDENT(1));
    for (size_t i = 0; !good && i < got->count; i++)
        print_error("%s got %s %s: %s\n", folder, got->items[i].error ? "error" : "warning",
                    got->items[i].path, got->items[i].text);
    if (!good)
        print_error("%s want %s\n", folder, wanted);
    return good;
}

static bool check_case(const char *folder)
{
    CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
    auto_free char *input = file_join(folder, "input.yaml");
    auto_free char *json_input = file_join(folder, "input.json");
    auto_free char *expect = file_join(folder, "expect.json");
    auto_json json_t *document = NULL;
    auto_json json_t *back = NULL;
    auto_free char *yaml = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    int code = experiment_load(&document, access(input, R_OK) == 0 ? input : json_input, &err);
    auto_json json_t *want = json_load_file(expect, 0, NULL);
    if (!want || code < 0)
        return check_refusal(folder, code, &err);
    struct experiment_rules rules = {.trial_template_required =
                                         json_is_true(json_object_get(want, "template_required"))};
    experiment_validate(document, &rules, &problems);
    assert_int_equal(experiment_to_yaml(document, &yaml, &err), 0);
    assert_int_equal(experiment_parse(&back, "back", yaml, strlen(yaml), &err), 0);
    assert_true(json_equal(document, back));
    return check_problems(folder, want, &problems);
}

static void cases_come_out_as_expected(void **state)
{
    (void)state;
    DIR *cases = opendir(CASES);
    size_t n = 0;
    bool good = true;
    assert_non_null(cases);
    for (const struct dirent *entry; (entry = readdir(cases)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        auto_free char *folder = file_join(CASES, entry->d_name);
        good = check_case(folder) && good;
        n++;
    }
    closedir(cases);
    assert_true(good);
    assert_true(n > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_json_from_yaml),
        cmocka_unit_test(refuses_what_is_no_document),
        cmocka_unit_test(refuses_deep_json),
        cmocka_unit_test(loads_files),
        cmocka_unit_test(writes_known_fields_first_and_keeps_the_others),
        cmocka_unit_test(makes_names),
        cmocka_unit_test(knows_valid_names),
        cmocka_unit_test(annotates),
        cmocka_unit_test(fills_katibs_defaults),
        cmocka_unit_test(gives_the_typed_view),
        cmocka_unit_test(the_typed_view_needs_names),
        cmocka_unit_test(cases_come_out_as_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
