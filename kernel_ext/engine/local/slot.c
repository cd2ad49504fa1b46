#include "engine/local/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"

#define LINE_MAX_BYTES (16UL << 20) /* a finished event holds every value of every metric */
#define STATUS_FD      3

void slot_init(struct slot *slot, const struct slot_owner *owner)
{
    *slot = (struct slot){.owner = owner,
                          .status_fd = -1,
                          .process = {.pidfd = -1},
                          .line = buf_init(LINE_MAX_BYTES)};
}

static void take_line(struct slot *slot, const char *line, size_t length)
{
    auto_json json_t *object = json_loadb(line, length, 0, NULL);
    const char *event = json_string_value(json_object_get(object, "event"));
    if (!event)
        return;
    if (strcmp(event, "finished") == 0) {
        json_decref(slot->result);
        slot->result = json_incref(object);
        return;
    }
    slot->owner->on_event(slot->owner->self, slot, event, object);
}

static void take_bytes(struct slot *slot, const char *data, size_t length)
{
    while (length > 0) {
        const char *end = memchr(data, '\n', length);
        size_t part = end ? (size_t)(end - data) : length;
        if (!slot->skipping)
            buf_add(&slot->line, data, part);
        slot->skipping = slot->skipping || buf_failed(&slot->line);
        if (end) {
            if (!slot->skipping)
                take_line(slot, buf_text(&slot->line), slot->line.length);
            slot->skipping = false;
            buf_clear(&slot->line);
            part++;
        }
        data += part;
        length -= part;
    }
}

static void close_status(struct slot *slot)
{
    if (slot->status_fd < 0)
        return;
    loop_remove_fd(slot->owner->loop, slot->status_fd);
    close(slot->status_fd);
    slot->status_fd = -1;
}

/* False when nothing more is to come. */
static bool read_status(struct slot *slot)
{
    char data[65536];
    ssize_t n = read(slot->status_fd, data, sizeof(data));
    if (n < 0)
        return errno == EINTR;
    if (n > 0)
        take_bytes(slot, data, (size_t)n);
    return n > 0;
}

static void on_status(void *self, int fd, short revents)
{
    struct slot *slot = self;
    (void)fd;
    (void)revents;
    errno = 0;
    if (!read_status(slot) && errno != EAGAIN)
        close_status(slot);
}

static void forget_timer(struct slot *slot)
{
    if (slot->timer > 0)
        loop_remove_timer(slot->owner->loop, slot->timer);
    slot->timer = 0;
}

static void on_exit_of(void *self, int fd, short revents)
{
    struct slot *slot = self;
    (void)revents;
    loop_remove_fd(slot->owner->loop, fd);
    while (slot->status_fd >= 0 && read_status(slot))
        ;
    close_status(slot);
    forget_timer(slot);
    process_reap(&slot->process, -1, &slot->exit_status);
    /* What its cells left running, in sessions of their own too. */
    process_sweep(slot->marker);
    slot->owner->on_end(slot->owner->self, slot);
}

static int watch(struct slot *slot, struct nbt_error *err)
{
    struct loop *loop = slot->owner->loop;
    if (loop_add_fd(loop, slot->status_fd, POLLIN, on_status, slot) == 0 &&
        loop_add_fd(loop, slot->process.pidfd, POLLIN, on_exit_of, slot) == 0)
        return 0;
    slot_abort(slot);
    return nbt_error_set(err, NBT_ENOMEM, "no memory to watch a trial");
}

static int launch(struct slot *slot, const struct slot_job *job, int status_fd,
                  struct nbt_error *err)
{
    const char *argv[] = {job->program,  "trial", "--spec", job->spec_file,
                          "--status-fd", "3",     NULL};
    struct process_map maps[] = {{1, job->log_fd}, {2, job->log_fd}, {STATUS_FD, status_fd}};
    struct process_options options = {
        .argv = argv,
        .maps = maps,
        .n_maps = COUNT_OF(maps),
        .marker = job->marker,
        .new_session = true,
        .die_with_parent = true,
    };
    return process_start(&slot->process, &options, err);
}

int slot_start(struct slot *slot, const struct slot_job *job, struct nbt_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return nbt_error_errno(err, "cannot make a pipe for trial %s", job->name);
    int code = launch(slot, job, ends[1], err);
    close(ends[1]);
    if (code < 0) {
        close(ends[0]);
        return code;
    }
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
        errno = 0; /* reads follow poll, but for the last drain, when the writer is gone */
    slot->status_fd = ends[0];
    slot->busy = true;
    slot->index = job->index;
    slot->started_ms = clock_monotonic_ms();
    slot->cell = -1;
    snprintf(slot->name, sizeof(slot->name), "%s", job->name);
    snprintf(slot->marker, sizeof(slot->marker), "%s", job->marker);
    return watch(slot, err);
}

static void on_grace(void *self)
{
    struct slot *slot = self;
    slot->timer = 0;
    process_signal_group(&slot->process, SIGKILL);
}

void slot_stop(struct slot *slot, const char *reason)
{
    if (!slot->busy || slot->stop_reason[0])
        return;
    snprintf(slot->stop_reason, sizeof(slot->stop_reason), "%s", reason);
    process_signal(&slot->process, SIGTERM);
    slot->timer = loop_add_timer(slot->owner->loop, SLOT_GRACE_MS, on_grace, slot);
    if (slot->timer < 0)
        on_grace(slot);
}

void slot_abort(struct slot *slot)
{
    if (!slot->busy)
        return;
    if (slot->process.pidfd >= 0)
        loop_remove_fd(slot->owner->loop, slot->process.pidfd);
    close_status(slot);
    forget_timer(slot);
    process_kill(&slot->process);
    process_sweep(slot->marker);
    slot_clear(slot);
}

void slot_clear(struct slot *slot)
{
    const struct slot_owner *owner = slot->owner;
    json_decref(slot->result);
    json_decref(slot->warnings);
    buf_fini(&slot->line);
    slot_init(slot, owner);
}
