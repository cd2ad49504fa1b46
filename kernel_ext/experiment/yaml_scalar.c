#include <string.h>

#include "base/scope.h"
#include "experiment/yamldoc.h"
#include "nbtags/number.h"

#define NUMBER_TEXT_MAX 512 /* longer plain texts are never numbers here */

static const struct {
    const char *text;
    enum yamldoc_kind kind;
    bool boolean;
} words[] = {
    {"y", YAMLDOC_BOOL, true},        {"Y", YAMLDOC_BOOL, true},
    {"yes", YAMLDOC_BOOL, true},      {"Yes", YAMLDOC_BOOL, true},
    {"YES", YAMLDOC_BOOL, true},      {"true", YAMLDOC_BOOL, true},
    {"True", YAMLDOC_BOOL, true},     {"TRUE", YAMLDOC_BOOL, true},
    {"on", YAMLDOC_BOOL, true},       {"On", YAMLDOC_BOOL, true},
    {"ON", YAMLDOC_BOOL, true},       {"n", YAMLDOC_BOOL, false},
    {"N", YAMLDOC_BOOL, false},       {"no", YAMLDOC_BOOL, false},
    {"No", YAMLDOC_BOOL, false},      {"NO", YAMLDOC_BOOL, false},
    {"false", YAMLDOC_BOOL, false},   {"False", YAMLDOC_BOOL, false},
    {"FALSE", YAMLDOC_BOOL, false},   {"off", YAMLDOC_BOOL, false},
    {"Off", YAMLDOC_BOOL, false},     {"OFF", YAMLDOC_BOOL, false},
    {"", YAMLDOC_NULL, false},        {"~", YAMLDOC_NULL, false},
    {"null", YAMLDOC_NULL, false},    {"Null", YAMLDOC_NULL, false},
    {"NULL", YAMLDOC_NULL, false},    {"<<", YAMLDOC_MERGE, false},
    {".nan", YAMLDOC_BEYOND, false},  {".NaN", YAMLDOC_BEYOND, false},
    {".NAN", YAMLDOC_BEYOND, false},  {".inf", YAMLDOC_BEYOND, false},
    {".Inf", YAMLDOC_BEYOND, false},  {".INF", YAMLDOC_BEYOND, false},
    {"+.inf", YAMLDOC_BEYOND, false}, {"+.Inf", YAMLDOC_BEYOND, false},
    {"+.INF", YAMLDOC_BEYOND, false}, {"-.inf", YAMLDOC_BEYOND, false},
    {"-.Inf", YAMLDOC_BEYOND, false}, {"-.INF", YAMLDOC_BEYOND, false},
};

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

enum digits { DIGITS_NONE, DIGITS_FIT, DIGITS_OVERFLOW };

/* All of `text` as digits of `base`. */
static enum digits read_digits(const char *text, unsigned base, uint64_t *ret)
{
    uint64_t value = 0;
    bool overflow = false;
    if (*text == '\0')
        return DIGITS_NONE;
    for (; *text; text++) {
        unsigned digit = (unsigned)digit_value(*text);
        if (digit >= base)
            return DIGITS_NONE;
        overflow = overflow || value > (UINT64_MAX - digit) / base;
        value = value * base + digit;
    }
    *ret = value;
    return overflow ? DIGITS_OVERFLOW : DIGITS_FIT;
}

/* Go's strconv.ParseInt with base 0: 0x, 0b, 0o and a bare leading 0 choose the base. */
static unsigned take_base(const char **text)
{
    const char *p = *text;
    if (p[0] != '0' || p[1] == '\0')
        return 10;
    switch (p[1]) {
    case 'x':
    case 'X': *text += 2; return 16;
    case 'b':
    case 'B': *text += 2; return 2;
    case 'o':
    case 'O': *text += 2; return 8;
    default: *text += 1; return 8;
    }
}

static bool resolve_int(const char *text, struct yamldoc_scalar *scalar)
{
    bool negative = *text == '-';
    uint64_t value = 0;
    if (*text == '-' || *text == '+')
        text++;
    unsigned base = take_base(&text);
    enum digits digits = read_digits(text, base, &value);
    if (digits == DIGITS_NONE)
        return false;
    uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    if (digits == DIGITS_OVERFLOW || value > limit) {
        scalar->kind = YAMLDOC_BEYOND;
        return true;
    }
    scalar->kind = YAMLDOC_INT;
    scalar->integer = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* Kubernetes drops every underscore of a number before reading it. False when it is too long to be
 * one. */
static bool drop_underscores(char plain[NUMBER_TEXT_MAX], const char *text)
{
    size_t n = 0;
    for (; *text; text++) {
        if (*text == '_')
            continue;
        if (n + 1 == NUMBER_TEXT_MAX)
            return false;
        plain[n++] = *text;
    }
    plain[n] = '\0';
    return true;
}

static void resolve_number(const char *text, struct yamldoc_scalar *scalar)
{
    char plain[NUMBER_TEXT_MAX];
    /* A text that starts with a point keeps its underscores, and so is no number with them. */
    if (*text == '.') {
        if (nbt_parse_double(text, &scalar->real))
            scalar->kind = YAMLDOC_REAL;
        return;
    }
    if (!drop_underscores(plain, text) || resolve_int(plain, scalar))
        return;
    if (nbt_parse_double(plain, &scalar->real))
        scalar->kind = YAMLDOC_REAL;
}

struct yamldoc_scalar yamldoc_resolve(const char *text)
{
    struct yamldoc_scalar scalar = {.kind = YAMLDOC_STRING};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(text, words[i].text) == 0) {
            scalar.kind = words[i].kind;
            scalar.boolean = words[i].boolean;
            return scalar;
        }
    }
    if (strchr("+-.0123456789", *text))
        resolve_number(text, &scalar);
    return scalar;
}
