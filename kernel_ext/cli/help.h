/* Help texts, written from the tables. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "base/buf.h"
#include "cli/options.h"

void help_program(FILE *stream);
void help_command(FILE *stream, const struct command *command);

/* "nbkatib run [OPTION]... NOTEBOOK|EXPERIMENT" */
void help_usage(struct buf *out, const struct command *command);

/* "--param NAME=RANGE" */
void help_option_name(struct buf *out, const struct option *option);

/* Words of `text` in lines of at most `width` columns, each after `indent` spaces; "\n\n" starts a
 * paragraph. The first line continues at the column `used`. */
void help_wrap(struct buf *out, const char *text, size_t used, size_t indent, size_t width);

#endif
