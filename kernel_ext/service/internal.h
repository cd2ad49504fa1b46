/* What the files of service/ share. */
#ifndef SERVICE_INTERNAL_H
#define SERVICE_INTERNAL_H

#include "nbtags/nbtags.h"
#include "service/service.h"

/* Problems as service.h describes them, without duplicates. */
nbt_must_check int problems_add(json_t *problems, const json_t *problem, struct nbt_error *err);
nbt_must_check int problems_from_notebook(json_t *problems, const struct nbt_notebook *notebook,
                                          struct nbt_error *err);
nbt_must_check int problems_from_experiment(json_t *problems,
                                            const struct experiment_problems *found,
                                            struct nbt_error *err);
nbt_must_check int problems_from_check(json_t *problems, const json_t *diagnostics,
                                       struct nbt_error *err);
bool problems_have_errors(const json_t *problems);
json_t *problem_from_diagnostic(
    const struct nbt_diagnostic *diagnostic); /* new reference; NULL without memory */
nbt_must_check int problems_refuse(const json_t *problems,
                                   struct nbt_error *err); /* NBT_EINVAL that counts the errors */

/* A notebook and its Experiment, ready to be run or printed. */
struct prepared {
    const struct engine *engine;
    struct nbt_notebook *notebook;
    json_t *document; /* NULL when the notebook has errors */
    json_t *problems;
};

nbt_must_check int prepare(struct prepared *ret, const struct service_run *run,
                           struct nbt_error *err);
void prepared_fini(struct prepared *prepared);
/* The kernel that its trials will use is installed. */
nbt_must_check int prepared_check_kernel(const struct prepared *prepared, struct nbt_error *err);

/* Everything that a run would refuse or warn of in a document that has its annotations, whose
 * defaults are filled in. */
nbt_must_check int check_document(json_t *problems, json_t *document,
                                  const struct nbt_notebook *notebook, const struct engine *engine,
                                  struct nbt_error *err);

/* source.c */
bool source_is_experiment(const struct service_source *source);
nbt_must_check int source_notebook(struct nbt_notebook **ret, const struct service_source *source,
                                   struct nbt_error *err);
/* An Experiment file and the notebook that its annotations name, checked against its SHA-256. */
nbt_must_check int source_experiment(json_t **ret_document, struct nbt_notebook **ret_notebook,
                                     const struct service_source *source, struct nbt_error *err);

/* annotate.c: what nbkatib notes on an Experiment besides Katib's fields. */
nbt_must_check int annotate(json_t *document, const struct nbt_notebook *notebook,
                            const json_t *fixed, const struct service_run *run,
                            struct nbt_error *err);
/* Its last part alone: EXPERIMENT_SETTINGS. */
nbt_must_check int annotate_settings(json_t *document, const json_t *fixed,
                                     const struct service_run *run, struct nbt_error *err);

/* cluster.c: the "cluster" member of settings, with what is given over what is there. */
nbt_must_check int cluster_settings(json_t *settings, const struct service_cluster *given,
                                    struct nbt_error *err);

/* derive() with what the search room knows: stored settings that an algorithm lacks are dropped. */
nbt_must_check int source_derive(struct derivation *ret, const struct nbt_notebook *notebook,
                                 const struct derive_given *given, struct nbt_error *err);

/* override.c: the options that can change an Experiment file. */
nbt_must_check int override(json_t *document, const struct derive_given *given,
                            struct nbt_error *err);

/* check.c: does the notebook take every kind of value that the space can give? */
nbt_must_check int check_assignments(json_t *problems, const struct nbt_notebook *notebook,
                                     const json_t *document, struct nbt_error *err);

/* The kernel that a run will use is installed; its name is run->kernel or the notebook's. */
nbt_must_check int check_kernel(const struct nbt_notebook *notebook, const char *kernel,
                                struct nbt_error *err);

/* The settings annotation of a document; {} when absent. New reference. */
nbt_must_check int settings_load(json_t **ret, const json_t *document, struct nbt_error *err);

/* resolve.c: what `auto` stands for with this document's space and budget; else the algorithm's own
 * name, "" when there is none. Borrows. */
const char *resolved_algorithm(const json_t *document);

/* single.c: the document becomes one trial with the notebook's own values. */
nbt_must_check int single_run(json_t *document, const struct nbt_notebook *notebook,
                              struct nbt_error *err);

/* grid.c: the product of the sides of the document's space, as text; null when it has no end or is
 * not valid. New reference; NULL without memory. */
json_t *grid_points(const json_t *document);

const struct engine *engine_of(const char *experiment); /* the one that has it, or NULL */
const struct engine *engine_find(const char *name,
                                 struct nbt_error *err); /* NULL name: the default */

static inline int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "out of memory");
}

/* NBT_ENOTFOUND */
int no_such_trial(const char *experiment, const char *trial, struct nbt_error *err);

void random_suffix(char text[6]); /* five of a-z0-9 */

/* Unified diff of two texts, three lines of context; "" when equal. Appends to `out`. */
struct buf;
void diff_unified(struct buf *out, const char *title, const char *before, const char *after);

#endif
