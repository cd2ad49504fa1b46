#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "nbtags/internal.h"
#include "nbtags/scan.h"

static char folder[] = "/tmp/nbtags-XXXXXX";

static const char text[] =
    "{\n"
    " \"cells\": [\n"
    "  {\"cell_type\": \"markdown\", \"id\": \"intro\", \"metadata\": {}, \"source\": \"# "
    "Title\"},\n"
    "  {\"cell_type\": \"code\", \"id\": \"p\", \"metadata\": {\"tags\": [\"pipeline-parameters\", "
    "\"mine\"]},\n"
    "   \"outputs\": [{\"data\": {\"x\": NaN}}], \"source\": [\"lr = 0.1\\n\", \"n = 2\"]},\n"
    "  {\"cell_type\": \"raw\", \"source\": \"é\"},\n"
    "  {\"cell_type\": \"code\", \"metadata\": {\"tags\": [\"pipeline-metrics\"]}, \"source\": "
    "\"print(m)\"}\n"
    " ],\n"
    " \"metadata\": {\"kernelspec\": {\"name\": \"py\"}, \"language_info\": {\"name\": "
    "\"Python\"}},\n"
    " \"nbformat\": 4, \"nbformat_minor\": 5\n"
    "}\n";

static void put_file(char path[static 256], const char *name, const void *bytes, size_t size)
{
    snprintf(path, 256, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

static void check_span(const struct nbt_notebook *notebook, struct nbt_span span, const char *want)
{
    if (span.length != strlen(want) || memcmp(notebook->text + span.offset, want, span.length) != 0)
        fail_msg("got '%.*s', want '%s'", (int)span.length, notebook->text + span.offset, want);
}

static void check_cells(const struct nbt_notebook *notebook)
{
    static const enum nbt_cell_type types[] = {NBT_MARKDOWN, NBT_CODE, NBT_RAW, NBT_CODE};
    static const char *const ids[] = {"intro", "p", "", ""};
    static const char *const sources[] = {"# Title", "lr = 0.1\nn = 2", "é", "print(m)"};
    assert_int_equal(notebook->n_cells, 4);
    for (int i = 0; i < 4; i++) {
        const struct nbt_cell *cell = &notebook->cells[i];
        assert_int_equal(cell->index, i);
        assert_int_equal(cell->type, types[i]);
        assert_string_equal(cell->id, ids[i]);
        assert_string_equal(cell->source, sources[i]);
        assert_int_equal(cell->source_length, strlen(sources[i]));
        assert_int_equal(notebook->text[cell->span.offset], '{');
        assert_int_equal(notebook->text[cell->span.offset + cell->span.length - 1], '}');
    }
}

static void check_whole(const struct nbt_notebook *notebook)
{
    assert_int_equal(notebook->size, sizeof(text) - 1);
    assert_memory_equal(notebook->text, text, sizeof(text) - 1);
    assert_int_equal(notebook->nbformat, 4);
    assert_int_equal(notebook->nbformat_minor, 5);
    assert_string_equal(notebook->kernel_name, "py");
    assert_string_equal(notebook->language, "python");
    assert_false(notebook->is_kale);
    assert_int_equal(json_object_size(notebook->metadata), 2);
    assert_null(notebook->kale);
    assert_null(notebook->own);
    assert_null(notebook->katib);
    assert_false(nbt_has_errors(notebook));
    assert_int_equal(notebook->n_diagnostics, 0);
    check_cells(notebook);
    const struct nbt_cell *cell = &notebook->cells[1];
    check_span(notebook, cell->source_span, "[\"lr = 0.1\\n\", \"n = 2\"]");
    check_span(notebook, cell->metadata_span, "{\"tags\": [\"pipeline-parameters\", \"mine\"]}");
    check_span(notebook, cell->tags_span, "[\"pipeline-parameters\", \"mine\"]");
    check_span(notebook, cell->outputs_span, "[{\"data\": {\"x\": NaN}}]");
    check_span(notebook, notebook->cells[2].metadata_span, "");
    check_span(notebook, notebook->cells[2].outputs_span, "");
    assert_int_equal(cell->n_tags, 2);
    assert_string_equal(cell->tags[1], "mine");
}

static void test_file(void **state)
{
    char path[256];
    struct nbt_notebook *notebook = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    (void)state;
    put_file(path, "it's \"a\" né\nw.ipynb", text, sizeof(text) - 1);
    if (nbt_read(&notebook, path, &err) < 0)
        fail_msg("%s", err.text);
    assert_string_equal(notebook->path, path);
    check_whole(notebook);
    nbt_free(notebook);
}

static void test_bytes(void **state)
{
    char *copy = malloc(sizeof(text) - 1);
    struct nbt_notebook *notebook = NULL;
    (void)state;
    assert_non_null(copy);
    memcpy(copy, text, sizeof(text) - 1);
    assert_int_equal(nbt_read_bytes(&notebook, "live", copy, sizeof(text) - 1, NULL), 0);
    free(copy);
    assert_string_equal(notebook->path, "live");
    check_whole(notebook);
    nbt_free(notebook);
}

/* Jupyter saves in place: what was read must not change with the file, nor fault when it shrinks.
 */
static void test_file_shrinks(void **state)
{
    char path[256];
    struct nbt_notebook *notebook = NULL;
    (void)state;
    put_file(path, "shrinks.ipynb", text, sizeof(text) - 1);
    assert_int_equal(nbt_read(&notebook, path, NULL), 0);
    assert_int_equal(truncate(path, 0), 0);
    check_whole(notebook);
    nbt_free(notebook);
}

/* No size is known of a pipe, and more comes than the first buffer holds. */
static void test_pipe(void **state)
{
    enum { PADDING = 300000 };
    char path[256];
    struct nbt_notebook *notebook = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    (void)state;
    snprintf(path, sizeof(path), "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        static char spaces[PADDING];
        memset(spaces, ' ', sizeof(spaces));
        int fd = open(path, O_WRONLY);
        bool ok = write(fd, text, sizeof(text) - 1) > 0 && write(fd, spaces, PADDING) == PADDING;
        _exit(ok ? 0 : 1);
    }
    int rc = nbt_read(&notebook, path, &err), status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (rc < 0)
        fail_msg("%s", err.text);
    assert_int_equal(status, 0);
    assert_int_equal(notebook->size, sizeof(text) - 1 + PADDING);
    check_cells(notebook);
    nbt_free(notebook);
}

static void test_files_that_cannot_be_read(void **state)
{
    char good[256], below[300];
    put_file(good, "good.ipynb", text, sizeof(text) - 1);
    snprintf(below, sizeof(below), "%s/x", good);
    const struct {
        const char *path;
        int code;
        const char *says;
    } cases[] = {
        {"/nonexistent/x.ipynb", NBT_ENOTFOUND, "/nonexistent/x.ipynb: No such file"},
        {"", NBT_ENOTFOUND, "No such file"},
        {folder, NBT_EIO, "Is a directory. Give the path of a notebook"},
        {"/dev/null", NBT_EIO, "Not a file"},
        {below, NBT_EIO, "Not a directory"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nbt_notebook *notebook = (void *)&cases;
        struct nbt_error err = NBT_ERROR_INIT;
        int rc = nbt_read(&notebook, cases[i].path, &err);
        if (rc != cases[i].code || err.code != rc || !strstr(err.text, cases[i].says))
            fail_msg("%s: got %d '%s', want %d '%s'", cases[i].path, rc, err.text, cases[i].code,
                     cases[i].says);
        assert_ptr_equal(notebook, &cases);
    }
}

/* Past 4 MiB the buffer is another one; the outputs are checked all the same. */
static void test_large(void **state)
{
    enum { SIZE = 9 << 20 };
    char path[256], *large = malloc(SIZE);
    static const char end[] = "\"], \"cells\": [], \"nbformat\": 4}";
    struct nbt_notebook *notebook = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    (void)state;
    assert_non_null(large);
    memset(large, 'A', SIZE);
    memcpy(large, "{\"x\": [\"", 8);
    memcpy(large + SIZE - sizeof(end) + 1, end, sizeof(end) - 1);
    put_file(path, "large.ipynb", large, SIZE);
    if (nbt_read(&notebook, path, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(notebook->size, SIZE);
    assert_memory_equal(notebook->text, large, SIZE);
    nbt_free(notebook);
    large[SIZE / 2] = '\n';
    put_file(path, "large.ipynb", large, SIZE);
    assert_int_equal(nbt_read(&notebook, path, &err), NBT_EPARSE);
    assert_int_equal(err.column, SIZE / 2 + 1);
    free(large);
}

/* The metadata is there without what jansson cannot hold, and without megabytes of widget state. */
static void test_metadata(void **state)
{
    static const char before[] = "{\"nbformat\": 4, \"cells\": [], \"metadata\": {\"nan\": [NaN, "
                                 "-Infinity, 1e999, 123456789012345678901, -5, 0.25, \"NaN\"], "
                                 "\"s\\u0061\": \"\\ud83c\\u0000\\n\", \"widgets\": \"";
    static const char want[] = "{\"nan\": [\"NaN\", \"-Infinity\", \"1e999\", "
                               "123456789012345678901.0, -5, 0.25, \"NaN\"], \"sa\": "
                               "\"\xEF\xBF\xBD\xEF\xBF\xBD\\n\"}";
    enum { WIDGETS = 2 << 20 };
    char *document = malloc(sizeof(before) + WIDGETS + 4);
    struct nbt_notebook *notebook = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    (void)state;
    assert_non_null(document);
    memcpy(document, before, sizeof(before) - 1);
    memset(document + sizeof(before) - 1, 'w', WIDGETS);
    memcpy(document + sizeof(before) - 1 + WIDGETS, "\"}}", 3);
    if (nbt_read_bytes(&notebook, "m", document, sizeof(before) + 2 + WIDGETS, &err) < 0)
        fail_msg("%s", err.text);
    json_t *expected = json_loads(want, 0, NULL);
    char *got = json_dumps(notebook->metadata, 0);
    if (!json_equal(notebook->metadata, expected))
        fail_msg("got %s, want %s", got, want);
    free(got);
    json_decref(expected);
    nbt_free(notebook);
    free(document);
}

static void test_names(void **state)
{
    struct nbt_notebook *notebook = NULL;
    (void)state;
    assert_int_equal(nbt_read_bytes(&notebook, "live", text, sizeof(text) - 1, NULL), 0);
    assert_string_equal(nbt_find_parameter(notebook, "n")->value, "2");
    assert_null(nbt_find_parameter(notebook, "N"));
    assert_ptr_equal(nbt_find_metric(notebook, "m"), &notebook->metrics[0]);
    assert_null(nbt_find_metric(notebook, "loss"));
    nbt_free(notebook);
    nbt_free(NULL);
}

/* Pieces of every size, none of which may overlap another. */
static void test_arena(void **state)
{
    struct nbt_notebook *notebook = nbt_notebook_new();
    static unsigned char *pieces[2000];
    void *array = NULL;
    size_t count = 0;
    (void)state;
    assert_non_null(notebook);
    for (size_t i = 0; i < 2000; i++) {
        pieces[i] = nbt_arena(notebook, i * 37);
        assert_non_null(pieces[i]);
        for (size_t j = 0; j < i * 37; j++)
            assert_int_equal(pieces[i][j], 0);
        memset(pieces[i], (int)(i % 255 + 1), i * 37);
        size_t *place = nbt_arena_push(notebook, &array, &count, sizeof(*place));
        assert_non_null(place);
        *place = i;
    }
    for (size_t i = 0; i < 2000; i++) {
        assert_int_equal(((size_t *)array)[i], i);
        for (size_t j = 0; j < i * 37; j += 13)
            assert_int_equal(pieces[i][j], i % 255 + 1);
    }
    nbt_free(notebook);
}

static void test_diagnostics(void **state)
{
    struct nbt_notebook *notebook = nbt_notebook_new();
    char longer[3000];
    static const char *const want[] = {"n", "a", "b", "c", "d", "e"};
    (void)state;
    assert_non_null(notebook);
    nbt_diagnose(notebook, NBT_NOTE, "d", 2, 1, 1, "x");
    nbt_diagnose(notebook, NBT_WARNING, "c", 1, 3, 1, "x");
    nbt_diagnose(notebook, NBT_NOTE, "e", 10, 0, 0, "x");
    nbt_diagnose(notebook, NBT_NOTE, "b", 1, 2, 9, "%d of %s", 3, "x");
    nbt_diagnose(notebook, NBT_NOTE, "a", 1, 2, 1, "x");
    nbt_diagnose(notebook, NBT_NOTE, "n", -1, 0, 0, "x");
    nbt_diagnostics_sort(notebook);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(notebook->diagnostics[i].code, want[i]);
    assert_string_equal(notebook->diagnostics[2].text, "3 of x");
    assert_string_equal(notebook->diagnostics[2].cell_id, "");
    assert_false(nbt_has_errors(notebook));
    memset(longer, 0, sizeof(longer));
    for (size_t i = 0; i + 2 < sizeof(longer); i += 2)
        memcpy(longer + i, "é", 2);
    nbt_diagnose(notebook, NBT_ERROR, "long", -1, 0, 0, "%s", longer);
    const char *cut = notebook->diagnostics[6].text;
    size_t length = strlen(cut);
    assert_true(length > 900 && length < 1024);
    assert_string_equal(cut + length - 5, "é...");
    assert_true(nbt_has_errors(notebook));
    nbt_free(notebook);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"it's \"a\" né\nw.ipynb", "shrinks.ipynb", "pipe",
                                        "good.ipynb", "large.ipynb"};
    char path[256];
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_file_shrinks),
        cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_files_that_cannot_be_read),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_arena),
        cmocka_unit_test(test_diagnostics),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
