/* tests/cases/katib: an Experiment, what Katib would refuse in it, and what is sent where it
 * refuses nothing.
 *
 *     input.yaml     the Experiment
 *     expect.json    {"problems": [["error", path, a part of the text], ...]}, all of them in order
 *     expect.yaml    the Experiment that is sent, byte for byte; absent: it is refused
 */
#include <dirent.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "check.h"
#include "engine/katib/algorithms.h"
#include "engine/katib/translate.h"

#define CASES TESTS_DIR "/cases/katib"

static const char notebook_text[] =
    "{\"cells\":[],\"metadata\":{\"kubeflow_notebook\":{\"docker_image\":\"reg/image:1\"}},"
    "\"nbformat\":4,\"nbformat_minor\":4}";

/* One program of two parts, so that names of ConfigMaps are seen. */
static struct katib_programs programs(void)
{
    return (struct katib_programs){
        .items = {{.arch = "x86_64", .kubernetes = "amd64", .size = KATIB_PART_SIZE + 1},
                  {.arch = "aarch64", .kubernetes = "arm64", .size = 1}},
        .n = 2};
}

/* As a submission goes: valid as an Experiment, made Katib's, valid as that. */
static void translate(json_t *document, struct experiment_problems *problems)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct nbt_notebook *notebook = NULL;
    struct katib_programs sent = programs();
    struct experiment_rules plain = {.trial_template_required = false};
    struct experiment_rules whole = {.trial_template_required = true};
    assert_int_equal(
        nbt_read_bytes(&notebook, "nb.ipynb", notebook_text, strlen(notebook_text), &err), 0);
    assert_int_equal(experiment_default(document, &err), 0);
    experiment_validate(document, &plain, problems);
    struct katib_from from = {.notebook = notebook, .programs = &sent};
    if (problems->errors == 0 && katib_translate(document, &from, problems, &err) < 0)
        fail_msg("%s", err.text);
    if (problems->errors == 0) {
        assert_int_equal(experiment_default(document, &err), 0);
        experiment_validate(document, &whole, problems);
    }
    nbt_free(notebook);
}

static bool check_problems(const char *folder, const json_t *want,
                           const struct experiment_problems *got)
{
    const json_t *rows = json_object_get(want, "problems");
    bool good = json_array_size(rows) == got->count;
    for (size_t i = 0; good && i < got->count; i++) {
        const char *kind, *path, *text;
        if (json_unpack(json_array_get(rows, i), "[s, s, s]", &kind, &path, &text) < 0)
            fail_msg("%s: expect.json is not as it should be", folder);
        good = (strcmp(kind, "error") == 0) == got->items[i].error &&
               strcmp(path, got->items[i].path) == 0 && strstr(got->items[i].text, text);
    }
    auto_free char *wanted = json_dumps(rows, JSON_INDENT(1));
    for (size_t i = 0; !good && i < got->count; i++)
        print_error("%s got %s %s: %s\n", folder, got->items[i].error ? "error" : "warning",
                    got->items[i].path, got->items[i].text);
    if (!good)
        print_error("%s want %s\n", folder, wanted ? wanted : "nothing");
    return good;
}

static bool check_document(const char *folder, const json_t *document)
{
    auto_free char *path = file_join(folder, "expect.yaml");
    auto_free char *want = NULL;
    auto_free char *got = NULL;
    size_t length;
    struct nbt_error err = NBT_ERROR_INIT;
    if (access(path, R_OK) != 0)
        return true;
    assert_int_equal(file_read(path, 1 << 20, &want, &length, &err), 0);
    assert_int_equal(experiment_to_yaml(document, &got, &err), 0);
    if (strcmp(got, want) == 0)
        return true;
    fprintf(stderr, "%s got\n%s\n", folder, got); /* longer than cmocka prints */
    return false;
}

static bool check_case(const char *folder)
{
    CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
    auto_free char *input = file_join(folder, "input.yaml");
    auto_free char *expect = file_join(folder, "expect.json");
    auto_json json_t *document = NULL;
    auto_json json_t *want = json_load_file(expect, 0, NULL);
    struct nbt_error err = NBT_ERROR_INIT;
    if (!want || experiment_load(&document, input, &err) < 0)
        fail_msg("%s: %s", folder, want ? err.text : "no expect.json");
    translate(document, &problems);
    bool good = check_problems(folder, want, &problems);
    return (problems.errors > 0 || check_document(folder, document)) && good;
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
    assert_true(n > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases_come_out_as_expected)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
