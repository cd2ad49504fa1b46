#include <stdlib.h>

#include "check.h"
#include "nbtags/scan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int scan_text(const char *text, size_t size, struct nbt_span *span, struct nbt_error *err)
{
    struct nbt_scan scan = nbt_scan_document("doc", text, size);
    int rc = nbt_scan_value(&scan, span, err);
    return rc < 0 ? rc : nbt_scan_end(&scan, err);
}

/* Exactly the bytes given, so that the sanitizer sees a read beyond them. */
static int scan_tight(const char *text, size_t size, struct nbt_span *span, struct nbt_error *err)
{
    char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    int rc = scan_text(copy, size, span, err);
    free(copy);
    return rc;
}

static void test_accepts(void **state)
{
    static const struct {
        const char *text;
        size_t offset, length;
    } cases[] = {
        {"{}", 0, 2},
        {" [ ] ", 1, 3},
        {"\xEF\xBB\xBF{\"a\":1}", 3, 7},
        {"{\"a\":[1,2,{\"b\":null}],\"a\":true}", 0, 31},
        {"\r\n[\r\n1,\r\n2]\r\n", 2, 9},
        {"[NaN,Infinity,-Infinity]", 0, 24},
        {"123456789012345678901234567890", 0, 30},
        {"[0,-0,0.5,1e400,1E-5,2.5e+10]", 0, 29},
        {"\"\\ud800\"", 0, 8},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", 0, 24},
        {"\"損失関数の値 é 🎉 損失関数\"", 0, 41},
        {"\"0123456789abcdef\"", 0, 18},
        {"\"\x7F\"", 0, 3},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct nbt_span span = {0};
        int rc = scan_tight(cases[i].text, strlen(cases[i].text), &span, &err);
        if (rc < 0 || span.offset != cases[i].offset || span.length != cases[i].length)
            fail_msg("%s: got %d at %zu+%zu (%s), want %zu+%zu", cases[i].text, rc, span.offset,
                     span.length, err.text, cases[i].offset, cases[i].length);
    }
}

static void test_refuses(void **state)
{
    static const struct {
        const char *text;
        int line, column;
        const char *says;
    } cases[] = {
        {"", 1, 1, "ends here"},
        {"  ", 1, 3, "ends here"},
        {"{\"a\": 1,\n \"b\"", 2, 5, "ends here"},
        {"[1, 2", 1, 6, "ends here"},
        {"\"abc", 1, 5, "ends here"},
        {"\"abc\\", 1, 6, "ends here"},
        {"\"\\u12", 1, 6, "ends here"},
        {"{\"a\" 1}", 1, 6, "found '1' where ':' was expected"},
        {"{a: 1}", 1, 2, "a name in double quotes"},
        {"{\"a\": 1,}", 1, 9, "a name in double quotes"},
        {"[1,]", 1, 4, "a value"},
        {"[1 2]", 1, 4, "',' or ']'"},
        {"{\"a\": 1 \"b\": 2}", 1, 9, "',' or '}'"},
        {"[1}", 1, 3, "',' or ']'"},
        {"{} x", 1, 4, "the end of the file"},
        {"[nul]", 1, 2, "a value"},
        {"[01]", 1, 3, "',' or ']'"},
        {"[+1]", 1, 2, "a value"},
        {"[-]", 1, 3, "a digit"},
        {"[1.]", 1, 4, "a digit after the decimal point"},
        {"[1e]", 1, 4, "a digit of the exponent"},
        {"[\"a\nb\"]", 1, 4, "control character 0x0A inside a string"},
        {"[\"0123456789abcdef\tx\"]", 1, 19, "control character 0x09"},
        {"\"\\x\"", 1, 2, "no valid escape"},
        {"\"\\u12g4\"", 1, 2, "four hexadecimal digits"},
        {"[\"損失\xFF\"]", 1, 5, "0xFF is not valid UTF-8"},
        {"[\"\xC3\"]", 1, 3, "0xC3 is not valid UTF-8"},
        {"[\"\xC0\x80\"]", 1, 3, "0xC0 is not valid UTF-8"},
        {"[\"\xE0\x80\x80\"]", 1, 3, "0xE0 is not valid UTF-8"},
        {"[\"\xED\xA0\x80\"]", 1, 3, "0xED is not valid UTF-8"},
        {"[\"\xF0\x80\x80\x80\"]", 1, 3, "0xF0 is not valid UTF-8"},
        {"[\"\xF4\x90\x80\x80\"]", 1, 3, "0xF4 is not valid UTF-8"},
        {"[\"\xE6\x90", 1, 3, "0xE6 is not valid UTF-8"},
        {"\x93[", 1, 1, "0x93 is not valid UTF-8"},
        {"{\n\n é: 1}", 3, 2, "found 'é'"},
        {"\x01", 1, 1, "control character 0x01"},
        {"{\r\n\"a\": ?}", 2, 6, "found '?'"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct nbt_span span = {0};
        int rc = scan_tight(cases[i].text, strlen(cases[i].text), &span, &err);
        if (rc != NBT_EPARSE || err.line != cases[i].line || err.column != cases[i].column ||
            !strstr(err.text, cases[i].says))
            fail_msg("%s: got %d at %d:%d, '%s'; want %d:%d, '%s'", cases[i].text, rc, err.line,
                     err.column, err.text, cases[i].line, cases[i].column, cases[i].says);
    }
}

/* Every document cut off anywhere is refused, and never read beyond its end. */
static void test_truncated(void **state)
{
    static const char text[] = "{\"cells\": [{\"n\": -1.5e-3, \"s\": "
                               "\"a\\u00e9\\\"損0123456789abcdef\"}, true, NaN], \"x\": {}}";
    (void)state;
    for (size_t size = 0; size < sizeof(text) - 1; size++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct nbt_span span = {0};
        int rc = scan_tight(text, size, &span, &err);
        if (rc != NBT_EPARSE)
            fail_msg("%zu bytes of it: got %d, want %d", size, rc, NBT_EPARSE);
    }
}

static int scan_nested(size_t depth, const char *open, const char *close, struct nbt_error *err)
{
    size_t width = strlen(open), end = strlen(close), size = depth * (width + end) + 1;
    char *text = malloc(size);
    struct nbt_span span;
    assert_non_null(text);
    for (size_t i = 0; i < depth; i++) {
        memcpy(text + i * width, open, width);
        memcpy(text + depth * width + 1 + i * end, close, end);
    }
    text[depth * width] = '1';
    int rc = scan_text(text, size, &span, err);
    free(text);
    return rc;
}

static void test_depth(void **state)
{
    static const struct {
        size_t depth;
        const char *open, *close;
        int want;
    } cases[] = {
        {NBT_SCAN_DEPTH, "[", "]", 0},
        {NBT_SCAN_DEPTH, "{\"a\":", "}", 0},
        {NBT_SCAN_DEPTH / 2, "[{\"a\":", "}]", 0},
        {NBT_SCAN_DEPTH + 1, "[", "]", NBT_EPARSE},
        {NBT_SCAN_DEPTH + 1, "{\"a\":", "}", NBT_EPARSE},
        {4000000, "[", "]", NBT_EPARSE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        int rc = scan_nested(cases[i].depth, cases[i].open, cases[i].close, &err);
        if (rc != cases[i].want)
            fail_msg("%zu times %s: got %d (%s), want %d", cases[i].depth, cases[i].open, rc,
                     err.text, cases[i].want);
    }
}

static void test_walk(void **state)
{
    static const char text[] = "{\"a\": 1, \"\\u0062\": [10, 20], \"c\": {}}";
    struct nbt_scan scan = nbt_scan_document("doc", text, sizeof(text) - 1);
    struct nbt_error err = NBT_ERROR_INIT;
    struct nbt_span key, value;
    char seen[64] = "";
    bool first = true, inner = true;
    (void)state;
    while (nbt_scan_member(&scan, &first, &key, &err) > 0) {
        size_t used = strlen(seen);
        if (nbt_scan_is(text, key, "b")) {
            while (nbt_scan_element(&scan, &inner, &err) > 0) {
                assert_int_equal(nbt_scan_value(&scan, &value, &err), 0);
                used += (size_t)snprintf(seen + used, sizeof(seen) - used, "%.*s;",
                                         (int)value.length, text + value.offset);
            }
            continue;
        }
        assert_int_equal(nbt_scan_value(&scan, &value, &err), 0);
        snprintf(seen + used, sizeof(seen) - used, "%.*s;", (int)value.length, text + value.offset);
    }
    assert_int_equal(err.code, 0);
    assert_int_equal(nbt_scan_end(&scan, &err), 0);
    assert_string_equal(seen, "1;10;20;{};");
}

static void test_decode(void **state)
{
    static const struct {
        const char *json, *want;
    } cases[] = {
        {"\"\"", ""},
        {"\"plain\"", "plain"},
        {"\"a\\nb\\tc\\\\d\\\"e\\/f\\r\\b\\f\"", "a\nb\tc\\d\"e/f\r\b\f"},
        {"\"\\u00e9\\u00E9é\"", "ééé"},
        {"\"\\u640d\"", "損"},
        {"\"\\ud83c\\udf89!\"", "🎉!"},
        {"\"\\ud83c!\"", "\xEF\xBF\xBD!"},
        {"\"\\ud83c\"", "\xEF\xBF\xBD"},
        {"\"\\udf89\\ud83c\\udf89\"", "\xEF\xBF\xBD🎉"},
        {"\"\\ud83c\\u0041\"", "\xEF\xBF\xBD"
                               "A"},
        {"\"a\\u0000b\"", "a\xEF\xBF\xBD"
                          "b"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct nbt_span span = {.offset = 0, .length = strlen(cases[i].json)};
        char *out = malloc(span.length);
        assert_non_null(out);
        size_t length = nbt_scan_decode(cases[i].json, span, out);
        if (length != strlen(cases[i].want) || memcmp(out, cases[i].want, length) != 0)
            fail_msg("%s: got '%.*s', want '%s'", cases[i].json, (int)length, out, cases[i].want);
        if (!nbt_scan_is(cases[i].json, span, cases[i].want))
            fail_msg("%s is not '%s'", cases[i].json, cases[i].want);
        if (nbt_scan_is(cases[i].json, span, "other") || nbt_scan_is(cases[i].json, span, "plai"))
            fail_msg("%s is another word", cases[i].json);
        free(out);
    }
}

static void test_locate(void **state)
{
    static const struct {
        const char *source;
        size_t offset;
        size_t want;
    } cases[] = {
        {"\"abc\"", 0, 1},
        {"\"abc\"", 2, 3},
        {"\"abc\"", 3, 4},
        {"\"abc\"", 4, SIZE_MAX},
        {"\"a\\nb\"", 1, 2},
        {"\"a\\nb\"", 2, 4},
        {"\"\\u00e9b\"", 2, 7},
        {"\"\\u00e9b\"", 1, 1},
        {"[\"ab\\n\", \"cd\"]", 3, 10},
        {"[\"ab\\n\", \"cd\"]", 4, 11},
        {"[\"ab\\n\", \"cd\"]", 5, 12},
        {"[\"ab\", \"\", \"cd\"]", 2, 12},
        {"[1, \"ab\"]", 0, 5},
        {"\"\"", 0, 1},
        {"[]", 0, SIZE_MAX},
        {"null", 0, SIZE_MAX},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct nbt_span span = {.offset = 0, .length = strlen(cases[i].source)};
        size_t got = nbt_scan_locate(cases[i].source, span, cases[i].offset);
        if (got != cases[i].want)
            fail_msg("%s at %zu: got %zu, want %zu", cases[i].source, cases[i].offset, got,
                     cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepts),   cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_truncated), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_walk),      cmocka_unit_test(test_decode),
        cmocka_unit_test(test_locate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
