#include "trial/clipped.h"

#include <string.h>

struct clipped clipped_init(size_t limit)
{
    struct clipped clipped = {.limit = limit};
    clipped.head = buf_init(limit + 1);
    clipped.tail = buf_init(4 * limit + 1);
    return clipped;
}

void clipped_fini(struct clipped *clipped)
{
    buf_fini(&clipped->head);
    buf_fini(&clipped->tail);
}

/* The largest length up to `length` that does not end within a UTF-8 character. */
static size_t whole(const char *text, size_t length)
{
    size_t end = length;
    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--;
    return end;
}

/* Keeps the last `limit` bytes of the tail; called when it holds twice that, so that moving costs
 * little. */
static void trim(struct clipped *clipped)
{
    size_t cut = clipped->tail.length - clipped->limit;
    memmove(clipped->tail.data, clipped->tail.data + cut, clipped->limit + 1);
    clipped->tail.length = clipped->limit;
    clipped->removed += cut;
}

void clipped_add(struct clipped *clipped, const char *text, size_t length)
{
    if (clipped->tail.length == 0 && clipped->removed == 0) {
        size_t room = clipped->limit - clipped->head.length;
        size_t now = length <= room ? length : whole(text, room);
        buf_add(&clipped->head, text, now);
        text += now;
        length -= now;
    }
    while (length > 0) {
        size_t now = length < clipped->limit ? length : clipped->limit;
        buf_add(&clipped->tail, text, now);
        if (clipped->tail.length >= 2 * clipped->limit)
            trim(clipped);
        text += now;
        length -= now;
    }
}

size_t clipped_kept(const struct clipped *clipped)
{
    return clipped->head.length + clipped->tail.length;
}

void clipped_write(const struct clipped *clipped, struct buf *buf)
{
    const char *tail = buf_text(&clipped->tail);
    size_t length = clipped->tail.length;
    size_t cut = length > clipped->limit ? length - clipped->limit : 0;
    buf_add(buf, buf_text(&clipped->head), clipped->head.length);
    while (cut < length && clipped->removed + cut > 0 && ((unsigned char)tail[cut] & 0xC0) == 0x80)
        cut++;
    if (clipped->removed + cut > 0)
        buf_printf(buf, "\n[nbkatib: %zu bytes of output left out here]\n", clipped->removed + cut);
    buf_add(buf, tail + cut, length - cut);
}
