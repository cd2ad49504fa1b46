/* What the two programs that are a trial share: process.c, which the local engine starts, and job.c
 * in a pod. */
#ifndef TRIAL_PROCESS_H
#define TRIAL_PROCESS_H

#include "trial/trial.h"

enum {
    TRIAL_EXIT_SUCCEEDED = 0,
    TRIAL_EXIT_FAILED = 1,
    TRIAL_EXIT_BAD_SPEC = 3,
    TRIAL_EXIT_KILLED = 130
};

/* SIGTERM and SIGINT as a descriptor that is readable when one came. */
int trial_signals(void);

/* A trial that could not begin, or not be recorded, as its "finished" event. */
void trial_complain(int status_fd, const struct nbt_error *err);

/* Runs it with its events on status_fd, one JSON object a line. Returns the exit status. */
int trial_process_run(struct trial_options *options, int status_fd);

#endif
