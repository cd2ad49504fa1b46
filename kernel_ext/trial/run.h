/*
 * A trial while it runs: what trial_run's parts share. Not a module of its own; nobody outside of
 * run.c, launch.c and execute.c includes it.
 */
#ifndef TRIAL_RUN_H
#define TRIAL_RUN_H

#include "jupyter/client.h"
#include "trial/executed.h"
#include "trial/outputs.h"
#include "trial/plan.h"
#include "trial/record.h"
#include "trial/reports.h"
#include "trial/trial.h"
#include "trial/workspace.h"

enum run_next { RUN_GO_ON, RUN_STOP };

struct run {
    const struct trial_options *options;
    struct trial_result *result;
    struct record record;
    struct nbt_notebook *notebook;
    struct plan plan;
    struct outputs *outputs;
    struct executed *executed;
    struct reports *reports; /* NULL: not read */
    struct workspace workspace;
    struct client *client;
    char marker[160];
    int64_t started_ms, deadline_ms; /* monotonic; deadline -1: none */
    size_t entry;                    /* of the plan, now running */
    int started_cells;
    struct executed_cell moments; /* of the running cell */
    bool *read;                   /* per metric: its cell gave a value */
    struct nbt_error missing;     /* why a metric was not there, when one was not */
    bool ended_itself;            /* the notebook called exit() */
    bool over;                    /* the result's state is decided */
};

/* Decides the trial: once, the first decision stands. A failure after every required metric was
 * read is a warning on a trial that succeeded. */
void run_fail(struct run *run, enum trial_state state, const char *reason,
              const struct nbt_error *why);

/* True when the objective, or every metric where none is named, was read from its cell. */
bool run_has_metrics(const struct run *run);

/* Starts the kernel, or attaches to the one that was given (launch.c); decides the trial when that
 * fails. */
enum run_next run_launch(struct run *run);

/* Runs one entry of the plan and reads its metrics (execute.c); decides the trial when it must not
 * go on. */
enum run_next run_entry(struct run *run, size_t entry);

#endif
