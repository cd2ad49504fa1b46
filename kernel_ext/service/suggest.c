#include "service/suggest.h"

#include <stdint.h>
#include <string.h>

#define SUGGEST_MAX 64

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

struct rows {
    size_t two_up[SUGGEST_MAX + 1], up[SUGGEST_MAX + 1], row[SUGGEST_MAX + 1];
};

static void fill_row(struct rows *rows, const char *a, const char *b, size_t i, size_t length)
{
    rows->row[0] = i;
    for (size_t j = 1; j <= length; j++) {
        size_t cost = a[i - 1] != b[j - 1];
        size_t best = least(rows->up[j] + 1, rows->row[j - 1] + 1);
        best = least(best, rows->up[j - 1] + cost);
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            best = least(best, rows->two_up[j - 2] + 1);
        rows->row[j] = best;
    }
}

size_t suggest_distance(const char *a, const char *b)
{
    size_t length_a = strlen(a), length_b = strlen(b);
    struct rows rows = {0};

    if (length_a > SUGGEST_MAX || length_b > SUGGEST_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= length_b; j++)
        rows.up[j] = j;
    for (size_t i = 1; i <= length_a; i++) {
        fill_row(&rows, a, b, i, length_b);
        memcpy(rows.two_up, rows.up, sizeof(rows.up));
        memcpy(rows.up, rows.row, sizeof(rows.row));
    }
    return rows.up[length_b];
}

struct suggest suggest_init(const char *wanted)
{
    return (struct suggest){.wanted = wanted, .distance = SIZE_MAX};
}

void suggest_offer(struct suggest *suggest, const char *name)
{
    size_t length = strlen(suggest->wanted);
    size_t distance = suggest_distance(suggest->wanted, name);
    size_t allowed = length < 4 ? 1 : length < 8 ? 2 : 3;

    if (length >= 3 && strncmp(suggest->wanted, name, length) == 0)
        distance = 1;
    if (distance <= allowed && distance < suggest->distance) {
        suggest->best = name;
        suggest->distance = distance;
    }
}
