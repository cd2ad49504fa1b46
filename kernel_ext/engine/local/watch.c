/* watch: facts as they are committed, from the database; the engine's socket only says when to
 * look. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"
#include "engine/local/home.h"
#include "engine/local/lock.h"
#include "engine/local/socket.h"
#include "engine/local/start.h"
#include "engine/local/store.h"
#include "engine/local/verbs.h"

#define BATCH 256
#define LOOK_MS                                                                                    \
    1000              /* between looks without a wake-up, for an engine that died or has no socket \
                       */
#define BLIND_MS  200 /* the same while there is no socket to be woken by */
#define ANSWER_MS 5000

struct watcher {
    const struct engine_watch *watch;
    struct home_paths paths;
    struct store *store;
    uint64_t since;
    bool ended;  /* the newest fact is engine-ended */
    int wake_fd; /* -1: not connected */
    int64_t next_tick_ms;
};

static int collect(void *self, const json_t *fact)
{
    return json_array_append(self, (json_t *)(uintptr_t)fact);
}

/* Callbacks run with no statement open, so that one that takes its time keeps nobody from writing.
 */
static int tell(struct watcher *watcher, const json_t *facts)
{
    size_t i;
    json_t *fact;
    json_array_foreach(facts, i, fact)
    {
        watcher->since = (uint64_t)json_integer_value(json_object_get(fact, "seq"));
        watcher->ended =
            strcmp(json_string_value(json_object_get(fact, "kind")), "engine-ended") == 0;
        if (watcher->watch->on_event(watcher->watch->self, fact) != 0)
            return 1;
    }
    return 0;
}

/* 1 when the watcher has had enough. */
static int catch_up(struct watcher *watcher, struct nbt_error *err)
{
    for (;;) {
        auto_json json_t *facts = json_array();
        bool stopped;
        int told =
            store_facts(watcher->store, watcher->since, BATCH, collect, facts, &stopped, err);
        if (told < 0)
            return told;
        if (stopped)
            return nbt_error_set(err, NBT_ENOMEM, "no memory for the facts of the experiment");
        if (tell(watcher, facts))
            return 1;
        if (told < BATCH)
            return 0;
    }
}

static void subscribe(struct watcher *watcher)
{
    struct lock_holder holder;
    if (!lock_is_held(watcher->paths.lock, &holder) || !holder.socket[0])
        return;
    auto_close int fd = socket_connect(holder.socket, NULL);
    auto_json json_t *command = json_pack("{ss}", "command", "subscribe");
    auto_json json_t *answer = NULL;
    if (fd >= 0 && socket_ask(fd, command, ANSWER_MS, &answer, NULL) == 0)
        watcher->wake_fd = TAKE_FD(fd);
}

static void drain(struct watcher *watcher)
{
    char data[4096];
    ssize_t n = recv(watcher->wake_fd, data, sizeof(data), MSG_DONTWAIT);
    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
        return;
    close(watcher->wake_fd);
    watcher->wake_fd = -1;
}

static int timeout_of(const struct watcher *watcher)
{
    int timeout = watcher->wake_fd >= 0 ? LOOK_MS : BLIND_MS;
    int left = watcher->watch->tick_ms > 0 ? clock_left_ms(watcher->next_tick_ms) : timeout;
    return left < timeout ? left : timeout;
}

static void tick(struct watcher *watcher)
{
    const struct engine_watch *watch = watcher->watch;
    if (watch->tick_ms <= 0 || clock_monotonic_ms() < watcher->next_tick_ms)
        return;
    watcher->next_tick_ms = clock_monotonic_ms() + watch->tick_ms;
    if (watch->on_tick)
        watch->on_tick(watch->self);
}

/* 1 when it was cancelled. */
static int wait(struct watcher *watcher)
{
    struct pollfd entries[] = {
        {.fd = watcher->watch->cancel_fd, .events = POLLIN},
        {.fd = watcher->wake_fd, .events = POLLIN},
    };
    int ready = poll(entries, COUNT_OF(entries), timeout_of(watcher));
    if (ready > 0 && entries[0].revents)
        return 1;
    if (ready > 0 && entries[1].revents)
        drain(watcher);
    tick(watcher);
    return 0;
}

/* An engine that is gone without an engine-ended will write nothing more. */
static int check_alive(struct watcher *watcher, struct nbt_error *err)
{
    struct store_experiment experiment;
    if (lock_is_held(watcher->paths.lock, NULL))
        return 0;
    /* It may have ended well between the last look and this one. */
    int code = catch_up(watcher, err);
    if (code != 0 || watcher->ended)
        return code;
    if ((code = store_experiment(watcher->store, &experiment, err)) < 0)
        return code;
    watcher->ended = experiment.completed_us > 0 && !lock_is_held(watcher->paths.lock, NULL);
    if (strcmp(shown_state(&watcher->paths, &experiment), "Interrupted") == 0)
        code = nbt_error_set(err, NBT_EDIED, "the engine of %s died; `nbkatib resume %s` goes on",
                             watcher->paths.name, watcher->paths.name);
    store_experiment_fini(&experiment);
    return code;
}

static int follow(struct watcher *watcher, struct nbt_error *err)
{
    for (;;) {
        int code = catch_up(watcher, err);
        if (code != 0 || !watcher->watch->follow || watcher->ended)
            return code;
        if (watcher->wake_fd < 0) {
            subscribe(watcher);
            /* What was committed before the subscription woke nobody. */
            if (watcher->wake_fd >= 0)
                continue;
            code = check_alive(watcher, err);
        }
        if (code == 0 && !watcher->ended)
            code = wait(watcher);
        if (code != 0)
            return code;
    }
}

int local_watch(const char *experiment, const struct engine_watch *watch, struct nbt_error *err)
{
    struct watcher watcher = {.watch = watch, .since = watch->since, .wake_fd = -1};
    int code = home_find(&watcher.paths, experiment, err);
    if (code == 0)
        code = store_open(&watcher.store, watcher.paths.database, STORE_READ, err);
    if (code == 0)
        code = follow(&watcher, err);
    if (code == 0 && watcher.ended && watch->follow)
        wait_for_end(&watcher.paths);
    if (watcher.wake_fd >= 0)
        close(watcher.wake_fd);
    store_close(watcher.store);
    home_paths_fini(&watcher.paths);
    return code < 0 ? code : 0;
}
