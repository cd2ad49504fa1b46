/*
 * The engine contract: what runs experiments, as a table of functions. `local` is one tenant, Katib another; the service
 * knows nothing else of them.
 *
 * Documents:
 *   experiment  the Katib Experiment, spec and status
 *   show        {"name","engine","state","experiment","trials":[trial],"folder","seq","notebook","warnings":[text],
 *               "reason","message": why it ended; values inside may be shared between trials: copy before changing}
 *               state: Created, Running, Stopping, Succeeded, Failed, Stopped, Interrupted (its engine died; resume goes on)
 *   trial       {"name","index","state","assignments":[{name,value}],"observation":{"metrics":[{name,min,max,latest}]},
 *               "startTime","completionTime","seconds","reason","message","cell","step","folder","isolation","warnings":[text]}
 *               state: Pending, Running, Succeeded, Failed, Killed, MetricsUnavailable, EarlyStopped
 *   list item   {"name","engine","state","notebook","startTime","completionTime","trials","trialsSucceeded","trialsFailed",
 *               "trialsRunning","maxTrialCount","objective":{"name","type","value"},"best":{"trial","assignments"} or null}
 *   event       {"seq","time","kind", ...}: a fact, in order of seq, committed before it is told
 *     experiment-created  {"name","notebook","maxTrialCount","parallelTrialCount","algorithm"}
 *     engine-started      {"pid"}         engine-ended {"state","reason","message"}: nothing follows until a resume
 *     condition           {"type","status","reason","message"}: Katib's
 *     trial-created       {"trial","index","assignments"}
 *     trial-started       {"trial","pid"}
 *     trial-step          {"trial","step","cell","run","cells"}
 *     trial-report        {"trial","metric","value"}
 *     trial-warning       {"trial","text"}
 *     trial-finished      {"trial","state","reason","message","observation","seconds"}
 *     trial-lost          {"trial"}: its engine died with it; it runs again under its name, uncounted
 *     optimal             {"trial","assignments","observation","value"}: a new best
 *     warning             {"text"}
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "nbtags/error.h"
#include "nbtags/nbtags.h"

struct engine_submission {
    const json_t *document;    /* a valid Experiment with our annotations (EXPERIMENT_NOTEBOOK, ..._SETTINGS) */
    const char *notebook_text; /* the notebook's bytes; the engine keeps its own copy */
    size_t notebook_size;
    bool detach;               /* it outlives its submitter; otherwise it stops gently when the submitter dies */
};

enum engine_stop {
    ENGINE_STOP_GENTLE, /* no new trials; running ones finish */
    ENGINE_STOP_NOW,    /* running trials are killed and recorded so */
};

/* Returns non-zero to end the watch. Borrows the event. */
typedef int (*engine_event_fn)(void *self, const json_t *event);

struct engine_watch {
    uint64_t since;     /* events with seq > since; 0: all */
    bool follow;        /* wait for more until engine-ended, not when over; else return at the newest */
    int cancel_fd;      /* readable: return 0; -1: none */
    int tick_ms;        /* > 0: on_tick is called at least that often while following */
    engine_event_fn on_event;
    void (*on_tick)(void *self);
    void *self;
};

/* EXPERIMENT_SETTINGS as JSON; every member may be absent, these are the defaults:
 *     {"timeout_s": 0, "trial_timeout_s": 0, "cell_timeout_s": 0, "isolate": true, "snapshots": false,
 *      "keep": false, "reports": false, "fixed": {name: value}, "kernel": "",
 *      "cluster": {} as engine/katib/cluster.h has it, "choices": {parameter: {token: value}} that were sent as tokens,
 *      "budget": the first maxTrialCount, where a resume has raised it} */

struct engine {
    const char *name;
    const char *summary;
    bool trial_template_required;
    void (*check_algorithm)(const json_t *spec, void *problems /* struct experiment_problems */);
    /* Makes the document, which has its annotations and is valid without a trialTemplate, what is submitted; adds problems.
     * NULL: nothing is to be made. An engine that has one runs trials elsewhere, so that this machine's kernels do not
     * matter. */
    int (*translate)(json_t *document, const struct nbt_notebook *notebook, void *problems, struct nbt_error *err);
    /* The objects that are submitted with a translated document: an array. NULL: none are. */
    int (*objects)(json_t **ret, const json_t *document, const struct nbt_notebook *notebook, struct nbt_error *err);

    /* Appends what must hold where trials run, as doctor's checks: {"name","status":
     * "ok|warning|missing","text","cure"}. Asks whoever has to be asked. NULL: nothing need be. */
    int (*check)(json_t *checks, struct nbt_error *err);

    /* Takes the experiment over and starts it. NBT_EEXIST when the name is taken. Must not wait for trials. */
    int (*submit)(const struct engine_submission *submission, struct nbt_error *err);
    int (*list)(json_t **ret_items, struct nbt_error *err); /* array, newest first; unreadable ones have "error" */
    /* Adds {name: a number that changes when list or show would} of every experiment: asked several times a second, so it
     * must cost next to nothing. May change without reason. */
    int (*stamps)(json_t *stamps, struct nbt_error *err);
    bool (*has)(const char *experiment); /* whether it is this engine's; asks nobody else */
    int (*item)(json_t **ret_item, const char *experiment, struct nbt_error *err); /* of list; NBT_ENOTFOUND */
    int (*show)(json_t **ret_show, const char *experiment, struct nbt_error *err);
    int (*watch)(const char *experiment, const struct engine_watch *watch, struct nbt_error *err);
    int (*stop)(const char *experiment, enum engine_stop how, struct nbt_error *err); /* asks; watch tells when it is done */
    /* Goes on; max_trials > 0 is the new maxTrialCount, above the old one. NBT_ESTATE when it runs or has nothing left. */
    int (*resume)(const char *experiment, int64_t max_trials, bool detach, struct nbt_error *err);
    int (*remove)(const char *experiment, struct nbt_error *err); /* idempotent; NBT_ESTATE while it runs */
    /* Path of a trial's file ("trial.log", "executed.ipynb", "metrics.log"), made local when it is not; caller frees. With
     * trial NULL: a file of the engine itself, "engine.log". */
    int (*file)(char **ret_path, const char *experiment, const char *trial, const char *file, struct nbt_error *err);
};

extern const struct engine *const engines[]; /* ended by NULL; the first is the default (engine/engines.c is in service/) */

#endif
