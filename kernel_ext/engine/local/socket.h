/*
 * The unix socket of an engine (0600), addresses and both ways of speaking through it; server.h is
 * the engine's side. Commands and answers are JSON objects, one a line, at most SOCKET_LINE_MAX
 * bytes. Peers of another user are refused (SO_PEERCRED).
 *
 * A path may be longer than a socket's address (107 bytes): then the folder is opened and the
 * address goes through /proc/self/fd. On a filesystem that holds no sockets it is in
 * $XDG_RUNTIME_DIR, else in /tmp/nbkatib-<uid> (0700).
 *
 * Commands: {"command":"stop","how":"gentle"|"now"} {"command":"subscribe"}
 * Answers: {"ok":true, ...} or {"ok":false,"text"}; after subscribe a line {"seq":N} whenever facts
 * were committed.
 */
#ifndef ENGINE_LOCAL_SOCKET_H
#define ENGINE_LOCAL_SOCKET_H

#include <jansson.h>

#include "nbtags/error.h"

#define SOCKET_LINE_MAX 4096

/* Listens at `path`, or where the filesystem allows; a file left there by a dead engine is
 * replaced. *ret_path is where it listens; the caller frees it and removes the file. Returns the
 * descriptor, non-blocking. */
nbt_must_check int socket_listen(char **ret_path, const char *path, const char *name,
                                 struct nbt_error *err);

/* The next peer of the same user, non-blocking; -1 when there is none. */
int socket_accept(int listener);

/* Returns a blocking descriptor; NBT_ENOTFOUND or NBT_EIO when nobody listens. */
nbt_must_check int socket_connect(const char *path, struct nbt_error *err);

/* Sends a command and waits for its answer, at most timeout_ms. New reference. */
nbt_must_check int socket_ask(int fd, const json_t *command, int timeout_ms, json_t **ret_answer,
                              struct nbt_error *err);

#endif
