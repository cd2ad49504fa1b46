#include "base/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "nbtags/error.h"

struct watch {
    int fd;
    loop_fd_fn fn;
    void *self;
};

struct timer {
    int id;
    int64_t due_ms;
    loop_timer_fn fn;
    void *self;
};

/* Watches and their pollfds stand at the same places; a removed one keeps its place with fd -1
 * until the step ends. */
struct loop {
    struct watch *watches;
    struct pollfd *polls;
    size_t n_watches, room_watches;
    struct timer *timers;
    size_t n_timers, room_timers;
    int last_id;
};

struct loop *loop_new(void)
{
    return calloc(1, sizeof(struct loop));
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    free(loop->watches);
    free(loop->polls);
    free(loop->timers);
    free(loop);
}

static int grow_watches(struct loop *loop)
{
    if (loop->n_watches < loop->room_watches)
        return 0;
    size_t room = loop->room_watches ? 2 * loop->room_watches : 16;
    struct watch *watches = realloc(loop->watches, room * sizeof(*watches));
    if (!watches)
        return NBT_ENOMEM;
    loop->watches = watches;
    struct pollfd *polls = realloc(loop->polls, room * sizeof(*polls));
    if (!polls)
        return NBT_ENOMEM;
    loop->polls = polls;
    loop->room_watches = room;
    return 0;
}

int loop_add_fd(struct loop *loop, int fd, short events, loop_fd_fn fn, void *self)
{
    if (grow_watches(loop) < 0)
        return NBT_ENOMEM;
    loop->polls[loop->n_watches] = (struct pollfd){.fd = fd, .events = events};
    loop->watches[loop->n_watches++] = (struct watch){fd, fn, self};
    return 0;
}

static struct pollfd *find(struct loop *loop, int fd)
{
    for (size_t i = 0; i < loop->n_watches; i++)
        if (loop->polls[i].fd == fd)
            return &loop->polls[i];
    return NULL;
}

void loop_remove_fd(struct loop *loop, int fd)
{
    struct pollfd *entry = find(loop, fd);
    if (entry)
        *entry = (struct pollfd){.fd = -1};
}

int loop_add_timer(struct loop *loop, int64_t delay_ms, loop_timer_fn fn, void *self)
{
    if (loop->n_timers == loop->room_timers) {
        size_t room = loop->room_timers ? 2 * loop->room_timers : 8;
        struct timer *timers = realloc(loop->timers, room * sizeof(*timers));
        if (!timers)
            return NBT_ENOMEM;
        loop->timers = timers;
        loop->room_timers = room;
    }
    int id = ++loop->last_id;
    loop->timers[loop->n_timers++] =
        (struct timer){id, clock_monotonic_ms() + (delay_ms > 0 ? delay_ms : 0), fn, self};
    return id;
}

void loop_remove_timer(struct loop *loop, int id)
{
    for (size_t i = 0; i < loop->n_timers; i++) {
        if (loop->timers[i].id != id)
            continue;
        loop->timers[i] = loop->timers[--loop->n_timers];
        return;
    }
}

/* The timer that is due first; ties by age. NULL when there is none. */
static struct timer *first_timer(struct loop *loop)
{
    struct timer *first = NULL;
    for (size_t i = 0; i < loop->n_timers; i++) {
        struct timer *timer = &loop->timers[i];
        if (!first || timer->due_ms < first->due_ms ||
            (timer->due_ms == first->due_ms && timer->id < first->id))
            first = timer;
    }
    return first;
}

/* Timers added by a callback wait for the next step, so that a timer of delay 0 cannot starve the
 * descriptors. */
static void run_timers(struct loop *loop)
{
    int last = loop->last_id;
    int64_t now = clock_monotonic_ms();
    for (;;) {
        struct timer *timer = first_timer(loop);
        if (!timer || timer->due_ms > now || timer->id > last)
            return;
        struct timer due = *timer;
        loop_remove_timer(loop, due.id);
        due.fn(due.self);
    }
}

static void compact(struct loop *loop)
{
    size_t kept = 0;
    for (size_t i = 0; i < loop->n_watches; i++) {
        if (loop->polls[i].fd < 0)
            continue;
        loop->polls[kept] = loop->polls[i];
        loop->watches[kept++] = loop->watches[i];
    }
    loop->n_watches = kept;
}

static void run_watches(struct loop *loop)
{
    size_t count = loop->n_watches;
    for (size_t i = 0; i < count; i++) {
        short revents = loop->polls[i].revents;
        if (loop->polls[i].fd < 0 || !revents)
            continue;
        loop->polls[i].revents = 0;
        loop->watches[i].fn(loop->watches[i].self, loop->watches[i].fd, revents);
    }
}

void loop_step(struct loop *loop, int timeout_ms)
{
    compact(loop);
    struct timer *timer = first_timer(loop);
    if (timer) {
        int left = clock_left_ms(timer->due_ms);
        timeout_ms = timeout_ms < 0 || left < timeout_ms ? left : timeout_ms;
    }
    int ready;
    do
        ready = poll(loop->polls, (nfds_t)loop->n_watches, timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready > 0)
        run_watches(loop);
    run_timers(loop);
}
