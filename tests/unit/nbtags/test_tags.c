#include "summary.h"

/*
 * A notebook in short: cells are separated by ';', each "tags|source", tags by ','. A source that
 * begins with '#md' makes a markdown cell. Wanted: the cells' summaries and the diagnostics, joined
 * by "; ".
 */
static const struct {
    const char *name, *cells, *want, *diagnostics;
} cases[] = {
    {"two tags make a plain notebook",
     "|import x;pipeline-parameters|a = 1;|f(a);pipeline-metrics|print(m);|g()",
     "0 plain; 1 pipeline-parameters*; 2 plain; 3 pipeline-metrics*; 4 plain", ""},
    {"plain: nothing joins imports and functions",
     "imports|import x;|f();functions|def g(): pass;|g();pipeline-parameters|a = "
     "1;pipeline-metrics|print(m)",
     "0 imports*; 1 plain; 2 functions*; 3 plain; 4 pipeline-parameters*; 5 pipeline-metrics*", ""},
    {"papermill's tag", "parameters|a = 1;|f();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 plain; 2 pipeline-metrics*", ""},
    {"papermill's tag yields to Kale's",
     "parameters|a = 1;pipeline-parameters|b = 1;pipeline-metrics|print(m)",
     "0 plain; 1 pipeline-parameters*; 2 pipeline-metrics*", ""},
    {"an earlier run's cells",
     "papermill-error-cell-tag|#md An exception;parameters|a = 1;injected-parameters|a = 2;"
     "papermill-error-cell-tag|#banner;pipeline-metrics|print(m)",
     "0 injected*; 1 pipeline-parameters*; 2 injected*; 3 injected*; 4 pipeline-metrics*", ""},
    {"injected is transparent in a group",
     "pipeline-parameters|a = 1;step:s|f();injected-parameters|a = "
     "2;|g();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 step* s; 2 injected*; 3 step s; 4 pipeline-metrics*", ""},
    {"Kale: untagged joins the group above",
     "imports|import x;|import y;functions|def f(): pass;|def g(): pass;pipeline-parameters|a = "
     "1;|b = 2;"
     "step:s|f();|g();pipeline-metrics|print(m);|print(n)",
     "0 imports*; 1 imports; 2 functions*; 3 functions; 4 pipeline-parameters*; 5 "
     "pipeline-parameters; 6 step* s; "
     "7 step s; 8 pipeline-metrics*; 9 pipeline-metrics",
     ""},
    {"block is step",
     "pipeline-parameters|a = 1;block:s|f();block:t,prev:s|g();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 step* s; 2 step* t <s; 3 pipeline-metrics*", ""},
    {"a step without a name is untagged",
     "pipeline-parameters|a = 1;step:s|f();block:|g();step:|h();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 step* s; 2 step s; 3 step s; 4 pipeline-metrics*", ""},
    {"only steps without names: a plain notebook",
     "pipeline-parameters|a = 1;block:|g();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 plain; 2 pipeline-metrics*", ""},
    {"skip is transparent",
     "pipeline-parameters|a = "
     "1;step:s|f();skip|x();skip,prev:s|y();|g();pipeline-metrics|print(m);skip|z()",
     "0 pipeline-parameters*; 1 step* s; 2 skip*; 3 skip*; 4 step s; 5 pipeline-metrics*; 6 skip*",
     ""},
    {"leading untagged cells are dropped",
     "|pip();skip|x();|y();pipeline-parameters|a = 1;step:s|f();pipeline-metrics|print(m)",
     "0 dropped; 1 skip*; 2 dropped; 3 pipeline-parameters*; 4 step* s; 5 pipeline-metrics*",
     "note dropped-cell 0; note dropped-cell 2"},
    {"blank cells belong to nothing",
     "|;|  \n\t;pipeline-parameters|a = 1;step:s|f();| \n;pipeline-metrics|print(m);|",
     "0 none; 1 none; 2 pipeline-parameters*; 3 step* s; 4 none; 5 pipeline-metrics*; 6 none", ""},
    {"foreign tags are passed over",
     "hide-input,pipeline-parameters|a = "
     "1;remove_cell,step:s,label|f();hide|g();pipeline-metrics,x:y|print(m)",
     "0 pipeline-parameters*; 1 step* s; 2 step s; 3 pipeline-metrics*", ""},
    {"markdown between cells changes nothing",
     "pipeline-parameters|a = 1;step:s|f();step:t|#md # title;|g();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 step* s; 3 step s; 4 pipeline-metrics*", ""},
    {"limits, labels and annotations, colons kept, the last of a key",
     "pipeline-parameters|a = "
     "1;step:s,limit:nvidia.com/gpu:1,limit:nvidia.com/gpu:2,limit:cpu:500m,label:a/b:c:d,"
     "annotation:k:|f();|g();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 step* s limit:nvidia.com/gpu=2 limit:cpu=500m label:a/b=c:d "
     "annotation:k=; "
     "2 step s limit:nvidia.com/gpu=2 limit:cpu=500m label:a/b=c:d annotation:k=; 3 "
     "pipeline-metrics*",
     ""},
    {"prev in any order, once each",
     "pipeline-parameters|a = "
     "1;step:s|f();step:t|g();prev:t,prev:s,prev:t,step:u|h();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 step* s; 2 step* t; 3 step* u <t <s; 4 pipeline-metrics*", ""},
    {"prev to nothing, to itself, to below, to no name",
     "pipeline-parameters|a = "
     "1;step:s,prev:x,prev:s,prev:t,prev:Up|f();step:t|g();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 step* s <x <s <t; 2 step* t; 3 pipeline-metrics*",
     "error bad-prev 1; error bad-prev 1; error unknown-prev 1; error unknown-prev 1"},
    {"two names for one step",
     "pipeline-parameters|a = 1;step:s,step:t|f();block:u,step:u|g();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 step* s; 2 step* u; 3 pipeline-metrics*", "error two-names 1"},
    {"names that no step can have",
     "pipeline-parameters|a = 1;step:Train|f();block:a-b|g();step:1|h();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 step* Train; 2 step* a-b; 3 step* 1; 4 pipeline-metrics*",
     "error bad-step-name 1; error bad-step-name 2; error bad-step-name 3"},
    {"a step twice",
     "pipeline-parameters|a = "
     "1;step:s|f();step:s|g();step:t|h();step:s,prev:t|i();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 step* s; 2 step* s; 3 step* t; 4 step* s; 5 pipeline-metrics*",
     "warning duplicate-step 4"},
    {"a step twice with another between, without tags of its own",
     "pipeline-parameters|a = 1;step:s|f();step:t|h();step:s|i();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 step* s; 2 step* t; 3 step* s; 4 pipeline-metrics*",
     "warning duplicate-step 3"},
    {"tags of a step repeated right below it are ignored, and that is said",
     "pipeline-parameters|a = "
     "1;step:s,limit:cpu:1|f();step:s,limit:cpu:2|g();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 step* s limit:cpu=1; 2 step* s limit:cpu=1; 3 pipeline-metrics*",
     "warning duplicate-step 2"},
    {"two roles",
     "imports,functions|import x;step:s,pipeline-parameters|a = "
     "1;step:t|f();pipeline-metrics,skip|print(m)",
     "0 imports*; 1 pipeline-parameters*; 2 step* t; 3 pipeline-metrics*",
     "warning two-roles 0; warning two-roles 1; warning two-roles 3"},
    {"skip wins in silence",
     "pipeline-parameters|a = 1;step:s|f();skip,step:t|g();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 step* s; 2 skip*; 3 pipeline-metrics*", ""},
    {"what stands on no step, in a Kale notebook",
     "pipeline-parameters|a = "
     "1;step:s|f();prev:s|g();limit:cpu:1|h();block:,prev:s|i();imports,prev:x|import x;"
     "pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 step* s; 2 step s; 3 step s; 4 step s; 5 imports*; 6 "
     "pipeline-metrics*",
     "error prev-without-step 2; error resources-without-step 3; error prev-without-step 4"},
    {"the same in a plain one",
     "pipeline-parameters|a = 1;prev:s|g();label:a:b|h();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 plain; 2 plain; 3 pipeline-metrics*",
     "warning prev-without-step 1; warning resources-without-step 2"},
    {"limits, labels and annotations that are none",
     "pipeline-parameters|a = 1;step:s,limit:gpu,limit::1,limit:gpu:,limit:gpu:1 "
     "2,label:x,annotation:-a:b,"
     "label:a/b/c:d,label:a/:b|f();pipeline-metrics|print(m)",
     "0 pipeline-parameters*; 1 step* s; 2 pipeline-metrics*",
     "warning bad-annotation 1; warning bad-label 1; warning bad-label 1; warning bad-label 1; "
     "error bad-limit 1; "
     "error bad-limit 1; error bad-limit 1; error bad-limit 1"},
    {"a step below the metrics",
     "pipeline-parameters|a = 1;pipeline-metrics|print(m);imports|import x;step:s|f();step:t|g()",
     "0 pipeline-parameters*; 1 pipeline-metrics*; 2 imports*; 3 step* s; 4 step* t",
     "warning step-after-metrics 3"},
    {"nothing tagged", "|a = 1;|print(m)", "0 plain; 1 plain",
     "error no-metrics-cell -1; error no-parameters-cell -1"},
    {"tags on text cells",
     "pipeline-parameters|#md a;pipeline-metrics|#md b;skip|#md c;step:s|#md d", "",
     "error no-metrics-cell -1; error no-parameters-cell -1; warning not-code 0; warning not-code "
     "1"},
    {"a tag inside another word", "pipeline-parameters2|a = 1;my-skip|b;pipeline-metrics|print(m)",
     "0 plain; 1 plain; 2 pipeline-metrics*", "error no-parameters-cell -1"},
    {"a skipped parameters cell is none",
     "skip,pipeline-parameters|a = 1;pipeline-metrics|print(m)", "0 skip*; 1 pipeline-metrics*",
     "error no-parameters-cell -1"},
};

static json_t *tags_of(const char *text, size_t length)
{
    json_t *tags = json_array();
    const char *end = text + length;
    while (text < end) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        size_t part = comma ? (size_t)(comma - text) : (size_t)(end - text);
        json_array_append_new(tags, json_stringn(text, part));
        text += part + 1;
    }
    return tags;
}

static json_t *cell_of(const char *text, size_t length)
{
    const char *bar = memchr(text, '|', length);
    assert_non_null(bar);
    const char *source = bar + 1;
    size_t source_length = length - (size_t)(source - text);
    bool markdown = strncmp(source, "#md", 3) == 0;
    return json_pack("{s:s, s:{s:o}, s:o}", "cell_type", markdown ? "markdown" : "code", "metadata",
                     "tags", tags_of(text, (size_t)(bar - text)), "source",
                     json_stringn(source, source_length));
}

static char *document_of(const char *text)
{
    json_t *cells = json_array();
    for (;;) {
        size_t length = strcspn(text, ";");
        json_array_append_new(cells, cell_of(text, length));
        if (!text[length])
            break;
        text += length + 1;
    }
    json_t *document = json_pack("{s:o, s:{}, s:i, s:i}", "cells", cells, "metadata", "nbformat", 4,
                                 "nbformat_minor", 4);
    char *dump = json_dumps(document, 0);
    json_decref(document);
    assert_non_null(dump);
    return dump;
}

static void joined(struct line *line, const json_t *list)
{
    size_t i;
    json_t *value;
    line->text[0] = '\0';
    json_array_foreach((json_t *)list, i, value)
        line_add(line, "%s%s", i ? "; " : "", json_string_value(value));
}

static void check_case(const char *name, const char *cells, const char *want, const char *wanted)
{
    struct nbt_notebook *notebook = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    struct line roles = {.length = 0}, diagnostics = {.length = 0};
    char *text = document_of(cells);
    if (nbt_read_bytes(&notebook, name, text, strlen(text), &err) < 0)
        fail_msg("%s: %s", name, err.text);
    json_t *summary = summary_of(notebook);
    joined(&roles, json_object_get(summary, "cells"));
    joined(&diagnostics, json_object_get(summary, "diagnostics"));
    if (strcmp(roles.text, want) != 0 || strcmp(diagnostics.text, wanted) != 0)
        fail_msg("%s\n got '%s'\nwant '%s'\n got '%s'\nwant '%s'", name, roles.text, want,
                 diagnostics.text, wanted);
    json_decref(summary);
    nbt_free(notebook);
    free(text);
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_case(cases[i].name, cases[i].cells, cases[i].want, cases[i].diagnostics);
}

/* 100 000 steps that each name the one before: nothing here may be quadratic. */
static void test_many_steps(void **state)
{
    enum { STEPS = 100000 };
    size_t size = (size_t)STEPS * 160, used;
    char *text = malloc(size);
    struct nbt_notebook *notebook = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    (void)state;
    assert_non_null(text);
    used = (size_t)snprintf(text, size, "{\"nbformat\":4,\"cells\":[");
    for (int i = 0; i < STEPS; i++)
        used += (size_t)snprintf(text + used, size - used,
                                 "%s{\"cell_type\":\"code\",\"source\":\"f()\",\"metadata\":"
                                 "{\"tags\":[\"step:s%d\",\"prev:s%d\"]}}",
                                 i ? "," : "", i, i ? i - 1 : 0);
    used += (size_t)snprintf(text + used, size - used, "]}");
    assert_int_equal(nbt_read_bytes(&notebook, "many", text, used, &err), 0);
    assert_int_equal(notebook->n_cells, STEPS);
    assert_int_equal(notebook->n_diagnostics, 3);
    nbt_free(notebook);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_many_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
