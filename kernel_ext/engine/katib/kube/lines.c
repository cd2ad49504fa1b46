#include "engine/katib/kube/lines.h"

#include <string.h>

/* One large line must not keep its memory for as long as the stream lasts. */
#define KEPT 65536

struct kube_lines kube_lines_init(size_t maximum, kube_line_fn fn, void *self)
{
    return (struct kube_lines){.held = buf_init(maximum), .fn = fn, .self = self};
}

void kube_lines_fini(struct kube_lines *lines)
{
    if (lines)
        buf_fini(&lines->held);
}

void kube_lines_clear(struct kube_lines *lines)
{
    buf_clear(&lines->held);
}

static bool give(struct kube_lines *lines, bool whole)
{
    bool go_on = lines->fn(lines->self, buf_text(&lines->held), lines->held.length, whole);
    if (lines->held.capacity > KEPT)
        buf_fini(&lines->held);
    buf_clear(&lines->held);
    return go_on;
}

/* Part of a line: gives full pieces, holds the rest. */
static bool add_part(struct kube_lines *lines, const char *data, size_t length)
{
    while (length > 0) {
        size_t room = lines->held.maximum - lines->held.length;
        size_t now = length < room ? length : room;
        if (now == 0 && !give(lines, false))
            return false;
        buf_add(&lines->held, data, now);
        if (buf_failed(&lines->held))
            return false;
        data += now;
        length -= now;
    }
    return true;
}

bool kube_lines_add(struct kube_lines *lines, const char *data, size_t length)
{
    while (length > 0) {
        const char *newline = memchr(data, '\n', length);
        size_t part = newline ? (size_t)(newline - data) : length;
        if (!add_part(lines, data, part))
            return false;
        if (!newline)
            return true;
        if (!give(lines, true))
            return false;
        data += part + 1;
        length -= part + 1;
    }
    return true;
}

bool kube_lines_end(struct kube_lines *lines)
{
    return lines->held.length == 0 || give(lines, true);
}
