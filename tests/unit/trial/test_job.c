/* What a trial in a pod is told, and what it tells. */
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/pack.h"
#include "base/process.h"
#include "base/scope.h"
#include "check.h"
#include "trial/job.h"
#include "quoted.h"

static void test_assignments(void **state)
{
    (void)state;
    static const struct {
        const char *job, *want, *text; /* want NULL: refused, with a part of the text */
    } cases[] = {
        {"{'parameters':[{'name':'lr','variable':'JOB_LR'}]}", "[{'name':'lr','value':'0.5'}]",
         NULL},
        {"{'parameters':[{'name':'o','variable':'JOB_O','values':{'c0':'a\\\\b','c1':'$x'}}]}",
         "[{'name':'o','value':'$x'}]", NULL},
        {"{'parameters':[{'name':'lr','variable':'JOB_LR'}],'fixed':{'n':'3'}}",
         "[{'name':'lr','value':'0.5'},{'name':'n','value':'3'}]", NULL},
        {"{}", "[]", NULL},
        {"{'parameters':[{'name':'x','variable':'JOB_NONE'}]}", NULL, "JOB_NONE is not set"},
        {"{'parameters':[{'name':'x','variable':'JOB_LEFT'}]}", NULL, "Katib replaced nothing"},
        {"{'parameters':[{'name':'o','variable':'JOB_O','values':{'c0':'a'}}]}", NULL,
         "none of the parameter's tokens"},
        {"{'parameters':[{'variable':'JOB_O'}]}", NULL, "belongs to no name"},
        {"{'parameters':[{'name':'x'}]}", NULL, "is not named"},
    };
    setenv("JOB_LR", "0.5", 1);
    setenv("JOB_O", "c1", 1);
    setenv("JOB_LEFT", "${trialParameters.x}", 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        auto_json json_t *job = quoted(cases[i].job);
        auto_json json_t *got = NULL;
        int result = job_assignments(&got, job, &err);
        if (cases[i].want) {
            auto_json json_t *want = quoted(cases[i].want);
            assert_int_equal(result, 0);
            assert_true(json_equal(got, want));
        } else if (result == 0 || !strstr(err.text, cases[i].text) ||
                   strcmp(err.path, "parameters[0]") != 0) {
            fail_msg("case %zu: '%s' at %s, want '%s'", i, err.text, err.path, cases[i].text);
        }
    }
}

static void write_job(const char *folder, const char *text)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_free char *path = file_join(folder, "job.json");
    CLEANUP(buf_fini) struct buf job = buf_init(4096);
    buf_puts(&job, text);
    for (size_t i = 0; i < job.length; i++)
        job.data[i] = job.data[i] == '\'' ? '"' : job.data[i];
    assert_int_equal(file_replace(path, buf_text(&job), job.length, 0644, &err), 0);
}

/* The first event of `nbkatib trial --job`. */
static json_t *first_event(const char *folder, int *ret_status)
{
    CLEANUP(buf_fini) struct buf command = buf_init(4096);
    char line[4096] = "";
    buf_printf(&command, NBKATIB_PROGRAM " trial --job %s/job.json", folder);
    FILE *stream = popen(buf_text(&command), "r"); /* NOLINT: our own program */
    assert_non_null(stream);
    assert_non_null(fgets(line, sizeof(line), stream));
    *ret_status = pclose(stream);
    return json_loads(line, 0, NULL);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *job, *text;
    } cases[] = {
        {"[]", "is not a JSON object"},
        {"{'version':2}", "reads version 1"},
        {"{'version':1}", "names no notebook"},
        {"{'version':1,'notebook':'n','metrics':'m','programs':{'x86_64':'00','aarch64':'00'}}",
         "is not the one that was sent"},
        {"{'version':1,'notebook':'n','metrics':'m','files':[{'key':'a','path':'../a'}]}",
         "leaves the notebook's folder"},
        {"{'version':1,'notebook':'n','metrics':'m','files':[{'key':'a','path':'x/../../a'}]}",
         "leaves the notebook's folder"},
        {"{'version':1,'notebook':'n','metrics':'m','files':[{'key':'a','path':'/etc/a'}]}",
         "leaves the notebook's folder"},
        {"{'version':1,'notebook':'n','metrics':'m','files':[{'key':'../job.json','path':'a'}]}",
         "leaves the notebook's folder"},
        {"{'version':1,'notebook':'n','metrics':'m','files':[{'key':'gone','path':'a'}]}", "gone"},
    };
    char folder[] = "/tmp/nbkatib-job-XXXXXX";
    struct nbt_error err = NBT_ERROR_INIT;
    assert_non_null(mkdtemp(folder));
    auto_free char *in = file_join(folder, "in");
    assert_int_equal(file_mkdir_all(in, 0755, &err), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int status = 0;
        write_job(in, cases[i].job);
        auto_json json_t *event = first_event(in, &status);
        const char *message = json_string_value(json_object_get(event, "message"));
        if (!message || !strstr(message, cases[i].text) || status == 0)
            fail_msg("case %zu: '%s', want '%s'", i, message ? message : "nothing", cases[i].text);
    }
    assert_int_equal(file_remove_tree(folder, &err), 0);
}

/* Without Katib there is no sidecar to wait for. */
static void test_no_sidecar(void **state)
{
    (void)state;
    unsetenv("KATIB_TRIAL_NAME");
    job_await_sidecar();
}

static void test_base64(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""}, {"a", "YQ=="}, {"ab", "YWI="}, {"abc", "YWJj"}, {"\xff\xfe", "//4="}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(buf_fini) struct buf text = buf_init(64);
        pack_base64(&text, cases[i][0], strlen(cases[i][0]));
        assert_string_equal(buf_text(&text), cases[i][1]);
    }
    auto_free char *zeros = calloc(100000, 1);
    CLEANUP(buf_fini) struct buf text = buf_init(200000);
    pack_base64(&text, zeros, 100000);
    assert_int_equal(text.length, (100000 + 2) / 3 * 4);
    assert_int_equal(strspn(buf_text(&text), "A"), 100000 / 3 * 4 + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_assignments),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_no_sidecar),
        cmocka_unit_test(test_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
