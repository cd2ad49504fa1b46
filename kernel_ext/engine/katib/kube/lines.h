/*
 * Bytes that come in pieces, as lines: a watch sends one JSON object a line, a log one line of
 * output. Bounded: a line that is longer than its maximum is given in pieces, or is an error of the
 * caller's.
 */
#ifndef KUBE_LINES_H
#define KUBE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* One line without its newline; NUL-terminated and valid until the callback returns. whole is false
 * for a piece of a line that did not fit: more of it follows. Returns false to stop. */
typedef bool (*kube_line_fn)(void *self, const char *line, size_t length, bool whole);

struct kube_lines {
    struct buf held; /* the beginning of a line */
    kube_line_fn fn;
    void *self;
};

struct kube_lines kube_lines_init(size_t maximum, kube_line_fn fn, void *self);
void kube_lines_fini(struct kube_lines *lines);

/* Calls back for each line that is complete now. False when a callback stopped, or without memory.
 */
bool kube_lines_add(struct kube_lines *lines, const char *data, size_t length);

/* The end: a last line without a newline is given too. */
bool kube_lines_end(struct kube_lines *lines);
void kube_lines_clear(struct kube_lines *lines); /* forgets a half line */

#endif
