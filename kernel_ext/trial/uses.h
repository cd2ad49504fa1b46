/*
 * Whether a cell reads a name, and whether it assigns it anew before that. Python by tokens, other
 * languages by words. In doubt a name counts as read: a warning must not be wrong.
 *
 *     struct uses uses;
 *     uses_find(&uses, "python", cell->source, "lr");
 */
#ifndef TRIAL_USES_H
#define TRIAL_USES_H

#include <stdbool.h>

#include "nbtags/error.h"

struct uses {
    bool read;       /* somewhere, before any assignment that is sure to happen */
    bool read_later; /* in a function's body or another indented block */
    int assigned_line, assigned_column; /* of an assignment that is sure to happen and comes before
                                           any read; 0: none */
};

nbt_must_check int uses_find(struct uses *ret_uses, const char *language, const char *source,
                             const char *name);

#endif
