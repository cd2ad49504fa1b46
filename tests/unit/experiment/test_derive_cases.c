/* tests/cases/derive: notebooks whose ranges were worked by hand, and the real notebooks that they
 * are taken from when NBKATIB_NOTEBOOKS names their folder. */
#include <glob.h>
#include <stdlib.h>

#include "base/scope.h"
#include "check.h"
#include "experiment/derive.h"

static json_t *parameters_json(const struct derivation *derivation)
{
    json_t *list = json_array();
    for (size_t i = 0; i < derivation->n_parameters; i++) {
        const struct derive_parameter *item = &derivation->parameters[i];
        assert_int_equal(item->origin, DERIVE_DERIVED);
        json_array_append_new(
            list, json_pack("{s:s,s:b,s:O,s:O}", "name", item->name, "selected", item->selected,
                            "parameterType", json_object_get(item->spec, "parameterType"),
                            "feasibleSpace", json_object_get(item->spec, "feasibleSpace")));
    }
    return list;
}

/* type, objectiveMetricName and additionalMetricNames; null when nothing can be optimised. */
static json_t *objective_json(const struct derivation *derivation)
{
    const json_t *objective =
        json_object_get(json_object_get(derivation->document, "spec"), "objective");
    static const char *const keys[] = {"type", "objectiveMetricName", "additionalMetricNames"};
    json_t *ret = json_object();
    if (!json_object_get(objective, "objectiveMetricName")) {
        json_decref(ret);
        return json_null();
    }
    assert_null(json_object_get(objective, "goal"));
    for (size_t i = 0; i < 3; i++)
        json_object_set(ret, keys[i], json_object_get(objective, keys[i]));
    return ret;
}

static void compare(const char *name, const char *notebook_path, const char *expect_path)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct nbt_notebook *notebook = NULL;
    struct derivation derivation = {0};
    if (nbt_read(&notebook, notebook_path, &err) < 0)
        fail_msg("%s: %s", name, err.text);
    /* What is stored does not count here. */
    struct nbt_notebook bare = *notebook;
    bare.katib = bare.own = NULL;
    if (derive(&derivation, &bare, NULL, &err) < 0)
        fail_msg("%s: %s", name, err.text);
    auto_json json_t *want = json_load_file(expect_path, 0, NULL);
    assert_non_null(want);
    auto_json json_t *got = json_pack("{s:o,s:o}", "parameters", parameters_json(&derivation),
                                      "objective", objective_json(&derivation));
    if (!json_equal(got, want)) {
        auto_free char *got_text = json_dumps(got, JSON_INDENT(1));
        auto_free char *want_text = json_dumps(want, JSON_INDENT(1));
        fail_msg("%s: got %s\nwant %s", name, got_text, want_text);
    }
    derivation_fini(&derivation);
    nbt_free(notebook);
}

static void test_cases(void **state)
{
    (void)state;
    glob_t found = {0};
    assert_int_equal(glob(TESTS_DIR "/cases/derive/*/expect.json", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char input[4096];
        size_t folder = strlen(found.gl_pathv[i]) - strlen("expect.json");
        snprintf(input, sizeof(input), "%.*sinput.ipynb", (int)folder, found.gl_pathv[i]);
        compare(input, input, found.gl_pathv[i]);
    }
    assert_true(found.gl_pathc >= 6);
    globfree(&found);
}

static void test_real_notebooks(void **state)
{
    (void)state;
    static const char *const notebooks[] = {
        "car-price/predict_car_price", "kale/dog-breed-katib",
        "kale/open-vaccine",           "kale/taxicab_pipeline",
        "kale/xgboost_iris",           "kale/pipeline_parameters_and_metrics",
    };
    const char *folder = getenv("NBKATIB_NOTEBOOKS");
    if (!folder || !*folder)
        skip();
    for (size_t i = 0; i < sizeof(notebooks) / sizeof(notebooks[0]); i++) {
        char path[4096], expect[4096];
        snprintf(path, sizeof(path), "%s/%s.ipynb", folder, notebooks[i]);
        snprintf(expect, sizeof(expect), TESTS_DIR "/cases/derive/%s/expect.json",
                 strchr(notebooks[i], '/') + 1);
        compare(notebooks[i], path, expect);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_real_notebooks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
