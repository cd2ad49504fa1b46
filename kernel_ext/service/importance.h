/*
 * Which parameters the objective depends on: functional analysis of variance over a random forest
 * (fANOVA; Hutter, Hoos, Leyton-Brown: "An Efficient Approach for Assessing Hyperparameter
 * Importance", ICML 2014). A forest of regression trees (Breiman 2001: bootstrap samples, splits of
 * least squared error, unordered choices split at their mean response) is fitted to the trials.
 * Each tree is a function that is constant on boxes, so that its variance over the whole search
 * space, and that of its marginal over one parameter, are exact sums; their ratio, averaged over
 * the trees, is the parameter's main effect. What main effects do not explain are interactions.
 *
 * It needs no assumption on scales, mixes numbers with choices, and speaks of the whole space
 * although trials crowd where a search found good values. Pure; the same input and seed give the
 * same output. Any thread.
 *
 *     struct importance_effect effects[2];
 *     int found = importance(effects, &(struct importance_input){.rows = rows, .values = values,
 * ...}, &err);
 */
#ifndef SERVICE_IMPORTANCE_H
#define SERVICE_IMPORTANCE_H

#include <stddef.h>
#include <stdint.h>

#include "nbtags/error.h"

#define IMPORTANCE_CHOICES_MAX 64 /* unordered ones; more are to be given as an ordered parameter  \
                                   */

struct importance_effect {
    double mean;      /* share of the variance, 0 to 1 */
    double deviation; /* of that share between trees */
};

struct importance_input {
    const double *rows;    /* [n][n_parameters]: a place in [0, 1], or a choice's index */
    const double *values;  /* [n]: finite */
    const size_t *choices; /* [n_parameters]: unordered choices; 0: ordered */
    size_t n, n_parameters;
    uint64_t seed;
};

/* The fewest rows that this many parameters can be told from: 10, and 3 for each. */
size_t importance_rows_min(size_t n_parameters);

/* Fills ret[n_parameters]. 1: found; 0, and ret is untouched: fewer rows than importance_rows_min,
 * or all values are equal. */
nbt_must_check int importance(struct importance_effect *ret, const struct importance_input *input,
                              struct nbt_error *err);

#endif
