/*
 * Text for terminals: columns of Unicode, shortening, durations, shell quoting. Pure functions into
 * buffers.
 */
#ifndef SERVICE_TEXT_H
#define SERVICE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define TEXT_DURATION_MAX 48 /* bytes that hold any duration */

/* Columns that printable UTF-8 takes: 0 for combining marks, 2 for wide East Asian characters and
 * emoji. */
size_t text_width(const char *text);

/* At most `width` columns of it, the last one "…" when it was shortened. Returns the columns used.
 */
size_t text_fit(struct buf *out, const char *text, size_t width);

/* text_fit, then spaces up to width. */
void text_pad(struct buf *out, const char *text, size_t width);

/* One shell word (bash, zsh, ksh): bare when it can be, '...' else, $'...' when it holds control
 * characters or bytes that are not UTF-8. The result is printable. */
void text_shell_word(struct buf *out, const char *text);

/* A value as people read it: a fraction of more than six significant digits is rounded to six;
 * whole numbers and everything that is no number stay as they are. */
void text_number(struct buf *out, const char *value);

/* A trial's name without its experiment's: "k5jnxqrj" of "digits-k5jnxqrj". Borrows. */
const char *text_short_trial(const char *experiment, const char *trial);

/* "04:17:38", "2026-11-24 04:17" or both, "2026-11-24 04:17:38", in the zone of the user's clock,
 * of RFC 3339 in UTC; the text itself when it is no such time. */
void text_clock(struct buf *out, const char *utc);
void text_date(struct buf *out, const char *utc);
void text_moment(struct buf *out, const char *utc);

/* Seconds since 1970 of RFC 3339 in UTC, without its fraction; false when it is no such time. */
bool text_epoch(const char *utc, double *ret_seconds);

/* "0.4s", "12s", "1m 32s", "2h 05m", "3d 04h". */
void text_duration(char text[TEXT_DURATION_MAX], double seconds);

#endif
