/* The injected cell: types, languages, and the expressions that follow a tuned name. */
#include "support.h"
#include "trial/inject.h"

struct row {
    const char *name, *language, *cell, *assignments;
    const char *want; /* NULL: nothing is injected */
};

static const struct row rows[] = {
    {"one value", "python", "lr = 0.1", "lr=0.5", "# Parameters\nlr = 0.5"},
    {"nothing tuned", "python", "lr = 0.1", "", NULL},
    {"another cell's name", "python", "lr = 0.1", "depth=3", NULL},
    {"cell order, not the assignments'", "python", "a = 1\nb = 2", "b=3;a=4",
     "# Parameters\na = 4\nb = 3"},
    {"an int becomes a float", "python", "n = 3", "n=0.5", "# Parameters\nn = 0.5"},
    {"a float stays one", "python", "lr = 0.1", "lr=1", "# Parameters\nlr = 1.0"},
    {"a string stays quoted", "python", "s = \"5\"", "s=7", "# Parameters\ns = \"7\""},
    {"a bool", "python", "on = False", "on=True", "# Parameters\non = True"},
    {"an expression follows", "python", "lr = 0.1\nlr2 = lr * 2", "lr=0.5",
     "# Parameters\nlr = 0.5\nlr2 = lr * 2"},
    {"through another", "python", "lr = 0.1\na = lr * 2\nother = 5\nb = a + 1\nc = other + 1",
     "lr=0.5", "# Parameters\nlr = 0.5\na = lr * 2\nb = a + 1"},
    {"an expression that is given", "python", "lr = 0.1\na = lr * 2\nb = a + 1", "lr=0.5;a=3",
     "# Parameters\nlr = 0.5\na = 3\nb = a + 1"},
    {"the last assignment counts", "python", "lr = 0.1\na = lr * 2\na = 4", "lr=0.5",
     "# Parameters\nlr = 0.5"},
    {"R", "r", "lr <- 0.1\non <- FALSE", "lr=0.5;on=True", "# Parameters\nlr <- 0.5\non <- TRUE"},
    {"Julia", "julia", "lr = 0.1\ns = \"a\"", "lr=0.5;s=$x",
     "# Parameters\nlr = 0.5\ns = \"\\$x\""},
};

static void injected_cells(void **state)
{
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct cell_text cells[] = {{PARAMETERS, rows[i].cell}, {NULL, NULL}};
        struct nbt_notebook *notebook = notebook_of(rows[i].language, cells);
        auto_json json_t *assignments = assignments_of(rows[i].assignments);
        auto_free char *source = NULL;
        struct nbt_error err = NBT_ERROR_INIT;
        int code = inject_source(&source, notebook, 0, assignments, &err);
        const char *got = code < 0 ? err.text : source == NULL ? "(none)" : source;
        const char *want = rows[i].want == NULL ? "(none)" : rows[i].want;
        if (strcmp(got, want) != 0) {
            print_error("%s: got\n%s\nwant\n%s\n", rows[i].name, got, want);
            bad++;
        }
        nbt_free(notebook);
    }
    assert_int_equal(bad, 0);
}

static void each_cell_has_its_own_names(void **state)
{
    (void)state;
    const struct cell_text cells[] = {
        {PARAMETERS, "a = 1"}, {"step:x", "y = a"}, {PARAMETERS, "b = 2"}, {NULL, NULL}};
    struct nbt_error err = NBT_ERROR_INIT;
    struct nbt_notebook *notebook = notebook_of("python", cells);
    auto_json json_t *assignments = assignments_of("b=5;a=4");
    auto_free char *first = NULL, *second = NULL;
    assert_ok(inject_source(&first, notebook, 0, assignments, &err));
    assert_ok(inject_source(&second, notebook, 2, assignments, &err));
    assert_string_equal(first, "# Parameters\na = 4");
    assert_string_equal(second, "# Parameters\nb = 5");
    nbt_free(notebook);
}

static void a_value_that_does_not_convert_is_placed(void **state)
{
    (void)state;
    const struct cell_text cells[] = {{PARAMETERS, "a = 1\nlr = 0.1"}, {NULL, NULL}};
    struct nbt_error err = NBT_ERROR_INIT;
    struct nbt_notebook *notebook = notebook_of("python", cells);
    auto_json json_t *assignments = assignments_of("lr=fast");
    char *source = NULL;
    assert_int_equal(inject_source(&source, notebook, 0, assignments, &err), NBT_EINVAL);
    assert_null(source);
    assert_int_equal(err.cell, 0);
    assert_int_equal(err.line, 2);
    assert_non_null(strstr(err.text, "lr"));
    nbt_free(notebook);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(injected_cells),
        cmocka_unit_test(each_cell_has_its_own_names),
        cmocka_unit_test(a_value_that_does_not_convert_is_placed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
