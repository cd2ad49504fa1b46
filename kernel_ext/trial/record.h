/*
 * What a trial leaves and tells while it runs: events, trial.log, metrics.log, and the values and
 * warnings of its result.
 *
 *     record_open(&record, options, notebook, result, &err);
 *     record_value(&record, 0, 0.93, clock_realtime_us());
 *     record_close(&record);
 */
#ifndef TRIAL_RECORD_H
#define TRIAL_RECORD_H

#include <jansson.h>

#include "trial/trial.h"

struct record {
    const struct trial_options *options; /* borrowed */
    struct trial_result *result;         /* borrowed; metrics and warnings grow in it */
    int log_fd, metrics_fd;
    size_t logged; /* bytes of cells' output in the log */
    bool *full;    /* per metric: too many values, said once */
};

/* Creates the log and the metrics file in options->output, which exists, and the result's list of
 * metrics. */
nbt_must_check int record_open(struct record *ret_record, const struct trial_options *options,
                               struct trial_result *result, struct nbt_error *err);
nbt_must_check int record_metrics(struct record *record, const struct nbt_notebook *notebook,
                                  struct nbt_error *err);
void record_close(struct record *record);

/* Adds "time" and hands the event out; takes it. */
void record_event(struct record *record, json_t *event);
void record_warning(struct record *record, int cell, const char *format, ...) nbt_printf(3, 4);
void record_log(struct record *record, const char *format, ...)
    nbt_printf(2, 3); /* one line of ours */

/* What a cell printed, as it came; bounded over the trial. */
void record_output(struct record *record, const char *text, size_t length);

/* An observation: into the result, metrics.log and an event. Finite values only. */
void record_value(struct record *record, size_t metric, double value, int64_t realtime_us);

#endif
