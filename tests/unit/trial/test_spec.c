/* The file between engine and trial process, and what a trial process says of a bad one. */
#include <unistd.h>

#include "base/file.h"
#include "support.h"
#include "trial/spec.h"

static char path[64];

static void write_spec(const char *text)
{
    struct nbt_error err = NBT_ERROR_INIT;
    assert_ok(file_replace(path, text, strlen(text), 0600, &err));
}

static void options_survive_the_file(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *assignments = assignments_of("lr=0.5;name=it's");
    auto_json json_t *spec = NULL;
    struct trial_options got;
    struct trial_options given = {
        .name = "t-1",
        .notebook = "/a b/\"q\"\n.ipynb",
        .directory = "/a b",
        .output = "/out",
        .assignments = assignments,
        .kernel = "python3",
        .objective = "acc",
        .trial_timeout_s = 90,
        .cell_timeout_s = 5,
        .threads = 2,
        .isolation = TRIAL_ISOLATE,
        .snapshots = true,
        .reports = true,
        .keep_workspace = true,
        .marker = "e/t-1",
        .cancel_fd = -1,
    };
    assert_ok(trial_spec_write(path, &given, &err));
    assert_ok(spec_read(&spec, &got, path, &err));
    assert_string_equal(got.name, given.name);
    assert_string_equal(got.notebook, given.notebook);
    assert_string_equal(got.directory, given.directory);
    assert_string_equal(got.output, given.output);
    assert_string_equal(got.kernel, given.kernel);
    assert_string_equal(got.objective, given.objective);
    assert_string_equal(got.marker, given.marker);
    assert_null(got.connection_file);
    assert_true(json_equal(got.assignments, given.assignments));
    assert_int_equal(got.trial_timeout_s, 90);
    assert_int_equal(got.cell_timeout_s, 5);
    assert_int_equal(got.threads, 2);
    assert_int_equal(got.isolation, TRIAL_ISOLATE);
    assert_true(got.snapshots && got.reports && got.keep_workspace);
}

#define GOOD                                                                                       \
    "\"notebook\":\"a\",\"directory\":\"b\",\"output\":\"c\",\"isolation\":\"share\","             \
    "\"assignments\":[]"

struct row {
    const char *name, *text;
    int code;
    const char *path;
};

static const struct row rows[] = {
    {"as small as may be", "{" GOOD "}", 0, ""},
    {"unknown members", "{" GOOD ",\"later\":1}", 0, ""},
    {"not JSON", "{", NBT_EPARSE, ""},
    {"not an object", "[]", NBT_EINVAL, ""},
    {"another build", "{" GOOD ",\"build\":\"x\"}", NBT_EVERSION, "build"},
    {"no notebook", "{\"directory\":\"b\"}", NBT_EINVAL, "notebook"},
    {"a number for text", "{" GOOD ",\"kernel\":1}", NBT_EINVAL, "kernel"},
    {"a negative limit", "{" GOOD ",\"cell_timeout_s\":-1}", NBT_EINVAL, "cell_timeout_s"},
    {"text for a flag", "{" GOOD ",\"reports\":\"yes\"}", NBT_EINVAL, "reports"},
    {"an isolation that is none",
     "{\"notebook\":\"a\",\"directory\":\"b\",\"output\":\"c\",\"isolation\":\"jail\"}", NBT_EINVAL,
     "isolation"},
    {"no assignments",
     "{\"notebook\":\"a\",\"directory\":\"b\",\"output\":\"c\",\"isolation\":\"share\"}",
     NBT_EINVAL, "assignments"},
};

static void bad_specs_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct trial_options options;
        auto_json json_t *spec = NULL;
        write_spec(rows[i].text);
        int code = spec_read(&spec, &options, path, &err);
        if (code != rows[i].code || strcmp(err.path, rows[i].path) != 0)
            fail_msg("%s: got %d at \"%s\" (%s), want %d at \"%s\"", rows[i].name, code, err.path,
                     err.text, rows[i].code, rows[i].path);
    }
}

static void a_process_with_a_bad_spec_says_so(void **state)
{
    (void)state;
    char line[2048] = "";
    int ends[2];
    write_spec("{" GOOD ",\"build\":\"x\"}");
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(trial_main(path, ends[1]), 3);
    assert_true(read(ends[0], line, sizeof line - 1) > 0);
    auto_json json_t *event = json_loads(line, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(event, "event")), "finished");
    assert_string_equal(json_string_value(json_object_get(event, "state")), "Failed");
    assert_non_null(strstr(json_string_value(json_object_get(event, "message")), "build x"));
    close(ends[0]);
    close(ends[1]);
}

static int name_file(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/nbkatib-spec-%d.json", (int)getpid());
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_survive_the_file),
        cmocka_unit_test(bad_specs_are_refused),
        cmocka_unit_test(a_process_with_a_bad_spec_says_so),
    };
    return cmocka_run_group_tests(tests, name_file, remove_file);
}
