/*
 * The trialTemplate: one Job of one container. Its words are "sh /nbkatib/in/start" and nothing
 * else, since Katib joins a container's words by blanks, without quotes, and wraps them in a shell
 * command of its own (katib section 4); values of parameters reach the trial by environment
 * variables alone.
 *
 *     /nbkatib/in      projected, read-only: start (a script for sh), job.json, the notebook and
 *                      what it reads, and the program's parts, ARCH.00, ARCH.01, ...
 *     /nbkatib/work    empty: for the program, and the trial's folder
 *     /var/log/nbkatib/metrics.log    what Katib's collector reads
 */
#ifndef ENGINE_KATIB_TEMPLATE_H
#define ENGINE_KATIB_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/katib/programs.h"
#include "experiment/experiment.h"

#define KATIB_IN           "/nbkatib/in"
#define KATIB_WORK         "/nbkatib/work"
#define KATIB_METRICS_FILE "/var/log/nbkatib/metrics.log"
#define KATIB_CONTAINER    "trial"
#define KATIB_VARIABLE     "NBKATIB_PARAMETER_"
#define KATIB_IN_VOLUME    "nbkatib-in"
#define KATIB_STOP_KEY     "stop" /* a file in KATIB_IN: a trial that finds it ends at once */
#define KATIB_NAME_SIZE    128

/* Labels of what is ours in a cluster. */
#define KATIB_MANAGED_BY       "app.kubernetes.io/managed-by" /* "nbkatib" */
#define KATIB_EXPERIMENT_LABEL "nbkatib.dev/experiment"       /* its name */

struct katib_template {
    const json_t *document; /* the Experiment */
    const json_t *cluster;  /* katib_cluster's */
    const json_t *tags;     /* katib_pod_tags' */
    const json_t *settings; /* EXPERIMENT_SETTINGS */
    const struct katib_programs *programs;
};

/* New reference. */
nbt_must_check int katib_template(json_t **ret, const struct katib_template *from,
                                  struct nbt_error *err);

/* Whether the document's trials are ours: they have the volume that holds what a trial reads. */
bool katib_template_is_ours(const json_t *document);

/* An Experiment of ours that was written before: names of objects, and the parts of the program, as
 * they are now. */
nbt_must_check int katib_template_renew(json_t *document, const struct katib_template *from,
                                        struct nbt_error *err);

/* The environment variable of a parameter: by its name where that is one, else by its place. */
void katib_variable(char ret_text[KATIB_NAME_SIZE], const char *parameter, size_t index);

/* Names of the ConfigMaps of an experiment: one that is there when it was asked to stop, what the
 * trial reads, and part `part` of a program. */
void katib_stop_name(char ret_text[KATIB_NAME_SIZE], const char *experiment);
void katib_files_name(char ret_text[KATIB_NAME_SIZE], const char *experiment);
void katib_part_name(char ret_text[KATIB_NAME_SIZE], const char *experiment,
                     const struct katib_program *program, size_t part);

#endif
