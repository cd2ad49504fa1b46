#include <dirent.h>
#include <stdlib.h>

#include "summary.h"

/*
 * tests/cases/notebook/<case>/: input.ipynb, and what is wanted of it. expect.json: the members of
 * the summary (summary.h) that must be so. expect.error: a line "CODE LINE COLUMN", then fragments
 * of the text, one a line.
 */
#define CASES TESTS_DIR "/cases/notebook"

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size = 65536, length;
    if (!file)
        return NULL;
    char *text = malloc(size);
    assert_non_null(text);
    length = fread(text, 1, size - 1, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

/* The checks return how many things are wrong, each printed. */

static int check_error(const char *name, char *want, const struct nbt_error *err)
{
    char place[64];
    int wrong = 0;
    char *save, *line = strtok_r(want, "\n", &save);
    snprintf(place, sizeof(place), "%s %d %d", nbt_code_name(err->code), err->line, err->column);
    if (!line || strcmp(line, place) != 0 || !strstr(err->text, "input.ipynb")) {
        print_error("%s: got %s '%s', want %s of input.ipynb\n", name, place, err->text, want);
        wrong++;
    }
    while ((line = strtok_r(NULL, "\n", &save))) {
        if (strstr(err->text, line))
            continue;
        print_error("%s: got '%s', want '%s' in it\n", name, err->text, line);
        wrong++;
    }
    return wrong;
}

static int check_notebook(const char *name, const char *want, const struct nbt_notebook *notebook)
{
    json_error_t where;
    json_t *expected = json_loads(want, 0, &where);
    if (!expected)
        fail_msg("%s: expect.json, line %d: %s", name, where.line, where.text);
    json_t *summary = summary_of(notebook);
    if (!notebook->katib)
        json_object_set_new(summary, "katib", json_null());
    int wrong = differences(name, summary, expected);
    json_decref(summary);
    json_decref(expected);
    return wrong;
}

static int check_read(const char *name, const char *path, const char *json, char *error)
{
    struct nbt_notebook *notebook = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    int rc = nbt_read(&notebook, path, &err), wrong = 1;
    if (!json == !error)
        print_error("%s: one of expect.json and expect.error is needed\n", name);
    else if (json && rc < 0)
        print_error("%s: got the error '%s', want a notebook\n", name, err.text);
    else if (error && rc == 0)
        print_error("%s: got a notebook, want the error '%s'\n", name, error);
    else
        wrong = json ? check_notebook(name, json, notebook) : check_error(name, error, &err);
    nbt_free(notebook);
    return wrong;
}

static int check_case(const char *name)
{
    char path[512], json_path[512], error_path[512];
    snprintf(path, sizeof(path), "%s/%s/input.ipynb", CASES, name);
    snprintf(json_path, sizeof(json_path), "%s/%s/expect.json", CASES, name);
    snprintf(error_path, sizeof(error_path), "%s/%s/expect.error", CASES, name);
    char *json = read_whole(json_path), *error = read_whole(error_path);
    int wrong = check_read(name, path, json, error);
    free(json);
    free(error);
    return wrong;
}

static void test_all(void **state)
{
    int count = 0, wrong = 0;
    DIR *folder = opendir(CASES);
    (void)state;
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        wrong += check_case(entry->d_name);
        count++;
    }
    closedir(folder);
    assert_true(count >= 40);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
