/*
 * The live view of an experiment: a model that events change, and its picture as lines of text.
 * Pure: it neither reads a clock nor writes to a terminal, so that tests draw it at any width and
 * time.
 *
 *     progress_event(&progress, event, now_ms);
 *     progress_draw(&progress, &(struct progress_style){.width = 80, .rows = 24}, now_ms, &out);
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

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

struct progress_style {
    size_t width, rows; /* of the terminal; at least 20 and 3 are assumed */
    bool colour;
    bool ascii; /* the terminal shows no Unicode */
};

void progress_init(struct progress *progress);
void progress_fini(struct progress *progress);

/* Name, objective, strategy and budget come from the Experiment; `algorithm` is what its own stands
 * for, "" unknown. */
void progress_experiment(struct progress *progress, const json_t *document, const char *algorithm);

void progress_event(struct progress *progress, const json_t *event, int64_t now_ms);
void progress_note(struct progress *progress, const char *note);

/* Lines, each ended by '\n', none wider than the terminal nor more than its rows less one. */
void progress_draw(const struct progress *progress, const struct progress_style *style,
                   int64_t now_ms, struct buf *out);

#endif
