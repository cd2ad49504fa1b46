/*
 * The search space as algorithms see it: one dimension for each parameter, in the order of spec.parameters (hpo section 2).
 *
 * A point is an array of `n` doubles, one coordinate a dimension: a choice's index (categorical, discrete), a lattice index
 * from 0 (int, and double with a step), or the value itself (double without a step). Texts are what assignments hold.
 */
#ifndef EXPERIMENT_SPACE_H
#define EXPERIMENT_SPACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "nbtags/error.h"

enum space_kind { SPACE_INT, SPACE_DOUBLE, SPACE_DISCRETE, SPACE_CATEGORICAL };
enum space_distribution { SPACE_UNIFORM, SPACE_LOG_UNIFORM, SPACE_NORMAL, SPACE_LOG_NORMAL };

struct space_dimension {
    char *name;
    enum space_kind kind;
    enum space_distribution distribution;
    double min, max, step; /* step 0: continuous; int: at least 1; max lowered to the lattice */
    int step_decimals;     /* digits after the point that lattice values are rounded to */
    char **choices;        /* texts, exactly as given */
    size_t n_choices;
    double cells;          /* number of values; INFINITY when continuous */
};

struct space {
    struct space_dimension *dimensions;
    size_t n;
    double cells; /* product; INFINITY when any is continuous */
};

#define SPACE_TEXT_MAX 32 /* a numeric coordinate's text with its NUL; choices are returned as they are */

/* From spec.parameters of a valid Experiment. */
nbt_must_check int space_init(struct space *ret_space, const json_t *parameters, struct nbt_error *err);
void space_fini(struct space *space);

/* The value of a coordinate: `text` is used for numbers, the choice itself is returned otherwise. */
const char *space_text(const struct space_dimension *dimension, double coordinate, char text[SPACE_TEXT_MAX]);

/* The coordinate of a text; false when it is outside or off the lattice. */
bool space_coordinate(const struct space_dimension *dimension, const char *text, double *ret_coordinate);

/* The nearest double of that many significant decimal digits (1 to 15): 0.39999999999999997 to 0.4. */
double space_round(double value, int digits);

/* u in [0, 1) to a coordinate, by the dimension's distribution, ends of lattices with full mass (hpo section 2). */
double space_quantile(const struct space_dimension *dimension, double u);

#endif
