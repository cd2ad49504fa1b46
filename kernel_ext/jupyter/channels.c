/* The client's sockets: one zmq context for the process, four sockets for a kernel. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/scope.h"
#include "jupyter/client_internal.h"

#define SOCKETS_MAX  16384 /* libzmq's own default of 1023 is about 200 kernels */
#define RECONNECT_MS 5     /* the default of 100 would add that much to every start */

static void *the_context;
static pthread_once_t context_once = PTHREAD_ONCE_INIT;

static void make_context(void)
{
    the_context = zmq_ctx_new();
    if (the_context)
        zmq_ctx_set(the_context, ZMQ_MAX_SOCKETS, SOCKETS_MAX);
}

/* Never terminated: a second context would cost a thread and descriptors, and ending the last one
 * can wait for ever. */
static void *context(void)
{
    pthread_once(&context_once, make_context);
    return the_context;
}

static int set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof(value));
}

static int set_options(void *socket, int type, const char *identity)
{
    if (set_int(socket, ZMQ_LINGER, 0) < 0 || set_int(socket, ZMQ_RECONNECT_IVL, RECONNECT_MS) < 0)
        return -1;
    /* A subscriber with a high-water mark loses outputs, and with them the idle that ends a cell.
     */
    if (set_int(socket, ZMQ_RCVHWM, 0) < 0 || set_int(socket, ZMQ_SNDHWM, 0) < 0)
        return -1;
    if (type == ZMQ_SUB)
        return zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
    return zmq_setsockopt(socket, ZMQ_IDENTITY, identity, strlen(identity));
}

/* With ZMQ_IMMEDIATE a socket can be written to only when its connection stands. */
static int tell_connected(void *socket)
{
    return set_int(socket, ZMQ_IMMEDIATE, 1);
}

static int watch(struct source *source)
{
    size_t size = sizeof(source->fd);
    source->look = true;
    return zmq_getsockopt(source->socket, ZMQ_FD, &source->fd, &size);
}

struct channel {
    struct source *source;
    enum connection_channel channel;
    int type;
};

static int open_channel(struct client *client, const struct channel *channel, struct nbt_error *err)
{
    char endpoint[CONNECTION_ENDPOINT_MAX];
    connection_endpoint(&client->connection, channel->channel, endpoint);
    void *socket = zmq_socket(context(), channel->type);
    channel->source->socket = socket;
    /* stdin requests are addressed to the identity that the execute_request came from: one for all.
     */
    if (!socket || set_options(socket, channel->type, client->session.id) < 0 ||
        (channel->channel == CONNECTION_STDIN && tell_connected(socket) < 0) ||
        zmq_connect(socket, endpoint) < 0 || watch(channel->source) < 0)
        return nbt_error_set(err, NBT_EIO, "cannot connect to the kernel at %s: %s", endpoint,
                             zmq_strerror(errno));
    return 0;
}

/* Events of the shell's connection on a socket of their own. */
static int open_monitor(struct client *client, struct nbt_error *err)
{
    char endpoint[64];
    snprintf(endpoint, sizeof(endpoint), "inproc://%s", client->session.id);
    void *socket = zmq_socket(context(), ZMQ_PAIR);
    client->monitor.socket = socket;
    if (zmq_socket_monitor(client->shell.socket, endpoint, ZMQ_EVENT_DISCONNECTED) < 0 || !socket ||
        set_int(socket, ZMQ_LINGER, 0) < 0 || zmq_connect(socket, endpoint) < 0 ||
        watch(&client->monitor) < 0)
        return nbt_error_set(err, NBT_EIO, "cannot watch the kernel's connection: %s",
                             zmq_strerror(errno));
    return 0;
}

int channels_open(struct client *client, struct nbt_error *err)
{
    const struct channel channels[] = {
        {&client->iopub, CONNECTION_IOPUB, ZMQ_SUB},
        {&client->shell, CONNECTION_SHELL, ZMQ_DEALER},
        {&client->control, CONNECTION_CONTROL, ZMQ_DEALER},
        {&client->input, CONNECTION_STDIN, ZMQ_DEALER},
    };
    if (!context())
        return nbt_error_set(err, NBT_EIO, "cannot make a ZeroMQ context: %s", zmq_strerror(errno));
    for (size_t i = 0; i < COUNT_OF(channels); i++) {
        int rc = open_channel(client, &channels[i], err);
        if (rc < 0)
            return rc;
    }
    return client->attached && client->pidfd < 0 ? open_monitor(client, err) : 0;
}

bool channels_input_connected(struct client *client)
{
    int events = 0;
    size_t size = sizeof(events);
    if (zmq_getsockopt(client->input.socket, ZMQ_EVENTS, &events, &size) < 0)
        return false;
    /* The descriptor will not tell again of what this look has found. */
    client->input.look |= (events & ZMQ_POLLIN) != 0;
    return events & ZMQ_POLLOUT;
}

void channels_close(struct client *client)
{
    struct source *sources[] = {&client->monitor, &client->iopub, &client->shell, &client->control,
                                &client->input};
    if (client->monitor.socket)
        zmq_socket_monitor(client->shell.socket, NULL, 0);
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        if (sources[i]->socket)
            zmq_close(sources[i]->socket);
        *sources[i] = (struct source){.fd = -1};
    }
}

int channels_send(struct client *client, struct source *source,
                  const struct wire_outgoing *outgoing, char ret_id[WIRE_ID_MAX],
                  struct nbt_error *err)
{
    /* Sending takes in what came meanwhile, of which the descriptor will not tell again. */
    source->look = true;
    return wire_send(&client->session, source->socket, NULL, outgoing, ret_id, err);
}
