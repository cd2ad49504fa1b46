/*
 * Text to numbers and back: independent of the locale, whole string or nothing, range-checked.
 * The only such functions in the project.
 *
 *     double lr;
 *     if (nbt_parse_double("1e-3", &lr))
 *         nbt_format_double(text, lr);
 */
#ifndef NBTAGS_NUMBER_H
#define NBTAGS_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#define NBT_NUMBER_MAX 32 /* bytes that hold any formatted number and its NUL */

/* Decimal, optional sign, optional fraction and exponent (".5", "1e-3", "+2."); finite results only, no spaces, no hex,
 * no "inf" or "nan". False, and *ret untouched, for anything else. */
bool nbt_parse_double(const char *text, double *ret);

/* Optional sign and decimal digits within int64_t; nothing else. */
bool nbt_parse_int(const char *text, int64_t *ret);

/* Shortest text that reads back as the same double, always '.' and never grouping: "0.001", "1e-05", "400", "12.5".
 * Integral values below 1e15 print without a fraction. value must be finite. */
void nbt_format_double(char text[NBT_NUMBER_MAX], double value);

void nbt_format_int(char text[NBT_NUMBER_MAX], int64_t value);

#endif
