/* Outputs as a notebook stores them: merged, updated, cleared, routed, bounded. */
#include "support.h"
#include "trial/outputs.h"

struct said {
    size_t cell;        /* begun before the message when it is another than the last one's */
    const char *parent; /* msg_id */
    const char *type, *content;
};

struct row {
    const char *name;
    struct said said[8];
    const char *want; /* outputs of cells 0 and 1 */
};

#define STDOUT(text) "stream", "{\"name\":\"stdout\",\"text\":\"" text "\"}"
#define STDERR(text) "stream", "{\"name\":\"stderr\",\"text\":\"" text "\"}"
#define SHOW(id, text)                                                                             \
    "display_data", "{\"data\":{\"text/plain\":\"" text                                            \
                    "\"},\"metadata\":{},\"transient\":{\"display_id\":\"" id "\"}}"
#define UPDATE(id, text)                                                                           \
    "update_display_data", "{\"data\":{\"text/plain\":\"" text                                     \
                           "\"},\"metadata\":{},\"transient\":{\"display_id\":\"" id "\"}}"
#define S(name, lines)                                                                             \
    "{\"output_type\": \"stream\", \"name\": \"" name "\", \"text\": [" lines "]}"
#define D(text)                                                                                    \
    "{\"output_type\": \"display_data\", \"data\": {\"text/plain\": [\"" text                      \
    "\"]}, \"metadata\": {}}"

static const struct row rows[] = {
    {"streams merge",
     {{0, "a", STDOUT("x\\n")}, {0, "a", STDOUT("y")}},
     "[" S("stdout", "\"x\\n\", \"y\"") "] []"},
    {"only neighbours merge",
     {{0, "a", STDOUT("x")}, {0, "a", STDERR("e")}, {0, "a", STDOUT("y")}},
     "[" S("stdout", "\"x\"") ", " S("stderr", "\"e\"") ", " S("stdout", "\"y\"") "] []"},
    {"nothing printed", {{0, "a", STDOUT("")}}, "[] []"},
    {"late output goes to its cell",
     {{0, "a", STDOUT("x")}, {1, "b", STDOUT("y")}, {1, "a", STDOUT("z")}},
     "[" S("stdout", "\"xz\"") "] [" S("stdout", "\"y\"") "]"},
    {"late output before the new cell speaks",
     {{0, "a", STDOUT("x")}, {1, "a", STDOUT("y")}, {1, "b", STDOUT("z")}},
     "[" S("stdout", "\"xy\"") "] [" S("stdout", "\"z\"") "]"},
    {"an update reaches an earlier cell, transient stays out",
     {{0, "a", SHOW("d", "1")}, {1, "b", UPDATE("d", "2")}},
     "[" D("2") "] []"},
    {"an update of nothing shows nothing", {{0, "a", UPDATE("d", "2")}}, "[] []"},
    {"a display with a known id updates the others",
     {{0, "a", SHOW("d", "1")}, {1, "b", SHOW("d", "2")}},
     "[" D("2") "] [" D("2") "]"},
    {"cleared at once",
     {{0, "a", STDOUT("x")}, {0, "a", "clear_output", "{\"wait\":false}"}},
     "[] []"},
    {"cleared by what comes next",
     {{0, "a", STDOUT("x")}, {0, "a", "clear_output", "{\"wait\":true}"}, {0, "a", STDOUT("y")}},
     "[" S("stdout", "\"y\"") "] []"},
    {"not cleared when nothing comes",
     {{0, "a", STDOUT("x")}, {0, "a", "clear_output", "{\"wait\":true}"}},
     "[" S("stdout", "\"x\"") "] []"},
    {"a cleared display is not updated",
     {{0, "a", SHOW("d", "1")},
      {0, "a", "clear_output", "{\"wait\":false}"},
      {0, "a", UPDATE("d", "2")}},
     "[] []"},
    {"a result",
     {{0, "a", "execute_result",
       "{\"data\":{\"text/plain\":\"3\"},\"metadata\":{},\"execution_count\":7}"}},
     "[{\"output_type\": \"execute_result\", \"data\": {\"text/plain\": [\"3\"]}, \"metadata\": "
     "{}, "
     "\"execution_count\": 7}] []"},
    {"an error",
     {{0, "a", "error", "{\"ename\":\"E\",\"evalue\":\"v\",\"traceback\":[\"t\"]}"}},
     "[{\"output_type\": \"error\", \"ename\": \"E\", \"evalue\": \"v\", \"traceback\": [\"t\"]}] "
     "[]"},
    {"escapes and reals",
     {{0, "a", "display_data",
       "{\"data\":{\"application/"
       "json\":{\"x\":0.1,\"y\":2.0,\"z\":\"\\u001b[0m\"}},\"metadata\":{}}"}},
     "[{\"output_type\": \"display_data\", \"data\": {\"application/json\": {\"x\": 0.1, \"y\": "
     "2.0, \"z\": "
     "\"\\u001b[0m\"}}, \"metadata\": {}}] []"},
    {"base64 stays one string",
     {{0, "a", "display_data", "{\"data\":{\"image/png\":\"QQ\\nQQ\"},\"metadata\":{}}"}},
     "[{\"output_type\": \"display_data\", \"data\": {\"image/png\": \"QQ\\nQQ\"}, \"metadata\": "
     "{}}] []"},
    {"status is no output", {{0, "a", "status", "{\"execution_state\":\"busy\"}"}}, "[] []"},
    {"too many",
     {{0, "a", STDOUT("1")}, {0, "a", STDERR("2")}, {0, "a", STDOUT("3")}, {0, "a", STDERR("4")}},
     "[" S("stdout", "\"1\"") ", " S("stderr", "\"2\"") ", " S("stdout", "\"3\"") ", " S(
         "stderr", "\"[nbkatib: 1 more outputs were left out: the limit for a notebook is "
                   "reached]\\n\"") "] []"},
};

static const struct outputs_limits small = {
    .stream = 64, .display = 2000, .count = 3, .total = 4000};

static void say(struct outputs *outputs, const char *parent, const char *type, const char *content)
{
    json_error_t bad;
    auto_json json_t *value = json_loads(content, 0, &bad);
    if (value == NULL)
        fail_msg("%s: %s", content, bad.text);
    const struct client_message message = {.type = type, .content = value, .parent = parent};
    outputs_message(outputs, &message);
}

static void rows_of_messages(void **state)
{
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct outputs *outputs = outputs_new(2, &small);
        CLEANUP(buf_fini) struct buf got = buf_init(65536);
        size_t cell = 0;
        outputs_begin(outputs, 0);
        for (size_t k = 0; k < 8 && rows[i].said[k].type != NULL; k++) {
            const struct said *said = &rows[i].said[k];
            if (said->cell != cell)
                outputs_begin(outputs, cell = said->cell);
            say(outputs, said->parent, said->type, said->content);
        }
        outputs_write(outputs, 0, &got, "", 0);
        buf_putc(&got, ' ');
        outputs_write(outputs, 1, &got, "", 0);
        if (strcmp(buf_text(&got), rows[i].want) != 0) {
            print_error("%s: got\n%s\nwant\n%s\n", rows[i].name, buf_text(&got), rows[i].want);
            bad++;
        }
        outputs_free(outputs);
    }
    assert_int_equal(bad, 0);
}

/* A stream without end keeps its beginning and its end, and says what is missing. */
static void a_long_stream_is_clipped(void **state)
{
    (void)state;
    struct outputs *outputs = outputs_new(1, &small);
    CLEANUP(buf_fini) struct buf got = buf_init(65536);
    outputs_begin(outputs, 0);
    say(outputs, "a", STDOUT("first "));
    for (int i = 0; i < 1000; i++)
        say(outputs, "a", STDOUT("\u00e9\u00e9\u00e9\u00e9\u00e9"));
    say(outputs, "a", STDOUT(" last"));
    outputs_write(outputs, 0, &got, "", 0);
    auto_json json_t *value = json_loads(buf_text(&got), 0, NULL);
    assert_non_null(value); /* no character was cut */
    assert_true(got.length < 400);
    assert_non_null(strstr(buf_text(&got), "\"first "));
    assert_non_null(strstr(buf_text(&got), "bytes of output left out here"));
    assert_non_null(strstr(buf_text(&got), " last\""));
    outputs_free(outputs);
}

static void nothing_is_left_out_just_below_the_limit(void **state)
{
    (void)state;
    struct outputs *outputs = outputs_new(1, &small);
    CLEANUP(buf_fini) struct buf got = buf_init(65536);
    outputs_begin(outputs, 0);
    for (int i = 0; i < 128; i++)
        say(outputs, "a", STDOUT("x"));
    outputs_write(outputs, 0, &got, "", 0);
    assert_null(strstr(buf_text(&got), "left out"));
    assert_int_equal(got.length, strlen("[" S("stdout", "\"\"") "]") + 128);
    outputs_free(outputs);
}

static void a_large_display_is_replaced_by_a_note(void **state)
{
    (void)state;
    struct outputs *outputs = outputs_new(1, &small);
    CLEANUP(buf_fini) struct buf got = buf_init(65536), content = buf_init(65536);
    buf_puts(&content, "{\"metadata\":{},\"data\":{\"image/png\":\"");
    for (int i = 0; i < 3000; i++)
        buf_putc(&content, 'A');
    buf_puts(&content, "\"}}");
    outputs_begin(outputs, 0);
    say(outputs, "a", "display_data", buf_text(&content));
    outputs_write(outputs, 0, &got, "", 0);
    assert_non_null(strstr(buf_text(&got), "an output of"));
    assert_true(got.length < 300);
    outputs_free(outputs);
}

static void changes_are_seen(void **state)
{
    (void)state;
    struct outputs *outputs = outputs_new(2, &small);
    CLEANUP(buf_fini) struct buf got = buf_init(65536);
    outputs_begin(outputs, 0);
    say(outputs, "a", SHOW("d", "1"));
    outputs_write(outputs, 0, &got, "", 0);
    assert_false(outputs_changed(outputs, 0));
    outputs_begin(outputs, 1);
    assert_false(outputs_changed(outputs, 0));
    say(outputs, "b", UPDATE("d", "2"));
    assert_true(outputs_changed(outputs, 0));
    outputs_free(outputs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_messages),
        cmocka_unit_test(a_long_stream_is_clipped),
        cmocka_unit_test(nothing_is_left_out_just_below_the_limit),
        cmocka_unit_test(a_large_display_is_replaced_by_a_note),
        cmocka_unit_test(changes_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
