/*
 * The JSON-RPC 2.0 protocol between the kernel and its interface, without its transport: messages
 * in, messages out. openrpc.json beside this file describes every method, event and document; a
 * test holds the code to it.
 *
 * A client is one comm. Calls of rpc_answer for one client come one at a time and may block, so
 * they belong on a worker thread unless rpc_is_quick; rpc_events may be called at the same time
 * from another one.
 * Several clients are independent of each other.
 *
 *     struct rpc_client *client = rpc_client_new();
 *     json_t *answer = rpc_answer(client, message);   // NULL: it was a notification
 *     json_t *events = rpc_events(client);            // every RPC_TICK_MS
 *     rpc_client_free(client);
 */
#ifndef KERNEL_RPC_H
#define KERNEL_RPC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define RPC_PROTOCOL    1
#define RPC_MESSAGE_MAX ((size_t)9 << 20) /* bytes of a message; rpc_refuse answers a larger one   \
                                           */
#define RPC_TICK_MS 250

enum rpc_code {
    RPC_INVALID_REQUEST = -32600,
    RPC_UNKNOWN_METHOD = -32601,
    RPC_BAD_PARAMS = -32602,
    RPC_INTERNAL = -32603,
    RPC_PRODUCT = -32000, /* an nbt_error: its text, and data */
    RPC_PROTOCOL_VERSION = -32001,
    RPC_NOT_GREETED = -32002,
};

struct rpc_client;

struct rpc_client *rpc_client_new(void); /* NULL without memory */
void rpc_client_free(struct rpc_client *client);

/* A new reference to the response; NULL for a notification, and without memory. */
json_t *rpc_answer(struct rpc_client *client, const json_t *message);

/* Whether the answer is made of tables in memory alone, in microseconds: a method that asks nothing
 * of disk, kernels or engines, or a message that is refused before any method is called. */
bool rpc_is_quick(const json_t *message);

/* The response to a message that is longer than RPC_MESSAGE_MAX or no JSON, whose id nobody knows.
 * New reference. */
json_t *rpc_refuse(const char *text);

/* A new array of notifications to send now, [] when there are none. Costs next to nothing while
 * nothing happens. */
json_t *rpc_events(struct rpc_client *client);

#endif
