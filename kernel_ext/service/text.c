#include "service/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/scope.h"
#include "nbtags/number.h"

struct range {
    uint32_t first, last;
};

/* The blocks that matter to columns, from Unicode's EastAsianWidth.txt (W, F) and general category
 * Mn, Me, Cf. */
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},
    {0x25fd, 0x25fe},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26a1, 0x26a1},
    {0x26bd, 0x26be},   {0x2705, 0x2705},   {0x274c, 0x274c},   {0x2753, 0x2757},
    {0x2795, 0x2797},   {0x2b50, 0x2b50},   {0x2e80, 0x303e},   {0x3041, 0x33ff},
    {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xa960, 0xa97f},
    {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
    {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
    {0x20000, 0x3fffd},
};
static const struct range none[] = {
    {0x0300, 0x036f},   {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
    {0x0900, 0x0902},   {0x093c, 0x093c}, {0x0941, 0x0948}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a},
    {0x0e47, 0x0e4e},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x202a, 0x202e},
    {0x2060, 0x2064},   {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff},
    {0xe0100, 0xe01ef},
};

static bool within(const struct range *ranges, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    }
    return false;
}

static size_t columns(uint32_t c)
{
    if (c < 0x300)
        return 1;
    if (within(none, COUNT_OF(none), c))
        return 0;
    return within(wide, COUNT_OF(wide), c) ? 2 : 1;
}

/* One code point; a byte that starts none counts as itself. Returns its length. */
static size_t decode(const char *text, uint32_t *ret)
{
    unsigned char lead = (unsigned char)text[0];
    size_t length = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
    uint32_t c = length == 1 ? lead : lead & (0x7fU >> length);

    for (size_t i = 1; i < length; i++) {
        unsigned char next = (unsigned char)text[i];
        if ((next & 0xc0) != 0x80) {
            *ret = lead;
            return 1;
        }
        c = c << 6 | (next & 0x3f);
    }
    *ret = c;
    return length;
}

size_t text_width(const char *text)
{
    size_t width = 0;
    uint32_t c;

    while (*text) {
        text += decode(text, &c);
        width += columns(c);
    }
    return width;
}

size_t text_fit(struct buf *out, const char *text, size_t width)
{
    size_t room = text_width(text) <= width ? width : width ? width - 1 : 0;
    size_t used = 0;
    uint32_t c;

    while (*text) {
        size_t length = decode(text, &c);
        if (used + columns(c) > room)
            break;
        buf_add(out, text, length);
        used += columns(c);
        text += length;
    }
    if (*text && width) {
        buf_puts(out, "…");
        used++;
    }
    return used;
}

void text_pad(struct buf *out, const char *text, size_t width)
{
    for (size_t used = text_fit(out, text, width); used < width; used++)
        buf_putc(out, ' ');
}

static void ansi_c_word(struct buf *out, const char *text)
{
    buf_puts(out, "$'");
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '\'' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            buf_printf(out, "\\%03o", c);
        else
            buf_putc(out, (char)c);
    }
    buf_putc(out, '\'');
}

static void quoted_word(struct buf *out, const char *text)
{
    buf_putc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            buf_puts(out, "'\\''");
        else
            buf_putc(out, *text);
    }
    buf_putc(out, '\'');
}

void text_shell_word(struct buf *out, const char *text)
{
    static const char bare[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:=@%+";
    auto_free char *shown = file_printable(text);

    if (!shown || strpbrk(text, "\n\t") || strcmp(shown, text) != 0)
        ansi_c_word(out, text);
    else if (*text && text[strspn(text, bare)] == '\0')
        buf_puts(out, text);
    else
        quoted_word(out, text);
}

void text_duration(char text[TEXT_DURATION_MAX], double seconds)
{
    double bounded = seconds < 0 ? 0 : seconds > 8.6e8 ? 8.6e8 : seconds;
    long whole = (long)bounded;

    if (bounded < 9.95)
        snprintf(text, TEXT_DURATION_MAX, "%.1fs", bounded);
    else if (whole < 60)
        snprintf(text, TEXT_DURATION_MAX, "%lds", whole);
    else if (whole < 3600)
        snprintf(text, TEXT_DURATION_MAX, "%ldm %02lds", whole / 60, whole % 60);
    else if (whole < 86400)
        snprintf(text, TEXT_DURATION_MAX, "%ldh %02ldm", whole / 3600, whole / 60 % 60);
    else
        snprintf(text, TEXT_DURATION_MAX, "%ldd %02ldh", whole / 86400, whole / 3600 % 24);
}

void text_number(struct buf *out, const char *value)
{
    char rounded[32];
    double number;
    int64_t whole;

    if (!nbt_parse_int(value, &whole) && nbt_parse_double(value, &number)) {
        snprintf(rounded, sizeof(rounded), "%.6g", number);
        value = strlen(rounded) < strlen(value) ? rounded : value;
    }
    buf_puts(out, value);
}

bool text_epoch(const char *utc, double *ret_seconds)
{
    struct tm tm = {0};

    if (!strptime(utc, "%Y-%m-%dT%H:%M:%S", &tm))
        return false;
    *ret_seconds = (double)timegm(&tm);
    return true;
}

/* In the zone of the user's clock; false when it is no such time. */
static bool local_time(struct tm *ret, const char *utc)
{
    double epoch;

    if (!text_epoch(utc, &epoch))
        return false;
    time_t seconds = (time_t)epoch;
    return localtime_r(&seconds, ret) != NULL;
}

void text_clock(struct buf *out, const char *utc)
{
    struct tm tm;

    if (local_time(&tm, utc))
        buf_printf(out, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
    else
        buf_puts(out, utc);
}

void text_date(struct buf *out, const char *utc)
{
    struct tm tm;

    if (local_time(&tm, utc))
        buf_printf(out, "%04d-%02d-%02d %02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                   tm.tm_hour, tm.tm_min);
    else
        buf_puts(out, utc);
}

void text_moment(struct buf *out, const char *utc)
{
    struct tm tm;

    text_date(out, utc);
    if (local_time(&tm, utc))
        buf_printf(out, ":%02d", tm.tm_sec);
}

const char *text_short_trial(const char *experiment, const char *trial)
{
    size_t length = strlen(experiment);

    if (length && strncmp(trial, experiment, length) == 0 && trial[length] == '-' &&
        trial[length + 1])
        return trial + length + 1;
    return trial;
}
