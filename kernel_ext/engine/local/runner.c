#include "engine/local/runner.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"

/* How an experiment ended. */
struct ending {
    const char *state;
    const char *reason;
    char message[256];
};

void runner_log(struct runner *runner, const char *format, ...)
{
    char text[1024], time[CLOCK_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    clock_rfc3339(time, clock_realtime_us());
    if (runner->log_fd >= 0 && dprintf(runner->log_fd, "%s %s\n", time, text) < 0)
        return; /* the log is a help, not a fact */
}

bool runner_update(struct runner *runner)
{
    struct store_experiment *experiment = &runner->experiment;
    experiment->elapsed_ms = runner->elapsed_before_ms + clock_monotonic_ms() - runner->started_ms;
    experiment->optimal = runner->state.has_best ? (int64_t)runner->state.best_index : -1;
    struct nbt_error err = NBT_ERROR_INIT;
    return !runner->journal.failed &&
           journal_check(&runner->journal, store_update(runner->store, experiment, &err), &err);
}

bool runner_mark(struct runner *runner, enum status_condition condition, bool value,
                 const char *reason, const char *message)
{
    json_t *status = runner->experiment.status;
    auto_json json_t *before = json_deep_copy(json_object_get(status, "conditions"));
    struct nbt_error err = NBT_ERROR_INIT;
    int code = status_mark(status, condition, value, reason, message, clock_realtime_us(), &err);
    if (!journal_check(&runner->journal, code, &err))
        return false;
    /* One mark may change several conditions: each that is not as it was is a fact. */
    size_t i;
    json_t *now;
    json_array_foreach(json_object_get(status, "conditions"), i, now)
    {
        bool same = false;
        size_t j;
        json_t *old;
        json_array_foreach(before, j, old) same = same || json_equal(old, now);
        if (!same && !journal_fact(&runner->journal, "condition",
                                   json_pack("{sO sO sO sO}", "type", json_object_get(now, "type"),
                                             "status", json_object_get(now, "status"), "reason",
                                             json_object_get(now, "reason"), "message",
                                             json_object_get(now, "message"))))
            return false;
    }
    return runner_update(runner);
}

static bool set_text(char **place, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        return false;
    free(*place);
    *place = copy;
    return true;
}

bool runner_state(struct runner *runner, const char *state, const char *reason, const char *message)
{
    struct store_experiment *experiment = &runner->experiment;
    struct nbt_error err = NBT_ERROR_INIT;
    if (set_text(&experiment->state, state) && set_text(&experiment->reason, reason) &&
        set_text(&experiment->message, message))
        return true;
    return journal_check(&runner->journal,
                         nbt_error_set(&err, NBT_ENOMEM, "no memory for the experiment's state"),
                         &err);
}

/* ---- how it ends ---- */

static size_t failed(const struct state *state)
{
    return state->counts.of[STATUS_TRIAL_FAILED] +
           state->counts.of[STATUS_TRIAL_METRICS_UNAVAILABLE];
}

static size_t succeeded(const struct state *state)
{
    return state->counts.of[STATUS_TRIAL_SUCCEEDED] + state->counts.of[STATUS_TRIAL_EARLY_STOPPED];
}

/* Without maxFailedTrialCount failures have no bound of their own: as many in a row as there were
 * to be trials (100 when that is open too) say that nothing will succeed. */
static bool hopeless(const struct state *state)
{
    size_t bound = state->spec.max_trials > 0 ? (size_t)state->spec.max_trials : 100;
    return state->spec.max_failed < 0 && state->failures_in_row >= (bound < 10 ? 10 : bound);
}

static struct ending decided(const struct runner *runner)
{
    const struct state *state = &runner->state;
    struct ending ending = {0};
    switch (state_decide(state)) {
    case STATUS_GOAL_REACHED: return (struct ending){"Succeeded", STATUS_REASON_GOAL, ""};
    case STATUS_TOO_MANY_FAILED: return (struct ending){"Failed", STATUS_REASON_FAILED, ""};
    case STATUS_ENOUGH_TRIALS: return (struct ending){"Succeeded", STATUS_REASON_MAX_TRIALS, ""};
    case STATUS_GO_ON: break;
    }
    if (hopeless(state)) {
        ending = (struct ending){.state = "Failed", .reason = STATUS_REASON_FAILED};
        snprintf(ending.message, sizeof(ending.message),
                 "%zu trials failed one after the other and maxFailedTrialCount sets no bound",
                 state->failures_in_row);
    }
    return ending;
}

static struct ending timed_out(const struct runner *runner)
{
    struct ending ending = {succeeded(&runner->state) ? "Succeeded" : "Failed", REASON_TIMEOUT, ""};
    snprintf(ending.message, sizeof(ending.message),
             "the experiment's time of %lld seconds is over: %zu trials succeeded",
             (long long)runner->settings.timeout_s, succeeded(&runner->state));
    return ending;
}

static struct ending exhausted(const struct runner *runner)
{
    const struct state *state = &runner->state;
    bool any = succeeded(state) > 0;
    struct ending ending = {any ? "Succeeded" : "Failed",
                            any ? STATUS_REASON_SUGGESTION_END : STATUS_REASON_FAILED, ""};
    snprintf(ending.message, sizeof(ending.message),
             "every point of the search space was tried: %zu trials succeeded, %zu failed",
             succeeded(state), failed(state));
    return ending;
}

/* state is NULL while it is to go on. Asked again when nothing runs any more, so that what ran last
 * counts. */
static struct ending find_ending(const struct runner *runner)
{
    struct ending ending = decided(runner);
    bool open = runner->next_waiting < runner->n_waiting;
    if (ending.state)
        return ending;
    if (runner->timed_out)
        return timed_out(runner);
    if (runner->user_stopped)
        return (struct ending){"Stopped", runner->stop_reason, "stopped; `nbkatib resume` goes on"};
    if (runner->state.exhausted && !open)
        return exhausted(runner);
    return ending;
}

/* Trials that were created and never ran have nothing to say once the experiment is decided; after
 * a stop they wait. */
static bool close_waiting(struct runner *runner, const struct ending *ending)
{
    bool done = strcmp(ending->state, "Stopped") == 0;
    while (!done && runner->next_waiting < runner->n_waiting)
        if (!runner_close_trial(runner, runner->waiting[runner->next_waiting++],
                                STATUS_TRIAL_KILLED, ending->reason,
                                "the experiment ended before it ran"))
            return false;
    return true;
}

static bool mark_ending(struct runner *runner, const struct ending *ending)
{
    const char *message = ending->message[0] ? ending->message : NULL;
    if (strcmp(ending->state, "Stopped") == 0)
        return runner_mark(runner, STATUS_RUNNING, false, "ExperimentStopped", message);
    bool good = strcmp(ending->state, "Succeeded") == 0;
    return runner_mark(runner, good ? STATUS_SUCCEEDED : STATUS_FAILED, true, ending->reason,
                       message);
}

static void conclude(struct runner *runner, const struct ending *ending)
{
    runner->ended = true;
    runner->experiment.completed_us = clock_realtime_us();
    json_t *members = json_pack("{ss ss ss}", "state", ending->state, "reason", ending->reason,
                                "message", ending->message);
    if (close_waiting(runner, ending) &&
        runner_state(runner, ending->state, ending->reason, ending->message) &&
        mark_ending(runner, ending) &&
        journal_fact(&runner->journal, "engine-ended", json_incref(members)))
        journal_commit(&runner->journal);
    json_decref(members);
    runner_log(runner, "ended: %s %s %s", ending->state, ending->reason, ending->message);
}

/* ---- how it goes on ---- */

static struct slot *free_slot(struct runner *runner)
{
    for (size_t i = 0; i < runner->n_slots; i++)
        if (!runner->slots[i].busy)
            return &runner->slots[i];
    return NULL;
}

/* As many trials as there are free slots wait after this, if there is so much to do. Running, as in
 * Katib, from the first trial on. */
static void create(struct runner *runner)
{
    size_t room = runner->n_slots - runner->n_running;
    while (runner->n_waiting - runner->next_waiting < room && !runner->state.exhausted &&
           state_has_budget(&runner->state))
        if (!runner_create_trial(runner))
            break;
    if (runner->next_waiting < runner->n_waiting)
        runner_mark(runner, STATUS_RUNNING, true, NULL, NULL);
}

/* A trial that cannot be started (no program, no space, no processes) says nothing about the
 * notebook: the engine ends instead, and the trial waits for the next one. */
static void start(struct runner *runner)
{
    while (runner->next_waiting < runner->n_waiting && !runner->journal.failed) {
        struct slot *slot = free_slot(runner);
        if (!slot)
            return;
        struct nbt_error err = NBT_ERROR_INIT;
        if (runner_start_trial(runner, slot, runner->waiting[runner->next_waiting], &err) < 0) {
            if (runner->failure.code == 0)
                runner->failure = err;
            return;
        }
        runner->next_waiting++;
        runner->n_running++;
    }
}

static void stop_running(struct runner *runner)
{
    for (size_t i = 0; i < runner->n_slots; i++)
        slot_stop(&runner->slots[i], runner->stop_reason);
}

/* Decided while trials run: they are asked to end, since what they would find changes nothing any
 * more. */
static void check_decided(struct runner *runner)
{
    struct ending ending = decided(runner);
    if (ending.state && runner->stop != RUNNER_KILL)
        runner_stop(runner, RUNNER_KILL, ending.reason);
}

void runner_advance(struct runner *runner)
{
    if (runner->ended || runner->failure.code || runner->journal.failed)
        return;
    check_decided(runner);
    if (runner->stop == RUNNER_GO)
        create(runner);
    if (!journal_commit(&runner->journal))
        return;
    if (runner->stop == RUNNER_GO)
        start(runner);
    if (runner->stop == RUNNER_KILL)
        stop_running(runner);
    struct ending ending = {0};
    if (runner->n_running == 0 && !runner->failure.code)
        ending = find_ending(runner);
    if (ending.state)
        conclude(runner, &ending);
    journal_commit(&runner->journal);
}

void runner_stop(struct runner *runner, enum runner_stop how, const char *reason)
{
    if (how <= runner->stop)
        return;
    runner->stop = how;
    snprintf(runner->stop_reason, sizeof(runner->stop_reason), "%s", reason);
    if (strcmp(runner->experiment.state, "Stopping") == 0)
        return;
    runner_log(runner, "stopping: %s", reason);
    if (runner_state(runner, "Stopping", reason, ""))
        runner_update(runner);
}
