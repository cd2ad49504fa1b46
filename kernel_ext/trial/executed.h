/*
 * The executed notebook: the original's bytes with the injected cells, the outputs of what ran and
 * a true status in every cell. A cell's text is made once; a save joins the texts and replaces the
 * file. Saves that nobody waits for are made only while all of them together took a small part of
 * the run.
 *
 *     executed_new(&executed, notebook, &plan, outputs, "t/executed.ipynb", &err);
 *     executed_mark(executed, 3, &(struct executed_cell){.status = "completed", .count = 4});
 *     executed_save(executed, true, &err);
 */
#ifndef TRIAL_EXECUTED_H
#define TRIAL_EXECUTED_H

#include <stdbool.h>
#include <stdint.h>

#include "nbtags/nbtags.h"
#include "trial/outputs.h"
#include "trial/plan.h"

struct executed;

/* What is stored of a cell that was started; moments are realtime microseconds, 0 when they did not
 * come. */
struct executed_cell {
    const char *status; /* "running", "completed", "failed", "timeout", "died", "interrupted",
                           "not-run"; static */
    int64_t count;      /* execution_count, -1: none */
    int64_t busy_us, input_us, reply_us, idle_us;
    double seconds;
};

/* Borrows everything but the path. */
nbt_must_check int executed_new(struct executed **ret_executed, const struct nbt_notebook *notebook,
                                const struct plan *plan, struct outputs *outputs, const char *path,
                                struct nbt_error *err);
void executed_free(struct executed *executed);

void executed_mark(struct executed *executed, size_t entry, const struct executed_cell *cell);

/* Writes the file. Without `now` only when something changed and saves are cheap so far. */
nbt_must_check int executed_save(struct executed *executed, bool now, struct nbt_error *err);

#endif
