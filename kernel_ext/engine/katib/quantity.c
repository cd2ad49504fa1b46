#include "engine/katib/quantity.h"

#include <math.h>
#include <string.h>

#include "base/scope.h"
#include "nbtags/number.h"

static const struct {
    const char *suffix;
    double factor;
} suffixes[] = {
    {"", 1},        {"n", 1e-9},    {"u", 1e-6},    {"m", 1e-3},    {"k", 1e3},     {"M", 1e6},
    {"G", 1e9},     {"T", 1e12},    {"P", 1e15},    {"E", 1e18},    {"Ki", 0x1p10}, {"Mi", 0x1p20},
    {"Gi", 0x1p30}, {"Ti", 0x1p40}, {"Pi", 0x1p50}, {"Ei", 0x1p60},
};

/* "2Gi" is a number and a suffix; "1e3" a number alone. */
bool quantity_parse(const char *text, double *ret_value)
{
    char number[NBT_NUMBER_MAX];
    size_t digits = strspn(text, "+0123456789.");
    double value;
    if (nbt_parse_double(text, &value) && value > 0) {
        *ret_value = value;
        return true;
    }
    if (digits == 0 || digits >= sizeof(number))
        return false;
    memcpy(number, text, digits);
    number[digits] = '\0';
    if (!nbt_parse_double(number, &value) || value <= 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        if (strcmp(suffixes[i].suffix, text + digits) == 0) {
            *ret_value = value * suffixes[i].factor;
            return true;
        }
    }
    return false;
}
