/*
 * A trial in a cluster's pod: the file that tells it what to run, job.json, and what it does there
 * besides running it.
 *
 *     version      1
 *     programs     {"x86_64": SHA-256 in hex}; this program must be the one for its processor
 *     files        [{"key": "notebook", "path": "model.ipynb"}]; copied from beside job.json into
 *                  ../work/notebook
 *     notebook     one of these paths
 *     directory    the kernel's folder, on a volume; absent: the notebook's in ../work/notebook
 *     metrics      where the metrics file is written
 *     parameters   [{"name": "lr", "variable": "NBKATIB_PARAMETER_lr", "values": {"c0": "adam"}}];
 *                  with values, the variable holds one of their tokens
 *     fixed        {name: value}
 *     objective, kernel, trial_timeout_s, cell_timeout_s, isolate, reports: as in trial.h
 *
 * All but version, notebook, metrics and parameters may be absent. The trial's events go to stdout,
 * one JSON object a line, as trial.h has them, what trial.log holds elsewhere to stderr; after them
 * its files, so that they can be had from the log of a pod that has ended:
 *
 *     {"event":"file","name":"executed.ipynb","part":0,"parts":2,"data":base64 of gzip}, in order
 *     {"event":"file","name":"executed.ipynb","parts":0,"size":N}, too large for a log
 *
 * A trial that is over stays until Katib's sidecar has seen it. SIGTERM, which early stopping
 * sends, and the end of the shell that started it, cancel it.
 */
#ifndef TRIAL_JOB_H
#define TRIAL_JOB_H

#include <jansson.h>

#include "trial/trial.h"

#define JOB_VERSION  1
/* Bytes of one file, packed, in the log. The kubelet begins a new log after 10 MiB, and gives out no
 * older one: log and files have to fit into it. */
#define JOB_FILE_MAX ((size_t)4 << 20)
/* Bytes of a file in one line, which stays below the 16 KiB where runtimes cut lines. */
#define JOB_LINE_DATA 9000

/* The trial's assignments from the environment, with the fixed ones. NBT_EINVAL with the member as
 * path. New reference. */
nbt_must_check int job_assignments(json_t **ret, const json_t *job, struct nbt_error *err);

/* Prints a file of the trial as events on `fd`; what cannot be read is left out. */
void job_tell_file(int fd, const char *path, const char *name);

/* Waits until Katib's sidecar is there and has seen this trial; at once where there is none. */
void job_await_sidecar(void);

#endif
