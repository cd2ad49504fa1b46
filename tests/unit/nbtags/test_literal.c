#include "made_notebook.h"

/* want NULL: NBT_EINVAL. */
static const struct {
    const char *language;
    enum nbt_type type;
    const char *value;
    const char *want;
} cases[] = {
    {"python", NBT_INT, "5", "5"},
    {"python", NBT_INT, "+007", "7"},
    {"python", NBT_INT, "-0", "0"},
    {"python", NBT_INT, "-5", "-5"},
    {"python", NBT_INT, "123456789012345678901234567890", "123456789012345678901234567890"},
    {"python", NBT_INT, "0.5", "0.5"},
    {"python", NBT_INT, "5.0", "5.0"},
    {"python", NBT_INT, "abc", NULL},
    {"python", NBT_INT, "", NULL},
    {"python", NBT_INT, "nan", NULL},
    {"python", NBT_INT, "True", NULL},
    {"python", NBT_FLOAT, "0.001", "0.001"},
    {"python", NBT_FLOAT, "5", "5.0"},
    {"python", NBT_FLOAT, "1e-05", "1e-05"},
    {"python", NBT_FLOAT, "1e20", "1e+20"},
    {"python", NBT_FLOAT, "nan", NULL},
    {"python", NBT_FLOAT, "inf", NULL},
    {"python", NBT_FLOAT, "1e400", NULL},
    {"python", NBT_FLOAT, "0,5", NULL},
    {"python", NBT_BOOL, "True", "True"},
    {"python", NBT_BOOL, "FALSE", "False"},
    {"python", NBT_BOOL, "1", NULL},
    {"python", NBT_STR, "adam", "\"adam\""},
    {"python", NBT_STR, "", "\"\""},
    {"python", NBT_STR, "a\"b'c\\d\n\t\r\x01\x7fé$x", "\"a\\\"b'c\\\\d\\n\\t\\r\\x01\\x7fé$x\""},
    {"python", NBT_STR, "\xff", NULL},
    {"python", NBT_STR, "5", "\"5\""},
    {"python", NBT_EXPRESSION, "5", NULL},
    {"r", NBT_INT, "5", "5L"},
    {"r", NBT_INT, "3000000000", "3000000000"},
    {"r", NBT_INT, "0.5", "0.5"},
    {"r", NBT_FLOAT, "5", "5.0"},
    {"r", NBT_BOOL, "True", "TRUE"},
    {"r", NBT_BOOL, "false", "FALSE"},
    {"r", NBT_STR, "é\x01\"$\n", "\"é\\001\\\"$\\n\""},
    {"julia", NBT_INT, "5", "5"},
    {"julia", NBT_FLOAT, "5", "5.0"},
    {"julia", NBT_BOOL, "True", "true"},
    {"julia", NBT_BOOL, "False", "false"},
    {"julia", NBT_STR, "$a \"q\" 'é'\\", "\"\\$a \\\"q\\\" 'é'\\\\\""},
};

static void writes_literals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *got = NULL;
        struct nbt_error err = NBT_ERROR_INIT;
        int rc = nbt_literal(cases[i].language, cases[i].type, cases[i].value, &got, &err);
        int want_rc = cases[i].want ? 0 : NBT_EINVAL;
        if (rc != want_rc || err.code != want_rc || (got && strcmp(got, cases[i].want) != 0))
            fail_msg("%s %s \"%s\": got %d %s (%s), want %d %s", cases[i].language,
                     nbt_type_name(cases[i].type), cases[i].value, rc, got, err.text, want_rc,
                     cases[i].want);
        free(got);
    }
}

/* What is written reads back as the same value of the same type. */
static void literals_read_back(void **state)
{
    (void)state;
    static const char *const signs[] = {"=", "<-", "="};
    static const char *const languages[] = {"python", "r", "julia"};
    static const struct {
        enum nbt_type type;
        const char *value;
    } values[] = {
        {NBT_INT, "-42"},
        {NBT_FLOAT, "0.1"},
        {NBT_FLOAT, "-1.5e-300"},
        {NBT_BOOL, "True"},
        {NBT_BOOL, "False"},
        {NBT_STR, "x"},
        {NBT_STR, ""},
        {NBT_STR, "\"'`$\\"},
        {NBT_STR, "a\n\t\rb"},
        {NBT_STR, "\x01"
                  "1"},
        {NBT_STR, "😀$(é)"},
        {NBT_STR, "# no"},
    };
    for (size_t i = 0; i < 3 * sizeof values / sizeof *values; i++) {
        const char *language = languages[i % 3];
        char *literal, *source;
        assert_int_equal(
            nbt_literal(language, values[i / 3].type, values[i / 3].value, &literal, NULL), 0);
        assert_true(asprintf(&source, "x %s %s", signs[i % 3], literal) > 0);
        struct nbt_notebook *notebook = made_notebook(language, source, "print(a)");
        const struct nbt_parameter *got = nbt_find_parameter(notebook, "x");
        if (!got || got->type != values[i / 3].type || strcmp(got->value, values[i / 3].value) != 0)
            fail_msg("%s: wrote %s, read back %s, want %s", language, literal,
                     got ? got->value : "nothing", values[i / 3].value);
        nbt_free(notebook);
        free(source);
        free(literal);
    }
}

static const struct {
    const char *language;
    const char *source;
    const char *value;
    const char *want;
} styled[] = {
    {"python", "x = 'a'", "b", "'b'"},
    {"python", "x = 'a'", "it's", "'it\\'s'"},
    {"python", "x = r\"a\"", "b", "\"b\""},
    {"r", "x <- 5", "6", "6"},
    {"r", "x <- 5L", "6", "6L"},
    {"julia", "x = 1f-3", "0.01", "0.01f0"},
    {"julia", "x = 1f-3", "1e-5", "1f-05"},
    {"julia", "x = 1e-3", "1e-5", "1e-05"},
};

static void keeps_the_style(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof styled / sizeof *styled; i++) {
        struct nbt_notebook *notebook =
            made_notebook(styled[i].language, styled[i].source, "print(a)");
        char *got = NULL;
        struct nbt_error err = NBT_ERROR_INIT;
        int rc = nbt_parameter_literal(notebook, notebook->parameters, styled[i].value, &got, &err);
        if (rc < 0 || strcmp(got, styled[i].want) != 0)
            fail_msg("%s with %s: got %s (%s), want %s", styled[i].source, styled[i].value, got,
                     err.text, styled[i].want);
        free(got);
        nbt_free(notebook);
    }
}

static void refuses_with_a_text(void **state)
{
    (void)state;
    char *text = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    assert_int_equal(nbt_literal("scala", NBT_INT, "5", &text, &err), NBT_EUNSUPPORTED);
    assert_string_equal(err.text,
                        "no values can be written in the language 'scala'. Use a notebook "
                        "in Python, R and Julia");
    nbt_error_clear(&err);
    assert_int_equal(nbt_literal("python", NBT_FLOAT, "nan", &text, &err), NBT_EINVAL);
    assert_string_equal(err.text, "'nan' does not fit a literal of type float: expected a finite "
                                  "number such as 0.01 or 1e-3. Give such a value");
    assert_null(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_literals),
        cmocka_unit_test(literals_read_back),
        cmocka_unit_test(keeps_the_style),
        cmocka_unit_test(refuses_with_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
