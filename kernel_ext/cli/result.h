/* What an experiment came to: the best assignment, its metrics, its notebook, and the command that
 * applies it. */
#ifndef CLI_RESULT_H
#define CLI_RESULT_H

#include <jansson.h>

#include "base/buf.h"
#include "service/options.h"

/* Prints it from a `show` document, as a JSON line with --json; EXIT_OK when the experiment
 * succeeded. */
int result_tell(const struct parsed *parsed, const json_t *show);

/* "nbkatib apply NOTEBOOK EXPERIMENT" in shell words; the program as it was called, since it need
 * not be on PATH. */
void result_put_apply(struct buf *out, const json_t *show);

#endif
