/*
 * The commands of cells: the tables are those of the command line (service/commands.h), what runs
 * them is here. Experiments are always submitted detached: they outlive the cell and the kernel.
 */
#ifndef KERNEL_VERBS_H
#define KERNEL_VERBS_H

#include "kernel/cells.h"
#include "kernel/script.h"
#include "service/commands.h"

/* Runs one command; shows through the cell. On a worker. */
nbt_must_check int verb_run(struct cell *cell, const struct script_command *command,
                            struct nbt_error *err);

typedef int (*verb_fn)(struct cell *cell, const struct parsed *parsed, struct nbt_error *err);

/* NULL: no command of cells. */
verb_fn verb_find(const char *name);

int verb_inspect(struct cell *cell, const struct parsed *parsed, struct nbt_error *err);
int verb_experiment(struct cell *cell, const struct parsed *parsed, struct nbt_error *err);
int verb_run_notebook(struct cell *cell, const struct parsed *parsed, struct nbt_error *err);
int verb_trial(struct cell *cell, const struct parsed *parsed, struct nbt_error *err);
int verb_apply(struct cell *cell, const struct parsed *parsed, struct nbt_error *err);
int verb_list(struct cell *cell, const struct parsed *parsed, struct nbt_error *err);
int verb_show(struct cell *cell, const struct parsed *parsed, struct nbt_error *err);
int verb_logs(struct cell *cell, const struct parsed *parsed, struct nbt_error *err);
int verb_report(struct cell *cell, const struct parsed *parsed, struct nbt_error *err);
int verb_stop(struct cell *cell, const struct parsed *parsed, struct nbt_error *err);
int verb_resume(struct cell *cell, const struct parsed *parsed, struct nbt_error *err);
int verb_delete(struct cell *cell, const struct parsed *parsed, struct nbt_error *err);
int verb_doctor(struct cell *cell, const struct parsed *parsed, struct nbt_error *err);
int verb_help(struct cell *cell, const struct parsed *parsed, struct nbt_error *err);

/* Warnings of what went well, told beside it. */
void verb_warn(struct cell *cell, const char *subject, const json_t *problems, bool notes);

/* live.c: shows an experiment until it ends, then what it came to. Events up to `since` are old. */
nbt_must_check int live_follow(struct cell *cell, const struct parsed *parsed,
                               const char *experiment, uint64_t since, struct nbt_error *err);

/* What a show document says: its charts, then its trials as the cell's result. */
nbt_must_check int show_outcome(struct cell *cell, const struct parsed *parsed, const json_t *show,
                                struct nbt_error *err);

#endif
