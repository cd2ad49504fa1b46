#include "jupyter/server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

#define LINGER_MS   1000
#define FRAME_MAX   ((int64_t)64 << 20) /* a peer that sends a larger frame is disconnected */
#define CHANNEL_MAX CONNECTION_HEARTBEAT

struct server {
    struct wire_session session;
    struct server_handler handler;
    void *context, *beat_context;
    void *sockets[CONNECTION_CHANNELS]; /* the heartbeat's belongs to its thread once that runs */
    pthread_t beat;
    bool beats;
};

static const char *const names[CONNECTION_CHANNELS] = {
    [CONNECTION_SHELL] = "shell",         [CONNECTION_IOPUB] = "iopub",
    [CONNECTION_STDIN] = "stdin",         [CONNECTION_CONTROL] = "control",
    [CONNECTION_HEARTBEAT] = "heartbeat",
};

/* ---- sockets ---- */

/* A peer that reconnects under its old identity takes it over at once, or it would get no answer.
 * Every subscription is told of, equal ones too, so that each client gets its welcome. */
static void set_options(void *socket, enum connection_channel channel)
{
    int on = 1, linger = LINGER_MS, unlimited = 0;
    int64_t largest = FRAME_MAX;

    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof(largest));
    zmq_setsockopt(socket, ZMQ_SNDHWM, &unlimited, sizeof(unlimited));
    zmq_setsockopt(socket, channel == CONNECTION_IOPUB ? ZMQ_XPUB_VERBOSE : ZMQ_ROUTER_HANDOVER,
                   &on, sizeof(on));
}

static int bind_channel(struct server *server, const struct connection *connection,
                        enum connection_channel channel, struct nbt_error *err)
{
    char endpoint[CONNECTION_ENDPOINT_MAX];
    void *context = channel == CONNECTION_HEARTBEAT ? server->beat_context : server->context;
    void *socket = zmq_socket(context, channel == CONNECTION_IOPUB ? ZMQ_XPUB : ZMQ_ROUTER);

    if (!socket)
        return nbt_error_set(err, NBT_EIO, "cannot make a socket for the %s channel: %s",
                             names[channel], zmq_strerror(errno));
    server->sockets[channel] = socket;
    set_options(socket, channel);
    connection_endpoint(connection, channel, endpoint);
    if (zmq_bind(socket, endpoint) < 0)
        return nbt_error_set(err, NBT_EIO,
                             "cannot bind the %s channel to %s: %s; is another kernel running with "
                             "this connection file?",
                             names[channel], endpoint, zmq_strerror(errno));
    return 0;
}

static void *echo(void *socket)
{
    zmq_proxy(socket, socket, NULL); /* until the context is shut down */
    zmq_close(socket);
    return NULL;
}

static int start_heartbeat(struct server *server, struct nbt_error *err)
{
    int reason = pthread_create(&server->beat, NULL, echo, server->sockets[CONNECTION_HEARTBEAT]);

    if (reason != 0)
        return nbt_error_set(err, NBT_EIO, "cannot start the heartbeat's thread: %s",
                             zmq_strerror(reason));
    server->sockets[CONNECTION_HEARTBEAT] = NULL;
    server->beats = true;
    return 0;
}

static int open_all(struct server *server, const struct connection *connection,
                    struct nbt_error *err)
{
    int rc = wire_session_init(&server->session, connection->key, strlen(connection->key), err);

    if (rc < 0)
        return rc;
    server->context = zmq_ctx_new();
    server->beat_context = zmq_ctx_new();
    if (!server->context || !server->beat_context)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory for the channels");
    for (int channel = 0; channel < CONNECTION_CHANNELS && rc == 0; channel++)
        rc = bind_channel(server, connection, (enum connection_channel)channel, err);
    return rc == 0 ? start_heartbeat(server, err) : rc;
}

static void publish_status(struct server *server, const struct server_request *request,
                           const char *state)
{
    auto_json json_t *content = json_pack("{s:s}", "execution_state", state);

    server_publish(server, request, "status", content);
}

int server_open(struct server **ret_server, const struct connection *connection,
                const struct server_handler *handler, struct nbt_error *err)
{
    struct server *server = calloc(1, sizeof(*server));

    if (!server)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory for the channels");
    server->handler = *handler;
    int rc = open_all(server, connection, err);
    if (rc < 0) {
        server_close(server);
        return rc;
    }
    publish_status(server, NULL, "starting");
    *ret_server = server;
    return 0;
}

void server_close(struct server *server)
{
    if (!server)
        return;
    for (int i = 0; i < CONNECTION_CHANNELS; i++)
        if (server->sockets[i])
            zmq_close(server->sockets[i]);
    if (server->beats) {
        zmq_ctx_shutdown(server->beat_context);
        pthread_join(server->beat, NULL);
    }
    if (server->beat_context)
        zmq_ctx_term(server->beat_context);
    if (server->context)
        zmq_ctx_term(server->context);
    wire_session_fini(&server->session);
    free(server);
}

/* The callback has nothing to do: server_dispatch, which runs before the next step, reads. */
static void on_wake(void *self, int fd, short revents)
{
    (void)self;
    (void)fd;
    (void)revents;
}

int server_attach(struct server *server, struct loop *loop, struct nbt_error *err)
{
    for (int i = 0; i < CHANNEL_MAX; i++) {
        int fd = -1;
        size_t size = sizeof(fd);
        if (zmq_getsockopt(server->sockets[i], ZMQ_FD, &fd, &size) < 0)
            return nbt_error_set(err, NBT_EIO, "the %s channel has no descriptor: %s", names[i],
                                 zmq_strerror(errno));
        if (loop_add_fd(loop, fd, POLLIN, on_wake, server) < 0)
            return nbt_error_set(err, NBT_ENOMEM, "out of memory for the channels");
    }
    return 0;
}

/* ---- receiving ---- */

static void request_free(struct server_request *request)
{
    wire_message_fini(&request->message);
    free(request->identity);
    free(request);
}

static int fill_request(struct server *server, struct server_request *request,
                        const struct wire_parts *parts)
{
    struct nbt_error ignored = NBT_ERROR_INIT;

    request->identity_size = parts->frames[0].length;
    request->identity = malloc(request->identity_size + 1);
    if (!request->identity)
        return NBT_ENOMEM;
    memcpy(request->identity, parts->frames[0].data, request->identity_size);
    request->content_size = parts->frames[6].length;
    return wire_parse(&request->message, parts->frames + 1, parts->n - 1, &server->session.key,
                      NULL, &ignored);
}

/* The first frame is the ROUTER's name of the peer, the content the sixth after it. NULL when it is
 * no message of a peer that holds the key. */
static struct server_request *read_request(struct server *server, enum connection_channel channel,
                                           const struct wire_parts *parts)
{
    struct server_request *request = parts->n >= 7 ? calloc(1, sizeof(*request)) : NULL;

    if (!request)
        return NULL;
    request->channel = channel;
    if (fill_request(server, request, parts) == 0)
        return request;
    request_free(request);
    return NULL;
}

static void on_message(struct server *server, enum connection_channel channel,
                       const struct wire_parts *parts)
{
    struct server_request *request = read_request(server, channel, parts);

    if (!request)
        return;
    publish_status(server, request, "busy");
    server->handler.on_request(server->handler.self, request);
}

/* A subscription is the byte 1 and its topic; the welcome goes out under that topic (JEP 65). */
static void on_subscription(struct server *server, const struct wire_parts *parts)
{
    const struct wire_frame *frame = &parts->frames[0];

    if (frame->length == 0 || frame->data[0] != 1)
        return;
    struct wire_frame topic = {frame->data + 1, frame->length - 1};
    auto_json json_t *content =
        json_pack("{s:s%}", "subscription", (const char *)topic.data, topic.length);
    struct wire_outgoing welcome = {.type = "iopub_welcome", .content = content};
    struct nbt_error ignored = NBT_ERROR_INIT;
    if (content && wire_send(&server->session, server->sockets[CONNECTION_IOPUB], &topic, &welcome,
                             NULL, &ignored) < 0)
        nbt_error_clear(&ignored);
}

/* Takes one message of a channel, if there is one. Nobody is asked for input: stdin is emptied. */
static bool take(struct server *server, enum connection_channel channel)
{
    struct wire_parts parts;

    if (wire_receive(server->sockets[channel], &parts) <= 0)
        return false;
    if (channel == CONNECTION_IOPUB)
        on_subscription(server, &parts);
    else if (channel != CONNECTION_STDIN)
        on_message(server, channel, &parts);
    wire_parts_fini(&parts);
    return true;
}

/* Control goes first. Descriptors of ZeroMQ tell of changes only: all sockets must have been found
 * empty, after the last send, before anybody may wait for them. */
void server_dispatch(struct server *server)
{
    static const enum connection_channel order[] = {CONNECTION_CONTROL, CONNECTION_IOPUB,
                                                    CONNECTION_SHELL, CONNECTION_STDIN};
    bool found = true;

    while (found) {
        found = false;
        for (size_t i = 0; i < COUNT_OF(order); i++)
            found |= take(server, order[i]);
    }
}

/* ---- sending ---- */

/* Without limits on what is queued a send fails for want of memory alone; the peer then misses a
 * message, as it would if it had gone. */
static void send_to(struct server *server, enum connection_channel channel,
                    const struct wire_frame *identity, const struct wire_outgoing *outgoing)
{
    struct nbt_error ignored = NBT_ERROR_INIT;

    if (wire_send(&server->session, server->sockets[channel], identity, outgoing, NULL, &ignored) <
        0)
        nbt_error_clear(&ignored);
}

void server_reply(struct server *server, const struct server_request *request,
                  const json_t *content)
{
    char type[128];
    size_t length = strlen(request->message.type);
    size_t ending = strlen("_request");
    struct wire_frame identity = {request->identity, request->identity_size};

    if (length > ending && strcmp(request->message.type + length - ending, "_request") == 0)
        length -= ending;
    snprintf(type, sizeof(type), "%.*s_reply", (int)length, request->message.type);
    send_to(server, request->channel, &identity,
            &(struct wire_outgoing){
                .type = type, .content = content, .parent = request->message.header});
}

void server_publish(struct server *server, const struct server_request *request, const char *type,
                    const json_t *content)
{
    struct wire_frame topic = {(const unsigned char *)type, strlen(type)};

    send_to(server, CONNECTION_IOPUB, &topic,
            &(struct wire_outgoing){.type = type,
                                    .content = content,
                                    .parent = request ? request->message.header : NULL});
}

void server_done(struct server *server, struct server_request *request)
{
    publish_status(server, request, "idle");
    request_free(request);
}
