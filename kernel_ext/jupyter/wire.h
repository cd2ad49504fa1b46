/*
 * The wire protocol of Jupyter messages: frames, signature, JSON parts (messaging "The Wire
 * Protocol"). Both ends use it. It knows no kernel and no request; the client and the kernel stand
 * on it.
 *
 * A message is [identity*] "<IDS|MSG>" signature header parent_header metadata content [buffer*];
 * the signature is the lower-case hex HMAC-SHA256 of the four frames after it, over their bytes as
 * sent. It is checked before any JSON is read. One session belongs to one thread.
 *
 *     struct wire_session session;
 *     wire_session_init(&session, key, strlen(key));
 *     struct wire_outgoing request = {.type = "kernel_info_request"};
 *     wire_send(&session, socket, NULL, &request, msg_id, &err);
 *     struct wire_parts parts;
 *     if (wire_receive(socket, &parts) > 0 &&
 *         wire_parse(&message, parts.frames, parts.n, &session.key, &err) == 0) ...
 */
#ifndef JUPYTER_WIRE_H
#define JUPYTER_WIRE_H

#include <jansson.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

#include "nbtags/error.h"

#define WIRE_PROTOCOL_VERSION                                                                      \
    "5.3" /* what every peer in the field understands; nobody gates on the minor version */
#define WIRE_FRAMES_MAX                                                                            \
    32 /* frames of one message that are kept; further buffers are read and dropped */
#define WIRE_ID_MAX    96
#define WIRE_SIGNATURE ((size_t)2 * crypto_auth_hmacsha256_BYTES)
#define WIRE_CONTENT_MAX                                                                           \
    ((size_t)128 << 20) /* larger content is not parsed: its head is kept as text */
#define WIRE_RAW_KEPT ((size_t)64 << 10) /* bytes kept of content that is not JSON or too large */

struct wire_frame {
    const unsigned char *data;
    size_t length;
};

struct wire_key {
    bool signs; /* false for the empty key: signatures are empty and not checked */
    crypto_auth_hmacsha256_state start;
};

struct wire_session {
    char id[33]; /* 16 random bytes in hex; also the identity of our sockets */
    char *username;
    uint64_t sent;
    struct wire_key key;
};

/* A received message; owns the four JSON objects, the texts are borrowed from them and never NULL.
 */
struct wire_message {
    json_t *header, *parent_header, *metadata, *content;
    const char *type, *id, *session, *parent_id;
    bool repaired; /* some part was not strict JSON: see tolerant.h */
    bool raw;      /* the content could not be read at all and is {"raw": its head as text} */
};

/* The last parent header: all that a request publishes carries the same one, so that it is read
 * once. Begins as {0}. */
struct wire_memo {
    char *bytes;
    size_t length;
    json_t *parent;
};

struct wire_outgoing {
    const char *type;
    const json_t *content;  /* object; NULL: {} */
    const json_t *parent;   /* header of the request that this answers; NULL: {} */
    const json_t *metadata; /* object; NULL: {} */
    bool internal; /* msg_id is marked as no user's request: wire_is_request is false for it */
};

/* The frames of one multipart message, owned. */
struct wire_parts {
    zmq_msg_t messages[WIRE_FRAMES_MAX];
    struct wire_frame frames[WIRE_FRAMES_MAX];
    size_t n;
    size_t bytes; /* of the kept frames */
};

void wire_key_init(struct wire_key *key, const void *bytes, size_t length);

/* Signature of header, parent_header, metadata and content, NUL-terminated; "" for the empty key.
 */
void wire_sign(const struct wire_key *key, const struct wire_frame parts[4],
               char ret_signature[WIRE_SIGNATURE + 1]);

/* Constant time in the signature's bytes; true for every message when the key is empty. */
bool wire_verify(const struct wire_key *key, const struct wire_frame *signature,
                 const struct wire_frame parts[4]);

nbt_must_check int wire_session_init(struct wire_session *session, const void *key, size_t length,
                                     struct nbt_error *err);
void wire_session_fini(struct wire_session *session);

/* True when msg_id names a message of this session that was not sent as internal. */
bool wire_is_request(const struct wire_session *session, const char *msg_id);

/* NBT_EPROTO: no delimiter, too few frames, wrong signature, a header that is not an object or has
 * no msg_type. Parent, metadata and content that are missing, null or [] count as {}. With a memo
 * (NULL: none) equal parent headers that follow each other are one object. */
nbt_must_check int wire_parse(struct wire_message *ret_message, const struct wire_frame *frames,
                              size_t n, const struct wire_key *key, struct wire_memo *memo,
                              struct nbt_error *err);
void wire_memo_fini(struct wire_memo *memo);
void wire_message_fini(struct wire_message *message);

/* Takes one whole message that is waiting on a socket: 1, or 0 when none is there, or NBT_EIO.
 * parts needs fini after 1. */
nbt_must_check int wire_receive(void *socket, struct wire_parts *ret_parts);
void wire_parts_fini(struct wire_parts *parts);

/* Signs and sends without waiting. `identity` (a ROUTER's peer, a topic) goes first, or NULL.
 * ret_id may be NULL. */
nbt_must_check int wire_send(struct wire_session *session, void *socket,
                             const struct wire_frame *identity,
                             const struct wire_outgoing *outgoing, char ret_id[WIRE_ID_MAX],
                             struct nbt_error *err);

#endif
