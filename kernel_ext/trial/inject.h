/*
 * The injected cell: what stands between a parameters cell and the rest, so that the notebook runs
 * with a trial's values. The tuned names of that cell are assigned in the notebook's language; then
 * the cell's expressions that read them, directly or through each other, are repeated in their
 * order, so that `lr2 = lr * 2` follows `lr`.
 *
 *     char *source;
 *     if (inject_source(&source, notebook, 2, assignments, &err) < 0) ...   // NULL: nothing to
 * inject after cell 2
 */
#ifndef TRIAL_INJECT_H
#define TRIAL_INJECT_H

#include <jansson.h>

#include "nbtags/nbtags.h"

#define INJECT_TAG "injected-parameters" /* papermill's */

struct inject_line {
    const struct nbt_parameter *parameter; /* borrowed from the notebook */
    const char *value; /* to assign, borrowed from the assignments; NULL: repeat the expression */
};

/* The value that `assignments` ([{name, value}]) gives a name; NULL when it gives none. */
const char *inject_value(const json_t *assignments, const char *name);

/* The lines to inject after a parameters cell; *ret_lines (free()) is NULL when there are none.
 * Returns how many. */
nbt_must_check int inject_lines(struct inject_line **ret_lines, const struct nbt_notebook *notebook,
                                int cell, const json_t *assignments, struct nbt_error *err);

/* The literal (free()) of a value for a parameter. NBT_EINVAL, with the parameter's place, when it
 * does not convert. An expression has no type of its own: its value is read as a number, a bool,
 * else text. */
nbt_must_check int inject_literal(char **ret_text, const struct nbt_notebook *notebook,
                                  const struct nbt_parameter *parameter, const char *value,
                                  struct nbt_error *err);

/* The injected cell's source (free()), ended without a newline; NULL when nothing of this cell is
 * tuned. */
nbt_must_check int inject_source(char **ret_source, const struct nbt_notebook *notebook, int cell,
                                 const json_t *assignments, struct nbt_error *err);

#endif
