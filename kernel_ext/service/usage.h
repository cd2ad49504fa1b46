/* How a command is used, written from the tables; for help, the manual and the kernel's pages. */
#ifndef SERVICE_USAGE_H
#define SERVICE_USAGE_H

#include "base/buf.h"
#include "service/options.h"

/* All of it: arguments, description, options, algorithms, examples. */
void usage_text(struct buf *out, const struct command *command);

/* "nbkatib run [OPTION]... NOTEBOOK|EXPERIMENT" */
void usage_line(struct buf *out, const struct command *command);

/* "--param NAME=RANGE" */
void usage_option(struct buf *out, const struct option *option);

/* Words of `text` in lines of at most `width` columns, each after `indent` spaces; "\n\n" starts a
 * paragraph. The first line continues at the column `used`. */
void usage_wrap(struct buf *out, const char *text, size_t used, size_t indent, size_t width);

#endif
