/* The runner and one trial: created, started, followed, recorded. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "engine/local/local.h"
#include "engine/local/runner.h"
#include "trial/trial.h"

#define REPORT_FACTS_MAX 10000 /* of one trial; its result holds them all */
#define WARNINGS_MAX     50

static const char *program = "/proc/self/exe";

void local_set_program(const char *path)
{
    program = path;
}

const char *runner_program(void)
{
    return program;
}

/* ---- created ---- */

static bool wait_for_slot(struct runner *runner, uint64_t index)
{
    uint64_t *waiting = runner->waiting;
    if (runner->next_waiting == runner->n_waiting)
        runner->next_waiting = runner->n_waiting = 0;
    waiting = realloc(waiting, (runner->n_waiting + 1) * sizeof(*waiting));
    if (!waiting)
        return false;
    runner->waiting = waiting;
    waiting[runner->n_waiting++] = index;
    return true;
}

static void find_name(const struct runner *runner, char name[STATE_TRIAL_NAME_MAX], uint64_t index)
{
    unsigned attempt = 0;
    do
        state_trial_name(name, runner->paths.name, runner->settings.seed, index, attempt++);
    while (store_trial_exists(runner->store, name));
}

static int insert(struct runner *runner, const char *name, uint64_t index, json_t *assignments,
                  struct nbt_error *err)
{
    auto_free char *text = json_dumps(assignments, JSON_COMPACT | JSON_ENSURE_ASCII);
    if (!text || !wait_for_slot(runner, index))
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a trial");
    struct store_trial trial = {.index = index, .name = name, .assignments = text};
    return store_trial_create(runner->store, &trial, err);
}

bool runner_create_trial(struct runner *runner)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *assignments = NULL;
    uint64_t index = runner->state.n_rows;
    char name[STATE_TRIAL_NAME_MAX];
    int code = state_suggest(&runner->state, &assignments, &err);
    if (code == 0 && runner->state.exhausted)
        return false;
    if (code == 0)
        code = state_append(&runner->state, assignments, &err);
    find_name(runner, name, index);
    if (code == 0)
        code = insert(runner, name, index, assignments, &err);
    if (!journal_check(&runner->journal, code, &err))
        return false;
    return journal_fact(&runner->journal, "trial-created",
                        json_pack("{ss sI sO}", "trial", name, "index", (json_int_t)index,
                                  "assignments", assignments));
}

/* ---- started ---- */

struct plan {
    char name[STATE_TRIAL_NAME_MAX];
    json_t *assignments; /* with the fixed ones; owned */
};

static int read_plan(void *self, const struct store_trial *trial, struct nbt_error *err)
{
    struct plan *plan = self;
    snprintf(plan->name, sizeof(plan->name), "%s", trial->name);
    plan->assignments = json_loads(trial->assignments, 0, NULL);
    if (!plan->assignments)
        return nbt_error_set(err, NBT_EPARSE, "the assignments of trial %s cannot be read",
                             trial->name);
    return 0;
}

static int threads_of(const struct runner *runner)
{
    cpu_set_t cores;
    int count = sched_getaffinity(0, sizeof(cores), &cores) == 0 ? CPU_COUNT(&cores) : 1;
    int share = count / (int)runner->n_slots;
    return share > 1 ? share : 1;
}

static int write_spec(const struct runner *runner, const struct plan *plan, const char *folder,
                      const char *spec_file, const char *marker, struct nbt_error *err)
{
    const struct settings *settings = &runner->settings;
    bool isolate = settings->isolate && (runner->n_slots > 1 || settings->snapshots);
    struct trial_options options = {
        .name = plan->name,
        .notebook = runner->paths.notebook,
        .directory = settings->directory,
        .output = folder,
        .assignments = plan->assignments,
        .kernel = settings->kernel,
        .objective = runner->state.spec.metrics[0].name,
        .trial_timeout_s = settings->trial_timeout_s,
        .cell_timeout_s = settings->cell_timeout_s,
        .threads = threads_of(runner),
        .isolation = isolate ? TRIAL_ISOLATE : TRIAL_SHARE,
        .snapshots = settings->snapshots,
        .reports = settings->reports,
        .keep_workspace = settings->keep,
        .marker = marker,
        .cancel_fd = -1,
    };
    return trial_spec_write(spec_file, &options, err);
}

/* A folder that a lost run left is replaced: nothing of a half-run trial may look like the result
 * of the whole one. */
static int launch(struct runner *runner, struct slot *slot, uint64_t index, const struct plan *plan,
                  struct nbt_error *err)
{
    auto_free char *folder = NULL;
    auto_free char *spec_file = NULL;
    char marker[sizeof(slot->marker)];
    snprintf(marker, sizeof(marker), "%s/%s", runner->paths.marker, plan->name);
    int code = home_trial_path(&folder, &runner->paths, plan->name, NULL, err);
    if (code == 0)
        code = home_trial_path(&spec_file, &runner->paths, plan->name, "spec.json", err);
    if (code == 0)
        code = file_remove_tree(folder, err);
    if (code == 0)
        code = file_mkdir_all(folder, 0700, err);
    if (code == 0)
        code = write_spec(runner, plan, folder, spec_file, marker, err);
    if (code < 0)
        return nbt_error_prefix(err, "trial %s cannot be started", plan->name);
    struct slot_job job = {index, plan->name, marker, program, spec_file, runner->log_fd};
    return slot_start(slot, &job, err);
}

int runner_start_trial(struct runner *runner, struct slot *slot, uint64_t index,
                       struct nbt_error *err)
{
    struct plan plan = {.name = ""};
    int code = store_trial(runner->store, index, read_plan, &plan, err);
    auto_json json_t *assignments = plan.assignments;
    if (code == 0 && json_array_extend(assignments, runner->settings.fixed) < 0)
        code = nbt_error_set(err, NBT_ENOMEM, "no memory for a trial's assignments");
    if (code == 0)
        code = launch(runner, slot, index, &plan, err);
    if (code < 0)
        return code;
    state_change(&runner->state, index, STATUS_TRIAL_RUNNING);
    struct nbt_error store_error = NBT_ERROR_INIT;
    if (journal_check(&runner->journal,
                      store_trial_start(runner->store, index, clock_realtime_us(), &store_error),
                      &store_error))
        journal_fact(
            &runner->journal, "trial-started",
            json_pack("{ss sI}", "trial", plan.name, "pid", (json_int_t)slot->process.pid));
    return 0;
}

/* ---- followed ---- */

static void on_step(struct runner *runner, struct slot *slot, const json_t *event)
{
    const char *step = json_string_value(json_object_get(event, "step"));
    snprintf(slot->step, sizeof(slot->step), "%s", step ? step : "");
    slot->cell = json_integer_value(json_object_get(event, "cell"));
    struct nbt_error err = NBT_ERROR_INIT;
    if (journal_check(&runner->journal,
                      store_trial_step(runner->store, slot->index, slot->step, slot->cell, &err),
                      &err))
        journal_fact(&runner->journal, "trial-step",
                     json_pack("{ss ss sI sI sI}", "trial", slot->name, "step", slot->step, "cell",
                               (json_int_t)slot->cell, "run",
                               json_integer_value(json_object_get(event, "run")), "cells",
                               json_integer_value(json_object_get(event, "cells"))));
}

static void on_report(struct runner *runner, struct slot *slot, const json_t *event)
{
    json_t *metric = json_object_get(event, "metric");
    json_t *value = json_object_get(event, "value");
    if (!json_is_string(metric) || !json_is_number(value) || slot->n_reports++ >= REPORT_FACTS_MAX)
        return;
    journal_fact(&runner->journal, "trial-report",
                 json_pack("{ss sO sO}", "trial", slot->name, "metric", metric, "value", value));
}

static void on_warning(struct runner *runner, struct slot *slot, const json_t *event)
{
    json_t *text = json_object_get(event, "text");
    if (!slot->warnings)
        slot->warnings = json_array();
    if (!json_is_string(text) || json_array_size(slot->warnings) >= WARNINGS_MAX ||
        json_array_append(slot->warnings, text) < 0)
        return;
    journal_fact(&runner->journal, "trial-warning",
                 json_pack("{ss sO}", "trial", slot->name, "text", text));
}

void runner_on_event(void *self, struct slot *slot, const char *event, const json_t *object)
{
    static const struct {
        const char *name;
        void (*fn)(struct runner *runner, struct slot *slot, const json_t *event);
    } handlers[] = {{"step", on_step}, {"report", on_report}, {"warning", on_warning}};
    struct runner *runner = self;
    for (size_t i = 0; i < COUNT_OF(handlers) && !runner->journal.failed; i++)
        if (strcmp(handlers[i].name, event) == 0)
            handlers[i].fn(runner, slot, object);
    journal_soon(&runner->journal);
}

/* ---- recorded ---- */

/* What the store keeps of an end, with the memory behind it. */
struct outcome {
    enum status_state state;
    const char *reason, *message;
    struct nbt_error error; /* ours, when the trial gave no message; cut between characters */
    json_t *observation;    /* owned */
    double *values;         /* the objective's; owned */
    size_t n_values;
};

static void outcome_fini(struct outcome *outcome)
{
    json_decref(outcome->observation);
    free(outcome->values);
}

static void died(struct outcome *outcome, const struct slot *slot)
{
    char how[64];
    process_describe(slot->exit_status, how);
    outcome->state = slot->stop_reason[0] ? STATUS_TRIAL_KILLED : STATUS_TRIAL_FAILED;
    outcome->reason = slot->stop_reason[0] ? slot->stop_reason : "TrialDied";
    nbt_error_set(&outcome->error, NBT_EDIED,
                  "the trial's process %s before it had a result; engine.log may say more", how);
    outcome->message = outcome->error.text;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void told(struct outcome *outcome, const struct slot *slot)
{
    if (!status_state_find(text_of(slot->result, "state"), &outcome->state) ||
        outcome->state < STATUS_TRIAL_SUCCEEDED)
        outcome->state = STATUS_TRIAL_FAILED;
    outcome->reason = text_of(slot->result, "reason");
    outcome->message = text_of(slot->result, "message");
    if (outcome->state == STATUS_TRIAL_KILLED && slot->stop_reason[0])
        outcome->reason = slot->stop_reason;
}

static double *numbers(const json_t *list, size_t *ret_count)
{
    size_t n = json_array_size(list);
    double *values = calloc(n ? n : 1, sizeof(*values));
    for (size_t i = 0; values && i < n; i++)
        values[i] = json_number_value(json_array_get(list, i));
    *ret_count = values ? n : 0;
    return values;
}

static void observe(struct runner *runner, struct outcome *outcome, const json_t *metrics)
{
    const struct experiment_spec *spec = &runner->state.spec;
    size_t n = json_array_size(metrics);
    auto_free struct status_reports *reports = calloc(n ? n : 1, sizeof(*reports));
    for (size_t i = 0; reports && i < n; i++) {
        const json_t *metric = json_array_get(metrics, i);
        reports[i].name = text_of(metric, "name");
        reports[i].values = numbers(json_object_get(metric, "values"), &reports[i].n);
    }
    if (reports && n)
        outcome->observation = status_observation(spec, reports, n);
    for (size_t i = 0; reports && i < n; i++) {
        if (strcmp(reports[i].name, spec->metrics[0].name) == 0 && !outcome->values) {
            outcome->values = (double *)(uintptr_t)reports[i].values;
            outcome->n_values = reports[i].n;
        } else {
            free((void *)(uintptr_t)reports[i].values);
        }
    }
    double value;
    if (outcome->state == STATUS_TRIAL_SUCCEEDED &&
        !status_objective(spec, outcome->observation, &value)) {
        outcome->state = STATUS_TRIAL_METRICS_UNAVAILABLE;
        outcome->reason = "MetricMissing";
        nbt_error_set(&outcome->error, NBT_ENOTFOUND,
                      "the trial ran to its end without a value of %s", spec->metrics[0].name);
        outcome->message = outcome->error.text;
    }
}

static char *dump_values(const struct outcome *outcome)
{
    auto_json json_t *list = json_array();
    for (size_t i = 0; i < outcome->n_values; i++)
        if (json_array_append_new(list, json_real(outcome->values[i])) < 0)
            return NULL;
    return json_dumps(list, JSON_COMPACT);
}

static int store_outcome(struct runner *runner, const struct slot *slot,
                         const struct outcome *outcome, double seconds, struct nbt_error *err)
{
    auto_free char *observation =
        outcome->observation ? json_dumps(outcome->observation, JSON_COMPACT) : NULL;
    auto_free char *reports = dump_values(outcome);
    auto_free char *warnings = slot->warnings ? json_dumps(slot->warnings, JSON_COMPACT) : NULL;
    json_t *cell = json_object_get(slot->result, "cell");
    const char *isolation = json_string_value(json_object_get(slot->result, "isolation"));
    struct store_trial trial = {
        .index = slot->index,
        .state = status_state_name(outcome->state),
        .observation = observation,
        .reports = reports,
        .reason = outcome->reason,
        .message = outcome->message,
        .step = slot->step,
        .isolation = isolation,
        .warnings = warnings,
        .completed_us = clock_realtime_us(),
        .seconds = seconds,
        .cell = json_is_integer(cell) ? json_integer_value(cell) : slot->cell,
    };
    return store_trial_finish(runner->store, &trial, err);
}

static bool tell_optimal(struct runner *runner, const struct slot *slot,
                         const struct outcome *outcome)
{
    double value;
    if (outcome->state != STATUS_TRIAL_SUCCEEDED ||
        !status_objective(&runner->state.spec, outcome->observation, &value) ||
        !state_compare(&runner->state, slot->index, value))
        return true;
    struct plan plan = {.name = ""};
    struct nbt_error err = NBT_ERROR_INIT;
    int code = store_trial(runner->store, slot->index, read_plan, &plan, &err);
    json_t *members =
        json_pack("{ss so* sO sf}", "trial", slot->name, "assignments", plan.assignments,
                  "observation", outcome->observation, "value", value);
    if (journal_check(&runner->journal, code, &err))
        return journal_fact(&runner->journal, "optimal", members);
    json_decref(members);
    return false;
}

static bool record(struct runner *runner, const struct slot *slot, const struct outcome *outcome,
                   double seconds)
{
    struct nbt_error err = NBT_ERROR_INIT;
    int code = store_outcome(runner, slot, outcome, seconds, &err);
    if (code == 0)
        code = state_report(&runner->state, slot->index, outcome->values, outcome->n_values, &err);
    if (!journal_check(&runner->journal, code, &err))
        return false;
    state_change(&runner->state, slot->index, outcome->state);
    return journal_fact(&runner->journal, "trial-finished",
                        json_pack("{ss ss ss ss sO? sf}", "trial", slot->name, "state",
                                  status_state_name(outcome->state), "reason", outcome->reason,
                                  "message", outcome->message, "observation", outcome->observation,
                                  "seconds", seconds)) &&
           tell_optimal(runner, slot, outcome) && runner_update(runner);
}

/* A trial that was killed could not remove its copy of the notebook's folder. */
static void remove_workspace(const struct runner *runner, const char *trial)
{
    auto_free char *work = NULL;
    if (runner->settings.keep || home_trial_path(&work, &runner->paths, trial, "work", NULL) < 0)
        return;
    if (file_remove_tree(work, NULL) < 0)
        return; /* it costs space, no fact */
}

/* No fault of the notebook: the trial runs again when there is room. */
static bool found_no_space(struct runner *runner, const struct slot *slot)
{
    if (strcmp(text_of(slot->result, "reason"), "DiskFull") != 0)
        return false;
    runner->no_space = true;
    nbt_error_set(&runner->failure, NBT_ENOSPACE,
                  "the disk is full; free some space, then `nbkatib resume` goes on: %s",
                  text_of(slot->result, "message"));
    return true;
}

void runner_on_end(void *self, struct slot *slot)
{
    struct runner *runner = self;
    struct outcome outcome = {.reason = ""};
    if (found_no_space(runner, slot)) {
        slot_clear(slot);
        runner->n_running--;
        return;
    }
    if (slot->result)
        told(&outcome, slot);
    else
        died(&outcome, slot);
    if (!slot->result)
        remove_workspace(runner, slot->name);
    observe(runner, &outcome, json_object_get(slot->result, "metrics"));
    double seconds = (double)(clock_monotonic_ms() - slot->started_ms) / 1000;
    if (record(runner, slot, &outcome, seconds))
        runner_log(runner, "trial %s: %s %s", slot->name, status_state_name(outcome.state),
                   outcome.reason);
    outcome_fini(&outcome);
    slot_clear(slot);
    runner->n_running--;
    runner_advance(runner);
}

static int read_name(void *self, const struct store_trial *trial, struct nbt_error *err)
{
    (void)err;
    snprintf(self, STATE_TRIAL_NAME_MAX, "%s", trial->name);
    return 0;
}

bool runner_close_trial(struct runner *runner, uint64_t index, enum status_state state,
                        const char *reason, const char *message)
{
    struct slot place = {.index = index, .cell = -1};
    struct outcome outcome = {.state = state, .reason = reason, .message = message};
    struct nbt_error err = NBT_ERROR_INIT;
    int code = store_trial(runner->store, index, read_name, place.name, &err);
    return journal_check(&runner->journal, code, &err) && record(runner, &place, &outcome, 0);
}
