/*
 * The engine of one experiment at work: keeps parallelTrialCount trial processes busy, commits
 * every fact before it acts on it, and ends when the experiment is decided, stopped, or cannot go
 * on. engine_main.c builds one, runs its loop and takes it down.
 */
#ifndef ENGINE_LOCAL_RUNNER_H
#define ENGINE_LOCAL_RUNNER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "engine/local/home.h"
#include "engine/local/journal.h"
#include "engine/local/settings.h"
#include "engine/local/slot.h"
#include "engine/local/state.h"
#include "engine/local/store.h"

#define RUNNER_LOST_MAX 10 /* a trial whose engine died that often while it ran has failed */

#define REASON_TIMEOUT "ExperimentTimeout" /* the experiment's time was over */

enum runner_stop { RUNNER_GO, RUNNER_DRAIN, RUNNER_KILL };

struct runner {
    struct home_paths paths;
    struct settings settings;
    struct store *store;
    struct store_experiment experiment;
    struct state state;
    struct loop *loop;
    struct server *server;
    struct journal journal;
    struct slot_owner owner;
    struct slot *slots; /* n_slots of them */
    size_t n_slots, n_running;
    uint64_t *waiting; /* trials that were created and have no process, by index */
    size_t n_waiting, next_waiting;
    enum runner_stop stop;
    char stop_reason[48]; /* why trials are stopped: a user, the goal, ... */
    bool user_stopped;    /* the experiment ends as Stopped unless it was decided */
    bool timed_out;
    bool ended;               /* engine-ended is committed, or cannot be */
    bool no_space;            /* a trial found none: the failure is a full disk */
    struct nbt_error failure; /* why it could not go on; code 0 otherwise */
    int64_t started_ms;       /* monotonic, of this engine */
    int64_t elapsed_before_ms;
    int log_fd;
};

/* What a line of the engine's log says, with the time before it. */
void runner_log(struct runner *runner, const char *format, ...) nbt_printf(2, 3);

/* Starts what may start, ends what must end; call after every change. Every fact is committed when
 * it returns. */
void runner_advance(struct runner *runner);

/* Asks it to end. */
void runner_stop(struct runner *runner, enum runner_stop how, const char *reason);

/* The slot callbacks: an event of a trial, its end (runner_trial.c). */
void runner_on_event(void *self, struct slot *slot, const char *event, const json_t *object);
void runner_on_end(void *self, struct slot *slot);

/* Records a trial that has no process (lost too often, or the experiment ended before it ran). */
bool runner_close_trial(struct runner *runner, uint64_t index, enum status_state state,
                        const char *reason, const char *message);

/* Takes a new trial from search into the store and the waiting list; false when there is none or
 * the journal failed. */
bool runner_create_trial(struct runner *runner);

/* Gives a waiting trial a process. NBT_ code of what prevented it, which is no fault of the trial.
 */
nbt_must_check int runner_start_trial(struct runner *runner, struct slot *slot, uint64_t index,
                                      struct nbt_error *err);

/* Marks a condition in the status, with its fact, and writes the experiment's row. */
bool runner_mark(struct runner *runner, enum status_condition condition, bool value,
                 const char *reason, const char *message);
bool runner_update(struct runner *runner);

/* Sets the state that runner_update writes. */
bool runner_state(struct runner *runner, const char *state, const char *reason,
                  const char *message);

/* The program that trials run (local_set_program). */
const char *runner_program(void);

#endif
