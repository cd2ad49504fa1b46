/*
 * What an engine knows of its experiment, kept in memory and only ever added to: the history that
 * search reads, the counts, the best trial. A trial costs the same at the start and after ten
 * thousand. No I/O but loading.
 *
 *     if (state_init(&state, document, &settings, &err) < 0 || state_load(&state, store, &err) < 0)
 * ... state_suggest(&state, &assignments, &err); state_append(&state, assignments, &err);
 *     state_change(&state, index, STATUS_TRIAL_RUNNING);
 */
#ifndef ENGINE_LOCAL_STATE_H
#define ENGINE_LOCAL_STATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/local/settings.h"
#include "engine/local/store.h"
#include "experiment/experiment.h"
#include "experiment/space.h"
#include "experiment/status.h"
#include "search/search.h"

struct state {
    struct experiment_spec spec;
    struct space space;
    const struct search_algorithm *algorithm;
    uint64_t seed, budget;
    struct search_row *rows; /* owned, with what they point to */
    enum status_state *states;
    size_t n_rows, room;
    struct status_counts counts;
    size_t failures_in_row; /* trials that failed since one succeeded */
    bool has_best;
    double best;
    uint64_t best_index;
    bool exhausted; /* search has no point left */
};

/* Borrows the document for as long as the state lives. */
nbt_must_check int state_init(struct state *ret_state, const json_t *document,
                              const struct settings *settings, struct nbt_error *err);
void state_fini(struct state *state);

/* Adds every trial of the store; those that were Running count as Pending. */
nbt_must_check int state_load(struct state *state, struct store *store, struct nbt_error *err);

/* The next trial's assignments, [{name, value}]; new reference. NULL, with state->exhausted set,
 * when none is left. */
nbt_must_check int state_suggest(struct state *state, json_t **ret_assignments,
                                 struct nbt_error *err);

/* A new row, Pending, with the index n_rows - 1. */
nbt_must_check int state_append(struct state *state, const json_t *assignments,
                                struct nbt_error *err);

void state_change(struct state *state, uint64_t index, enum status_state to);

/* The objective's values in order; takes over a copy. */
nbt_must_check int state_report(struct state *state, uint64_t index, const double *values, size_t n,
                                struct nbt_error *err);

/* Compares a succeeded trial with the best; true when it is the new best: of equals the one with
 * the lowest index, whichever ended first. */
bool state_compare(struct state *state, uint64_t index, double value);

enum status_verdict state_decide(const struct state *state);

/* True when one more trial may be created: the budget is neither used nor promised to open ones. */
bool state_has_budget(const struct state *state);

#define STATE_TRIAL_NAME_MAX 64
/* "<experiment>-" and 8 letters of Katib's alphabet, from seed, index and attempt alone. */
void state_trial_name(char ret_name[STATE_TRIAL_NAME_MAX], const char *experiment, uint64_t seed,
                      uint64_t index, unsigned attempt);

#endif
