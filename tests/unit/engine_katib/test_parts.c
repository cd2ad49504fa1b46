/* The parts of a translation: quantities, choices, tags of a pod, settings of a cluster, files. */
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "check.h"
#include "engine/katib/choices.h"
#include "engine/katib/cluster.h"
#include "engine/katib/files.h"
#include "engine/katib/pod.h"
#include "engine/katib/quantity.h"
#include "engine/katib/template.h"

static json_t *quoted(const char *text)
{
    char copy[2048];
    json_error_t where;
    snprintf(copy, sizeof(copy), "%s", text);
    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    json_t *value = json_loads(copy, JSON_DECODE_ANY, &where);
    if (!value)
        fail_msg("%s: %s", text, where.text);
    return value;
}

static void expect(const char *what, const json_t *got, const char *text)
{
    auto_json json_t *want = quoted(text);
    auto_free char *shown = got ? json_dumps(got, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (!json_equal(got, want))
        fail_msg("%s: got %s, want %s", what, shown ? shown : "nothing", text);
}

static bool told(const struct experiment_problems *problems, bool error, const char *part)
{
    for (size_t i = 0; i < problems->count; i++) {
        if (problems->items[i].error == error && strstr(problems->items[i].text, part))
            return true;
    }
    return false;
}

static void test_quantities(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double want; /* 0: none */
    } cases[] = {
        {"1", 1},
        {"500m", 0.5},
        {"1.5", 1.5},
        {"2k", 2000},
        {"1Ki", 1024},
        {"2Gi", 0x1p31},
        {"1e3", 1000},
        {"1E", 1e18},
        {".5", 0.5},
        {"0", 0},
        {"-1", 0},
        {"", 0},
        {"Gi", 0},
        {"1gi", 0},
        {"1 Gi", 0},
        {"two", 0},
        {"1KiB", 0},
        {"1..5", 0},
        {"99999999999999999999999999999999999999999", 1e41},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double got = -7;
        bool is = quantity_parse(cases[i].text, &got);
        if (is != (cases[i].want > 0) ||
            (is && (got < cases[i].want * 0.999999 || got > cases[i].want * 1.000001)))
            fail_msg("'%s': %d %g, want %g", cases[i].text, is, got, cases[i].want);
        assert_true(is || got == -7);
    }
}

/* Only lists that hold something unsafe are sent as tokens, and then as a whole. */
static void test_choices(void **state)
{
    (void)state;
    static const char *const unsafe[] = {"", "a\"", "a\\b", "$x", "a\nb", "\x01", "\x7f"};
    for (size_t i = 0; i < COUNT_OF(unsafe); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        auto_json json_t *choices = NULL;
        auto_json json_t *spec =
            json_pack("{s:[{s:s, s:{s:[s, s]}}, {s:s, s:{s:[s, s]}}]}", "parameters", "name", "p",
                      "feasibleSpace", "list", "plain é; 'x' `y`", unsafe[i], "name", "q",
                      "feasibleSpace", "list", "a b", "c,d");
        assert_int_equal(katib_encode_choices(spec, &choices, &err), 0);
        const json_t *parameters = json_object_get(spec, "parameters");
        expect("p", json_object_get(json_array_get(parameters, 0), "feasibleSpace"),
               "{'list':['c0','c1']}");
        expect("q", json_object_get(json_array_get(parameters, 1), "feasibleSpace"),
               "{'list':['a b','c,d']}");
        assert_int_equal(json_object_size(choices), 1);
        assert_string_equal(json_string_value(json_object_get(json_object_get(choices, "p"), "c1")),
                            unsafe[i]);
    }
}

static void test_variables(void **state)
{
    (void)state;
    static const struct {
        const char *name, *want;
    } cases[] = {{"lr", "lr"}, {"_x9", "_x9"}, {"learning.rate", "3"}, {"α", "3"},
                 {"9x", "3"},  {"", "3"},      {"a b", "3"},           {"a}", "3"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char got[KATIB_NAME_SIZE];
        katib_variable(got, cases[i].name, 3);
        assert_string_equal(got + strlen(KATIB_VARIABLE), cases[i].want);
    }
}

/* A notebook of two steps and what holds for all of them. */
#define STEP(tags)                                                                                 \
    "{'cell_type':'code','execution_count':null,'metadata':{'tags':[" tags                         \
    "]},'outputs':[],'source':'x'}"

static struct nbt_notebook *notebook_of(const char *steps, const char *kale)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct nbt_notebook *notebook = NULL;
    CLEANUP(buf_fini) struct buf text = buf_init(65536);
    buf_printf(
        &text,
        "{'cells':[%s],'metadata':{'kubeflow_notebook':{%s}},'nbformat':4,'nbformat_minor':4}",
        steps, kale);
    for (size_t i = 0; i < text.length; i++)
        text.data[i] = text.data[i] == '\'' ? '"' : text.data[i];
    if (nbt_read_bytes(&notebook, "nb.ipynb", text.data, text.length, &err) < 0)
        fail_msg("%s", err.text);
    return notebook;
}

static void test_pod_tags(void **state)
{
    (void)state;
    static const struct {
        const char *steps, *kale, *cluster, *want,
            *text; /* text: an error or a warning; NULL: none */
    } cases[] = {
        {STEP("'step:a','limit:memory:512Mi','limit:cpu:1'") "," STEP(
             "'step:b','limit:memory:1Gi','limit:cpu:500m'"),
         "", "{}", "{'labels':{},'annotations':{},'limits':{'memory':'1Gi','cpu':'1'}}", NULL},
        {STEP("'skip'") "," STEP("'step:a','limit:nvidia.com/gpu:2'"),
         "'steps_defaults':['limit:nvidia.com/gpu:4','limit:cpu:2','label:k:v']", "{}",
         "{'labels':{'k':'v'},'annotations':{},'limits':{'nvidia.com/gpu':'2','cpu':'2'}}", NULL},
        {STEP("'step:a','limit:nvidia.com/gpu:2','limit:cpu:1'"), "",
         "{'gpu':'0','cpu':'3','memory':'1Gi'}",
         "{'labels':{},'annotations':{},'limits':{'cpu':'3','memory':'1Gi'}}", NULL},
        {STEP("'step:a'"), "", "{'gpu':'amd.com/gpu=1'}",
         "{'labels':{},'annotations':{},'limits':{'amd.com/gpu':'1'}}", NULL},
        {STEP("'step:a','label:k:x'") "," STEP("'step:b','label:k:y','annotation:n:any text'"), "",
         "{}", "{'labels':{'k':'x'},'annotations':{'n':'any text'},'limits':{}}",
         "the first counts"},
        {STEP("'step:a','label:k:two words'"), "", "{}", NULL,
         "has a value that Kubernetes refuses"},
        {STEP("'step:a','limit:memory:much'"), "", "{}", NULL, "is no quantity"},
        {STEP("'step:a'"), "", "{'gpu':'-1'}", NULL, "expected a number of devices"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
        auto_json json_t *cluster = quoted(cases[i].cluster);
        auto_json json_t *tags = NULL;
        struct nbt_notebook *notebook = notebook_of(cases[i].steps, cases[i].kale);
        assert_int_equal(katib_pod_tags(&tags, notebook, cluster, &problems, &err), 0);
        nbt_free(notebook);
        if (cases[i].text && !told(&problems, cases[i].want == NULL, cases[i].text))
            fail_msg("case %zu: nothing says '%s'", i, cases[i].text);
        assert_int_equal(problems.errors > 0, cases[i].want == NULL);
        if (cases[i].want)
            expect("tags", tags, cases[i].want);
    }
}

/* Given before stored before found. */
static void test_cluster(void **state)
{
    (void)state;
    static const struct {
        const char *given, *kale, *found, *want, *text;
    } cases[] = {
        {"{'image':'g'}", "'docker_image':'s'", "{'image':'f','namespace':'team'}",
         "{'image':'g','namespace':'team'}", NULL},
        {"{}", "'docker_image':'s'", "{'image':'f'}", "{'image':'s'}", NULL},
        {"{}", "'docker_image':''", "{'image':'f','service_account':'editor'}",
         "{'image':'f','service_account':'editor'}", NULL},
        {"{}", "", "{}", NULL, "no container image is named"},
        {"{'image':'g','notebook_volumes':true}", "",
         "{'volumes':[{'type':'clone','name':'w','mount':'/h','size':'5Gi'}]}",
         "{'image':'g','volumes':[{'type':'clone','name':'w','mount':'/h','size':'5Gi'}]}", NULL},
        {"{'image':'g'}", "'snapshot_volumes':true", "{}", "{'image':'g'}",
         "trials have none of them"},
        {"{'image':'g','notebook_volumes':true}", "", "{}", NULL, "its volumes are not known"},
        {"{'image':'g'}", "", "{'volumes':[{'type':'clone','name':'w','mount':'/h','size':'5Gi'}]}",
         "{'image':'g'}", NULL},
        {"{'image':'g'}", "'volume_access_mode':'rom','storage_class_name':'fast'", "{}",
         "{'image':'g','access_mode':'ReadOnlyMany','storage_class':'fast'}", NULL},
        {"{'image':'g'}", "'security_context':{'enabled':false,'run_as_user':1}", "{}",
         "{'image':'g'}", NULL},
        {"{'image':'g'}", "'volumes':[{'type':'clone','name':'w','mount_point':'/h'}]",
         "{'volumes':[{'type':'clone','name':'w','mount':'/h','size':'5Gi'}]}",
         "{'image':'g','volumes':[{'type':'clone','name':'w','mount':'/h','size':'5Gi'}]}", NULL},
        {"{'image':'g'}", "'volumes':[{'type':'clone','name':'w','mount_point':'/h'}]", "{}",
         "{'image':'g'}", "known inside its pod only"},
        {"{'image':'g'}", "'autosnapshot':true", "{}", "{'image':'g'}", "do not take"},
        {"'text'", "'docker_image':'s'", "{}", NULL, "is not a mapping"},
        {"{'image':'g'}",
         "'volumes':[{'type':'new_pvc','name':'d','mount_point':'/"
         "d','size':'2','size_type':'Gi'},{'type':'pv'}]",
         "{}", "{'image':'g','volumes':[{'type':'new','name':'d','mount':'/d','size':'2Gi'}]}",
         NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
        auto_json json_t *given = quoted(cases[i].given);
        auto_json json_t *found = quoted(cases[i].found);
        auto_json json_t *cluster = NULL;
        struct nbt_notebook *notebook = notebook_of("", cases[i].kale);
        if (!json_object_get(found, "image") && !json_object_get(found, "volumes") &&
            json_object_size(found) == 0) {
            json_decref(found);
            found = NULL;
        }
        assert_int_equal(katib_cluster(&cluster, given, notebook, found, &problems, &err), 0);
        nbt_free(notebook);
        if (cases[i].text && !told(&problems, cases[i].want == NULL, cases[i].text))
            fail_msg("case %zu: nothing says '%s'", i, cases[i].text);
        if (cases[i].want)
            expect(cases[i].given, cluster, cases[i].want);
        else
            assert_true(problems.errors > 0);
    }
}

/* Outputs stay behind; imports of all forms, and those of modules, are followed; what is no module
 * is not. */
static void test_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/nbkatib-files-XXXXXX";
    static const char *const made[][2] = {
        {"a.py", "import b, os\n  from  c.d import e\n"},
        {"b.py", "from . import q\n"},
        {"unused.py", ""},
        {"c/__init__.py", ""},
        {"c/d.py", "import f\n"},
        {"c/data.txt", "x"},
        {"f.py", ""},
        {"q.py", ""},
        {"car prices.csv", "1"},
        {"data/é.txt", "2"},
        {"secret.txt", "3"},
        {"car prices.csv", "1"},
        {"data/é.txt", "2"},
        {"secret.txt", "3"},
    };
    struct nbt_error err = NBT_ERROR_INIT;
    struct katib_files files = {0};
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        auto_free char *path = file_join(folder, made[i][0]);
        auto_free char *parent = file_folder(path);
        assert_int_equal(file_mkdir_all(parent, 0755, &err), 0);
        assert_int_equal(file_replace(path, made[i][1], strlen(made[i][1]), 0644, &err), 0);
    }
    struct nbt_notebook *notebook =
        notebook_of("{'cell_type':'code','execution_count':1,'metadata':{},'outputs':[{'output_"
                    "type':'stream','name':'stdout','text':'much'}],"
                    "'source':'import numpy as np, a as z\\n# don\\u0027t\\nread(\\\"car "
                    "prices.csv\\\", \\\"./data/é.txt\\\", "
                    "\\\"nothing\\\", \\\"../x\\\", \\\"data\\\")'}," STEP("'skip'"),
                    "");
    assert_int_equal(katib_files_collect(&files, notebook, folder, &err), 0);
    static const char *const want[] = {"nb.ipynb", "a.py", "b.py",           "c/__init__.py",
                                       "c/d.py",   "f.py", "car prices.csv", "data/é.txt"};
    assert_int_equal(files.n, COUNT_OF(want));
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        bool found = false;
        for (size_t k = 0; k < files.n; k++)
            found = found || strcmp(files.items[k].path, want[i]) == 0;
        if (!found)
            fail_msg("%s was not collected", want[i]);
    }
    assert_null(strstr(files.items[0].data, "much"));
    assert_non_null(strstr(files.items[0].data, "\"outputs\":[],\"source\":\"import numpy"));
    katib_files_fini(&files);
    nbt_free(notebook);
    assert_int_equal(file_remove_tree(folder, &err), 0);
}

/* A file without room is left out, and that is told; the experiment can be sent. */
static void test_large_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/nbkatib-files-XXXXXX";
    struct nbt_error err = NBT_ERROR_INIT;
    struct katib_files files = {0};
    CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
    assert_non_null(mkdtemp(folder));
    auto_free char *path = file_join(folder, "big.bin");
    auto_free char *zeros = calloc(KATIB_FILES_MAX, 1);
    assert_int_equal(file_replace(path, zeros, KATIB_FILES_MAX, 0644, &err), 0);
    struct nbt_notebook *notebook =
        notebook_of("{'cell_type':'code','execution_count':1,'metadata':{},'outputs':[],"
                    "'source':'open(\\\"big.bin\\\")'}",
                    "");
    assert_int_equal(katib_files_collect(&files, notebook, folder, &err), 0);
    assert_int_equal(files.n, 1);
    assert_string_equal(files.left_out, "big.bin");
    katib_files_check(&files, &problems);
    assert_true(told(&problems, false, "big.bin, which the notebook names, is too large"));
    assert_int_equal(problems.errors, 0);
    katib_files_fini(&files);
    nbt_free(notebook);
    assert_int_equal(file_remove_tree(folder, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantities), cmocka_unit_test(test_choices),
        cmocka_unit_test(test_variables),  cmocka_unit_test(test_pod_tags),
        cmocka_unit_test(test_cluster),    cmocka_unit_test(test_files),
        cmocka_unit_test(test_large_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
