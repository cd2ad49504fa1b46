/*
 * Connection files and endpoints (jupyter_client "Connection files"): where the five channels of a
 * kernel are, and the key that signs its messages.
 *
 * Our own connections live in a 0700 folder of their own beneath $XDG_RUNTIME_DIR/nbkatib or
 * /tmp/nbkatib-UID, short enough for unix sockets, locked as long as the process lives.
 * connection_fini removes it; what a killed process left behind is removed when the next connection
 * is created.
 *
 *     struct connection connection;
 *     if (connection_create(&connection, CONNECTION_IPC, "python3", NULL, &err) < 0) ...
 *     connection_endpoint(&connection, CONNECTION_SHELL, endpoint);   //
 * "ipc:///tmp/nbkatib-0/17-0/k-1" connection_fini(&connection);
 */
#ifndef JUPYTER_CONNECTION_H
#define JUPYTER_CONNECTION_H

#include "nbtags/error.h"

#define CONNECTION_ENDPOINT_MAX 160

enum connection_transport {
    CONNECTION_IPC,
    CONNECTION_TCP,
};

enum connection_channel {
    CONNECTION_SHELL,
    CONNECTION_IOPUB,
    CONNECTION_STDIN,
    CONNECTION_CONTROL,
    CONNECTION_HEARTBEAT,
    CONNECTION_CHANNELS,
};

struct connection {
    enum connection_transport transport;
    char *file;      /* absolute path */
    char *ip;        /* tcp: address; ipc: path prefix */
    char *key;       /* "" : messages are not signed */
    char *directory; /* ours, removed at the end; NULL for a connection that somebody else made */
    int lock_fd;
    int ports[CONNECTION_CHANNELS];
    int holders[CONNECTION_CHANNELS]; /* sockets that keep tcp ports from other programs; -1: none
                                       */
};

/* Chooses endpoints and a key and writes the connection file (0600). kernel_name and session_name
 * may be NULL. tcp is loopback only; its ports stay reserved (bound, not listening, which a
 * kernel's SO_REUSEADDR passes) until connection_release_ports. */
nbt_must_check int connection_create(struct connection *ret_connection,
                                     enum connection_transport transport, const char *kernel_name,
                                     const char *session_name, struct nbt_error *err);
void connection_release_ports(struct connection *connection);

/* Reads a connection file. NBT_EUNSUPPORTED for a signature scheme or transport that is not ours,
 * NBT_EPARSE with the member that is missing or wrong. */
nbt_must_check int connection_read(struct connection *ret_connection, const char *path,
                                   struct nbt_error *err);

void connection_endpoint(const struct connection *connection, enum connection_channel channel,
                         char ret_endpoint[CONNECTION_ENDPOINT_MAX]);

/* Removes what belongs to it; half-built ones too. */
void connection_fini(struct connection *connection);

/* Removes the connections of processes that are gone; returns how many. */
int connection_sweep(void);

#endif
