#include "engine/local/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"

/* Each row's memory: search_row points into it. */
struct row_block {
    struct search_reports reports;
    double point[];
};

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the trials' history");
}

int state_init(struct state *ret_state, const json_t *document, const struct settings *settings,
               struct nbt_error *err)
{
    struct state state = {.seed = settings->seed, .budget = settings->budget};
    const json_t *spec = json_object_get(document, "spec");
    int code = experiment_spec_init(&state.spec, document, err);
    if (code < 0)
        return code;
    code = space_init(&state.space, json_object_get(spec, "parameters"), err);
    if (code == 0 && !(state.algorithm = search_find(state.spec.algorithm)))
        code = nbt_error_set(err, NBT_EUNSUPPORTED, "this machine's engine has no algorithm '%s'",
                             state.spec.algorithm);
    if (code < 0) {
        state_fini(&state);
        return code;
    }
    *ret_state = state;
    return 0;
}

static struct row_block *block_of(const struct state *state, size_t i)
{
    return (struct row_block *)(uintptr_t)((const char *)state->rows[i].point -
                                           offsetof(struct row_block, point));
}

void state_fini(struct state *state)
{
    if (!state)
        return;
    for (size_t i = 0; i < state->n_rows; i++) {
        struct row_block *block = block_of(state, i);
        free((void *)(uintptr_t)block->reports.values);
        free(block);
    }
    free(state->rows);
    free(state->states);
    space_fini(&state->space);
    experiment_spec_fini(&state->spec);
    *state = (struct state){0};
}

static int grow(struct state *state, struct nbt_error *err)
{
    if (state->n_rows < state->room)
        return 0;
    size_t room = state->room ? 2 * state->room : 64;
    struct search_row *rows = realloc(state->rows, room * sizeof(*rows));
    if (!rows)
        return no_memory(err);
    state->rows = rows;
    enum status_state *states = realloc(state->states, room * sizeof(*states));
    if (!states)
        return no_memory(err);
    state->states = states;
    state->room = room;
    return 0;
}

static int read_point(const struct state *state, double *point, const json_t *assignments,
                      struct nbt_error *err)
{
    for (size_t i = 0; i < state->space.n; i++) {
        const struct space_dimension *dimension = &state->space.dimensions[i];
        const char *text =
            json_string_value(json_object_get(json_array_get(assignments, i), "value"));
        if (!text || !space_coordinate(dimension, text, &point[i]))
            return nbt_error_set(
                err, NBT_EPARSE,
                "trial %zu: '%.80s' is not a value of parameter %s, whose space has changed",
                state->n_rows, text ? text : "", dimension->name);
    }
    return 0;
}

int state_append(struct state *state, const json_t *assignments, struct nbt_error *err)
{
    int code = grow(state, err);
    if (code < 0)
        return code;
    struct row_block *block = calloc(1, sizeof(*block) + state->space.n * sizeof(double));
    if (!block)
        return no_memory(err);
    block->reports.compared = status_compared(EXPERIMENT_LATEST, NULL, 0);
    if ((code = read_point(state, block->point, assignments, err)) < 0) {
        free(block);
        return code;
    }
    size_t i = state->n_rows++;
    state->rows[i] = (struct search_row){
        .index = i, .state = SEARCH_PENDING, .point = block->point, .reports = &block->reports};
    state->states[i] = STATUS_TRIAL_PENDING;
    state->counts.of[STATUS_TRIAL_PENDING]++;
    state->counts.trials++;
    return 0;
}

static enum search_state search_state_of(enum status_state state)
{
    static const enum search_state states[STATUS_TRIAL_STATES] = {
        [STATUS_TRIAL_PENDING] = SEARCH_PENDING,
        [STATUS_TRIAL_RUNNING] = SEARCH_PENDING,
        [STATUS_TRIAL_SUCCEEDED] = SEARCH_SUCCEEDED,
        [STATUS_TRIAL_FAILED] = SEARCH_FAILED,
        [STATUS_TRIAL_KILLED] = SEARCH_KILLED,
        [STATUS_TRIAL_EARLY_STOPPED] = SEARCH_EARLY_STOPPED,
        [STATUS_TRIAL_METRICS_UNAVAILABLE] = SEARCH_FAILED,
    };
    return states[state];
}

void state_change(struct state *state, uint64_t index, enum status_state to)
{
    state->counts.of[state->states[index]]--;
    state->counts.of[to]++;
    state->states[index] = to;
    state->rows[index].state = search_state_of(to);
    if (state->rows[index].state == SEARCH_FAILED)
        state->failures_in_row++;
    else if (to == STATUS_TRIAL_SUCCEEDED || to == STATUS_TRIAL_EARLY_STOPPED)
        state->failures_in_row = 0;
}

int state_report(struct state *state, uint64_t index, const double *values, size_t n,
                 struct nbt_error *err)
{
    if (n == 0)
        return 0;
    double *copy = malloc(n * sizeof(*copy));
    if (!copy)
        return no_memory(err);
    memcpy(copy, values, n * sizeof(*copy));
    struct search_reports *reports = &block_of(state, index)->reports;
    free((void *)(uintptr_t)reports->values);
    reports->values = copy;
    reports->n = n;
    reports->compared = status_compared(state->spec.metrics[0].strategy, values, n);
    return 0;
}

bool state_compare(struct state *state, uint64_t index, double value)
{
    bool first_of_equals = value == state->best && index < state->best_index;
    if (state->has_best && !first_of_equals && !status_better(&state->spec, value, state->best))
        return false;
    state->has_best = true;
    state->best = value;
    state->best_index = index;
    return true;
}

static int load_reports(struct state *state, const struct store_trial *trial, struct nbt_error *err)
{
    auto_json json_t *list = trial->reports ? json_loads(trial->reports, 0, NULL) : NULL;
    size_t n = json_array_size(list);
    auto_free double *values = n ? calloc(n, sizeof(*values)) : NULL;
    if (n && !values)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        values[i] = json_number_value(json_array_get(list, i));
    return state_report(state, trial->index, values, n, err);
}

static int load_trial(void *self, const struct store_trial *trial, struct nbt_error *err)
{
    struct state *state = self;
    enum status_state now;
    if (trial->index != state->n_rows || !status_state_find(trial->state, &now))
        return nbt_error_set(
            err, NBT_EPARSE,
            "the experiment's state is damaged: trial %llu is missing or has an unknown state",
            (unsigned long long)state->n_rows);
    auto_json json_t *assignments = json_loads(trial->assignments, 0, NULL);
    int code = state_append(state, assignments, err);
    if (code == 0)
        code = load_reports(state, trial, err);
    if (code < 0)
        return code;
    state_change(state, trial->index, now == STATUS_TRIAL_RUNNING ? STATUS_TRIAL_PENDING : now);
    auto_json json_t *observation =
        trial->observation ? json_loads(trial->observation, 0, NULL) : NULL;
    double value;
    if ((now == STATUS_TRIAL_SUCCEEDED || now == STATUS_TRIAL_EARLY_STOPPED) &&
        status_objective(&state->spec, observation, &value))
        state_compare(state, trial->index, value);
    return 0;
}

int state_load(struct state *state, struct store *store, struct nbt_error *err)
{
    return store_trials(store, load_trial, state, err);
}

static json_t *assignments_of(const struct space *space, const double *point)
{
    auto_json json_t *list = json_array();
    for (size_t i = 0; list && i < space->n; i++) {
        char text[SPACE_TEXT_MAX];
        const struct space_dimension *dimension = &space->dimensions[i];
        const char *value = space_text(dimension, point[i], text);
        if (json_array_append_new(
                list, json_pack("{ss ss}", "name", dimension->name, "value", value)) < 0)
            return NULL;
    }
    return TAKE(list);
}

/* One at a time: what is suggested for an index then depends on the trials before it alone, not on
 * how many were asked for together. */
int state_suggest(struct state *state, json_t **ret_assignments, struct nbt_error *err)
{
    struct search_objective objective = {.maximize = state->spec.maximize};
    struct search_request request = {
        .space = &state->space,
        .objectives = &objective,
        .n_objectives = 1,
        .history = state->rows,
        .n_history = state->n_rows,
        .settings = state->spec.settings,
        .seed = state->seed,
        .budget = state->budget,
        .first_index = state->n_rows,
        .count = 1,
    };
    struct search_result result = {0};
    int code = search_suggest(state->algorithm, &request, &result, err);
    if (code < 0)
        return nbt_error_prefix(err, "algorithm %s", state->spec.algorithm);
    auto_free double *points = result.points;
    *ret_assignments = result.count ? assignments_of(&state->space, points) : NULL;
    state->exhausted = result.count == 0;
    return result.count && !*ret_assignments ? no_memory(err) : 0;
}

enum status_verdict state_decide(const struct state *state)
{
    return status_decide(&state->spec, &state->counts, state->has_best ? &state->best : NULL);
}

bool state_has_budget(const struct state *state)
{
    const size_t *of = state->counts.of;
    size_t promised = of[STATUS_TRIAL_SUCCEEDED] + of[STATUS_TRIAL_EARLY_STOPPED] +
                      of[STATUS_TRIAL_RUNNING] + of[STATUS_TRIAL_PENDING];
    return state->spec.max_trials == 0 || promised < (size_t)state->spec.max_trials;
}

void state_trial_name(char ret_name[STATE_TRIAL_NAME_MAX], const char *experiment, uint64_t seed,
                      uint64_t index, unsigned attempt)
{
    static const char alphabet[] =
        "bcdfghjklmnpqrstvwxz2456789"; /* Kubernetes' rand.String: no vowels, no look-alikes */
    char text[96], hex[65], suffix[9];
    snprintf(text, sizeof(text), "trial %llu %llu %u", (unsigned long long)seed,
             (unsigned long long)index, attempt);
    file_sha256_bytes(text, strlen(text), hex);
    for (size_t i = 0; i < 8; i++) {
        unsigned value = 0;
        for (size_t j = 0; j < 4; j++) {
            char digit = hex[4 * i + j];
            value = value * 16 + (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
        }
        suffix[i] = alphabet[value % (sizeof(alphabet) - 1)];
    }
    suffix[8] = '\0';
    snprintf(ret_name, STATE_TRIAL_NAME_MAX, "%s-%s", experiment, suffix);
}
