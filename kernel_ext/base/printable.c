#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

/* Length of the UTF-8 sequence at `at`, 0 when it is none. */
static size_t sequence(const unsigned char *at, uint32_t *ret_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = at[0] < 0x80 ? 1 : at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;
    if (at[0] >= 0xF8 || (at[0] >= 0x80 && at[0] < 0xC2))
        return 0;
    uint32_t point = length == 1 ? at[0] : at[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (at[i] & 0x3F);
    }
    *ret_point = point;
    return point >= least[length] && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF)
               ? length
               : 0;
}

/* Controls of C0 and C1, and the marks that reorder or hide text. */
static int is_hidden(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0) ||
           (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) ||
           point == 0x200E || point == 0x200F || point == 0xFEFF;
}

char *file_printable(const char *text)
{
    struct buf out = buf_init(8 * strlen(text) + 1);
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        uint32_t point = 0;
        size_t length = sequence(at, &point);
        if (length && !is_hidden(point)) {
            buf_add(&out, at, length);
        } else {
            length = length ? length : 1;
            for (size_t i = 0; i < length; i++)
                buf_printf(&out, "\\x%02x", at[i]);
        }
        at += length;
    }
    return buf_take(&out);
}
