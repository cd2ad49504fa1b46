#include <jansson.h>
#include <stdlib.h>

#include "base/scope.h"
#include "check.h"
#include "jupyter/scanned.h"
#include "jupyter/tolerant.h"

struct row {
    const char *name, *input;
    size_t length;    /* 0: of the text */
    const char *want; /* compact, NULL: not JSON */
    int repaired;
};

static const struct row rows[] = {
    {"strict", "{\"a\": [1, 2.5, \"x\", null, true]}", 0, "{\"a\":[1,2.5,\"x\",null,true]}", 0},
    {"plain texts", "{\"a\": \"x\", \"b\":\"\",\"\": \"~\"}", 0,
     "{\"a\":\"x\",\"b\":\"\",\"\":\"~\"}", 0},
    {"plain texts and others", "{\"a\": \"x\", \"b\": null}", 0, "{\"a\":\"x\",\"b\":null}", 0},
    {"escapes after plain texts", "{\"a\": \"x\", \"b\": \"y\\n\"}", 0,
     "{\"a\":\"x\",\"b\":\"y\\n\"}", 0},
    {"the later of two names", "{\"a\": \"x\", \"a\": \"y\"}", 0, "{\"a\":\"y\"}", 0},
    {"a long name", "{\"0123456789012345678901234567890123456789012345678901234567890123\": \"x\"}",
     0, "{\"0123456789012345678901234567890123456789012345678901234567890123\":\"x\"}", 0},
    {"line ends between plain texts", "{\n\"a\":\t\"x\"\r}\n", 0, "{\"a\":\"x\"}", 0},
    {"control character in a plain text", "{\"a\": \"x\ty\"}", 0, "{\"a\":\"x\\ty\"}", 1},
    {"invalid byte in a name", "{\"a\xFF\": \"x\"}", 0, "{\"a\xEF\xBF\xBD\":\"x\"}", 1},
    {"more after plain texts", "{\"a\": \"x\"} {", 0, NULL, 1},
    {"a comma too many", "{\"a\": \"x\",}", 0, NULL, 1},
    {"no name", "{: \"x\"}", 0, NULL, 1},
    {"a cut plain text", "{\"a\": \"x", 0, NULL, 1},
    {"a cut object", "{\"a\": \"x\"", 0, NULL, 1},
    {"scalar", "17", 0, "17", 0},
    {"NaN", "{\"a\": NaN, \"b\": [Infinity, -Infinity]}", 0, "{\"a\":null,\"b\":[null,null]}", 1},
    {"NaN in a text stays", "{\"a\": \"NaN\", \"b\": NaN}", 0, "{\"a\":\"NaN\",\"b\":null}", 1},
    {"big integer", "[123456789012345678901234567890]", 0, "[1.2345678901234568e29]", 1},
    {"largest integer stays", "[9223372036854775807, NaN]", 0, "[9223372036854775807,null]", 1},
    {"overflow", "[1e400, -1e400, 1e5]", 0, "[null,null,100000.0]", 1},
    {"lone high surrogate", "[\"a\\ud83dz\"]", 0, "[\"a\xEF\xBF\xBDz\"]", 1},
    {"lone low surrogate", "[\"\\ude00\"]", 0, "[\"\xEF\xBF\xBD\"]", 1},
    {"pair beside a lone one", "[\"\\ud83d\\ude00\\ud83d\"]", 0,
     "[\"\xF0\x9F\x98\x80\xEF\xBF\xBD\"]", 1},
    {"invalid byte", "[\"a\xFFz\"]", 0, "[\"a\xEF\xBF\xBDz\"]", 1},
    {"overlong", "[\"\xC0\xAF\"]", 0, "[\"\xEF\xBF\xBD\xEF\xBF\xBD\"]", 1},
    {"surrogate in UTF-8", "[\"\xED\xA0\xBD\"]", 0, "[\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"]",
     1},
    {"cut sequence", "[\"\xE2\x82\"]", 0, "[\"\xEF\xBF\xBD\xEF\xBF\xBD\"]", 1},
    {"escaped NUL", "[\"a\\u0000z\"]", 0, "[\"a\xE2\x90\x80z\"]", 1},
    {"NUL in a key", "{\"a\\u0000z\": 1}", 0, "{\"a\xE2\x90\x80z\":1}", 1},
    {"raw NUL", "[\"a\0z\"]", 7, "[\"a\xE2\x90\x80z\"]", 1},
    {"raw newline", "[\"a\nz\"]", 0, "[\"a\\nz\"]", 1},
    {"escaped quote", "[\"a\\\"\xFF\"]", 0, "[\"a\\\"\xEF\xBF\xBD\"]", 1},
    {"cut", "{\"a\": [1,", 0, NULL, 1},
    {"cut in an escape", "[\"a\\", 0, NULL, 1},
    {"cut in a code", "[\"a\\u00", 0, NULL, 1},
    {"no JSON", "hello", 0, NULL, 1},
    {"empty", "", 0, NULL, 1},
};

/* What the scanner reads, it reads as jansson does. */
static const struct {
    const char *input;
    bool scanned;
} same[] = {
    {"{\"a\": {\"b\": [], \"c\": {}}, \"d\": \"x\\n\\t\\\"\\\\u0041/\"}", true},
    {"{\"a\\n\": 1, \"a\\u00e9\": 2, \"Ã©\": 3, \"a\\n\": 4}", true},
    {"[0, -0, -1, 9223372036854775807, 1.0, -0.0, 1e5, 5E-3, 0.1, 1.7976931348623157e308]", true},
    {"[\"\\ud83d\\ude00\", \"ð\", \"\\\\ud83d\"]", true},
    {" [ true , false , null ] ", true},
    {"\"alone\"", true},
    {"\"\"", true},
    {"[9223372036854775808]", false},
    {"[1e400]", false},
    {"[NaN]", false},
    {"[\"\\u0000\"]", false},
    {"[\"\\ud83d\"]", false},
    {"ï»¿[]", false},
    {"[01]", false},
    {"[1,]", false},
    {"[] []", false},
    {"", false},
};

static void test_scanned(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        size_t length = strlen(same[i].input);
        auto_json json_t *got = scanned_load(same[i].input, length);
        auto_json json_t *want = json_loadb(same[i].input, length, JSON_DECODE_ANY, NULL);
        if (!got != !same[i].scanned || !want != !same[i].scanned || (got && !json_equal(got, want)))
            fail_msg("%s: %s", same[i].input, got ? "read, and not as jansson does" : "not read");
    }
}

static void test_scanned_deep(void **state)
{
    enum { DEPTH = 900 };
    char text[2 * DEPTH];
    (void)state;
    memset(text, '[', DEPTH);
    memset(text + DEPTH, ']', DEPTH);
    auto_json json_t *got = scanned_load(text, sizeof(text));
    auto_json json_t *want = json_loadb(text, sizeof(text), 0, NULL);
    assert_non_null(got);
    assert_true(json_equal(got, want));
}

static void test_load(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool repaired = false;
        size_t length = rows[i].length ? rows[i].length : strlen(rows[i].input);
        auto_json json_t *value = tolerant_load(rows[i].input, length, &repaired);
        auto_free char *got = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
        if ((got == NULL) != (rows[i].want == NULL) || (got && strcmp(got, rows[i].want) != 0))
            fail_msg("%s: got %s, expected %s", rows[i].name, got ? got : "nothing",
                     rows[i].want ? rows[i].want : "nothing");
        if (repaired != rows[i].repaired)
            fail_msg("%s: repaired %d, expected %d", rows[i].name, repaired, rows[i].repaired);
    }
}

static void test_deep(void **state)
{
    (void)state;
    char *text = malloc(100001);
    assert_non_null(text);
    memset(text, '[', 100000);
    text[100000] = '\0';
    assert_null(tolerant_load(text, 100000, NULL));
    free(text);
}

static void test_string(void **state)
{
    (void)state;
    static const struct {
        const char *input;
        size_t length, maximum;
        const char *want;
    } strings[] = {
        {"plain", 5, 10, "plain"},
        {"a\xFF\0z", 4, 10, "a\xEF\xBF\xBD\xE2\x90\x80z"},
        {"abcdef", 6, 3, "abc\n... (6 bytes, of which 3 are kept)"},
        {"\xE2\x82\xAC", 3, 2, "\xEF\xBF\xBD\xEF\xBF\xBD\n... (3 bytes, of which 2 are kept)"},
        {"", 0, 3, ""},
    };
    for (size_t i = 0; i < COUNT_OF(strings); i++) {
        auto_json json_t *string =
            tolerant_string(strings[i].input, strings[i].length, strings[i].maximum);
        assert_string_equal(json_string_value(string), strings[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_scanned),
        cmocka_unit_test(test_scanned_deep),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
