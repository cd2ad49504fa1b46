/* What the files of a report share: an experiment's documents, and the sections of the page. */
#ifndef SERVICE_REPORT_H
#define SERVICE_REPORT_H

#include <jansson.h>

#include "base/buf.h"
#include "experiment/experiment.h"

struct report {
    const json_t *show;   /* borrowed */
    const json_t *charts; /* borrowed: what service_charts gives */
    const char *apply;    /* the command, or "" */
    struct experiment_spec spec;
    struct buf *out;
};

/* A trial's name without its experiment's; borrows. */
const char *report_trial(const struct report *report, const char *name);

/* The value that stands for a metric by its strategy, in the observation's text; "" when there is
 * none. */
const char *report_metric(const struct report *report, const json_t *observation, size_t metric);

void report_summary(const struct report *report);
void report_charts(const struct report *report);
void report_trials(const struct report *report);
void report_errors(const struct report *report);
void report_settings(const struct report *report);

/* The traceback in a trial's executed notebook, without escape sequences; NULL when there is none.
 * The caller frees. */
char *report_traceback(const char *experiment, const char *trial);

#endif
