/*
 * The kernel's end of the messaging protocol: binds the five channels of a connection, checks and
 * reads requests, sends replies and iopub messages (messaging "Introduction"). It knows no
 * request's meaning; the kernel room stands on it.
 *
 * One thread, the one of the loop, owns all sockets but the heartbeat's, which echoes in a thread
 * of its own. Every request on shell and control is wrapped in status busy, published when it
 * arrives, and idle, published by server_done. What is unsigned, signed with another key or no
 * message is dropped in silence.
 *
 *     server_open(&server, &connection, &(struct server_handler){on_request, self}, &err);
 *     server_attach(server, loop);
 *     while (!done) {
 *         server_dispatch(server);
 *         loop_step(loop, -1);
 *     }
 *     server_close(server);
 */
#ifndef JUPYTER_SERVER_H
#define JUPYTER_SERVER_H

#include <jansson.h>

#include "base/loop.h"
#include "jupyter/connection.h"
#include "jupyter/wire.h"
#include "nbtags/error.h"

struct server;

/* A request that is being answered. Its message may be read by other threads until server_done. */
struct server_request {
    enum connection_channel channel; /* CONNECTION_SHELL or CONNECTION_CONTROL */
    struct wire_message message;
    size_t content_size; /* bytes of its content on the wire */
    unsigned char *identity;
    size_t identity_size;
};

struct server_handler {
    /* Takes the request: server_done, now or later, on the loop's thread. Must not block. */
    void (*on_request)(void *self, struct server_request *request);
    void *self;
};

/* Binds tcp or ipc. NBT_EIO names the channel that could not be bound. Borrows nothing. */
nbt_must_check int server_open(struct server **ret_server, const struct connection *connection,
                               const struct server_handler *handler, struct nbt_error *err);

/* The loop wakes when there is something to dispatch; server_dispatch must run before each step. */
nbt_must_check int server_attach(struct server *server, struct loop *loop, struct nbt_error *err);
void server_dispatch(struct server *server);

/* Sends what waits, for up to a second, and closes. NULL is allowed. */
void server_close(struct server *server);

/* "execute_reply" for an "execute_request". Borrows content. */
void server_reply(struct server *server, const struct server_request *request,
                  const json_t *content);

/* To all subscribers; request NULL: nobody asked for it. Borrows content. */
void server_publish(struct server *server, const struct server_request *request, const char *type,
                    const json_t *content);

/* Publishes idle and frees the request. */
void server_done(struct server *server, struct server_request *request);

#endif
