#include "trial/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/scope.h"
#include "trial/json_text.h"

bool run_has_metrics(const struct run *run)
{
    const char *objective = run->options->objective;
    size_t required = 0;
    for (size_t i = 0; run->read != NULL && i < run->notebook->n_metrics; i++) {
        if (objective != NULL && strcmp(run->notebook->metrics[i].name, objective) != 0)
            continue;
        required++;
        if (!run->read[i])
            return false;
    }
    return required > 0;
}

void run_fail(struct run *run, enum trial_state state, const char *reason,
              const struct nbt_error *why)
{
    if (run->over)
        return;
    run->over = true;
    if (state == TRIAL_FAILED && strcmp(reason, "MetricInvalid") != 0 && run_has_metrics(run)) {
        record_warning(&run->record, why->cell, "after the metrics were read: %s", why->text);
        run->result->state = TRIAL_SUCCEEDED;
        return;
    }
    run->result->state = state;
    snprintf(run->result->reason, sizeof run->result->reason, "%s", reason);
    run->result->error = *why;
    record_log(&run->record, "%s: %s", reason, why->text);
}

static void fail_by(struct run *run, const char *reason, const struct nbt_error *why)
{
    run_fail(run, TRIAL_FAILED, reason, why);
}

/* ---- Before the kernel ---- */

static int open_record(struct run *run, struct nbt_error *err)
{
    int code = file_mkdir_all(run->options->output, 0700, err);
    if (code < 0)
        return nbt_error_prefix(err, "the trial's folder");
    /* What an earlier run left under this name must not pass for this one's result. */
    auto_free char *result = file_join(run->options->output, "result.json");
    if (result != NULL && unlink(result) < 0 && errno != ENOENT)
        return nbt_error_errno(err, "cannot remove the old %s", result);
    return record_open(&run->record, run->options, run->result, err);
}

static bool check_failed(struct run *run, const json_t *diagnostics)
{
    size_t i;
    const json_t *item;
    struct nbt_error why = NBT_ERROR_INIT;
    json_array_foreach(diagnostics, i, item)
    {
        const char *severity = json_string_value(json_object_get(item, "severity"));
        if (severity == NULL || strcmp(severity, "error") != 0)
            continue;
        nbt_error_set(&why, NBT_EINVAL, "%s", json_string_value(json_object_get(item, "text")));
        nbt_error_at(&why, (int)json_integer_value(json_object_get(item, "cell")),
                     (int)json_integer_value(json_object_get(item, "line")), 0);
        fail_by(run, "AssignmentInvalid", &why);
        return true;
    }
    return false;
}

/* Reads and checks the notebook; false, and the trial is decided, when it cannot run. */
static bool read_notebook(struct run *run)
{
    struct nbt_error why = NBT_ERROR_INIT;
    auto_json json_t *diagnostics = NULL;
    if (nbt_read(&run->notebook, run->options->notebook, &why) < 0) {
        fail_by(run, "NotebookInvalid", &why);
        return false;
    }
    run->read = calloc(run->notebook->n_metrics + 1, sizeof *run->read);
    if (run->read == NULL || record_metrics(&run->record, run->notebook, &why) < 0 ||
        trial_check(&diagnostics, run->notebook, run->options->assignments, &why) < 0) {
        fail_by(run, "NotebookInvalid", &why);
        return false;
    }
    return !check_failed(run, diagnostics);
}

static void on_report(void *self, size_t metric, double value)
{
    struct run *run = self;
    record_value(&run->record, metric, value, clock_realtime_us());
}

static int open_outputs(struct run *run, struct nbt_error *err)
{
    auto_free char *path = file_join(run->options->output, "executed.ipynb");
    run->outputs = outputs_new(run->plan.n_entries, &outputs_default_limits);
    if (run->options->reports)
        run->reports = reports_new(run->notebook, on_report, run);
    if (path == NULL || run->outputs == NULL || (run->options->reports && run->reports == NULL))
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the outputs of %zu cells",
                             run->notebook->n_cells);
    int code = executed_new(&run->executed, run->notebook, &run->plan, run->outputs, path, err);
    return code < 0 ? code : executed_save(run->executed, true, err);
}

static int open_workspace(struct run *run, struct nbt_error *err)
{
    struct workspace_request request = {
        .directory = run->options->directory,
        .output = run->options->output,
        .isolate = run->options->isolation == TRIAL_ISOLATE,
        .notebook = run->notebook,
    };
    int code = workspace_open(&run->workspace, &request, err);
    if (code < 0)
        return nbt_error_prefix(err, "the notebook's folder");
    if (run->workspace.warning != NULL)
        record_warning(&run->record, -1, "%s", run->workspace.warning);
    run->result->isolation = strdup(run->workspace.isolation);
    return 0;
}

static bool prepare(struct run *run)
{
    struct nbt_error why = NBT_ERROR_INIT;
    if (!read_notebook(run))
        return false;
    if (plan_make(&run->plan, run->notebook, run->options->assignments, &why) < 0 ||
        open_outputs(run, &why) < 0 || open_workspace(run, &why) < 0) {
        fail_by(run, why.code == NBT_ENOSPACE ? "DiskFull" : "PrepareFailed", &why);
        return false;
    }
    return true;
}

/* ---- The cells ---- */

static void step_ended(struct run *run, const struct plan_entry *entry)
{
    struct nbt_error why = NBT_ERROR_INIT;
    if (entry->ends_step && run->options->snapshots &&
        workspace_snapshot(&run->workspace, entry->label, &why) < 0)
        record_warning(&run->record, entry->cell, "%s", why.text);
}

static void no_metric(struct run *run)
{
    struct nbt_error why = NBT_ERROR_INIT;
    const char *objective = run->options->objective;
    if (run->missing.code != 0)
        why = run->missing;
    else if (run->ended_itself)
        nbt_error_set(&why, NBT_ENOTFOUND,
                      "the notebook ended itself in cell %d, before its metrics were read",
                      run->plan.entries[run->entry].cell);
    else if (objective != NULL)
        nbt_error_set(&why, NBT_ENOTFOUND,
                      "no metrics cell gave the objective %s; print its variable in one",
                      objective);
    else
        nbt_error_set(&why, NBT_ENOTFOUND,
                      "no metric was read; tag a cell of print(name) lines as pipeline-metrics");
    run_fail(run, TRIAL_METRICS_UNAVAILABLE, "MetricMissing", &why);
}

static void run_cells(struct run *run)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    for (size_t i = 0; i < run->plan.n_entries; i++) {
        if (!run->plan.entries[i].runs)
            continue;
        if (run_entry(run, i) == RUN_STOP)
            break;
        if (executed_save(run->executed, false, &ignored) < 0)
            nbt_error_clear(&ignored);
        step_ended(run, &run->plan.entries[i]);
    }
    if (!run->over && !run_has_metrics(run))
        no_metric(run);
}

/* ---- After the kernel ---- */

static void end_processes(struct run *run)
{
    client_free(run->client);
    run->client = NULL;
    if (run->options->connection_file != NULL)
        return;
    int left = process_sweep(run->marker) + process_end_children();
    if (left > 0)
        record_log(&run->record, "ended %d processes that cells had left running", left);
}

static int write_result(struct run *run, struct nbt_error *err)
{
    auto_json json_t *result = trial_result_json(run->result);
    auto_free char *path = file_join(run->options->output, "result.json");
    CLEANUP(buf_fini) struct buf text = buf_init((size_t)1 << 30);
    if (result == NULL || path == NULL)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the trial's result");
    json_text_value(&text, result, "  ", 0);
    buf_putc(&text, '\n');
    if (buf_failed(&text))
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the trial's result");
    int code = file_write_atomic(path, buf_text(&text), text.length, 0644, err);
    if (code < 0)
        return code;
    json_object_set_new(result, "event", json_string("finished"));
    record_event(&run->record, TAKE(result));
    return 0;
}

static int finish(struct run *run, struct nbt_error *err)
{
    int code = 0;
    end_processes(run);
    if (run->executed != NULL)
        code = executed_save(run->executed, true, err);
    if (run->outputs != NULL && outputs_failed(run->outputs))
        record_warning(&run->record, -1,
                       "memory ran out: outputs are missing from the executed notebook");
    workspace_close(&run->workspace, run->options->keep_workspace);
    run->result->seconds = (double)(clock_monotonic_ms() - run->started_ms) / 1000;
    record_log(&run->record, "%s after %.3f s", trial_state_name(run->result->state),
               run->result->seconds);
    int wrote = write_result(run, err);
    return code < 0 ? code : wrote;
}

static void release(struct run *run)
{
    reports_free(run->reports);
    executed_free(run->executed);
    outputs_free(run->outputs);
    plan_fini(&run->plan);
    nbt_free(run->notebook);
    free(run->read);
    record_close(&run->record);
}

/* Without a marker given, one that no other trial has: what cells leave running is found by it. */
static void choose_marker(struct run *run)
{
    if (run->options->marker != NULL)
        snprintf(run->marker, sizeof run->marker, "%s", run->options->marker);
    else
        snprintf(run->marker, sizeof run->marker, "trial-%d-%lld", (int)getpid(),
                 (long long)clock_realtime_us());
}

int trial_run(struct trial_result *ret_result, const struct trial_options *options,
              struct nbt_error *err)
{
    struct trial_result result = {.state = TRIAL_SUCCEEDED, .error = NBT_ERROR_INIT};
    struct run run = {.options = options, .result = &result, .missing = NBT_ERROR_INIT};
    run.started_ms = clock_monotonic_ms();
    run.deadline_ms =
        options->trial_timeout_s > 0 ? run.started_ms + options->trial_timeout_s * 1000 : -1;
    choose_marker(&run);
    int code = open_record(&run, err);
    if (code < 0)
        return code;
    if (prepare(&run) && run_launch(&run) == RUN_GO_ON)
        run_cells(&run);
    code = finish(&run, err);
    release(&run);
    if (code < 0)
        trial_result_fini(&result);
    else
        *ret_result = result;
    return code;
}
