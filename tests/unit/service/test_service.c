/* Durations, diffs, and the documents of verbs that need no engine. */
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/scope.h"
#include "check.h"
#include "service/internal.h"

static void durations(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* 0: refused */
    } table[] = {
        {"90", 90},
        {"90s", 90},
        {"15m", 900},
        {"2h", 7200},
        {"1d", 86400},
        {"366d", 31622400},
        {"367d", 0},
        {"0", 0},
        {"", 0},
        {"s", 0},
        {"-5", 0},
        {"1.5h", 0},
        {"2 h", 0},
        {"2H", 0},
        {"99999999999999999999", 0},
        {"9223372036854775807d", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        int64_t seconds = 0;
        int result = service_duration(table[i].text, &seconds, &err);
        if (seconds != table[i].seconds || (result == 0) != (table[i].seconds > 0))
            fail_msg("'%s' is %lld s (%s), expected %lld", table[i].text, (long long)seconds,
                     err.text, (long long)table[i].seconds);
    }
}

static void diffs(void **state)
{
    static const struct {
        const char *before, *after, *want;
    } table[] = {
        {"a\nb\n", "a\nb\n", ""},
        {"a\nb\nc", "a\nB\nc", "--- f\n+++ f\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"},
        {"a\nb\nc\n", "A\nB\nc\n", "--- f\n+++ f\n@@ -1,3 +1,3 @@\n-a\n-b\n+A\n+B\n c\n"},
        {"1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\nx\n3\n4\n5\n6\n7\n8\n9\n",
         "--- f\n+++ f\n@@ -1,5 +1,5 @@\n 1\n-2\n+x\n 3\n 4\n 5\n"},
        {"x\n2\n3\n4\n5\n6\n7\n8\n9\ny\n", "X\n2\n3\n4\n5\n6\n7\n8\n9\nY\n",
         "--- f\n+++ f\n@@ -1,4 +1,4 @@\n-x\n+X\n 2\n 3\n 4\n@@ -7,4 +7,4 @@\n 7\n 8\n "
         "9\n-y\n+Y\n"},
        {"a\nb\nc\n", "a\nb1\nb2\nc\n", "--- f\n+++ f\n@@ -1,3 +1,4 @@\n a\n-b\n+b1\n+b2\n c\n"},
        {"a\r\nb\r\n", "a\r\nB\r\n", "--- f\n+++ f\n@@ -1,2 +1,2 @@\n a\n-b\n+B\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        CLEANUP(buf_fini) struct buf out = buf_init(65536);
        diff_unified(&out, "f", table[i].before, table[i].after);
        if (strcmp(buf_text(&out), table[i].want) != 0)
            fail_msg("diff %zu:\n%s\nexpected:\n%s", i, buf_text(&out), table[i].want);
    }
}

static const char notebook[] =
    "{\"cells\":[{\"cell_type\":\"code\",\"id\":\"p\",\"metadata\":{\"tags\":[\"pipeline-"
    "parameters\"]},\"outputs\":[],"
    "\"execution_count\":null,\"source\":\"lr = 0.1\\nopt = 'a'\"},"
    "{\"cell_type\":\"code\",\"id\":\"s\",\"metadata\":{},\"outputs\":[],\"execution_count\":null,"
    "\"source\":\"loss = lr\"},"
    "{\"cell_type\":\"code\",\"id\":\"m\",\"metadata\":{\"tags\":[\"pipeline-metrics\"]},"
    "\"outputs\":[],"
    "\"execution_count\":null,\"source\":\"print(loss)\"}],"
    "\"metadata\":{\"kernelspec\":{\"name\":\"python3\"}},\"nbformat\":4,\"nbformat_minor\":5}";

static struct service_run live(void)
{
    return (struct service_run){
        .source = {.path = "live.ipynb", .bytes = notebook, .size = sizeof(notebook) - 1}};
}

static const json_t *at(const json_t *value, const char *a, const char *b, const char *c)
{
    value = json_object_get(value, a);
    value = b ? json_object_get(value, b) : value;
    return c ? json_object_get(value, c) : value;
}

static void an_experiment_is_what_was_asked(void **state)
{
    struct service_run run = live();
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *result = NULL;

    (void)state;
    run.source.given.name = "given";
    run.source.given.seed = "18446744073709551615";
    run.source.given.max_trials = "none";
    run.cell_timeout = "2m";
    if (service_experiment(&result, &run, &err) < 0)
        fail_msg("%s", err.text);
    const json_t *document = json_object_get(result, "experiment");
    const json_t *annotations = at(document, "metadata", "annotations", NULL);
    assert_string_equal(json_string_value(at(document, "metadata", "name", NULL)), "given");
    assert_string_equal(json_string_value(json_object_get(annotations, EXPERIMENT_SEED)),
                        "18446744073709551615");
    assert_string_equal(json_string_value(json_object_get(annotations, EXPERIMENT_SETTINGS)),
                        "{\"cell_timeout_s\":120}");
    assert_string_equal(json_string_value(json_object_get(annotations, EXPERIMENT_KERNEL)),
                        "python3");
    assert_null(at(document, "spec", "maxTrialCount", NULL));
    assert_string_equal(json_string_value(at(document, "spec", "objective", "objectiveMetricName")),
                        "loss");
    assert_string_equal(json_string_value(at(document, "spec", "objective", "type")), "minimize");
}

static void names_differ_and_fit(void **state)
{
    struct service_run run = live();
    char names[2][64];

    (void)state;
    run.source.path = "A notebook with a name that is much longer than forty letters.ipynb";
    for (int i = 0; i < 2; i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        auto_json json_t *result = NULL;
        if (service_experiment(&result, &run, &err) < 0)
            fail_msg("%s", err.text);
        const char *name = json_string_value(at(result, "experiment", "metadata", "name"));
        snprintf(names[i], sizeof(names[i]), "%s", name ? name : "");
        if (!experiment_name_valid(names[i]) || strncmp(names[i], "a-notebook", 10) != 0)
            fail_msg("the name is '%s'", names[i]);
    }
    assert_string_not_equal(names[0], names[1]);
}

static void broken_notebooks_are_no_experiments(void **state)
{
    static const char text[] = "{\"cells\":[],\"metadata\":{},\"nbformat\":4,\"nbformat_minor\":5}";
    struct service_run run = {
        .source = {.path = "empty.ipynb", .bytes = text, .size = sizeof(text) - 1}};
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *result = NULL;

    (void)state;
    if (service_experiment(&result, &run, &err) < 0)
        fail_msg("%s", err.text);
    assert_true(json_is_null(json_object_get(result, "experiment")));
    assert_true(problems_have_errors(json_object_get(result, "problems")));
}

static void inspection_tells_origins(void **state)
{
    static const char *const given[] = {"lr=0.01..1:log"};
    struct service_run run = live();
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *result = NULL;

    (void)state;
    run.source.given.parameters = given;
    run.source.given.n_parameters = 1;
    if (service_inspect(&result, &run.source, &err) < 0)
        fail_msg("%s", err.text);
    const json_t *lr = json_array_get(json_object_get(result, "parameters"), 0);
    const json_t *opt = json_array_get(json_object_get(result, "parameters"), 1);
    assert_string_equal(json_string_value(json_object_get(lr, "origin")), "given");
    assert_string_equal(json_string_value(at(lr, "range", "feasibleSpace", "distribution")),
                        "logUniform");
    assert_string_equal(json_string_value(json_object_get(opt, "origin")), "derived");
    assert_false(json_is_true(json_object_get(opt, "selected")));
    assert_int_equal(json_array_size(json_object_get(result, "cells")), 3);
}

static void problems_are_told_once(void **state)
{
    auto_json json_t *problems = json_array();
    auto_json json_t *one = json_pack("{s:s, s:s}", "severity", "error", "text", "x");

    (void)state;
    assert_int_equal(problems_add(problems, one, NULL), 0);
    assert_int_equal(problems_add(problems, one, NULL), 0);
    assert_int_equal(json_array_size(problems), 1);
    assert_true(problems_have_errors(problems));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations),
        cmocka_unit_test(diffs),
        cmocka_unit_test(an_experiment_is_what_was_asked),
        cmocka_unit_test(names_differ_and_fit),
        cmocka_unit_test(broken_notebooks_are_no_experiments),
        cmocka_unit_test(inspection_tells_origins),
        cmocka_unit_test(problems_are_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
