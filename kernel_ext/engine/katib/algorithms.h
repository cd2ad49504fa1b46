/*
 * The search algorithms that Katib's services have, and what each does with a search space: a
 * table, checks of settings, and the changes that make a service draw what the user meant. Not the
 * algorithms themselves, which run in the cluster.
 *
 * Services differ: hyperopt's steps are multiples of the step, not of the distance to min;
 * scikit-optimize draws every double on a logarithmic scale; goptuna knows no distributions. Where
 * a list of the values says the same, the parameter is sent as a list; where nothing does, it is
 * refused with its JSON path before anything is submitted.
 */
#ifndef ENGINE_KATIB_ALGORITHMS_H
#define ENGINE_KATIB_ALGORITHMS_H

#include <jansson.h>

#include "experiment/experiment.h"
#include "search/search.h"

enum katib_step {
    KATIB_STEP_FROM_MIN,  /* min, min + step, ...: as Experiments mean it */
    KATIB_STEP_MULTIPLES, /* multiples of the step, whatever min is */
    KATIB_STEP_IGNORED,
};

/* What a service does with a parameter. */
struct katib_traits {
    bool log_int, log_double; /* logUniform is drawn so */
    bool log_step;            /* a step on such a scale is kept */
    bool normal;              /* normal and logNormal are drawn so, without bounds */
    bool always_log;          /* every double is drawn on a logarithmic scale */
    enum katib_step step;
    bool lists_ints;    /* ints never reach their maximum: sent as lists */
    bool lists_doubles; /* doubles need a step: sent as lists */
    bool whole_lists;   /* discrete lists hold whole numbers alone */
};

struct katib_algorithm {
    const char *name; /* Katib's */
    const char *title;
    const char *summary;
    const struct search_setting *settings; /* ended by a NULL name */
    struct katib_traits traits;
    /* Rules beyond settings and single parameters; NULL: none. */
    void (*check)(const json_t *spec, struct experiment_problems *problems);
};

extern const struct katib_algorithm
    *const katib_algorithms[]; /* ended by NULL; auto tries them in this order */

const struct katib_algorithm *
katib_algorithm_find(const char *name); /* NULL when Katib has none of that name */

/* Name and settings of spec.algorithm against the table; `auto` is right. For
 * engine.check_algorithm. */
void katib_check_algorithm(const json_t *spec, struct experiment_problems *problems);

/* Makes spec what Katib's service takes: `auto` named, parameters as the service understands them,
 * the seed as its random_state, a maximum where there is none. What cannot be said to the service
 * is a problem; spec is of use only when there is no error among them. seed NULL: none. */
nbt_must_check int katib_adapt(json_t *spec, const char *seed, struct experiment_problems *problems,
                               struct nbt_error *err);

#endif
