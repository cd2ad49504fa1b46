/* What the writers of completion scripts share. */
#ifndef CLI_COMPLETION_PRIVATE_H
#define CLI_COMPLETION_PRIVATE_H

#include "base/buf.h"
#include "service/options.h"

void completion_bash(struct buf *out);
void completion_zsh(struct buf *out);
void completion_fish(struct buf *out);

/* Calls fn for every option of the command that is not hidden. */
void completion_each(const struct command *command,
                     void (*fn)(struct buf *out, const struct option *option), struct buf *out);

#endif
