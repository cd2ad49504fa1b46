#include <string.h>

#include "base/buf.h"
#include "service/internal.h"

#define CONTEXT ((size_t)3)
#define GAP     (2 * CONTEXT) /* fewer equal lines do not part two hunks */

/*
 * A diff for edits that replace literals: most keep the number of lines, so lines are compared in
 * pairs between the common head and the common tail; where the numbers differ, what lies between
 * head and tail is one replacement.
 */
struct lines {
    const char *text;
    size_t count;
};

static struct lines split(const char *text)
{
    struct lines lines = {.text = text};

    for (const char *p = text; *p; p++)
        lines.count += *p == '\n' || p[1] == '\0';
    return lines;
}

/* Line `index` without its end of line. */
static const char *line_at(const struct lines *lines, size_t index, size_t *ret_length)
{
    const char *start = lines->text;

    for (; index > 0; index--)
        start = strchr(start, '\n') + 1;
    *ret_length = strcspn(start, "\n");
    if (*ret_length && start[*ret_length - 1] == '\r')
        --*ret_length;
    return start;
}

static bool same(const struct lines *a, size_t i, const struct lines *b, size_t j)
{
    size_t length_a, length_b;
    const char *line_a = line_at(a, i, &length_a), *line_b = line_at(b, j, &length_b);

    return length_a == length_b && memcmp(line_a, line_b, length_a) == 0;
}

static void put_lines(struct buf *out, char mark, const struct lines *lines, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        size_t length;
        const char *line = line_at(lines, i, &length);
        buf_putc(out, mark);
        buf_add(out, line, length);
        buf_putc(out, '\n');
    }
}

struct change {
    size_t from_a, to_a, from_b, to_b;
};

static void put_block(struct buf *out, const struct lines *a, const struct lines *b,
                      const struct change *change)
{
    put_lines(out, '-', a, change->from_a, change->to_a);
    put_lines(out, '+', b, change->from_b, change->to_b);
}

/* Lines that differ stand together, what went before what came. */
static void put_pairs(struct buf *out, const struct lines *a, const struct lines *b,
                      const struct change *change)
{
    size_t i = change->from_a;

    while (i < change->to_a) {
        size_t end = i;
        while (end < change->to_a && !same(a, end, b, end))
            end++;
        put_block(out, a, b, &(struct change){i, end, i, end});
        i = end;
        while (end < change->to_a && same(a, end, b, end))
            end++;
        put_lines(out, ' ', a, i, end);
        i = end;
    }
}

static void put_hunk(struct buf *out, const struct lines *a, const struct lines *b,
                     const struct change *change)
{
    size_t before = change->from_a < CONTEXT ? change->from_a : CONTEXT;
    size_t rest = a->count - change->to_a;
    size_t after = rest < CONTEXT ? rest : CONTEXT;

    buf_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", change->from_a - before + 1,
               change->to_a - change->from_a + before + after, change->from_b - before + 1,
               change->to_b - change->from_b + before + after);
    put_lines(out, ' ', a, change->from_a - before, change->from_a);
    if (a->count == b->count)
        put_pairs(out, a, b, change);
    else
        put_block(out, a, b, change);
    put_lines(out, ' ', a, change->to_a, change->to_a + after);
}

/* With equal numbers of lines: the next run of changes whose gaps are too short for two hunks. */
static bool next_change(const struct lines *a, const struct lines *b, size_t start,
                        struct change *change)
{
    size_t first = start, last, gap = 0;

    while (first < a->count && same(a, first, b, first))
        first++;
    if (first == a->count)
        return false;
    last = first;
    for (size_t i = first + 1; i < a->count && gap < GAP; i++) {
        bool equal = same(a, i, b, i);
        gap = equal ? gap + 1 : 0;
        last = equal ? last : i;
    }
    *change = (struct change){first, last + 1, first, last + 1};
    return true;
}

static void put_replacement(struct buf *out, const struct lines *a, const struct lines *b)
{
    size_t head = 0, tail = 0;

    while (head < a->count && head < b->count && same(a, head, b, head))
        head++;
    while (tail < a->count - head && tail < b->count - head &&
           same(a, a->count - tail - 1, b, b->count - tail - 1))
        tail++;
    put_hunk(out, a, b, &(struct change){head, a->count - tail, head, b->count - tail});
}

void diff_unified(struct buf *out, const char *title, const char *before, const char *after)
{
    struct lines a = split(before), b = split(after);
    struct change change;
    size_t start = 0;

    if (strcmp(before, after) == 0)
        return;
    buf_printf(out, "--- %s\n+++ %s\n", title, title);
    if (a.count != b.count) {
        put_replacement(out, &a, &b);
        return;
    }
    for (; next_change(&a, &b, start, &change); start = change.to_a)
        put_hunk(out, &a, &b, &change);
}
