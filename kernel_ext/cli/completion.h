/* Completion scripts for shells, written from the tables. */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "base/buf.h"

struct completion_shell {
    const char *name;
    void (*write)(struct buf *out);
    const char *path; /* where it is installed, below the data folder */
};

extern const struct completion_shell completion_shells[]; /* ended by a NULL name */

#endif
