/* The engine process: takes the lock, brings the state up to date, runs to the end, leaves nothing
 * behind. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/scope.h"
#include "engine/local/local.h"
#include "engine/local/lock.h"
#include "engine/local/runner.h"
#include "engine/local/socket.h"
#include "trial/trial.h"

#define RESERVE_BYTES ((off_t)256 * 1024)
#define LOST_MESSAGE  "its engine died 10 times while it ran: it is taken for the cause"

/* A runner with what surrounds it. */
struct engine_process {
    struct runner runner;
    struct lock lock;
    char *socket_path;
    int lifeline_fd, ready_fd, signal_fd;
};

/* ---- requests from outside ---- */

static void request_stop(struct runner *runner, bool now)
{
    runner->user_stopped = true;
    runner_stop(runner, now ? RUNNER_KILL : RUNNER_DRAIN, "StoppedByUser");
    runner_advance(runner);
}

static json_t *on_command(void *self, const char *name, const json_t *command)
{
    struct runner *runner = self;
    if (strcmp(name, "stop") != 0)
        return json_pack("{sb ss}", "ok", 0, "text", "unknown command; expected stop or subscribe");
    const char *how = json_string_value(json_object_get(command, "how"));
    if (!how || (strcmp(how, "gentle") != 0 && strcmp(how, "now") != 0))
        return json_pack("{sb ss}", "ok", 0, "text",
                         "stop: expected \"how\" to be \"gentle\" or \"now\"");
    request_stop(runner, strcmp(how, "now") == 0);
    return json_pack("{sb}", "ok", 1);
}

static void on_signal(void *self, int fd, short revents)
{
    struct runner *runner = self;
    struct signalfd_siginfo info;
    (void)revents;
    if (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        request_stop(runner, runner->user_stopped);
}

static void on_lifeline(void *self, int fd, short revents)
{
    struct runner *runner = self;
    char byte;
    (void)revents;
    if (read(fd, &byte, 1) > 0)
        return;
    loop_remove_fd(runner->loop, fd);
    runner_log(runner, "the process that started this experiment is gone");
    request_stop(runner, false);
}

static void on_timeout(void *self)
{
    struct runner *runner = self;
    runner->timed_out = true;
    runner_stop(runner, RUNNER_KILL, REASON_TIMEOUT);
    runner_advance(runner);
}

static void on_heartbeat(void *self)
{
    struct engine_process *engine = self;
    lock_beat(&engine->lock);
    if (loop_add_timer(engine->runner.loop, (int64_t)LOCK_HEARTBEAT_S * 1000, on_heartbeat,
                       engine) < 0)
        runner_log(&engine->runner, "no memory for the lock's heartbeat");
}

static void on_journal_failure(void *self, const struct nbt_error *err)
{
    struct runner *runner = self;
    runner->failure = *err;
}

/* ---- coming up ---- */

static int open_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Space that is given back when the disk is full, so that the last facts find room. */
static void set_aside(const struct runner *runner)
{
    auto_close int fd =
        open(runner->paths.reserve, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || posix_fallocate(fd, 0, RESERVE_BYTES) != 0)
        unlink(runner->paths.reserve);
}

static int open_files(struct engine_process *engine, const char *experiment, struct nbt_error *err)
{
    struct runner *runner = &engine->runner;
    int code = home_find(&runner->paths, experiment, err);
    if (code == 0)
        code = lock_take(&engine->lock, runner->paths.lock, err);
    if (code < 0)
        return nbt_error_prefix(err, "experiment %s", experiment);
    runner->log_fd =
        open(runner->paths.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    process_sweep(runner->paths.marker);
    process_adopt();
    set_aside(runner);
    return store_open(&runner->store, runner->paths.database, STORE_WRITE, err);
}

static int load(struct runner *runner, struct nbt_error *err)
{
    int code = store_experiment(runner->store, &runner->experiment, err);
    if (code == 0)
        code = settings_init(&runner->settings, runner->experiment.document, runner->paths.folder,
                             err);
    if (code == 0)
        code = state_init(&runner->state, runner->experiment.document, &runner->settings, err);
    if (code == 0)
        code = state_load(&runner->state, runner->store, err);
    runner->elapsed_before_ms = runner->experiment.elapsed_ms;
    return code;
}

static int build(struct engine_process *engine, struct nbt_error *err)
{
    struct runner *runner = &engine->runner;
    size_t n_slots = runner->state.spec.parallel > 0 ? (size_t)runner->state.spec.parallel : 1;
    runner->loop = loop_new();
    runner->slots = calloc(n_slots, sizeof(*runner->slots));
    if (!runner->loop || !runner->slots)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for an engine of %zu parallel trials",
                             n_slots);
    runner->n_slots = n_slots;
    runner->owner = (struct slot_owner){runner->loop, runner_on_event, runner_on_end, runner};
    for (size_t i = 0; i < runner->n_slots; i++)
        slot_init(&runner->slots[i], &runner->owner);
    runner->journal = (struct journal){.store = runner->store,
                                       .loop = runner->loop,
                                       .on_fail = on_journal_failure,
                                       .self = runner};
    return 0;
}

static int listen_at_socket(struct engine_process *engine, struct nbt_error *err)
{
    struct runner *runner = &engine->runner;
    struct nbt_error why = NBT_ERROR_INIT;
    int listener =
        socket_listen(&engine->socket_path, runner->paths.socket, runner->paths.name, &why);
    if (listener < 0) {
        /* Without a socket it can be stopped by signal, and watchers look by themselves. */
        runner_log(runner, "no socket: %s", why.text);
    } else if (!(runner->server = server_new(runner->loop, listener, on_command, runner))) {
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the engine's socket");
    }
    runner->journal.server = runner->server;
    return lock_describe(&engine->lock, trial_build_id(),
                         engine->socket_path ? engine->socket_path : "", err);
}

static int watch_outside(struct engine_process *engine, struct nbt_error *err)
{
    struct runner *runner = &engine->runner;
    struct loop *loop = runner->loop;
    int64_t left_ms = runner->settings.timeout_s * 1000 - runner->elapsed_before_ms;
    bool ok = loop_add_fd(loop, engine->signal_fd, POLLIN, on_signal, runner) == 0 &&
              (engine->lifeline_fd < 0 ||
               loop_add_fd(loop, engine->lifeline_fd, POLLIN, on_lifeline, runner) == 0) &&
              (runner->settings.timeout_s == 0 ||
               loop_add_timer(loop, left_ms, on_timeout, runner) > 0) &&
              loop_add_timer(loop, (int64_t)LOCK_HEARTBEAT_S * 1000, on_heartbeat, engine) > 0;
    return ok ? 0 : nbt_error_set(err, NBT_ENOMEM, "no memory for the engine's loop");
}

/* ---- what an engine that died left ---- */

static int list_open_trial(void *self, const struct store_trial *trial, struct nbt_error *err)
{
    bool running = strcmp(trial->state, "Running") == 0;
    if (!running && strcmp(trial->state, "Pending") != 0)
        return 0;
    if (json_array_append_new(self, json_pack("{ss sI sb sI}", "name", trial->name, "index",
                                              (json_int_t)trial->index, "ran", running, "lost",
                                              (json_int_t)trial->lost)) == 0)
        return 0;
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the trials that were lost");
}

static bool lose(struct runner *runner, const char *name, uint64_t index)
{
    struct nbt_error err = NBT_ERROR_INIT;
    return journal_check(&runner->journal, store_trial_lose(runner->store, index, &err), &err) &&
           journal_fact(&runner->journal, "trial-lost", json_pack("{ss}", "trial", name));
}

/* A trial that ran is lost: it runs again, unless it takes engine after engine with it. */
static bool recover_trial(struct runner *runner, const json_t *trial)
{
    uint64_t index = (uint64_t)json_integer_value(json_object_get(trial, "index"));
    bool ran = json_is_true(json_object_get(trial, "ran"));
    if (ran && !lose(runner, json_string_value(json_object_get(trial, "name")), index))
        return false;
    if (ran && json_integer_value(json_object_get(trial, "lost")) + 1 >= RUNNER_LOST_MAX)
        return runner_close_trial(runner, index, STATUS_TRIAL_FAILED, "TrialLost", LOST_MESSAGE);
    runner->waiting[runner->n_waiting++] = index;
    return true;
}

static int recover_trials(struct runner *runner, struct nbt_error *err)
{
    auto_json json_t *list = json_array();
    int code = store_trials(runner->store, list_open_trial, list, err);
    size_t count = json_array_size(list);
    runner->waiting = calloc(count + 1, sizeof(*runner->waiting));
    if (!runner->waiting)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the trials that were lost");
    for (size_t i = 0; code == 0 && i < count; i++)
        if (!recover_trial(runner, json_array_get(list, i)))
            code = runner->failure.code;
    return code;
}

static bool begin(struct runner *runner)
{
    bool again = runner->experiment.completed_us > 0;
    runner->experiment.completed_us = 0;
    return runner_state(runner, "Running", "", "") &&
           journal_fact(&runner->journal, "engine-started",
                        json_pack("{si}", "pid", (int)getpid())) &&
           (!again || runner_mark(runner, STATUS_RESTARTING, true, NULL, NULL)) &&
           runner_update(runner);
}

static int recover(struct runner *runner, struct nbt_error *err)
{
    int code = begin(runner) ? recover_trials(runner, err) : runner->failure.code;
    if (code == 0 && !journal_commit(&runner->journal))
        code = runner->failure.code;
    if (code < 0 && runner->failure.code)
        nbt_error_set(err, code, "%s", runner->failure.text);
    return code;
}

static int come_up(struct engine_process *engine, const char *experiment, struct nbt_error *err)
{
    struct runner *runner = &engine->runner;
    runner->started_ms = clock_monotonic_ms();
    /* Before the lock names this process to those who stop it by signal. */
    engine->signal_fd = open_signals();
    if (engine->signal_fd < 0)
        return nbt_error_errno(err, "the engine cannot listen to signals");
    int code = open_files(engine, experiment, err);
    if (code == 0)
        code = load(runner, err);
    if (code == 0)
        code = build(engine, err);
    if (code == 0)
        code = listen_at_socket(engine, err);
    if (code == 0)
        code = recover(runner, err);
    if (code == 0)
        code = watch_outside(engine, err);
    return code;
}

/* ---- going down ---- */

/* From the row as it was last committed: what was known later is gone with its transaction. */
static void write_last_facts(struct runner *runner, const char *reason)
{
    struct store_experiment last;
    struct nbt_error err = NBT_ERROR_INIT;
    /* It may name a path or a value that is not UTF-8, which a fact cannot hold. */
    auto_free char *message = file_printable(runner->failure.text);
    if (!message || store_experiment(runner->store, &last, &err) < 0)
        return;
    struct store_experiment row = last;
    row.state = (char[]){"Stopped"};
    row.reason = (char *)(uintptr_t)reason;
    row.message = message;
    row.completed_us = clock_realtime_us();
    json_t *ended =
        json_pack("{ss ss ss}", "state", "Stopped", "reason", reason, "message", message);
    if (status_mark(row.status, STATUS_RUNNING, false, "ExperimentStopped", message,
                    row.completed_us, &err) == 0 &&
        store_update(runner->store, &row, &err) == 0 &&
        journal_fact(&runner->journal, "warning", json_pack("{ss}", "text", message)) &&
        journal_fact(&runner->journal, "engine-ended", json_incref(ended)))
        journal_commit(&runner->journal);
    json_decref(ended);
    store_experiment_fini(&last);
}

/* It cannot go on: what runs is ended and will run again, and the reason is written if that is
 * possible at all. */
static void fail(struct runner *runner)
{
    auto_json json_t *lost = json_array();
    runner_log(runner, "cannot go on: %s", runner->failure.text);
    bool full = store_full(runner->store) || runner->no_space;
    store_rollback(runner->store);
    unlink(runner->paths.reserve);
    for (size_t i = 0; i < runner->n_slots; i++)
        slot_abort(&runner->slots[i]);
    runner->journal.failed = false;
    if (store_trials(runner->store, list_open_trial, lost, NULL) < 0)
        return;
    size_t i;
    json_t *trial;
    json_array_foreach(lost, i, trial)
    {
        if (json_is_true(json_object_get(trial, "ran")) &&
            !lose(runner, json_string_value(json_object_get(trial, "name")),
                  (uint64_t)json_integer_value(json_object_get(trial, "index"))))
            return;
    }
    write_last_facts(runner, full ? "DiskFull" : "EngineFailed");
}

static void take_down(struct engine_process *engine)
{
    struct runner *runner = &engine->runner;
    for (size_t i = 0; i < runner->n_slots; i++)
        slot_abort(&runner->slots[i]);
    if (runner->paths.marker[0] && engine->lock.fd >= 0)
        process_sweep(runner->paths.marker);
    /* Trials have ended: what is left came from one that was killed before it could clean up. */
    process_end_children();
    for (size_t i = 0; i < runner->n_slots; i++)
        slot_clear(&runner->slots[i]);
    free(runner->slots);
    journal_end(&runner->journal);
    server_free(runner->server);
    if (engine->socket_path)
        unlink(engine->socket_path);
    free(engine->socket_path);
    if (runner->paths.reserve && engine->lock.fd >= 0)
        unlink(runner->paths.reserve);
    store_close(runner->store);
    store_experiment_fini(&runner->experiment);
    state_fini(&runner->state);
    settings_fini(&runner->settings);
    free(runner->waiting);
    loop_free(runner->loop);
    if (runner->log_fd >= 0)
        close(runner->log_fd);
    if (engine->signal_fd >= 0)
        close(engine->signal_fd);
    lock_drop(&engine->lock);
    home_paths_fini(&runner->paths);
}

static void say_ready(int ready_fd, const char *text)
{
    if (ready_fd < 0)
        return;
    signal(SIGPIPE, SIG_IGN);
    if (file_write_all(ready_fd, text, strlen(text), NULL) < 0)
        errno = 0; /* nobody waits any more; the experiment goes on */
    close(ready_fd);
}

static int run(struct engine_process *engine)
{
    struct runner *runner = &engine->runner;
    runner_log(runner, "started, process %d", (int)getpid());
    runner_advance(runner);
    while (!runner->ended && !runner->failure.code)
        loop_step(runner->loop, -1);
    if (runner->failure.code)
        fail(runner);
    return runner->failure.code ? 1 : 0;
}

int local_engine_main(const char *experiment, int lifeline_fd, int ready_fd)
{
    struct engine_process *engine = calloc(1, sizeof(*engine));
    struct nbt_error err = NBT_ERROR_INIT;
    int status = 1;
    if (!engine) {
        say_ready(ready_fd, "no memory for an engine");
        return status;
    }
    *engine =
        (struct engine_process){.lock = {.fd = -1}, .lifeline_fd = lifeline_fd, .signal_fd = -1};
    engine->runner.log_fd = -1;
    if (come_up(engine, experiment, &err) == 0) {
        say_ready(ready_fd, "+");
        status = run(engine);
    } else {
        runner_log(&engine->runner, "cannot start: %s", err.text);
        say_ready(ready_fd, err.text);
    }
    take_down(engine);
    free(engine);
    return status;
}
