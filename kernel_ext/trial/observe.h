/*
 * Metrics read from the kernel: each language's expression that turns a variable into a number, and
 * what came back. Numbers of any kind count (Python's, NumPy's, 0-d arrays, tensors, bool as 0 and
 * 1); text, containers, NaN and infinity are refused, in words. Nothing is left in the kernel's
 * namespace.
 *
 *     json_t *expressions = observe_expressions(notebook, 5);   // for
 * client_request.user_expressions code = observe_value(notebook, metric, reply.content, &value,
 * &err);
 */
#ifndef TRIAL_OBSERVE_H
#define TRIAL_OBSERVE_H

#include <jansson.h>

#include "nbtags/nbtags.h"

/* {variable: expression} of the metrics that a cell prints, as user_expressions. New reference;
 * NULL when the language has none (R): observe_code serves instead. */
json_t *observe_expressions(const struct nbt_notebook *notebook, int cell);

/* Code that prints the answer for one variable, for languages without user_expressions; free().
 * NULL without memory. */
char *observe_code(const struct nbt_metric *metric);

/* The metric's value out of an execute_reply. NBT_ENOTFOUND: the variable is not defined, or
 * nothing answered; NBT_EINVAL: it is not a finite number; both with the metric's place. */
nbt_must_check int observe_value(const struct nbt_metric *metric, const json_t *reply,
                                 double *ret_value, struct nbt_error *err);

/* The same out of one answer as the expressions give it: "n:0.5", "s:a list". */
nbt_must_check int observe_parse(const struct nbt_metric *metric, const char *answer,
                                 double *ret_value, struct nbt_error *err);

/* NBT_ENOTFOUND with the metric's place: `found` is what the kernel says of the variable. */
int observe_undefined(const struct nbt_metric *metric, const char *found, struct nbt_error *err);

#endif
