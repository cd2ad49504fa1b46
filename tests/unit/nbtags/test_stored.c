#include <stdlib.h>

#include "check.h"
#include "nbtags/nbtags.h"

/*
 * How one value of the stored katib_metadata arrives in notebook->katib; NULL: not at all. What
 * cannot be used is a warning, which the last column counts. (Whole documents:
 * tests/cases/notebook.)
 */
static const struct {
    const char *stored, *want;
    size_t warnings;
} cases[] = {
    {"null", NULL, 0},
    {"{}", NULL, 0},
    {"[]", NULL, 1},
    {"{\"maxTrialCount\": 12}", "{\"maxTrialCount\": 12}", 0},
    {"{\"maxTrialCount\": \"12\"}", "{\"maxTrialCount\": 12}", 0},
    {"{\"maxTrialCount\": 12.0}", "{\"maxTrialCount\": 12}", 0},
    {"{\"maxTrialCount\": 12.5}", NULL, 1},
    {"{\"maxTrialCount\": \"\"}", NULL, 0},
    {"{\"maxTrialCount\": NaN}", NULL, 1},
    {"{\"maxTrialCount\": 1e300}", NULL, 1},
    {"{\"maxTrialCount\": \"12 trials\"}", NULL, 1},
    {"{\"unknown\": 1}", NULL, 0},
    {"{\"objective\": {}}", "{\"objective\": {}}", 0},
    {"{\"objective\": {\"goal\": 0}}", "{\"objective\": {\"goal\": 0}}", 0},
    {"{\"objective\": {\"goal\": 0.9}}", "{\"objective\": {\"goal\": 0.9}}", 0},
    {"{\"objective\": {\"goal\": \"0.9\"}}", "{\"objective\": {\"goal\": 0.9}}", 0},
    {"{\"objective\": {\"goal\": null}}", "{\"objective\": {}}", 0},
    {"{\"objective\": {\"goal\": \"\"}}", "{\"objective\": {}}", 0},
    {"{\"objective\": {\"goal\": Infinity}}", "{\"objective\": {}}", 1},
    {"{\"objective\": {\"goal\": \"high\"}}", "{\"objective\": {}}", 1},
    {"{\"objective\": {\"metricStrategies\": [{\"name\": \"a\", \"value\": \"max\"}]}}",
     "{\"objective\": {\"metricStrategies\": [{\"name\": \"a\", \"value\": \"max\"}]}}", 0},
    {"{\"algorithm\": {\"algorithmName\": \"tpe\", \"algorithmSettings\": []}}",
     "{\"algorithm\": {\"algorithmName\": \"tpe\"}}", 0},
    {"{\"algorithm\": {\"algorithmSettings\": [{\"name\": \"a\", \"value\": true}, {\"name\": "
     "\"b\"}]}}",
     "{\"algorithm\": {\"algorithmSettings\": [{\"name\": \"a\", \"value\": \"True\"}]}}", 0},
    {"{\"parameters\": [{\"name\": \"a\", \"parameterType\": \"float\", \"feasibleSpace\": "
     "{\"min\": 1e-05, \"max\": \"1\", \"step\": null, \"distribution\": \"logUniform\"}}]}",
     "{\"parameters\": [{\"name\": \"a\", \"parameterType\": \"double\", \"feasibleSpace\": "
     "{\"min\": \"1e-05\", \"max\": \"1\", \"distribution\": \"logUniform\"}}]}",
     0},
    {"{\"parameters\": [{\"name\": \"a\", \"feasibleSpace\": {\"list\": [\"x\", null]}}]}",
     "{\"parameters\": [{\"name\": \"a\", \"parameterType\": \"categorical\", \"feasibleSpace\": "
     "{\"list\": [\"x\"]}}]}",
     1},
    {"{\"parameters\": [{\"name\": \"\"}]}", "{\"parameters\": []}", 1},
    {"{\"parameters\": {}}", NULL, 1},
};

static struct nbt_notebook *notebook_with(const char *metadata)
{
    char text[2048];
    struct nbt_notebook *notebook = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    int length = snprintf(text, sizeof(text),
                          "{\"nbformat\": 4, \"metadata\": %s, \"cells\": ["
                          "{\"cell_type\": \"code\", \"source\": \"a = 1\", "
                          "\"metadata\": {\"tags\": [\"pipeline-parameters\"]}}, "
                          "{\"cell_type\": \"code\", \"source\": \"print(m)\", "
                          "\"metadata\": {\"tags\": [\"pipeline-metrics\"]}}]}",
                          metadata);
    assert_true(length > 0 && (size_t)length < sizeof(text));
    if (nbt_read_bytes(&notebook, "stored", text, (size_t)length, &err) < 0)
        fail_msg("%s: %s", metadata, err.text);
    return notebook;
}

static size_t warnings_of(const struct nbt_notebook *notebook)
{
    size_t count = 0;
    for (size_t i = 0; i < notebook->n_diagnostics; i++) {
        assert_string_equal(notebook->diagnostics[i].code, "bad-stored-value");
        count += notebook->diagnostics[i].severity == NBT_WARNING;
    }
    return count;
}

static int check_case(const char *stored, const char *want, size_t warnings)
{
    char metadata[1024];
    snprintf(metadata, sizeof(metadata), "{\"kubeflow_notebook\": {\"katib_metadata\": %s}}",
             stored);
    struct nbt_notebook *notebook = notebook_with(metadata);
    json_t *expected = want ? json_loads(want, 0, NULL) : NULL;
    bool same = want ? json_equal(notebook->katib, expected) : !notebook->katib;
    size_t count = warnings_of(notebook);
    if (!same || count != warnings) {
        char *got = json_dumps(notebook->katib, 0);
        print_error("%s:\n got %s, %zu warnings\nwant %s, %zu\n", stored, got ? got : "nothing",
                    count, want ? want : "nothing", warnings);
        free(got);
    }
    json_decref(expected);
    nbt_free(notebook);
    return same && count == warnings ? 0 : 1;
}

static void test_katib(void **state)
{
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        wrong += check_case(cases[i].stored, cases[i].want, cases[i].warnings);
    assert_int_equal(wrong, 0);
}

/* What Kale and its successors keep there stays as it is, whatever it means. */
static void test_kept(void **state)
{
    static const char stored[] =
        "{\"kubeflow_notebook\": {\"volumes\": [{\"size\": \"5\", \"size_type\": \"\"}, {\"size\": "
        "5}], "
        "\"marshal_path\": \"/marshal\", \"katib_run\": false, \"katib_metadata\": {\"x\": {\"y\": "
        "1}}}, "
        "\"nbkatib\": {\"version\": 1, \"later\": [null]}, \"kernelspec\": {\"name\": \"k\"}}";
    struct nbt_notebook *notebook = notebook_with(stored);
    json_t *want = json_loads(stored, 0, NULL);
    (void)state;
    assert_non_null(want);
    assert_true(json_equal(notebook->metadata, want));
    assert_true(json_equal(notebook->kale, json_object_get(want, "kubeflow_notebook")));
    assert_true(json_equal(notebook->own, json_object_get(want, "nbkatib")));
    assert_null(notebook->katib);
    json_decref(want);
    nbt_free(notebook);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_katib),
        cmocka_unit_test(test_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
