/* The words of cells, cursor positions, and markup that cannot escape. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/scope.h"
#include "check.h"
#include "kernel/bundle.h"
#include "kernel/cursor.h"
#include "kernel/script.h"

struct row {
    const char *code;
    const char *want; /* words after '|', commands after ';' */
    enum script_end end;
};

static const struct row rows[] = {
    {"", "", SCRIPT_WHOLE},
    {" \n\t\n# only words of mine\n", "", SCRIPT_WHOLE},
    {"list", ";|list", SCRIPT_WHOLE},
    {"list\r\nshow x", ";|list;|show|x", SCRIPT_WHOLE},
    {"run 'a b' \"c d\" e\\ f", ";|run|a b|c d|e f", SCRIPT_WHOLE},
    {"a'b'\"c\"d", ";|abcd", SCRIPT_WHOLE},
    {"a \"\\\"\\\\\\n\"", ";|a|\"\\\\n", SCRIPT_WHOLE},
    {"a 'x\\'", ";|a|x\\", SCRIPT_WHOLE},
    {"a ''", ";|a|", SCRIPT_WHOLE},
    {"a#b #c\nd", ";|a#b;|d", SCRIPT_WHOLE},
    {"a \\\n  b\nc", ";|a|b;|c", SCRIPT_WHOLE},
    {"a 'b\nc'", ";|a|b\nc", SCRIPT_WHOLE},
    {"a 'b", ";|a|b", SCRIPT_IN_QUOTES},
    {"a \"b", ";|a|b", SCRIPT_IN_QUOTES},
    {"a b\\", ";|a|b", SCRIPT_AFTER_BACKSLASH},
    {"# a 'quote in a comment", "", SCRIPT_WHOLE},
    {"é '\xf0\x9f\x98\x80'", ";|é|\xf0\x9f\x98\x80", SCRIPT_WHOLE},
};

static char *picture(const struct script *script)
{
    struct buf out = buf_init(4096);

    for (size_t i = 0; i < script->n; i++) {
        buf_putc(&out, ';');
        for (size_t j = 0; j < script->commands[i].n; j++)
            buf_printf(&out, "|%s", script->commands[i].words[j].text);
    }
    return buf_take(&out);
}

static void test_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(script_fini) struct script script = {0};
        struct nbt_error err = NBT_ERROR_INIT;
        assert_int_equal(script_read(&script, rows[i].code, &err), 0);
        auto_free char *got = picture(&script);
        if (strcmp(got, rows[i].want) != 0 || script.end != rows[i].end)
            fail_msg("row %zu: got %s end %d, want %s end %d", i, got, (int)script.end,
                     rows[i].want, (int)rows[i].end);
    }
}

static void test_places(void **state)
{
    CLEANUP(script_fini) struct script script = {0};
    struct nbt_error err = NBT_ERROR_INIT;

    (void)state;
    assert_int_equal(script_read(&script, "list\n\nshow \\\n 'a b'\nlast", &err), 0);
    assert_int_equal(script.n, 3);
    assert_int_equal(script.commands[1].line, 3);
    assert_int_equal(script.commands[2].line, 5);
    assert_int_equal(script.commands[1].words[1].start, 14);
    assert_int_equal(script.commands[1].words[1].end, 19);
}

static void test_quoted_words_are_read_again(void **state)
{
    static const char *const words[] = {"",     "a",  "a b",  "a'b",  "a\"b",
                                        "a\\b", "#a", "a\nb", "\\\"", "é \xf0\x9f\x98\x80",
                                        "\t",   "'"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        CLEANUP(buf_fini) struct buf quoted = buf_init(256);
        CLEANUP(script_fini) struct script script = {0};
        struct nbt_error err = NBT_ERROR_INIT;
        script_quote(&quoted, words[i]);
        assert_int_equal(script_read(&script, buf_text(&quoted), &err), 0);
        assert_int_equal(script.n, 1);
        assert_int_equal(script.commands[0].n, 1);
        assert_string_equal(script.commands[0].words[0].text, words[i]);
    }
}

static void test_status(void **state)
{
    (void)state;
    assert_string_equal(script_status("list"), "complete");
    assert_string_equal(script_status(""), "complete");
    assert_string_equal(script_status("nbkatib run 'x"), "incomplete");
    assert_string_equal(script_status("list\nnonsense"), "invalid");
    assert_string_equal(script_status("nbkatib"), "invalid");
}

static void test_cursor(void **state)
{
    const char *code = "aé\xf0\x9f\x98\x80z"; /* 1 + 2 + 4 + 1 bytes */

    (void)state;
    assert_int_equal(cursor_points(code, 8), 4);
    assert_int_equal(cursor_points(code, 3), 2);
    assert_int_equal(cursor_bytes(code, 3), 7);
    assert_int_equal(cursor_bytes(code, 99), 8);
    auto_json json_t *content = json_pack("{s:i}", "cursor_pos", -1);
    assert_int_equal(cursor_of(content, code), 0);
    json_object_clear(content);
    assert_int_equal(cursor_of(content, code), 8);
}

static void test_markup(void **state)
{
    CLEANUP(table_fini) struct table table = {.heads = {"<h>", "b"}};
    CLEANUP(buf_fini) struct buf html = buf_init(4096);

    (void)state;
    table_add(&table, (const char *const[]){"<script>alert('x')</script>", "a&\"b\""});
    html_table(&html, &table);
    assert_string_equal(
        buf_text(&html),
        "<table><thead><tr><th>&lt;h&gt;</th><th>b</th></tr></thead><tbody><tr><td>"
        "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</td><td>a&amp;&quot;b&quot;"
        "</td></tr></tbody></table>");
}

static void test_text_that_is_not_utf8(void **state)
{
    auto_json json_t *bundle = bundle_html("\xff", "<b>\xff</b>");

    (void)state;
    assert_string_equal(json_string_value(json_object_get(bundle, "text/plain")), "\xef\xbf\xbd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_quoted_words_are_read_again),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_cursor),
        cmocka_unit_test(test_markup),
        cmocka_unit_test(test_text_that_is_not_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
