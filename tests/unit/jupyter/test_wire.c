#include <stdlib.h>

#include "base/scope.h"
#include "check.h"
#include "jupyter/wire.h"

#define KEY    "a0436f6c-1916-498b-8eb9-e81ab9368e84"
#define HEADER "{\"msg_id\":\"m1\",\"msg_type\":\"stream\",\"session\":\"s1\"}"
#define PARENT "{\"msg_id\":\"p1\"}"

/* Made by Python: hmac.new(KEY, HEADER + PARENT + "{}" + '{"name":"stdout","text":"hi"}',
 * sha256).hexdigest() */
#define SIGNATURE "929fbdedb1a3a68faa8e08377f1f65573393384800587dc0781cfbfc751c520f"

static struct wire_frame frame(const char *text)
{
    return (struct wire_frame){(const unsigned char *)text, strlen(text)};
}

static void test_sign(void **state)
{
    (void)state;
    struct wire_key key;
    char signature[WIRE_SIGNATURE + 1];
    const struct wire_frame parts[4] = {frame(HEADER), frame(PARENT), frame("{}"),
                                        frame("{\"name\":\"stdout\",\"text\":\"hi\"}")};
    wire_key_init(&key, KEY, strlen(KEY));
    wire_sign(&key, parts, signature);
    assert_string_equal(signature, SIGNATURE);
    wire_key_init(&key, "", 0);
    wire_sign(&key, parts, signature);
    assert_string_equal(signature, "");
}

struct row {
    const char *name;
    const char *frames[10]; /* "SIGN" is replaced by the right signature of the four after it */
    int signs;
    int code;
    const char *want; /* type/id/parent_id/raw/content, or part of the error */
};

static const struct row rows[] = {
    {"plain",
     {"<IDS|MSG>", "SIGN", HEADER, PARENT, "{}", "{\"a\":1}"},
     1,
     0,
     "stream/m1/p1/0/{\"a\":1}"},
    {"identities and buffers",
     {"id", "", "<IDS|MSG>", "SIGN", HEADER, PARENT, "{}", "{}", "buffer"},
     1,
     0,
     "stream/m1/p1/0/{}"},
    {"no key", {"<IDS|MSG>", "", HEADER, PARENT, "{}", "{}"}, 0, 0, "stream/m1/p1/0/{}"},
    {"no key, any signature",
     {"<IDS|MSG>", "zzz", HEADER, PARENT, "{}", "{}"},
     0,
     0,
     "stream/m1/p1/0/{}"},
    {"empty objects of other languages",
     {"<IDS|MSG>", "SIGN", HEADER, "[]", "null", "[]"},
     1,
     0,
     "stream/m1//0/{}"},
    {"empty frames", {"<IDS|MSG>", "SIGN", HEADER, "", "", ""}, 1, 0, "stream/m1//0/{}"},
    {"content with NaN",
     {"<IDS|MSG>", "SIGN", HEADER, "{}", "{}", "{\"a\":NaN}"},
     1,
     0,
     "stream/m1//0/{\"a\":null}"},
    {"content that is a text",
     {"<IDS|MSG>", "SIGN", HEADER, "{}", "{}", "oh no"},
     1,
     0,
     "stream/m1//1/{\"raw\":\"oh no\"}"},
    {"parent that is junk",
     {"<IDS|MSG>", "SIGN", HEADER, "17", "junk", "{}"},
     1,
     0,
     "stream/m1//0/{}"},
    {"wrong signature",
     {"<IDS|MSG>", SIGNATURE, HEADER, PARENT, "{}", "{}"},
     1,
     NBT_EPROTO,
     "signature is not made"},
    {"upper case signature",
     {"<IDS|MSG>", "UPPER", HEADER, PARENT, "{}", "{}"},
     1,
     NBT_EPROTO,
     "signature is not made"},
    {"empty signature",
     {"<IDS|MSG>", "", HEADER, PARENT, "{}", "{}"},
     1,
     NBT_EPROTO,
     "signature is not made"},
    {"no delimiter", {"SIGN", HEADER, PARENT, "{}", "{}"}, 1, NBT_EPROTO, "none of them <IDS|MSG>"},
    {"too few",
     {"<IDS|MSG>", "SIGN", HEADER, PARENT, "{}"},
     1,
     NBT_EPROTO,
     "too few after <IDS|MSG>"},
    {"delimiter last", {"x", "<IDS|MSG>"}, 1, NBT_EPROTO, "too few after <IDS|MSG>"},
    {"nothing", {NULL}, 1, NBT_EPROTO, "a message of 0 frames"},
    {"header no object",
     {"<IDS|MSG>", "SIGN", "[1]", "{}", "{}", "{}"},
     1,
     NBT_EPROTO,
     "header is not an object"},
    {"header without type",
     {"<IDS|MSG>", "SIGN", "{}", "{}", "{}", "{}"},
     1,
     NBT_EPROTO,
     "header is not an object"},
    {"type is a number",
     {"<IDS|MSG>", "SIGN", "{\"msg_type\":1}", "{}", "{}", "{}"},
     1,
     NBT_EPROTO,
     "header is not an object"},
};

static size_t make_frames(const struct row *row, const struct wire_key *key,
                          struct wire_frame frames[10], char signature[WIRE_SIGNATURE + 1])
{
    size_t n = 0;
    while (n < 10 && row->frames[n]) {
        frames[n] = frame(row->frames[n]);
        n++;
    }
    for (size_t i = 0; i + 4 < n; i++) {
        bool upper = strcmp(row->frames[i], "UPPER") == 0;
        if (!upper && strcmp(row->frames[i], "SIGN") != 0)
            continue;
        wire_sign(key, &frames[i + 1], signature);
        for (char *at = signature; upper && *at; at++)
            *at = (char)(*at >= 'a' ? *at - 'a' + 'A' : *at);
        frames[i] = frame(signature);
    }
    return n;
}

static void check_message(const struct row *row, const struct wire_message *message)
{
    char got[512];
    auto_free char *content = json_dumps(message->content, JSON_COMPACT);
    snprintf(got, sizeof(got), "%s/%s/%s/%d/%s", message->type, message->id, message->parent_id,
             message->raw, content);
    if (strcmp(got, row->want) != 0)
        fail_msg("%s: got %s, expected %s", row->name, got, row->want);
}

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct wire_message message = {0};
        struct wire_frame frames[10];
        struct wire_key key;
        char signature[WIRE_SIGNATURE + 1];
        wire_key_init(&key, KEY, rows[i].signs ? strlen(KEY) : 0);
        size_t n = make_frames(&rows[i], &key, frames, signature);
        int rc = wire_parse(&message, frames, n, &key, NULL, &err);
        if (rc != rows[i].code)
            fail_msg("%s: code %d, expected %d (%s)", rows[i].name, rc, rows[i].code, err.text);
        if (rc == 0)
            check_message(&rows[i], &message);
        else if (!strstr(err.text, rows[i].want))
            fail_msg("%s: got \"%s\", expected \"%s\"", rows[i].name, err.text, rows[i].want);
        wire_message_fini(&message);
    }
}

struct ends {
    void *context, *a, *b;
};

static int open_ends(void **state)
{
    struct ends *ends = calloc(1, sizeof(*ends));
    assert_non_null(ends);
    ends->context = zmq_ctx_new();
    ends->a = zmq_socket(ends->context, ZMQ_PAIR);
    ends->b = zmq_socket(ends->context, ZMQ_PAIR);
    assert_int_equal(zmq_bind(ends->a, "inproc://wire"), 0);
    assert_int_equal(zmq_connect(ends->b, "inproc://wire"), 0);
    *state = ends;
    return 0;
}

static int close_ends(void **state)
{
    struct ends *ends = *state;
    zmq_close(ends->a);
    zmq_close(ends->b);
    zmq_ctx_term(ends->context);
    free(ends);
    return 0;
}

/* What one end sends the other one reads, whole. */
static void test_round_trip(void **state)
{
    struct ends *ends = *state;
    struct nbt_error err = NBT_ERROR_INIT;
    struct wire_session session;
    struct wire_parts parts;
    struct wire_message message;
    char id[WIRE_ID_MAX];
    const struct wire_frame identity = frame("peer");
    auto_json json_t *content = json_pack("{s:s}", "text", "h\xC3\xA9 \" \\ \n");
    auto_json json_t *parent = json_pack("{s:s}", "msg_id", "request");
    assert_int_equal(wire_session_init(&session, KEY, strlen(KEY), &err), 0);
    for (int internal = 0; internal < 2; internal++) {
        const struct wire_outgoing outgoing = {
            .type = "execute_reply", .content = content, .parent = parent, .internal = internal};
        assert_int_equal(wire_receive(ends->b, &parts), 0);
        assert_int_equal(wire_send(&session, ends->a, &identity, &outgoing, id, &err), 0);
        assert_int_equal(wire_receive(ends->b, &parts), 1);
        assert_int_equal(parts.n, 7);
        assert_int_equal(wire_parse(&message, parts.frames, parts.n, &session.key, NULL, &err), 0);
        assert_string_equal(message.type, "execute_reply");
        assert_string_equal(message.id, id);
        assert_string_equal(message.session, session.id);
        assert_string_equal(message.parent_id, "request");
        assert_true(json_equal(message.content, content));
        assert_true(json_is_string(json_object_get(message.header, "date")));
        assert_int_equal(wire_is_request(&session, id), !internal);
        assert_false(wire_is_request(&session, "request"));
        wire_message_fini(&message);
        wire_parts_fini(&parts);
    }
    wire_session_fini(&session);
}

/* Whatever follows what, each message has its own parent. */
static void test_memo(void **state)
{
    struct ends *ends = *state;
    struct nbt_error err = NBT_ERROR_INIT;
    struct wire_session session;
    struct wire_memo memo = {0};
    static const char *const parents[] = {"a", "a", "b", "", "b", "a"};
    assert_int_equal(wire_session_init(&session, KEY, strlen(KEY), &err), 0);
    for (size_t i = 0; i < COUNT_OF(parents); i++) {
        struct wire_parts parts;
        struct wire_message message;
        char id[WIRE_ID_MAX];
        auto_json json_t *parent =
            *parents[i] ? json_pack("{s:s}", "msg_id", parents[i]) : json_object();
        const struct wire_outgoing outgoing = {.type = "stream", .parent = parent};
        assert_int_equal(wire_send(&session, ends->a, NULL, &outgoing, id, &err), 0);
        assert_int_equal(wire_receive(ends->b, &parts), 1);
        assert_int_equal(wire_parse(&message, parts.frames, parts.n, &session.key, &memo, &err), 0);
        assert_string_equal(message.parent_id, parents[i]);
        wire_message_fini(&message);
        wire_parts_fini(&parts);
    }
    wire_memo_fini(&memo);
    wire_session_fini(&session);
}

/* More frames than are kept: the rest is read away, and the next message is whole again. */
static void test_many_frames(void **state)
{
    struct ends *ends = *state;
    struct wire_parts parts;
    for (int i = 0; i < 200; i++)
        assert_int_equal(zmq_send(ends->a, "x", 1, i < 199 ? ZMQ_SNDMORE : 0), 1);
    assert_int_equal(zmq_send(ends->a, "next", 4, 0), 4);
    assert_int_equal(wire_receive(ends->b, &parts), 1);
    assert_int_equal(parts.n, WIRE_FRAMES_MAX);
    wire_parts_fini(&parts);
    assert_int_equal(wire_receive(ends->b, &parts), 1);
    assert_int_equal(parts.n, 1);
    assert_int_equal(parts.frames[0].length, 4);
    wire_parts_fini(&parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sign),
        cmocka_unit_test(test_parse),
        cmocka_unit_test_setup_teardown(test_round_trip, open_ends, close_ends),
        cmocka_unit_test_setup_teardown(test_memo, open_ends, close_ends),
        cmocka_unit_test_setup_teardown(test_many_frames, open_ends, close_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
