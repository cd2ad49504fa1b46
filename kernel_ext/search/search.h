/*
 * Search algorithms: pure functions from (space, history, seed, how many) to the next points. No state between calls, no
 * clock, no global generator: the same arguments give the same points on every machine. An algorithm is one file and one row
 * of search_algorithms.
 *
 *     struct search_request request = {.space = &space, .objectives = &objective, .n_objectives = 1,
 *                                      .history = rows, .n_history = n, .seed = 7, .first_index = n, .count = 3};
 *     struct search_result result;
 *     if (search_suggest(algorithm, &request, &result, &err) < 0) ...
 */
#ifndef SEARCH_SEARCH_H
#define SEARCH_SEARCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "experiment/experiment.h"
#include "experiment/space.h"
#include "nbtags/error.h"

enum search_state { SEARCH_PENDING, SEARCH_SUCCEEDED, SEARCH_EARLY_STOPPED, SEARCH_FAILED, SEARCH_KILLED };

struct search_reports {
    const double *values; /* in order of report; n 0 when none came */
    size_t n;
    double compared;      /* by the metric's strategy; NAN when n is 0 */
};

struct search_row {
    uint64_t index; /* the trial's number in its experiment, from 0 */
    enum search_state state;
    const double *point;                  /* space->n coordinates */
    const struct search_reports *reports; /* n_objectives of them */
};

struct search_objective {
    bool maximize;
};

struct search_request {
    const struct space *space;
    const struct search_objective *objectives;
    size_t n_objectives;
    const struct search_row *history; /* by index */
    size_t n_history;
    const json_t *settings; /* [{name, value}], checked before; or NULL */
    uint64_t seed;
    uint64_t budget;        /* trials that the experiment means to run in all; 0: no limit */
    uint64_t first_index;   /* the trial number of the first suggestion */
    size_t count;
};

struct search_result {
    double *points; /* count * space->n, owned; free() */
    size_t count;   /* fewer than asked only when exhausted */
    bool exhausted; /* no point is left that was not visited */
};

enum search_type { SEARCH_TEXT, SEARCH_INT, SEARCH_NUMBER, SEARCH_BOOL, SEARCH_CHOICE };

struct search_setting {
    const char *name; /* Katib's name */
    const char *help; /* one line: meaning, range, default */
    /* NULL when `value` is fine, else what was expected ("an integer from 0"). */
    const char *(*check)(const char *value);
    /* What a form needs; check decides. Texts, NULL where they do not apply. */
    enum search_type type;
    const char *fallback; /* the default; NULL: found by the algorithm */
    const char *minimum, *maximum;
    const char *const *choices; /* ended by NULL */
};

struct search_algorithm {
    const char *name;
    const char *title;                     /* as people call it: "Random Search" */
    const char *summary;                   /* one line for help */
    const char *const *takes;              /* parameterTypes, ended by NULL; NULL: all */
    const struct search_setting *settings; /* ended by a NULL name; NULL: none */
    /* Problems of this algorithm with a space and spec beyond its settings; may be NULL. Paths as in the document. */
    void (*check)(const json_t *spec, const struct space *space, struct experiment_problems *problems);
    int (*suggest)(const struct search_request *request, struct search_result *ret_result, struct nbt_error *err);
};

extern const struct search_algorithm *const search_algorithms[]; /* ended by NULL */

const struct search_algorithm *search_find(const char *name); /* NULL when unknown; "auto" is one of them */

const struct search_setting *search_find_setting(const struct search_algorithm *algorithm, const char *name);

/* Whether the algorithm of that name has the setting; true for an algorithm that is not known here. For
 * derive_given.setting_known. */
bool search_knows_setting(const char *algorithm, const char *setting);

/* What `auto` stands for with this space and budget; the algorithm itself when it is not auto. Never NULL. */
const struct search_algorithm *search_resolve(const struct search_algorithm *algorithm, const struct space *space,
                                              uint64_t budget);

/* `auto` goes on with random when the history is not a grid's. A random_state among the settings replaces the request's seed. */
nbt_must_check int search_suggest(const struct search_algorithm *algorithm, const struct search_request *request,
                                  struct search_result *ret_result, struct nbt_error *err);

/* experiment_rules.check_algorithm for an engine that runs these algorithms: unknown names and settings, bad values, grid
 * larger or smaller than it should be, ... each with its JSON path and the names that would be right. */
void search_check(const json_t *spec, struct experiment_problems *problems);

#endif
