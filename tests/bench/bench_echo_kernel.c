/*
 * A kernel that does nothing but speak the protocol: what is left when a client runs code on it is
 * the client's own cost. Code that is a number N publishes N stream messages.
 *
 *     bench_echo_kernel CONNECTION_FILE
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "jupyter/connection.h"
#include "jupyter/wire.h"
#include "nbtags/number.h"

struct kernel {
    struct connection connection;
    struct wire_session session;
    void *context, *shell, *iopub, *control, *heartbeat;
    json_int_t count;
};

static int fail(const struct nbt_error *err)
{
    fprintf(stderr, "bench_echo_kernel: %s\n", err->text);
    return 1;
}

static void *open_socket(struct kernel *kernel, int type, enum connection_channel channel)
{
    char endpoint[CONNECTION_ENDPOINT_MAX];
    int unlimited = 0;
    void *socket = zmq_socket(kernel->context, type);
    connection_endpoint(&kernel->connection, channel, endpoint);
    if (!socket || zmq_setsockopt(socket, ZMQ_SNDHWM, &unlimited, sizeof(unlimited)) < 0 ||
        zmq_bind(socket, endpoint) < 0) {
        fprintf(stderr, "bench_echo_kernel: %s: %s\n", endpoint, zmq_strerror(errno));
        return NULL;
    }
    return socket;
}

static int send_on(struct kernel *kernel, void *socket, const struct wire_frame *identity,
                   const char *type, json_t *content, const json_t *parent)
{
    auto_json json_t *owned = content;
    struct nbt_error err = NBT_ERROR_INIT;
    const struct wire_outgoing outgoing = {.type = type, .content = owned, .parent = parent};
    int rc = wire_send(&kernel->session, socket, identity, &outgoing, NULL, &err);
    return rc < 0 ? -fail(&err) : 0;
}

static int publish(struct kernel *kernel, const char *type, json_t *content, const json_t *parent)
{
    const struct wire_frame topic = {(const unsigned char *)type, strlen(type)};
    return send_on(kernel, kernel->iopub, &topic, type, content, parent);
}

static int publish_status(struct kernel *kernel, const char *state, const json_t *parent)
{
    return publish(kernel, "status", json_pack("{s:s}", "execution_state", state), parent);
}

static json_t *execute(struct kernel *kernel, const struct wire_message *message)
{
    json_t *code = json_object_get(message->content, "code");
    int64_t outputs = 0;
    kernel->count++;
    publish(kernel, "execute_input",
            json_pack("{s:O, s:I}", "code", code, "execution_count", kernel->count),
            message->header);
    if (nbt_parse_int(json_string_value(code), &outputs))
        for (int64_t i = 0; i < outputs; i++)
            publish(kernel, "stream",
                    json_pack("{s:s, s:s}", "name", "stdout", "text", "one line of output\n"),
                    message->header);
    return json_pack("{s:s, s:I, s:{}, s:[]}", "status", "ok", "execution_count", kernel->count,
                     "user_expressions", "payload");
}

static json_t *describe(void)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s}, s:s}", "status", "ok",
                     "protocol_version", "5.3", "implementation", "echo", "implementation_version",
                     "1", "language_info", "name", "text", "version", "1", "mimetype", "text/plain",
                     "file_extension", ".txt", "banner", "echo");
}

/* Answers one request; false when it was the last one. */
static bool answer(struct kernel *kernel, void *socket, const struct wire_frame *identity,
                   const struct wire_message *message)
{
    bool last = strcmp(message->type, "shutdown_request") == 0;
    publish_status(kernel, "busy", message->header);
    if (strcmp(message->type, "execute_request") == 0)
        send_on(kernel, socket, identity, "execute_reply", execute(kernel, message),
                message->header);
    else if (strcmp(message->type, "kernel_info_request") == 0)
        send_on(kernel, socket, identity, "kernel_info_reply", describe(), message->header);
    else if (last)
        send_on(kernel, socket, identity, "shutdown_reply",
                json_pack("{s:s, s:b}", "status", "ok", "restart", 0), message->header);
    publish_status(kernel, "idle", message->header);
    return !last;
}

static bool serve(struct kernel *kernel, void *socket)
{
    struct wire_parts parts;
    struct wire_message message;
    bool on = true;
    while (on && wire_receive(socket, &parts) > 0) {
        if (wire_parse(&message, parts.frames, parts.n, &kernel->session.key, NULL, NULL) == 0) {
            on = answer(kernel, socket, &parts.frames[0], &message);
            wire_message_fini(&message);
        }
        wire_parts_fini(&parts);
    }
    return on;
}

static void echo_heartbeat(void *socket)
{
    char bytes[256];
    int n = zmq_recv(socket, bytes, sizeof(bytes), ZMQ_DONTWAIT);
    if (n >= 0)
        zmq_send(socket, bytes, (size_t)n < sizeof(bytes) ? (size_t)n : sizeof(bytes), 0);
}

static int run(struct kernel *kernel)
{
    zmq_pollitem_t items[] = {
        {.socket = kernel->shell, .events = ZMQ_POLLIN},
        {.socket = kernel->control, .events = ZMQ_POLLIN},
        {.socket = kernel->heartbeat, .events = ZMQ_POLLIN},
    };
    bool on = true;
    while (on && (zmq_poll(items, 3, -1) >= 0 || errno == EINTR)) {
        on = serve(kernel, kernel->shell) && serve(kernel, kernel->control);
        echo_heartbeat(kernel->heartbeat);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct kernel kernel = {0};
    struct nbt_error err = NBT_ERROR_INIT;
    if (argc != 2) {
        fputs("usage: bench_echo_kernel CONNECTION_FILE\n", stderr);
        return 2;
    }
    if (connection_read(&kernel.connection, argv[1], &err) < 0 ||
        wire_session_init(&kernel.session, kernel.connection.key, strlen(kernel.connection.key),
                          &err) < 0)
        return fail(&err);
    kernel.context = zmq_ctx_new();
    kernel.shell = open_socket(&kernel, ZMQ_ROUTER, CONNECTION_SHELL);
    kernel.control = open_socket(&kernel, ZMQ_ROUTER, CONNECTION_CONTROL);
    kernel.iopub = open_socket(&kernel, ZMQ_PUB, CONNECTION_IOPUB);
    kernel.heartbeat = open_socket(&kernel, ZMQ_REP, CONNECTION_HEARTBEAT);
    void *standard_input = open_socket(&kernel, ZMQ_ROUTER, CONNECTION_STDIN);
    if (!kernel.shell || !kernel.control || !kernel.iopub || !kernel.heartbeat || !standard_input)
        return 1;
    return run(&kernel);
}
