#include "nbtags/number.h"

#include <assert.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

/* glibc and musl give the "C" locale without allocating, so this does not fail. */
static void open_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    assert(c_locale != (locale_t)0);
}

static locale_t get_c_locale(void)
{
    pthread_once(&c_locale_once, open_c_locale);
    return c_locale;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *p)
{
    while (is_digit(*p))
        p++;
    return p;
}

static const char *skip_sign(const char *p)
{
    return *p == '+' || *p == '-' ? p + 1 : p;
}

/* strtod also takes spaces, hexadecimal, "inf" and "nan", so the grammar is checked before it is
 * called. */
static bool is_decimal(const char *p)
{
    const char *start = p = skip_sign(p);
    p = skip_digits(p);
    size_t digits = (size_t)(p - start);
    if (*p == '.') {
        const char *fraction = p + 1;
        p = skip_digits(fraction);
        digits += (size_t)(p - fraction);
    }
    if (digits == 0)
        return false;
    if (*p == 'e' || *p == 'E') {
        p = skip_sign(p + 1);
        if (!is_digit(*p))
            return false;
        p = skip_digits(p);
    }
    return *p == '\0';
}

bool nbt_parse_double(const char *text, double *ret)
{
    if (!is_decimal(text))
        return false;
    double value = strtod_l(text, NULL, get_c_locale());
    if (!isfinite(value))
        return false;
    *ret = value;
    return true;
}

bool nbt_parse_int(const char *text, int64_t *ret)
{
    bool negative = *text == '-';
    const char *p = skip_sign(text);
    if (!is_digit(*p))
        return false;
    uint64_t limit = (uint64_t)INT64_MAX + negative;
    uint64_t value = 0;
    for (; is_digit(*p); p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (value > (limit - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (*p != '\0')
        return false;
    /* -INT64_MIN does not fit, so the sign is applied one below and the last step taken after. */
    if (negative)
        *ret = value == 0 ? 0 : -(int64_t)(value - 1) - 1;
    else
        *ret = (int64_t)value;
    return true;
}

/* Any decimal of up to 15 digits survives the way through a normal double, so the shortest text is
 * what 15 digits give, less trailing zeros, unless more are needed. Subnormals hold fewer digits.
 */
static void format_shortest(char text[NBT_NUMBER_MAX], double value)
{
    int digits = fpclassify(value) == FP_SUBNORMAL ? 1 : 15;
    for (; digits <= 17; digits++) {
        snprintf(text, NBT_NUMBER_MAX, "%.*g", digits, value);
        if (strtod_l(text, NULL, get_c_locale()) == value)
            return;
    }
}

void nbt_format_double(char text[NBT_NUMBER_MAX], double value)
{
    assert(isfinite(value));
    locale_t before = uselocale(get_c_locale());
    if (fabs(value) < 1e15 && trunc(value) == value)
        snprintf(text, NBT_NUMBER_MAX, "%.0f", value);
    else
        format_shortest(text, value);
    uselocale(before);
}

void nbt_format_int(char text[NBT_NUMBER_MAX], int64_t value)
{
    snprintf(text, NBT_NUMBER_MAX, "%" PRId64, value);
}
