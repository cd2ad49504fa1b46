/*
 * Growable bytes with a hard maximum fixed at creation. The contents are always NUL-terminated (the
 * NUL is not counted). After a failed append the buffer is marked failed, keeps what it had, and
 * every later append fails too, so that a chain of appends needs one check at its end.
 *
 *     CLEANUP(buf_fini) struct buf text = buf_init(64 * 1024);
 *     buf_printf(&text, "%s=%d\n", name, value);
 *     if (buf_failed(&text)) return nbt_error_set(err, NBT_ENOMEM, "...");
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "nbtags/error.h"

struct buf {
    char *data; /* NULL until the first append; buf_text never is */
    size_t length;
    size_t capacity;
    size_t maximum;
    bool failed;
};

struct buf buf_init(size_t maximum);
void buf_fini(struct buf *buf);
void buf_clear(struct buf *buf); /* empties it, keeps the memory, forgets a failure */
void buf_add(struct buf *buf, const void *data, size_t length);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) nbt_printf(2, 3);
bool buf_failed(const struct buf *buf);
const char *buf_text(const struct buf *buf); /* never NULL */
char *buf_take(struct buf *buf);             /* the caller frees; "" when empty, NULL when failed */

#endif
