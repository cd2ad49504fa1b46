/*
 * Intermediate reports: values of metrics that a notebook prints while it runs, found as Katib's
 * collector finds them.
 *
 *     struct reports *reports = reports_new(notebook, on_value, self);
 *     reports_text(reports, "stdout", "epoch 1 accuracy=0.5\n", 21);   // on_value(self, 0, 0.5)
 *     reports_flush(reports);
 */
#ifndef TRIAL_REPORTS_H
#define TRIAL_REPORTS_H

#include <stddef.h>

#include "nbtags/nbtags.h"

struct reports;
typedef void (*reports_fn)(void *self, size_t metric,
                           double value); /* index in notebook->metrics */

/* Borrows the notebook. NULL without memory. */
struct reports *reports_new(const struct nbt_notebook *notebook, reports_fn fn, void *self);
void reports_free(struct reports *reports);

/* Takes what a stream said; lines are put together from pieces, each of stdout and stderr for
 * itself. */
void reports_text(struct reports *reports, const char *stream, const char *text, size_t length);

/* A cell ended: what it printed last is a line, newline or not. */
void reports_flush(struct reports *reports);

/* Applies Katib's filter ([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?) to one line, every match
 * of it. */
void reports_line(struct reports *reports, const char *line, size_t length);

#endif
