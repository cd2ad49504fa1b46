/*
 * Text for terminals: columns of Unicode, shortening, durations, shell quoting. Pure functions into
 * buffers.
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

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

/* "0.4s", "12s", "1m 32s", "2h 05m", "3d 04h". */
void text_duration(char text[TEXT_DURATION_MAX], double seconds);

#endif
