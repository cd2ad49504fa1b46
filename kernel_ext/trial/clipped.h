/*
 * Text of unknown length in bounded memory: its beginning, its end, and a count of what was
 * between.
 *
 *     struct clipped text = clipped_init(1024);
 *     clipped_add(&text, data, length);
 *     clipped_write(&text, &out);   // "first 1024 bytes [nbkatib: ... left out ...] last 1024
 * bytes"
 */
#ifndef TRIAL_CLIPPED_H
#define TRIAL_CLIPPED_H

#include "base/buf.h"

struct clipped {
    struct buf head, tail;
    size_t limit;   /* bytes kept at each end */
    size_t removed; /* bytes already taken out of the tail's front */
};

struct clipped clipped_init(size_t limit);
void clipped_fini(struct clipped *clipped);
void clipped_add(struct clipped *clipped, const char *text, size_t length);
size_t clipped_kept(const struct clipped *clipped); /* bytes in memory */

/* Appends the text, with a note on a line of its own where something was left out. Characters are
 * never cut. */
void clipped_write(const struct clipped *clipped, struct buf *buf);

#endif
