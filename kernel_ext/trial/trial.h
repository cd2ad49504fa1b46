/*
 * One trial: one notebook, one assignment, one kernel (design section 5). Runs the cells that the
 * tags choose in notebook order with the assignment injected, reads the metrics from the kernel,
 * and leaves an executed notebook, a metrics file and a log in its folder. The same code runs as
 * `nbkatib trial` for a user, for the local engine and in a cluster's pod.
 *
 * Blocking, one thread. Everything that happens is told through on_event as it happens.
 *
 * The folder of a trial (options.output):
 *     executed.ipynb     rewritten after each cell, atomically, with true per-cell status
 *     metrics.log        "<rfc3339 micros UTC> <name>=<value>" lines, Katib's names; finite numbers
 *     trial.log          what the trial and its kernel printed
 *     result.json        written last: what trial_result holds
 *     work/              the copy of the notebook's folder that the kernel works in (isolated)
 *     snapshots/NN-step/ with snapshots: a copy of work/ after each step
 *
 * Events (JSON objects; "time" is RFC 3339):
 *     {"event":"started","time","pid","kernel"}    the trial's kernel is ready
 *     {"event":"step","time","step","cell","cells","run"}
 *         a cell starts: its step or role, its index, how many cells run, which of them this is
 *     {"event":"report","time","metric","value"}   of a metrics cell, or an intermediate one
 *     {"event":"warning","time","text","cell"}
 *     {"event":"finished","time", ... the members of result.json}
 */
#ifndef TRIAL_TRIAL_H
#define TRIAL_TRIAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "nbtags/error.h"
#include "nbtags/nbtags.h"

enum trial_isolation { TRIAL_ISOLATE, TRIAL_SHARE };

struct trial_options {
    const char *name;          /* trial name; "" for a lone trial */
    const char *notebook;      /* file to read; the cells come from here */
    const char *directory;     /* the notebook's folder: what is isolated, else the kernel's working
                                  directory */
    const char *output;        /* the trial's folder; created */
    const char *metrics_file;  /* where metrics.log is written instead; NULL: in the folder */
    const json_t *assignments; /* [{name, value}], texts; fixed values too */
    const char *kernel;        /* kernelspec name; NULL: the notebook's */
    const char *connection_file; /* a ready kernel to use instead of a new one; NULL: start one */
    const char *objective; /* Katib name of the metric that must be there; NULL: every metric of the
                              notebook */
    int64_t trial_timeout_s; /* 0: none */
    int64_t cell_timeout_s;  /* 0: none */
    int threads;             /* OMP_NUM_THREADS and its kin, unless the user set them; 0: leave */
    enum trial_isolation isolation;
    bool snapshots; /* needs isolation */
    bool reports;   /* read intermediate reports from outputs of steps */
    bool keep_workspace;
    const char *marker; /* PROCESS_MARKER of the kernel and what it starts */
    int cancel_fd;      /* readable: stop now, record what ran; -1: none */
    int log_fd;         /* what trial.log holds goes there instead; 0: into the folder */
    void (*on_event)(void *self, const json_t *event);
    void *self;
};

/* Katib's words. METRICS_UNAVAILABLE: all ran, the objective did not come out. */
enum trial_state { TRIAL_SUCCEEDED, TRIAL_FAILED, TRIAL_KILLED, TRIAL_METRICS_UNAVAILABLE };

struct trial_metric {
    char *name; /* Katib's */
    char *variable;
    double *values; /* in order of report; the last one is the metrics cell's */
    size_t n_values;
};

struct trial_result {
    enum trial_state state;
    char reason[48];        /* "CellFailed", "CellTimeout", "TrialTimeout", "KernelDied",
                               "KernelStartFailed", "MetricInvalid", "MetricMissing",
                               "InputRequested", "Killed", ...; "" when it succeeded */
    struct nbt_error error; /* text, cell, line of what ended it; code 0 when it succeeded */
    struct trial_metric *metrics;
    size_t n_metrics;
    char *isolation; /* "reflink", "overlay", "copy", "shared", and why when not as asked */
    double seconds;
    json_t *warnings; /* [{"text", "cell"}] in order; NULL when there are none */
};

/* Checks that the notebook can run with these assignments (names, types, kernel language); collects
 * problems as diagnostics, [{"severity","code","text","cell","line","column"}], e.g. a tuned name
 * that no later cell reads. New reference.
 */
nbt_must_check int trial_check(json_t **ret_diagnostics, const struct nbt_notebook *notebook,
                               const json_t *assignments, struct nbt_error *err);

/* The same for other values of names that trial_check has seen: the cells, which may be long, are
 * not read again. */
nbt_must_check int trial_check_values(json_t **ret_diagnostics, const struct nbt_notebook *notebook,
                                      const json_t *assignments, struct nbt_error *err);

/* Runs it. 0 whenever the trial ended in one of its states, failed ones too; negative when it could
 * not be recorded. */
nbt_must_check int trial_run(struct trial_result *ret_result, const struct trial_options *options,
                             struct nbt_error *err);
void trial_result_fini(struct trial_result *result);
const char *trial_state_name(
    enum trial_state state); /* "Succeeded", "Failed", "Killed", "MetricsUnavailable" */
json_t *trial_result_json(
    const struct trial_result *result); /* {"state","reason","message","cell","line","metrics":[{
         "name","variable","values":[...]}],"isolation","seconds","warnings"}; new reference */

/* The same as a process: `nbkatib trial --spec FILE --status-fd N`. FILE holds the options as a
 * JSON object with the members' names (isolation "isolate" or "share", "build": the engine's build
 * id, refused when it is not ours); events go to descriptor N, one JSON object a line; SIGTERM or
 * SIGINT cancels. Returns the exit status: 0 succeeded, 1 the trial failed, 3 bad spec, 130 killed.
 */
int trial_main(const char *spec_file, int status_fd);

/* The same in a pod: `nbkatib trial --job FILE`, see job.h. */
int trial_job_main(const char *job_file);

/* Writes `options` as that FILE. */
nbt_must_check int trial_spec_write(const char *path, const struct trial_options *options,
                                    struct nbt_error *err);

const char *trial_build_id(void); /* identifies this program's build: engine and trial must agree */

#endif
