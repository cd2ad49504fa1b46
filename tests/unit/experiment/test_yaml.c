#include "base/buf.h"
#include "base/scope.h"
#include "check.h"
#include "experiment/yamldoc.h"

static char *to_json(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}

/* {name, YAML, the JSON it stands for} */
static const struct {
    const char *yaml, *json;
} reads[] = {
    {"a: 1", "{\"a\":1}"},
    {"a: \"1\"", "{\"a\":\"1\"}"},
    {"a: '1'", "{\"a\":\"1\"}"},
    {"a: 1.5", "{\"a\":1.5}"},
    {"a: 1.0", "{\"a\":1.0}"},
    {"a: .5", "{\"a\":0.5}"},
    {"a: 1e3", "{\"a\":1000.0}"},
    {"a: 1e-2", "{\"a\":0.01}"},
    {"a: 0x10", "{\"a\":16}"},
    {"a: -0x10", "{\"a\":-16}"},
    {"a: 010", "{\"a\":8}"},
    {"a: 0o17", "{\"a\":15}"},
    {"a: 0b101", "{\"a\":5}"},
    {"a: 08", "{\"a\":8.0}"},
    {"a: 1_000", "{\"a\":1000}"},
    {"a: +5", "{\"a\":5}"},
    {"a: -9223372036854775808", "{\"a\":-9223372036854775808}"},
    {"a: 1:30", "{\"a\":\"1:30\"}"},
    {"a: 2026-11-24", "{\"a\":\"2026-11-24\"}"},
    {"a: 1.2.3", "{\"a\":\"1.2.3\"}"},
    {"a: 5Gi", "{\"a\":\"5Gi\"}"},
    {"a: nan", "{\"a\":\"nan\"}"},
    {"a: inf", "{\"a\":\"inf\"}"},
    {"a: 1e400", "{\"a\":\"1e400\"}"},
    {"a: true", "{\"a\":true}"},
    {"a: Yes", "{\"a\":true}"},
    {"a: off", "{\"a\":false}"},
    {"a: y", "{\"a\":true}"},
    {"a: 'no'", "{\"a\":\"no\"}"},
    {"a: yEs", "{\"a\":\"yEs\"}"},
    {"a:", "{\"a\":null}"},
    {"a: ~", "{\"a\":null}"},
    {"a: null", "{\"a\":null}"},
    {"a: \"\"", "{\"a\":\"\"}"},
    {"a: \"-\"", "{\"a\":\"-\"}"},
    {"8080: x", "{\"8080\":\"x\"}"},
    {"\"<<\": x", "{\"<<\":\"x\"}"},
    {"a: [1, {b: 2}]", "{\"a\":[1,{\"b\":2}]}"},
    {"a:\n- 1\n- b: 2\n  c: 3\n", "{\"a\":[1,{\"b\":2,\"c\":3}]}"},
    {"a: |\n  one\n  two\n", "{\"a\":\"one\\ntwo\\n\"}"},
    {"a: >-\n  one\n  two\n", "{\"a\":\"one two\"}"},
    {"x: &v {b: 1}\nw: *v", "{\"x\":{\"b\":1},\"w\":{\"b\":1}}"},
    {"x: &v 1\nz: &v 2\nw: *v", "{\"x\":1,\"z\":2,\"w\":2}"},
    {"# comment\n---\na: 1 # more\n...\n", "{\"a\":1}"},
    {"\xEF\xBB\xBF"
     "a: 1",
     "{\"a\":1}"},
    {"a: \"\\u00e9\\x41\"", "{\"a\":\"\xC3\xA9"
                            "A\"}"},
};

static void reads_as_kubernetes_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(reads); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        auto_json json_t *value = NULL;
        if (yamldoc_read(&value, "t", reads[i].yaml, strlen(reads[i].yaml), &err) < 0)
            fail_msg("%s: %s", reads[i].yaml, err.text);
        auto_free char *got = to_json(value);
        if (strcmp(got, reads[i].json) != 0)
            fail_msg("%s\n got %s\nwant %s", reads[i].yaml, got, reads[i].json);
    }
}

/* {YAML, line, column, a part of the text} */
static const struct {
    const char *yaml;
    int line, column;
    const char *text;
} refusals[] = {
    {"", 0, 0, "empty"},
    {"# nothing\n", 0, 0, "empty"},
    {"a: 1\nb: 2\na: 3\n", 3, 1, "the key \"a\" stands twice"},
    {"a: 1\n---\nb: 2\n", 2, 1, "second document"},
    {"a: !!str 1\n", 1, 4, "tag:yaml.org,2002:str is not read"},
    {"a: !x [1]\n", 1, 4, "tag !x is not read"},
    {"b: &m {x: 1}\na:\n  <<: *m\n", 3, 3, "merge keys"},
    {"a: *nowhere\n", 1, 4, "no anchor &nowhere"},
    {"a: &x [*x]\n", 1, 8, "holds itself"},
    {"a: .nan\n", 1, 4, "no number that JSON can hold"},
    {"goal: -.inf\n", 1, 7, "no number that JSON can hold"},
    {"a: 9223372036854775808\n", 1, 4, "at most 64 bits"},
    {"yes: 1\n", 1, 1, "put it in quotes"},
    {"1.5: 1\n", 1, 1, "put it in quotes"},
    {"? [a]\n: 1\n", 1, 3, "a key must be a text"},
    {"&k a: 1\n", 1, 1, "must not have an anchor"},
    {"a:\n\tb: 1\n", 2, 1, "indent with spaces, not tabs"},
    {"a: b: c\n", 1, 5, "in quotes"},
    {"a: \"x\\0y\"\n", 1, 4, "NUL"},
    {"a: [1, 2\n", 2, 1, "did not find expected ',' or ']'"},
    {"a: \"\xC3\x28\"\n", 1, 0, "UTF-8"},
    {"a: -", 1, 4, "block sequence entries are not allowed"},
};

static void refuses_with_the_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        json_t *value = NULL;
        const char *yaml = refusals[i].yaml;
        int code = yamldoc_read(&value, "t.yaml", yaml, strlen(yaml), &err);
        if (code != NBT_EPARSE || value)
            fail_msg("%s: got code %d, want a refusal", yaml, code);
        if (err.line != refusals[i].line ||
            (refusals[i].column > 0 && err.column != refusals[i].column))
            fail_msg("%s\n got line %d, column %d\nwant line %d, column %d\n(%s)", yaml, err.line,
                     err.column, refusals[i].line, refusals[i].column, err.text);
        if (!strstr(err.text, refusals[i].text) || strncmp(err.text, "t.yaml: ", 8) != 0)
            fail_msg("%s\n got %s\nwant a part: %s", yaml, err.text, refusals[i].text);
    }
}

static int read_buf(const struct buf *text, struct nbt_error *err)
{
    auto_json json_t *value = NULL;
    return yamldoc_read(&value, "bomb", buf_text(text), text->length, err);
}

/* Nine levels of nine aliases each: 3 GB of text from 400 bytes. */
static void refuses_a_bomb(void **state)
{
    (void)state;
    CLEANUP(buf_fini) struct buf text = buf_init(1 << 16);
    struct nbt_error err = NBT_ERROR_INIT;
    buf_puts(&text, "a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n");
    for (int level = 1; level < 9; level++) {
        buf_printf(&text, "a%d: &a%d [", level, level);
        for (int i = 0; i < 9; i++)
            buf_printf(&text, "%s*a%d", i ? "," : "", level - 1);
        buf_puts(&text, "]\n");
    }
    assert_int_equal(read_buf(&text, &err), NBT_EPARSE);
    assert_non_null(strstr(err.text, "more than 100000 values"));
    assert_int_equal(err.line, 6);
}

/* Few nodes, but each alias stands for 64 KiB of text. */
static void refuses_a_bomb_of_text(void **state)
{
    (void)state;
    CLEANUP(buf_fini) struct buf text = buf_init(1 << 20);
    struct nbt_error err = NBT_ERROR_INIT;
    buf_puts(&text, "a: &a ");
    for (int i = 0; i < 65536; i++)
        buf_putc(&text, 'x');
    buf_puts(&text, "\nb:\n");
    for (int i = 0; i < 200; i++)
        buf_puts(&text, "- *a\n");
    assert_int_equal(read_buf(&text, &err), NBT_EPARSE);
    assert_non_null(strstr(err.text, "more than 8 MiB of text"));
}

static void refuses_deep_nesting(void **state)
{
    (void)state;
    for (int depth = 63; depth <= 64; depth++) {
        CLEANUP(buf_fini) struct buf text = buf_init(1 << 16);
        struct nbt_error err = NBT_ERROR_INIT;
        for (int i = 0; i < depth; i++)
            buf_putc(&text, '[');
        buf_putc(&text, '1');
        for (int i = 0; i < depth; i++)
            buf_putc(&text, ']');
        assert_int_equal(read_buf(&text, &err), depth == 63 ? 0 : NBT_EPARSE);
    }
}

/* An alias must not smuggle depth past the cap. */
static void refuses_depth_by_aliases(void **state)
{
    (void)state;
    CLEANUP(buf_fini) struct buf text = buf_init(1 << 16);
    struct nbt_error err = NBT_ERROR_INIT;
    buf_puts(&text, "a0: &a0 [[[[[[[[1]]]]]]]]\n");
    for (int level = 1; level < 9; level++)
        buf_printf(&text, "a%d: &a%d [[[[[[[*a%d]]]]]]]\n", level, level, level - 1);
    assert_int_equal(read_buf(&text, &err), NBT_EPARSE);
    assert_non_null(strstr(err.text, "nested deeper than 64"));
}

static void refuses_a_long_text(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    json_t *value = NULL;
    assert_int_equal(yamldoc_read(&value, "t", "a", YAMLDOC_SIZE_MAX + 1, &err), NBT_EPARSE);
    assert_non_null(strstr(err.text, "8 MiB"));
}

/* A copy for each alias: defaults filled in one place must not show in the other. */
static void aliases_are_copies(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *value = NULL;
    const char *yaml = "x: &v {b: 1}\nw: *v\n";
    assert_int_equal(yamldoc_read(&value, "t", yaml, strlen(yaml), &err), 0);
    json_object_set_new(json_object_get(value, "x"), "b", json_integer(7));
    assert_int_equal(json_integer_value(json_object_get(json_object_get(value, "w"), "b")), 1);
}

/* {JSON, the YAML for it}; each must also come back as the same JSON. */
static const struct {
    const char *json, *yaml;
} writes[] = {
    {"{\"a\":1,\"b\":1.5,\"c\":true,\"d\":null}", "a: 1\nb: 1.5\nc: true\nd: null\n"},
    {"{\"a\":1000.0}", "a: 1000.0\n"},
    {"{\"a\":\"1\"}", "a: \"1\"\n"},
    {"{\"a\":\"plain text\"}", "a: plain text\n"},
    {"{\"a\":\"2026-11-24\",\"b\":\"1:30\",\"c\":\"=\"}",
     "a: \"2026-11-24\"\nb: \"1:30\"\nc: \"=\"\n"},
    {"{\"a\":\"10.0.0.1\",\"b\":\"1-2\",\"c\":\"a:b\"}", "a: 10.0.0.1\nb: 1-2\nc: a:b\n"},
    {"{\"a\":\"5Gi\"}", "a: 5Gi\n"},
    {"{\"a\":\"${trialParameters.lr}\"}", "a: ${trialParameters.lr}\n"},
    {"{\"a\":\"--lr=0.1\"}", "a: --lr=0.1\n"},
    {"{\"a\":[\"--x\",\"status.conditions.#(type==\\\"Complete\\\")#\"]}",
     "a:\n- --x\n- status.conditions.#(type==\"Complete\")#\n"},
    {"{\"a\":{\"b\":{\"c\":1},\"d\":[]},\"e\":{}}", "a:\n  b:\n    c: 1\n  d: []\ne: {}\n"},
    {"{\"a\":[{\"b\":1,\"c\":[1,2]},[3,[4]],{}]}",
     "a:\n- b: 1\n  c:\n  - 1\n  - 2\n- - 3\n  - - 4\n- {}\n"},
    {"{\"a\":\"one\\ntwo\"}", "a: |-\n  one\n  two\n"},
    {"{\"a\":\"one\\n\\ntwo\\n\"}", "a: |\n  one\n\n  two\n"},
    {"{\"a\":\"one\\n\\n\",\"b\":1}", "a: |+\n  one\n\nb: 1\n"},
    {"{\"a\":[\"  one\\n two\\n\"]}", "a:\n- |2\n    one\n   two\n"},
    {"{\"a\":\"x\\ty\"}", "a: \"x\\ty\"\n"},
    {"{\"a\":\"\\u001b[31m\"}", "a: \"\\x1B[31m\"\n"},
    {"{\"a\":\"\\u2028\\u0085\\ufeff\"}", "a: \"\\u2028\\x85\\uFEFF\"\n"},
    {"{\"a\":\"\xC3\xA9 \xF0\x9F\x98\x80\"}", "a: \xC3\xA9 \xF0\x9F\x98\x80\n"},
    {"{\"y\":1,\"1\":2,\"a b\":3}", "\"y\": 1\n\"1\": 2\na b: 3\n"},
    {"[1,{\"a\":2}]", "- 1\n- a: 2\n"},
    {"{}", "{}\n"},
};

static void writes_as_kubernetes_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(writes); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        auto_json json_t *value = json_loads(writes[i].json, 0, NULL);
        auto_free char *got = NULL;
        assert_non_null(value);
        assert_int_equal(yamldoc_write(value, &got, &err), 0);
        if (strcmp(got, writes[i].yaml) != 0)
            fail_msg("%s\n got\n%s\nwant\n%s", writes[i].json, got, writes[i].yaml);
    }
}

static void check_round_trip(const json_t *value)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_free char *yaml = NULL;
    auto_free char *want = to_json(value);
    auto_json json_t *back = NULL;
    if (yamldoc_write(value, &yaml, &err) < 0 ||
        yamldoc_read(&back, "back", yaml, strlen(yaml), &err) < 0)
        fail_msg("%s\n%s\n%s", want, yaml ? yaml : "(not written)", err.text);
    auto_free char *got = to_json(back);
    if (strcmp(got, want) != 0)
        fail_msg("\n got %s\nwant %s\nby\n%s", got, want, yaml);
}

static const char *const texts[] = {
    "",
    " ",
    "1",
    "0",
    "-1",
    "+1",
    "1.5",
    "1e3",
    "1E-3",
    ".5",
    "5.",
    "0x10",
    "0o7",
    "010",
    "0b1",
    "1_000",
    "1:30",
    "1:30:45.5",
    "190:20:30",
    "true",
    "True",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "y",
    "n",
    "Y",
    "N",
    "null",
    "Null",
    "~",
    "-",
    "--",
    "---",
    "--- a",
    "...",
    "... a",
    "- a",
    "-a",
    "?",
    "? a",
    ":",
    ": a",
    "a:",
    "a: b",
    "a:b",
    "#",
    "# a",
    "a #b",
    "a#b",
    "[",
    "]",
    "{a}",
    "{",
    "}",
    ",",
    "&a",
    "*a",
    "!a",
    "|",
    ">",
    "'",
    "\"",
    "'a'",
    "\"a\"",
    "%a",
    "@a",
    "`a",
    "=",
    "<<",
    ".nan",
    ".inf",
    "-.inf",
    "nan",
    "inf",
    "2026-11-24",
    "2026-11-24T03:10:00Z",
    " a",
    "a ",
    "\ta",
    "a\t",
    "a\tb",
    "a\nb",
    "a\n",
    "\na",
    "\n",
    "\n\n",
    "a\n\n",
    "a\n\n\n",
    " a\nb",
    "a\n b",
    "a\n  \nb",
    "a\n ",
    "a \nb",
    "\ta\nb",
    "a\n\tb",
    "a\r\nb",
    "a\rb",
    "#a\nb",
    "- a\n- b",
    "a: b\nc: d",
    "---\nx",
    "\x01",
    "\x7F",
    "\xC2\x85",
    "\xC2\xA0",
    "\xE2\x80\xA8",
    "\xEF\xBB\xBF",
    "\xEF\xBF\xBD",
    "\xF0\x9F\x98\x80",
    "a\nb\xC2\x85",
    "\xC3\xA9t\xC3\xA9",
    "\\",
    "\\n",
    "a\\nb",
    "\"\\",
    "/",
    "/var/log",
    "C:\\x",
    "99999999999999999999",
    "0x",
    "+",
    "_1",
    "1_",
    ".",
    "..",
    "!!str 1",
    "${a}",
    "a,b",
    "a]b",
    "0.30000000000000004",
    "+.inf",
    "NULL",
    "1e400",
    "-0",
    "-0.0",
};

/* As a value, in a list, in a list of lists, and as a key. */
static void every_text_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        auto_json json_t *value =
            json_pack("{s:s, s:[s, [s, {s:s}], i], s:i}", "value", texts[i], "list", texts[i],
                      texts[i], "deep", texts[i], 1, texts[i], 2);
        assert_non_null(value);
        check_round_trip(value);
    }
}

static void long_keys_come_back(void **state)
{
    (void)state;
    char key[3000];
    memset(key, 'k', sizeof(key) - 1);
    key[sizeof(key) - 1] = '\0';
    auto_json json_t *value =
        json_pack("{s:{s:i, s:[i], s:{s:{s:s}}}}", "a", key, 1, key + 1, 2, key + 2, "b", key, "x");
    check_round_trip(value);
}

static void refuses_to_write_a_cycle(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *list = json_array();
    json_t *inner = json_array();
    char *text = NULL;
    json_array_append(list, inner);
    json_array_append_new(inner, list);
    assert_int_equal(yamldoc_write(list, &text, &err), NBT_EINVAL);
    json_incref(list);
    json_array_clear(inner);
    json_decref(inner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_as_kubernetes_does),
        cmocka_unit_test(refuses_with_the_place),
        cmocka_unit_test(refuses_a_bomb),
        cmocka_unit_test(refuses_a_bomb_of_text),
        cmocka_unit_test(refuses_deep_nesting),
        cmocka_unit_test(refuses_depth_by_aliases),
        cmocka_unit_test(refuses_a_long_text),
        cmocka_unit_test(aliases_are_copies),
        cmocka_unit_test(writes_as_kubernetes_does),
        cmocka_unit_test(every_text_comes_back),
        cmocka_unit_test(long_keys_come_back),
        cmocka_unit_test(refuses_to_write_a_cycle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
