#include <errno.h>
#include <string.h>

#include "check.h"
#include "nbtags/error.h"

static void the_first_error_wins_and_context_goes_before_it(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    assert_int_equal(nbt_error_set(&err, NBT_EINVAL, "found %d", 3), NBT_EINVAL);
    assert_int_equal(nbt_error_set(&err, NBT_EIO, "later"), NBT_EIO);
    assert_int_equal(nbt_error_prefix(&err, "cell %d", 2), NBT_EINVAL);
    assert_string_equal(err.text, "cell 2: found 3");
    assert_int_equal(err.code, NBT_EINVAL);
    assert_int_equal(nbt_error_set(NULL, NBT_EIO, "nowhere"), NBT_EIO);
    assert_int_equal(nbt_error_prefix(NULL, "nowhere"), NBT_EINVAL);
}

static void an_errno_becomes_a_code(void **state)
{
    (void)state;
    static const struct {
        int number, want;
    } cases[] = {{ENOENT, NBT_ENOTFOUND}, {ENOMEM, NBT_ENOMEM}, {EACCES, NBT_EIO}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        errno = cases[i].number;
        assert_int_equal(nbt_error_errno(&err, "cannot open %s", "x"), cases[i].want);
        assert_non_null(strstr(err.text, strerror(cases[i].number)));
    }
}

static void texts_are_utf8_whatever_they_quote(void **state)
{
    (void)state;
    static const struct {
        const char *quoted, *want;
    } cases[] = {
        {"\xc3\xa4\xc3\xa4", "'\xc3\xa4?'"}, /* cut after three bytes */
        {"\xe2\x82\xac", "'\xe2\x82\xac'"},  /* fits */
        {"\xff\xc0x", "'?\?x'"},              /* no UTF-8 */
        {"\xed\xa0\x80", "'?\?\?'"},           /* a surrogate */
        {"\xf0\x9f\x98", "'?\?\?'"},           /* cut before its end */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        nbt_error_set(&err, NBT_EINVAL, "'%.3s'", cases[i].quoted);
        assert_string_equal(err.text, cases[i].want);
    }
}

static void long_texts_end_in_dots(void **state)
{
    (void)state;
    char text[4096];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    struct nbt_error err = NBT_ERROR_INIT;
    nbt_error_set(&err, NBT_EINVAL, "%s", text);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_string_equal(err.text + strlen(err.text) - 4, "x...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_error_wins_and_context_goes_before_it),
        cmocka_unit_test(an_errno_becomes_a_code),
        cmocka_unit_test(texts_are_utf8_whatever_they_quote),
        cmocka_unit_test(long_texts_end_in_dots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
