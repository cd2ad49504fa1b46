/*
 * The interface's requests: JSON-RPC 2.0 over the messages of one comm.
 *
 *     struct rpc_client *client = rpc_client_new();
 *     json_t *response = rpc_answer(client, data);
 */
#ifndef KERNEL_RPC_H
#define KERNEL_RPC_H

#include <jansson.h>

struct rpc_client; /* one comm's */

struct rpc_client *rpc_client_new(void); /* NULL without memory */
void rpc_client_free(struct rpc_client *client);

/* New reference to a JSON-RPC response, NULL for a notification. One thread at a time for each
 * client. May block for seconds: called on workers. */
json_t *rpc_answer(struct rpc_client *client, const json_t *message);

/* New array of notifications to send now, [] when there are none. Called every 250 ms, on a worker,
 * while the comm is open and greeted. */
json_t *rpc_events(struct rpc_client *client);

#endif
