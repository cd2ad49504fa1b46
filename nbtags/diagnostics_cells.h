/*
 * The stable codes of what stands in parameters and metrics cells; see nbtags/diagnostics.h.
 */
#ifndef NBTAGS_DIAGNOSTICS_CELLS_H
#define NBTAGS_DIAGNOSTICS_CELLS_H

/* error: parameters or metrics cells in a language that is not read */
#define NBT_UNKNOWN_LANGUAGE "unknown-language"
/* error: a string or bracket that does not end, an indent that fits nothing */
#define NBT_BAD_SYNTAX "bad-syntax"

/* Parameters cells */
#define NBT_NOT_AN_ASSIGNMENT "not-an-assignment" /* error: a statement that is no NAME = value */
#define NBT_SEVERAL_TARGETS   "several-targets"   /* error: a = b = 1, or a, b = 1, 2 */
#define NBT_MAGIC             "magic-in-cell"     /* error: an IPython magic or shell command */
#define NBT_FIXED_PARAMETER   "fixed-parameter"   /* note: the value is an expression */
#define NBT_INFINITE_VALUE    "infinite-value"    /* warning: a float literal that overflows */
#define NBT_BAD_RANGE         "bad-range"         /* warning: a form comment that cannot be read */
#define NBT_EMPTY_PARAMETERS  "empty-parameters"  /* warning: no parameters cell assigns anything */

/* Metrics cells */
#define NBT_BAD_METRIC    "bad-metric"    /* error: a line that is no print(NAME) */
#define NBT_EMPTY_METRICS "empty-metrics" /* warning: no metrics cell prints anything */

#endif
