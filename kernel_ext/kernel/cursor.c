#include "kernel/cursor.h"

#include <stdbool.h>
#include <string.h>

static bool continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

size_t cursor_points(const char *code, size_t bytes)
{
    size_t points = 0;

    for (size_t i = 0; i < bytes && code[i]; i++)
        points += !continues(code[i]);
    return points;
}

size_t cursor_bytes(const char *code, size_t points)
{
    size_t at = 0;

    while (code[at] && points > 0) {
        at++;
        while (continues(code[at]))
            at++;
        points--;
    }
    return at;
}

size_t cursor_of(const json_t *content, const char *code)
{
    const json_t *position = json_object_get(content, "cursor_pos");
    json_int_t points = json_integer_value(position);

    if (!json_is_integer(position))
        return strlen(code);
    return cursor_bytes(code, points < 0 ? 0 : (size_t)points);
}
