/* What an experiment would be, and what it came to, as text for people. */
#ifndef SERVICE_OUTCOME_H
#define SERVICE_OUTCOME_H

#include <jansson.h>

#include "base/buf.h"

/* Of service_experiment: trials, algorithm, objective, and each parameter's range on a line. */
void put_plan(struct buf *out, const json_t *result);

/* Of service_show: name, state, trials and the reason, without a newline. */
void outcome_line(struct buf *out, const json_t *show);

/* The same, the best trial with its values and metrics, and what can be done next. `apply` is the
 * command that applies the best values. */
void outcome_text(struct buf *out, const json_t *show, const char *apply);

const json_t *outcome_best(const json_t *show);      /* currentOptimalTrial; NULL: none yet */
const json_t *outcome_condition(const json_t *show); /* the one that ended it says why */

/* Path of the best trial's executed notebook; the caller frees; NULL when there is none. */
char *outcome_notebook(const json_t *show, const json_t *optimal);

#endif
