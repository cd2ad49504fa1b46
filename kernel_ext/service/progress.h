/*
 * An experiment as its events tell it: a model for live views. Pure: it reads no clock, so that
 * tests feed it any time.
 *
 *     progress_event(&progress, event, now_ms);
 */
#ifndef SERVICE_PROGRESS_H
#define SERVICE_PROGRESS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define PROGRESS_HISTORY 512

struct progress_trial {
    char *name, *assignments, *step;
    int64_t started_ms;
    int64_t run, cells;
    bool running;
};

struct progress {
    char *name, *algorithm; /* "auto: random" */
    char *metric;           /* the objective's name */
    const char *strategy;   /* "min", "max", "latest": what of an observation is compared */
    int64_t max_trials;     /* 0: none */
    int64_t parallel;
    int64_t succeeded, failed, killed, other; /* other: early stopped, without metrics */
    double succeeded_s;                       /* seconds that the succeeded trials took, added up */
    struct progress_trial *trials;            /* pending and running ones */
    size_t n_trials;
    double
        history[PROGRESS_HISTORY]; /* the objective of the newest trials, in order of their end */
    size_t n_history;
    char *best_trial, *best_assignments, *best_value;
    char *note;                     /* a line for the user, "" none */
    char *state, *reason, *message; /* of engine-ended; NULL before */
    int64_t started_ms;             /* -1 until the first event */
};

void progress_init(struct progress *progress);
void progress_fini(struct progress *progress);

/* Name, objective, strategy and budget come from the Experiment; `algorithm` is what its own stands
 * for, "" unknown. */
void progress_experiment(struct progress *progress, const json_t *document, const char *algorithm);

void progress_event(struct progress *progress, const json_t *event, int64_t now_ms);
void progress_note(struct progress *progress, const char *note);

#endif
