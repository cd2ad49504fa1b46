/* Shared values: the same as jansson reads, whatever the text; repeats are one value. */
#include "base/clock.h"
#include "base/scope.h"
#include "check.h"
#include "engine/local/sharing.h"

static void it_reads_what_jansson_reads(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[]",
        "{}",
        "\"\"",
        "[{\"name\":\"x\",\"value\":\"0.5\"},{\"name\":\"y\",\"value\":\"a b\"}]",
        "{\"metrics\":[{\"name\":\"score\",\"min\":\"1\",\"max\":\"2\",\"latest\":\"2\"}]}",
        "[ \"spaces\" , \"too\" ]",
        "[\"quote \\\" and \\u00e9\"]",
        "[1, 2.5, true, null]",
        "[[[[[[[[[[\"deep\"]]]]]]]]]]",
        ("{\"a key that is far longer than any of the keys that rows of the store ever "
         "hold\":\"v\"}"),
        "[\"a\",",
        "[\"a\"}",
        "{\"a\"}",
        "{\"a\":\"b\"",
        "[\"a\"]x",
        "[\"\xff\"]",
        "\"",
        "",
    };
    struct sharing sharing = {0};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        auto_json json_t *want = json_loads(texts[i], JSON_DECODE_ANY, NULL);
        auto_json json_t *got = sharing_parse(&sharing, texts[i]);
        if ((want == NULL) != (got == NULL) || (want && !json_equal(want, got)))
            fail_msg("%s: read as %p, want %p", texts[i], (void *)got, (void *)want);
    }
    assert_null(sharing_parse(&sharing, NULL));
    sharing_fini(&sharing);
}

static void repeats_are_one_value(void **state)
{
    (void)state;
    struct sharing sharing = {0};
    auto_json json_t *first = sharing_text(&sharing, "Succeeded");
    auto_json json_t *second = sharing_text(&sharing, "Succeeded");
    auto_json json_t *none = sharing_text(&sharing, NULL);
    auto_json json_t *list = sharing_parse(&sharing, "[\"a\"]");
    auto_json json_t *again = sharing_parse(&sharing, "[\"a\"]");
    auto_json json_t *like = sharing_parse(&sharing, "[\"b\"]");
    assert_ptr_equal(first, second);
    assert_ptr_equal(list, again);
    assert_string_equal(json_string_value(json_array_get(like, 0)), "b");
    assert_string_equal(json_string_value(none), "");
    for (int i = 0; i < 100; i++) {
        char text[16];
        snprintf(text, sizeof(text), "%d", i);
        auto_json json_t *other = sharing_text(&sharing, text);
        assert_string_equal(json_string_value(other), text);
    }
    sharing_fini(&sharing);
    assert_string_equal(json_string_value(first), "Succeeded");
}

static void times_are_those_of_the_clock(void **state)
{
    (void)state;
    static const int64_t times[] = {
        1, 999999, 1000000, 1700000000000001, 1700000000999999, 1700000001000000, 5};
    struct sharing sharing = {0};
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        char want[CLOCK_TEXT_MAX];
        clock_rfc3339(want, times[i]);
        auto_json json_t *got = sharing_time(&sharing, times[i]);
        assert_string_equal(json_string_value(got), want);
    }
    auto_json json_t *never = sharing_time(&sharing, 0);
    assert_true(json_is_null(never));
    sharing_fini(&sharing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_reads_what_jansson_reads),
        cmocka_unit_test(repeats_are_one_value),
        cmocka_unit_test(times_are_those_of_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
