/*
 * Exit statuses of nbkatib, and the texts that help and the manual print for them. Scripts depend
 * on these numbers.
 */
#ifndef CLI_EXIT_H
#define CLI_EXIT_H

#include "nbtags/error.h"

enum exit_status {
    EXIT_OK = 0,
    EXIT_WORK_FAILED = 1, /* the experiment or the trial ran and failed */
    EXIT_USAGE = 2,       /* the command line is wrong */
    EXIT_INPUT = 3,       /* the notebook or the Experiment has errors */
    EXIT_NOT_FOUND = 4,   /* a file, experiment or trial that was named is not there */
    EXIT_CONFLICT = 5, /* it exists, runs, is locked, or is in another state than the verb needs */
    EXIT_ENVIRONMENT = 6, /* kernel missing, disk full, permission, database */
    EXIT_INTERRUPTED = 130,
};

struct exit_text {
    int status;
    const char *text;
};

extern const struct exit_text exit_texts[]; /* ended by a NULL text */

/* What an error of a verb means to a script. `stored`: the verb reads what nbkatib stored, so that
 * a format that cannot be read is the machine's trouble and not the user's input. */
int exit_for_error(const struct nbt_error *err, int stored);

#endif
