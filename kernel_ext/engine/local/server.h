/*
 * The engine's side of its socket: clients on the event loop, their commands handed on, subscribers
 * woken. A client that sends nonsense or does not read is dropped; none can hold the engine up.
 *
 *     server = server_new(loop, listener, on_command, self);
 *     server_wake(server, seq);   // after each commit
 */
#ifndef ENGINE_LOCAL_SERVER_H
#define ENGINE_LOCAL_SERVER_H

#include <jansson.h>
#include <stdint.h>

#include "base/loop.h"

struct server;

/* The answer to any command but subscribe. New reference. */
typedef json_t *(*server_command_fn)(void *self, const char *name, const json_t *command);

/* Takes the listener. NULL without memory (the listener is closed then too). */
struct server *server_new(struct loop *loop, int listener, server_command_fn fn, void *self);
void server_free(struct server *server);
void server_wake(struct server *server, uint64_t seq); /* NULL-safe */

#endif
