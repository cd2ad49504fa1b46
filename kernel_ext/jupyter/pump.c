/* The one place where the client waits. iopub is always read before shell: what a cell printed is
 * here before its reply. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "jupyter/client_internal.h"

#define BATCH_MESSAGES 256 /* then deadlines and the process are looked at again */
#define BATCH_BYTES    ((size_t)1 << 20)
#define BURST_BYTES    ((size_t)2 << 20) /* unread backlog at which the kernel is paused */
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
static int drain(struct client *client, struct source *source)
{
    int count = 0;
    size_t bytes = 0;
    struct wire_parts parts;
    while (source->look && count < BATCH_MESSAGES && bytes < BATCH_BYTES) {
        source->look = wire_receive(source->socket, &parts) > 0;
        if (!source->look)
            break;
        struct wire_message message;
        bytes += parts.bytes;
        count++;
        /* A message that is not signed with our key is somebody else's: a crossed port. */
        int rc =
            wire_parse(&message, parts.frames, parts.n, &client->session.key, &client->memo, NULL);
        wire_parts_fini(&parts);
        if (rc < 0) {
            client->rejected++;
            continue;
        }
        if (source == &client->iopub)
            dispatch_iopub(client, &message);
        else if (source == &client->input)
            dispatch_stdin(client, &message);
        else
            dispatch_shell(client, &message);
        wire_message_fini(&message);
    }
    if (source == &client->iopub)
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
    /* A reply may have overtaken outputs whose arrival is not known yet. */
    client->iopub.look |= client->shell.look;
    if (drain(client, &client->iopub) > 0)
        return true;
    if (client->stopped) {
        unthrottle(client);
        client->iopub.look = true;
        return true;
    }
    client->burst = 0;
    return drain(client, &client->shell) > 0;
}

static bool lost_connection(struct client *client)
{
    bool lost = false;
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    while (client->monitor.look && zmq_msg_recv(&frame, client->monitor.socket, ZMQ_DONTWAIT) >= 0)
        lost = true;
    client->monitor.look = false;
    zmq_msg_close(&frame);
    return lost;
}

enum entry {
    ENTRY_IOPUB,
    ENTRY_SHELL,
    ENTRY_INPUT,
    ENTRY_CONTROL,
    ENTRY_MONITOR,
    ENTRY_SOCKETS,
    ENTRY_PROCESS = ENTRY_SOCKETS,
    ENTRY_CANCEL,
    ENTRY_PIPE,
    ENTRIES
};

/* Waits for any of the sockets and descriptors with one poll of our own: zmq_poll makes several
 * system calls for each socket, more than all else that a message costs. */
static int wait_for(struct client *client, int timeout_ms, struct pollfd entries[ENTRIES])
{
    struct source *const sources[ENTRY_SOCKETS] = {&client->iopub, &client->shell, &client->input,
                                                   &client->control, &client->monitor};
    int process_fd = client->attached ? client->pidfd : client->process.pidfd;
    const int fds[ENTRIES] = {[ENTRY_PROCESS] = client->dead ? -1 : process_fd,
                              [ENTRY_CANCEL] = client->cancel_fd,
                              [ENTRY_PIPE] = client->output_pipe};
    for (int i = 0; i < ENTRIES; i++) {
        /* Negative descriptors are passed over by poll. */
        entries[i] =
            (struct pollfd){.fd = i < ENTRY_SOCKETS ? sources[i]->fd : fds[i], .events = POLLIN};
        if (i < ENTRY_SOCKETS && sources[i]->socket && sources[i]->look)
            timeout_ms = 0;
    }
    int rc = poll(entries, ENTRIES, timeout_ms);
    for (int i = 0; rc > 0 && i < ENTRY_SOCKETS; i++)
        sources[i]->look |= entries[i].revents != 0;
    if (rc < 0)
        for (int i = 0; i < ENTRIES; i++)
            entries[i].revents = 0;
    return rc < 0 && errno != EINTR ? NBT_EIO : 0;
}

int pump_look(struct client *client, int timeout_ms, struct nbt_error *err)
{
    struct pollfd entries[ENTRIES];
    if (wait_for(client, timeout_ms, entries) < 0)
        return nbt_error_set(err, NBT_EIO, "waiting for the kernel failed: %s", strerror(errno));
    if (entries[ENTRY_PIPE].revents)
        drain_pipe(client);
    if (entries[ENTRY_PROCESS].revents)
        death_notice(client);
    if (lost_connection(client))
        client->dead = true;
    if (entries[ENTRY_CANCEL].revents)
        return nbt_error_set(err, NBT_ECANCELED, "canceled while the kernel was at work");
    drain(client, &client->input);
    drain(client, &client->control);
    return 0;
}

int pump(struct client *client, int timeout_ms, struct nbt_error *err)
{
    bool busy = drain_all(client);
    /* While messages flow the rest is looked at now and then. */
    if (busy && ++client->pumped % LOOK_UP_EVERY != 0)
        return 0;
    return pump_look(client, busy ? 0 : timeout_ms, err);
}

void pump_last_words(struct client *client)
{
    int64_t until = clock_monotonic_ms() + CLIENT_LAST_WORDS_MS;
    struct pollfd entries[ENTRIES];
    unthrottle(client);
    while (clock_monotonic_ms() < until) {
        if (drain_all(client))
            until = clock_monotonic_ms() + CLIENT_LAST_WORDS_MS;
        drain(client, &client->input);
        drain(client, &client->control);
        (void)lost_connection(client);
        if (wait_for(client, clock_left_ms(until), entries) < 0 || entries[ENTRY_CANCEL].revents)
            break;
        if (entries[ENTRY_PIPE].revents)
            drain_pipe(client);
    }
    drain_pipe(client);
}
