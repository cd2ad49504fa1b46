/* What is said of an assignment before anything runs. */
#include "support.h"
#include "trial/trial.h"

struct row {
    const char *name;
    struct cell_text cells[5];
    const char *assignments;
    const char *want; /* "code@cell:line;..." */
};

#define USE_OF(source)                                                                             \
    {{PARAMETERS, "lr = 0.1"}, {"step:a", source}, {METRICS, "print(acc)"}, {NULL, NULL}}, "lr=0." \
                                                                                           "5"

static const struct row rows[] = {
    {"read", USE_OF("acc = lr * 2"), ""},
    {"not a parameter", USE_OF("acc = lr") ";depth=1", "unknown-parameter@-1:0;"},
    {"twice", USE_OF("acc = lr") ";lr=1", "duplicate-assignment@0:1;"},
    {"text for a number",
     {{PARAMETERS, "lr = 0.1"}, {"step:a", "acc = lr"}, {NULL, NULL}},
     "lr=fast",
     "value-does-not-convert@0:1;"},
    {"never read", USE_OF("acc = 1"), "parameter-never-read@0:1;"},
    {"in a comment", USE_OF("acc = 1  # lr"), "parameter-never-read@0:1;"},
    {"in a string", USE_OF("acc = \"lr\""), "parameter-never-read@0:1;"},
    {"in a long string", USE_OF("acc = '''\nlr\n'''"), "parameter-never-read@0:1;"},
    {"an attribute", USE_OF("acc = model.lr"), "parameter-never-read@0:1;"},
    {"an argument's name", USE_OF("acc = fit(lr=1)"), "parameter-never-read@0:1;"},
    {"an argument", USE_OF("acc = fit(lr=lr)"), ""},
    {"a longer name", USE_OF("acc = lr2 + xlr"), "parameter-never-read@0:1;"},
    {"in an f-string", USE_OF("print(f'rate {lr:.2f}')"), ""},
    {"beside an f-string's braces", USE_OF("print(f'lr {{lr}} {1}')"), "parameter-never-read@0:1;"},
    {"in a magic", USE_OF("%run train.py $lr"), ""},
    {"in a shell line", USE_OF("!train --rate {lr}"), ""},
    {"in a cell magic", USE_OF("%%bash -s \"$lr\"\necho"), ""},
    {"under a timing magic", USE_OF("%%time\nacc = 'lr'"), "parameter-never-read@0:1;"},
    {"through globals", USE_OF("acc = globals()['l' + 'r']"), ""},
    {"assigned first", USE_OF("x = 1\nlr = 0.2\nacc = lr"), "parameter-reassigned@1:2;"},
    {"assigned with others", USE_OF("x, lr = 1, 2\nacc = lr"), "parameter-reassigned@1:1;"},
    {"assigned with a type", USE_OF("lr: float = 0.2\nacc = lr"), "parameter-reassigned@1:1;"},
    {"assigned by a loop", USE_OF("for lr in [1, 2]:\n    acc = lr"), "parameter-reassigned@1:1;"},
    {"assigned by an import", USE_OF("from m import x as lr\nacc = lr"),
     "parameter-reassigned@1:1;"},
    {"assigned from itself", USE_OF("lr = lr * 2\nacc = lr"), ""},
    {"added to", USE_OF("lr += 1\nacc = lr"), ""},
    {"compared", USE_OF("acc = lr == 1"), ""},
    {"perhaps assigned", USE_OF("if debug:\n    lr = 1\nacc = lr"), ""},
    {"perhaps assigned on one line", USE_OF("if debug: lr = 1\nacc = lr"), ""},
    {"a local of a function", USE_OF("def f():\n    lr = 1\nacc = lr"), ""},
    {"an element of it", USE_OF("lr[0] = 1"), ""},
    {"over lines", USE_OF("acc = f(\n  1,\n  lr)"), ""},
    {"continued", USE_OF("acc = 1 + \\\n  lr"), ""},
    {"after a semicolon", USE_OF("x = 1; acc = lr"), ""},
    {"a quote that is not closed", USE_OF("acc = 'lr\nx = lr"), ""},
    {"only printed as a metric",
     {{PARAMETERS, "lr = 0.1"}, {"step:a", "acc = 1"}, {METRICS, "print(lr)"}, {NULL, NULL}},
     "lr=0.5",
     "parameter-never-read@0:1;"},
    {"only in a skipped cell",
     {{PARAMETERS, "lr = 0.1"},
      {"step:a", "acc = 1"},
      {"skip", "acc = lr"},
      {METRICS, "print(acc)"},
      {NULL, NULL}},
     "lr=0.5",
     "parameter-never-read@0:1;"},
    {"by a function above",
     {{"functions", "def fit():\n    return lr"},
      {PARAMETERS, "lr = 0.1"},
      {"step:a", "acc = fit()"},
      {NULL, NULL}},
     "lr=0.5",
     ""},
    {"through an expression",
     {{PARAMETERS, "lr = 0.1\nlr2 = lr * 2"}, {"step:a", "acc = lr2"}, {NULL, NULL}},
     "lr=0.5",
     ""},
    {"through an expression that nobody reads",
     {{PARAMETERS, "lr = 0.1\nlr2 = lr * 2"}, {"step:a", "acc = 1"}, {NULL, NULL}},
     "lr=0.5",
     "parameter-never-read@0:1;"},
};

static char *found_of(const json_t *diagnostics)
{
    struct buf text = buf_init(4096);
    size_t i;
    const json_t *item;
    json_array_foreach(diagnostics, i, item)
        buf_printf(&text, "%s@%d:%d;", json_string_value(json_object_get(item, "code")),
                   (int)json_integer_value(json_object_get(item, "cell")),
                   (int)json_integer_value(json_object_get(item, "line")));
    return buf_take(&text);
}

static void diagnostics_of_assignments(void **state)
{
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct nbt_notebook *notebook = notebook_of("python", rows[i].cells);
        auto_json json_t *assignments = assignments_of(rows[i].assignments);
        auto_json json_t *diagnostics = NULL;
        assert_ok(trial_check(&diagnostics, notebook, assignments, &err));
        auto_free char *found = found_of(diagnostics);
        if (strcmp(found, rows[i].want) != 0) {
            print_error("%s: got \"%s\", want \"%s\"\n", rows[i].name, found, rows[i].want);
            bad++;
        }
        nbt_free(notebook);
    }
    assert_int_equal(bad, 0);
}

static void other_languages_go_by_words(void **state)
{
    (void)state;
    const struct cell_text cells[] = {{PARAMETERS, "lr <- 0.1\nn <- 3"},
                                      {"step:a", "acc <- n # lr"},
                                      {METRICS, "print(acc)"},
                                      {NULL, NULL}};
    struct nbt_error err = NBT_ERROR_INIT;
    struct nbt_notebook *notebook = notebook_of("r", cells);
    auto_json json_t *assignments = assignments_of("lr=0.5;n=4");
    auto_json json_t *diagnostics = NULL;
    assert_ok(trial_check(&diagnostics, notebook, assignments, &err));
    auto_free char *found = found_of(diagnostics);
    assert_string_equal(found, "parameter-never-read@0:1;");
    nbt_free(notebook);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(diagnostics_of_assignments),
        cmocka_unit_test(other_languages_go_by_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
