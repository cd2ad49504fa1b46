#include "made_notebook.h"

#define SIXTY "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij"

static const struct {
    const char *language;
    const char *source;
    const char *want;
} cases[] = {
    {"python", "print(acc)", "acc acc 1:7\n"},
    {"python", "print(xgb_r2_score)\nprint( Loss )  # final\n\n# done",
     "xgb_r2_score xgb-r2-score 1:7\nLoss Loss 2:8\n"},
    {"python", "print(a); print(b)\r\nprint(a)", "a a 1:7\nb b 1:17\n"},
    {"python", "  print(a)\n  print(b_)", "a a 1:9\nb_ b- 2:9\n"},
    {"python", "print(\n  a\n)", "a a 2:3\n"},
    {"python", "print(" SIXTY "1234)", SIXTY "1234 " SIXTY "1234 1:7\n"},
    {"python", "print(" SIXTY "12345)\nprint(a)", "a a 2:7\nerror bad-metric 1:7\n"},
    {"python", "print(f(x))\nprint(a)", "a a 2:7\nerror bad-metric 1:7\n"},
    {"python", "print('x')", "error bad-metric 1:7\n"},
    {"python", "print(a, b)", "error bad-metric 1:7\n"},
    {"python", "print(a.b)", "error bad-metric 1:7\n"},
    {"python", "print(if)", "error bad-metric 1:7\n"},
    {"python", "print(é)", "error bad-metric 1:7\n"},
    {"python", "print()", "error bad-metric 1:1\n"},
    {"python", "print(a) + 1", "error bad-metric 1:7\n"},
    {"python", "x = 1\nprint(x)", "x x 2:7\nerror bad-metric 1:1\n"},
    {"python", "%time\nprint(x)", "x x 2:7\nerror bad-metric 1:1\n"},
    {"python", "print(a)\n print(b)", "a a 1:7\nerror bad-syntax 2:2\n"},
    {"python", "print(a\nprint(b)", "b b 2:7\nerror bad-syntax 1:6\n"},
    {"python", "# none", "warning empty-metrics 0:0\n"},
    {"R", "print(acc)\ncat(loss)\ncat(auc, \"\\n\")", "acc acc 1:7\nloss loss 2:5\nauc auc 3:5\n"},
    {"R", "print(val.loss)", "error bad-metric 1:7\n"},
    {"R", "println(a)", "error bad-metric 1:1\n"},
    {"julia", "println(acc)\nprint(loss)", "acc acc 1:9\nloss loss 2:7\n"},
    {"julia", "println(true)", "error bad-metric 1:9\n"},
    {"scala", "println(a)", "error unknown-language 0:0\n"},
};

static void reads_metrics(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct nbt_notebook *notebook = made_notebook(cases[i].language, "lr = 1", cases[i].source);
        char *got = NULL;
        size_t size;
        FILE *out = open_memstream(&got, &size);
        for (size_t k = 0; k < notebook->n_metrics; k++) {
            const struct nbt_metric *metric = &notebook->metrics[k];
            fprintf(out, "%s %s %d:%d\n", metric->variable, metric->name, metric->line,
                    metric->column);
        }
        print_diagnostics(out, notebook, 1);
        fclose(out);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("case %zu, %s:\n%s\ngot:\n%swant:\n%s", i, cases[i].language, cases[i].source,
                     got, cases[i].want);
        free(got);
        nbt_free(notebook);
    }
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    struct nbt_notebook *notebook = made_notebook("python", "lr = 1", "print(a, b)");
    const char *got = notebook->n_diagnostics ? notebook->diagnostics[0].text : "nothing";
    assert_string_equal(
        got, "Must provide just print statements of variables in the metrics cell. A variable name "
             "must be at most 64 characters long, of letters, digits or '_': found more than one "
             "variable, or an expression, expected print(NAME). Assign the value to a variable in "
             "the cell above and print that");
    nbt_free(notebook);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_metrics),
        cmocka_unit_test(says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
