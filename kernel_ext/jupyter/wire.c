#include "jupyter/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"
#include "base/user.h"
#include "jupyter/tolerant.h"

#define DELIMITER "<IDS|MSG>"

void wire_key_init(struct wire_key *key, const void *bytes, size_t length)
{
    key->signs = length > 0;
    /* The state after the key's block is copied for each message: two compressions less per
     * signature. */
    crypto_auth_hmacsha256_init(&key->start, bytes, length);
}

static void sign_raw(const struct wire_key *key, const struct wire_frame parts[4],
                     unsigned char mac[crypto_auth_hmacsha256_BYTES])
{
    crypto_auth_hmacsha256_state state = key->start;
    for (int i = 0; i < 4; i++)
        crypto_auth_hmacsha256_update(&state, parts[i].data, parts[i].length);
    crypto_auth_hmacsha256_final(&state, mac);
}

void wire_sign(const struct wire_key *key, const struct wire_frame parts[4],
               char ret_signature[WIRE_SIGNATURE + 1])
{
    ret_signature[0] = '\0';
    if (!key->signs)
        return;
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    sign_raw(key, parts, mac);
    sodium_bin2hex(ret_signature, WIRE_SIGNATURE + 1, mac, sizeof(mac));
}

bool wire_verify(const struct wire_key *key, const struct wire_frame *signature,
                 const struct wire_frame parts[4])
{
    if (!key->signs)
        return true;
    char expected[WIRE_SIGNATURE + 1];
    if (signature->length != WIRE_SIGNATURE)
        return false;
    wire_sign(key, parts, expected);
    return sodium_memcmp(expected, signature->data, WIRE_SIGNATURE) == 0;
}

/* The login name as a JSON string. */
static char *quoted_username(void)
{
    auto_free char *login = user_name();
    const char *name = login ? login : "user";
    auto_json json_t *string = tolerant_string(name, strlen(name), 64);
    return string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
}

int wire_session_init(struct wire_session *session, const void *key, size_t length,
                      struct nbt_error *err)
{
    if (sodium_init() < 0)
        return nbt_error_set(err, NBT_EIO,
                             "libsodium found no source of random numbers on this machine");
    unsigned char random[16];
    randombytes_buf(random, sizeof(random));
    *session = (struct wire_session){.username = quoted_username()};
    sodium_bin2hex(session->id, sizeof(session->id), random, sizeof(random));
    wire_key_init(&session->key, key, length);
    return session->username ? 0 : nbt_error_set(err, NBT_ENOMEM, "out of memory for a session");
}

void wire_session_fini(struct wire_session *session)
{
    free(session->username);
    session->username = NULL;
    sodium_memzero(&session->key, sizeof(session->key));
}

bool wire_is_request(const struct wire_session *session, const char *msg_id)
{
    size_t length = strlen(session->id);
    return strncmp(msg_id, session->id, length) == 0 && msg_id[length] == '_' &&
           msg_id[length + 1] != 'i';
}

/* ---- reading ---- */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* An object; {} for what R and PHP write for an empty one. NULL when it is not readable as one. */
static json_t *read_object(const struct wire_frame *frame, bool *repaired)
{
    if (frame->length == 0 || (frame->length == 2 && memcmp(frame->data, "{}", 2) == 0))
        return json_object();
    bool changed = false;
    json_t *value = tolerant_load(frame->data, frame->length, &changed);
    *repaired |= changed;
    if (json_is_object(value))
        return value;
    bool empty = json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0);
    json_decref(value);
    return empty ? json_object() : NULL;
}

static json_t *read_content(const struct wire_frame *frame, struct wire_message *message)
{
    json_t *content =
        frame->length <= WIRE_CONTENT_MAX ? read_object(frame, &message->repaired) : NULL;
    if (content)
        return content;
    message->raw = true;
    return json_pack("{s:o}", "raw", tolerant_string(frame->data, frame->length, WIRE_RAW_KEPT));
}

static size_t find_delimiter(const struct wire_frame *frames, size_t n)
{
    size_t i = 0;
    while (i < n && (frames[i].length != sizeof(DELIMITER) - 1 ||
                     memcmp(frames[i].data, DELIMITER, sizeof(DELIMITER) - 1) != 0))
        i++;
    return i;
}

static void remember(struct wire_memo *memo, const struct wire_frame *frame, json_t *parent)
{
    wire_memo_fini(memo);
    memo->bytes = malloc(frame->length);
    if (!memo->bytes)
        return;
    memcpy(memo->bytes, frame->data, frame->length);
    memo->length = frame->length;
    memo->parent = json_incref(parent);
}

void wire_memo_fini(struct wire_memo *memo)
{
    free(memo->bytes);
    json_decref(memo->parent);
    *memo = (struct wire_memo){0};
}

static json_t *read_parent(const struct wire_frame *frame, struct wire_memo *memo, bool *repaired)
{
    if (memo && memo->parent && memo->length == frame->length &&
        memcmp(memo->bytes, frame->data, frame->length) == 0)
        return json_incref(memo->parent);
    bool changed = false;
    json_t *parent = read_object(frame, &changed);
    if (memo && parent && !changed && frame->length > 0)
        remember(memo, frame, parent);
    *repaired |= changed;
    return parent;
}

static int parse_parts(struct wire_message *message, const struct wire_frame parts[4],
                       struct wire_memo *memo, struct nbt_error *err)
{
    message->header = read_object(&parts[0], &message->repaired);
    message->parent_header = read_parent(&parts[1], memo, &message->repaired);
    message->metadata = read_object(&parts[2], &message->repaired);
    if (!message->parent_header)
        message->parent_header = json_object();
    if (!message->metadata)
        message->metadata = json_object();
    message->type = text_of(message->header, "msg_type");
    if (!*message->type)
        return nbt_error_set(err, NBT_EPROTO,
                             "a message whose header is not an object with a msg_type");
    message->content = read_content(&parts[3], message);
    if (!message->content || !message->parent_header || !message->metadata)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory for a message of %zu bytes",
                             parts[3].length);
    message->id = text_of(message->header, "msg_id");
    message->session = text_of(message->header, "session");
    message->parent_id = text_of(message->parent_header, "msg_id");
    return 0;
}

int wire_parse(struct wire_message *ret_message, const struct wire_frame *frames, size_t n,
               const struct wire_key *key, struct wire_memo *memo, struct nbt_error *err)
{
    size_t at = find_delimiter(frames, n);
    if (n - at < 6)
        return nbt_error_set(err, NBT_EPROTO,
                             "a message of %zu frames, %s; expected <IDS|MSG> and five more", n,
                             at == n ? "none of them <IDS|MSG>" : "too few after <IDS|MSG>");
    if (!wire_verify(key, &frames[at + 1], &frames[at + 2]))
        return nbt_error_set(err, NBT_EPROTO,
                             "a message whose signature is not made with this connection's key");
    struct wire_message message = {0};
    int rc = parse_parts(&message, &frames[at + 2], memo, err);
    if (rc < 0)
        wire_message_fini(&message);
    else
        *ret_message = message;
    return rc;
}

void wire_message_fini(struct wire_message *message)
{
    if (!message)
        return;
    json_decref(message->header);
    json_decref(message->parent_header);
    json_decref(message->metadata);
    json_decref(message->content);
    *message = (struct wire_message){0};
}

/* ---- sockets ---- */

static int receive_frame(zmq_msg_t *frame, void *socket, int flags)
{
    int rc;
    zmq_msg_init(frame);
    do
        rc = zmq_msg_recv(frame, socket, flags);
    while (rc < 0 && errno == EINTR);
    if (rc < 0)
        zmq_msg_close(frame);
    return rc;
}

/* Frames of a message arrive together: once the first is here, the rest never has to be waited for.
 */
static int drop_rest(void *socket)
{
    zmq_msg_t extra;
    bool more = true;
    while (more) {
        if (receive_frame(&extra, socket, 0) < 0)
            return NBT_EIO;
        more = zmq_msg_more(&extra);
        zmq_msg_close(&extra);
    }
    return 1;
}

int wire_receive(void *socket, struct wire_parts *ret_parts)
{
    ret_parts->n = 0;
    ret_parts->bytes = 0;
    bool more = true;
    while (more && ret_parts->n < WIRE_FRAMES_MAX) {
        zmq_msg_t *frame = &ret_parts->messages[ret_parts->n];
        if (receive_frame(frame, socket, ZMQ_DONTWAIT) < 0) {
            bool none = errno == EAGAIN && ret_parts->n == 0;
            wire_parts_fini(ret_parts);
            return none ? 0 : NBT_EIO;
        }
        ret_parts->frames[ret_parts->n].data = zmq_msg_data(frame);
        ret_parts->frames[ret_parts->n].length = zmq_msg_size(frame);
        ret_parts->bytes += zmq_msg_size(frame);
        ret_parts->n++;
        more = zmq_msg_more(frame);
    }
    return more ? drop_rest(socket) : 1;
}

void wire_parts_fini(struct wire_parts *parts)
{
    while (parts->n > 0)
        zmq_msg_close(&parts->messages[--parts->n]);
}

static char *dump_object(const json_t *object)
{
    return object ? json_dumps(object, JSON_COMPACT) : strdup("{}");
}

static char *build_header(struct wire_session *session, const struct wire_outgoing *outgoing,
                          const char *msg_id)
{
    char date[CLOCK_TEXT_MAX];
    char *text = NULL;
    clock_rfc3339(date, clock_realtime_us());
    int rc = asprintf(&text,
                      "{\"msg_id\":\"%s\",\"msg_type\":\"%s\",\"username\":%s,\"session\":\"%s\","
                      "\"date\":\"%s\",\"version\":\"" WIRE_PROTOCOL_VERSION "\"}",
                      msg_id, outgoing->type, session->username, session->id, date);
    return rc < 0 ? NULL : text;
}

static int send_frames(void *socket, const struct wire_frame *frames, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int flags = ZMQ_DONTWAIT | (i + 1 < n ? ZMQ_SNDMORE : 0);
        int rc;
        do
            rc = zmq_send(socket, frames[i].data, frames[i].length, flags);
        while (rc < 0 && errno == EINTR);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static struct wire_frame frame_of(const char *text)
{
    return (struct wire_frame){(const unsigned char *)text, strlen(text)};
}

int wire_send(struct wire_session *session, void *socket, const struct wire_frame *identity,
              const struct wire_outgoing *outgoing, char ret_id[WIRE_ID_MAX], struct nbt_error *err)
{
    char msg_id[WIRE_ID_MAX];
    char signature[WIRE_SIGNATURE + 1];
    snprintf(msg_id, sizeof(msg_id), "%s_%s%ld_%llu", session->id, outgoing->internal ? "i" : "",
             (long)getpid(), (unsigned long long)session->sent++);
    auto_free char *header = build_header(session, outgoing, msg_id);
    auto_free char *parent = dump_object(outgoing->parent);
    auto_free char *metadata = dump_object(outgoing->metadata);
    auto_free char *content = dump_object(outgoing->content);
    if (!header || !parent || !metadata || !content)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory for a %s", outgoing->type);
    struct wire_frame frames[7] = {[0] = identity ? *identity : (struct wire_frame){0},
                                   [1] = frame_of(DELIMITER),
                                   [3] = frame_of(header),
                                   [4] = frame_of(parent),
                                   [5] = frame_of(metadata),
                                   [6] = frame_of(content)};
    wire_sign(&session->key, &frames[3], signature);
    frames[2] = frame_of(signature);
    size_t skip = identity ? 0 : 1;
    if (send_frames(socket, frames + skip, 7 - skip) < 0)
        return nbt_error_set(err, NBT_EIO, "could not send a %s: %s", outgoing->type,
                             zmq_strerror(errno));
    if (ret_id)
        memcpy(ret_id, msg_id, sizeof(msg_id));
    return 0;
}
