/* The one place where the client waits. iopub is always read before shell: what a cell printed is
 * here before its reply. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "jupyter/client_internal.h"

#define BATCH_MESSAGES 256 /* then deadlines and the process are looked at again */
#define BATCH_BYTES    ((size_t)4 << 20)
#define BURST_BYTES    ((size_t)8 << 20) /* unread backlog at which the kernel is paused */
#define LOOK_UP_EVERY  8
#define PIPE_READ      ((size_t)64 << 10)

/* A publisher that is faster than its reader fills the reader's memory, for a subscriber has no way
 * to push back that loses nothing. When that much came without a pause, the kernel is stopped until
 * all of it is read. */
static void throttle(struct client *client, size_t bytes)
{
    client->burst += bytes;
    if (client->burst < BURST_BYTES || client->stopped || client->process.pid <= 0)
        return;
    client->stopped = process_signal(&client->process, SIGSTOP) == 0;
}

static void unthrottle(struct client *client)
{
    client->burst = 0;
    if (client->stopped)
        process_signal(&client->process, SIGCONT);
    client->stopped = false;
}

/* The messages that are waiting on one socket, at most a batch: how many there were. */
static int drain(struct client *client, void *socket)
{
    int count = 0;
    size_t bytes = 0;
    struct wire_parts parts;
    while (count < BATCH_MESSAGES && bytes < BATCH_BYTES && wire_receive(socket, &parts) > 0) {
        struct wire_message message;
        bytes += parts.bytes;
        count++;
        /* A message that is not signed with our key is somebody else's: a crossed port. */
        int rc = wire_parse(&message, parts.frames, parts.n, &client->session.key, NULL);
        wire_parts_fini(&parts);
        if (rc < 0) {
            client->rejected++;
            continue;
        }
        if (socket == client->iopub)
            dispatch_iopub(client, &message);
        else if (socket == client->stdin_socket)
            dispatch_stdin(client, &message);
        else
            dispatch_shell(client, &message);
        wire_message_fini(&message);
    }
    if (socket == client->iopub)
        throttle(client, bytes);
    return count;
}

static void drain_pipe(struct client *client)
{
    char bytes[PIPE_READ];
    for (int i = 0; i < 16 && client->output_pipe >= 0; i++) {
        ssize_t n = read(client->output_pipe, bytes, sizeof(bytes));
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            close(client->output_pipe);
            client->output_pipe = -1;
            return;
        }
        tail_add(&client->tail, bytes, (size_t)n);
        /* The log is a courtesy: a full disk must not end the kernel. */
        if (client->output_fd >= 0 && file_write_all(client->output_fd, bytes, (size_t)n, NULL) < 0)
            client->output_fd = -1;
    }
}

/* Everything that is there now; true when there was something. Shell only once iopub is empty. */
static bool drain_all(struct client *client)
{
    if (drain(client, client->iopub) > 0)
        return true;
    if (client->stopped) {
        unthrottle(client);
        return true;
    }
    client->burst = 0;
    return drain(client, client->shell) > 0;
}

static bool lost_connection(struct client *client)
{
    bool lost = false;
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    while (client->monitor && zmq_msg_recv(&frame, client->monitor, ZMQ_DONTWAIT) >= 0)
        lost = true;
    zmq_msg_close(&frame);
    return lost;
}

enum item {
    ITEM_IOPUB,
    ITEM_SHELL,
    ITEM_STDIN,
    ITEM_CONTROL,
    ITEM_PROCESS,
    ITEM_CANCEL,
    ITEM_PIPE,
    ITEM_MONITOR,
    ITEMS
};

/* Waits for any of the sockets and descriptors; entries that are not there are left out by their
 * place. */
static int wait_for(struct client *client, int timeout_ms, short ready[ITEMS])
{
    int process_fd = client->attached ? client->pidfd : client->process.pidfd;
    const zmq_pollitem_t all[ITEMS] = {
        [ITEM_IOPUB] = {.socket = client->iopub},
        [ITEM_SHELL] = {.socket = client->shell},
        [ITEM_STDIN] = {.socket = client->stdin_socket},
        [ITEM_CONTROL] = {.socket = client->control},
        [ITEM_PROCESS] = {.fd = client->dead ? -1 : process_fd},
        [ITEM_CANCEL] = {.fd = client->cancel_fd},
        [ITEM_PIPE] = {.fd = client->output_pipe},
        [ITEM_MONITOR] = {.socket = client->monitor, .fd = -1},
    };
    zmq_pollitem_t items[ITEMS];
    int from[ITEMS];
    int n = 0;
    for (int i = 0; i < ITEMS; i++) {
        if (!all[i].socket && all[i].fd < 0)
            continue;
        items[n] = all[i];
        items[n].events = ZMQ_POLLIN;
        from[n++] = i;
    }
    int rc = zmq_poll(items, n, timeout_ms);
    for (int i = 0; rc > 0 && i < n; i++)
        ready[from[i]] = items[i].revents;
    return rc < 0 && errno != EINTR ? NBT_EIO : 0;
}

int pump_look(struct client *client, int timeout_ms, struct nbt_error *err)
{
    short ready[ITEMS] = {0};
    if (wait_for(client, timeout_ms, ready) < 0)
        return nbt_error_set(err, NBT_EIO, "waiting for the kernel failed: %s",
                             zmq_strerror(errno));
    if (ready[ITEM_PIPE])
        drain_pipe(client);
    if (ready[ITEM_PROCESS])
        death_notice(client);
    if (ready[ITEM_MONITOR] && lost_connection(client))
        client->dead = true;
    if (ready[ITEM_CANCEL])
        return nbt_error_set(err, NBT_ECANCELED, "canceled while the kernel was at work");
    if (ready[ITEM_STDIN])
        drain(client, client->stdin_socket);
    if (ready[ITEM_CONTROL])
        drain(client, client->control);
    return 0;
}

int pump(struct client *client, int timeout_ms, struct nbt_error *err)
{
    bool busy = drain_all(client);
    /* While messages flow the rest is looked at now and then: a poll costs as much as a message. */
    if (busy && ++client->pumped % LOOK_UP_EVERY != 0)
        return 0;
    return pump_look(client, busy ? 0 : timeout_ms, err);
}

void pump_last_words(struct client *client)
{
    int64_t until = clock_monotonic_ms() + CLIENT_LAST_WORDS_MS;
    unthrottle(client);
    while (clock_monotonic_ms() < until) {
        short ready[ITEMS] = {0};
        if (drain_all(client))
            until = clock_monotonic_ms() + CLIENT_LAST_WORDS_MS;
        if (wait_for(client, clock_left_ms(until), ready) < 0)
            break;
        if (ready[ITEM_PIPE])
            drain_pipe(client);
        if (ready[ITEM_CANCEL])
            break;
    }
    drain_pipe(client);
}
