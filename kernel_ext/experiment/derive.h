/*
 * From a notebook to its Experiment: search space, objective and run parameters, each with its origin (design section 4).
 * Precedence: given, stored (kale.katib_metadata, then nbkatib), annotated in the cell, derived from the literal.
 *
 * metadata.nbkatib holds what Kale's schema cannot: {"version": 1, "engine": "local", "maxTrialCount": null (no maximum; a
 * maximum stays in Kale's), "parameters": [{name, parameterType, feasibleSpace}] (ranges of parameters that are not
 * selected)}. All but version may be absent, other members are left alone.
 */
#ifndef EXPERIMENT_DERIVE_H
#define EXPERIMENT_DERIVE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "experiment/experiment.h"
#include "nbtags/nbtags.h"

enum derive_origin { DERIVE_GIVEN, DERIVE_STORED, DERIVE_ANNOTATED, DERIVE_DERIVED };

/* What a user gave (command line or dialog); NULL and 0 members mean: not given. */
struct derive_given {
    const char *name;              /* experiment name, used as it is */
    const char *suffix;            /* appended to a name that is not given; NULL: none */
    const char *const *parameters; /* "lr=1e-4..1e-1:log", "depth=1..5", "depth=1..9:2" (step), "opt=adam,sgd" */
    size_t n_parameters;
    const char *const *fixed;      /* "NAME=VALUE": not searched, but injected with this value */
    size_t n_fixed;
    const char *objective;         /* "max:accuracy", "min:loss", "accuracy" (direction derived) */
    const char *goal;
    const char *algorithm;
    const char *const *settings;   /* "k=v" */
    size_t n_settings;
    const char *max_trials;        /* decimal, or "none" */
    const char *parallel, *max_failed, *seed;
    /* Whether the engine's algorithm has a setting. A stored setting that it lacks is left out with a warning. NULL: all are
     * kept. search_knows_setting is one. */
    bool (*setting_known)(const char *algorithm, const char *setting);
};

struct derive_parameter {
    const struct nbt_parameter *parameter; /* NULL: stored, but the notebook no longer has it */
    char *name;
    bool selected;
    enum derive_origin origin;
    json_t *spec;  /* {name, parameterType, feasibleSpace}; NULL when it cannot be searched (an expression) */
    char *why;     /* one line: the rule that gave the range, or why it is not selected */
};

struct derivation {
    struct derive_parameter *parameters; /* notebook order, then stored ones without a parameter */
    size_t n_parameters;
    json_t *fixed;                /* {name: value text} */
    enum derive_origin objective_origin, run_origin;
    char *engine;                 /* stored in metadata.nbkatib, or NULL */
    json_t *document;             /* the whole Experiment, defaults filled, no trialTemplate */
    struct experiment_problems problems; /* of what was given or stored, paths into the document or "--param lr" */
};

/* Derives; what is wrong with given or stored values is collected in ret->problems and does not fail. */
nbt_must_check int derive(struct derivation *ret, const struct nbt_notebook *notebook, const struct derive_given *given,
                          struct nbt_error *err);
void derivation_fini(struct derivation *derivation);
const char *derive_origin_name(enum derive_origin origin); /* "given", "stored", "annotated", "derived" */

#endif
