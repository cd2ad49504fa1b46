/* From what an Experiment means to what Katib's service does (katib section 2). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/algorithms.h"
#include "experiment/space.h"
#include "nbtags/number.h"

#define LIST_MAX           1000 /* values of one parameter that is sent as a list */
#define GRID_POINTS        5    /* of a double without a step, as the local grid has them */
#define UNLIMITED          10000 /* trials where the user set no maximum: Katib never ends without one */
#define RANDOM_STATE_RANGE ((uint64_t)1 << 31)

struct adapting {
    const struct katib_algorithm *algorithm;
    const struct space_dimension *dimension;
    json_t *parameter; /* of the spec that is being made */
    size_t index;
    struct experiment_problems *problems;
};

static void complain(const struct adapting *a, bool error, const char *field, const char *text)
{
    char path[96];
    snprintf(path, sizeof(path), "spec.parameters[%zu].feasibleSpace.%s", a->index, field);
    experiment_problem(a->problems, error, path, "%s", text);
}

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory to translate the experiment for Katib");
}

/* Lists of values. */

static bool is_log(const struct space_dimension *d)
{
    return d->distribution == SPACE_LOG_UNIFORM || d->distribution == SPACE_LOG_NORMAL;
}

/* Point `i` of the grid of a double without a step, on its own scale. */
static double grid_point(const struct space_dimension *d, size_t i)
{
    double u = (double)i / (GRID_POINTS - 1);
    if (i == 0 || i == GRID_POINTS - 1)
        return i == 0 ? d->min : d->max;
    double value =
        is_log(d) ? exp(log(d->min) * (1 - u) + log(d->max) * u) : d->min * (1 - u) + d->max * u;
    return space_round(value, 14);
}

static bool is_continuous(const struct space_dimension *d)
{
    return d->kind == SPACE_DOUBLE && d->step <= 0;
}

static size_t count_of(const struct space_dimension *d)
{
    if (is_continuous(d))
        return d->min < d->max ? GRID_POINTS : 1;
    return d->cells <= LIST_MAX ? (size_t)d->cells : LIST_MAX + 1;
}

static json_t *values_of(const struct space_dimension *d)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count_of(d); i++) {
        char text[SPACE_TEXT_MAX];
        double coordinate = is_continuous(d) ? grid_point(d, i) : (double)i;
        json_array_append_new(list, json_string(space_text(d, coordinate, text)));
    }
    return list;
}

/* The parameter becomes the list of its values. */
static int make_list(const struct adapting *a, struct nbt_error *err)
{
    const struct space_dimension *d = a->dimension;
    bool whole = d->kind == SPACE_INT;
    if (count_of(d) > LIST_MAX) {
        char text[256];
        snprintf(text, sizeof(text),
                 "Katib's %s takes these values as a list alone, and there are more than %d of "
                 "them; widen the step, or choose another algorithm",
                 a->algorithm->name, LIST_MAX);
        complain(a, true, "step", text);
        return 0;
    }
    const char *type = a->algorithm->traits.whole_lists && !whole ? "categorical" : "discrete";
    json_t *space = json_pack("{s:o, s:s}", "list", values_of(d), "distribution", "uniform");
    if (json_object_set_new(a->parameter, "parameterType", json_string(type)) < 0 ||
        json_object_set_new(a->parameter, "feasibleSpace", space) < 0)
        return no_memory(err);
    return 0;
}

/* Scales. */

static void refuse_scale(const struct adapting *a, const char *what, const char *instead)
{
    char text[320];
    snprintf(text, sizeof(text), "Katib's %s %s for this parameter; choose %s", a->algorithm->name,
             what, instead);
    complain(a, true, "distribution", text);
}

static void check_normal(const struct adapting *a)
{
    const struct katib_traits *traits = &a->algorithm->traits;
    if (!traits->normal)
        refuse_scale(a, "has no normal distribution",
                     "uniform or logUniform, or the algorithm random or tpe");
    else if (!traits->lists_doubles)
        complain(a, false, "distribution",
                 "Katib draws it without bounds: about 3 of 1000 values lie outside min and max");
}

static void check_log(const struct adapting *a)
{
    const struct katib_traits *traits = &a->algorithm->traits;
    const struct space_dimension *d = a->dimension;
    bool known = d->kind == SPACE_INT ? traits->log_int : traits->log_double;
    bool stepped = d->kind == SPACE_DOUBLE ? d->step > 0 : d->step > 1;
    if (!known)
        refuse_scale(a, "has no logarithmic scale", "uniform, or the algorithm tpe or random");
    else if (stepped && !traits->log_step && !traits->lists_doubles &&
             traits->step != KATIB_STEP_IGNORED)
        complain(a, true, "step",
                 "Katib's multivariate-tpe ignores a step on a logarithmic scale; remove the step, "
                 "or choose the algorithm tpe or random");
    else if (d->kind == SPACE_DOUBLE && d->min < 1e-10 && !traits->log_step &&
             !traits->lists_doubles && !traits->always_log)
        complain(
            a, true, "min",
            "Katib's multivariate-tpe starts a logarithmic scale at 1e-10 at the lowest; raise "
            "min, or choose the algorithm tpe or random");
}

static void check_always_log(const struct adapting *a)
{
    const struct space_dimension *d = a->dimension;
    if (d->min <= 0)
        complain(a, true, "min",
                 "Katib's bayesianoptimization draws every double on a logarithmic scale, so that "
                 "min must be greater than 0; raise it, or choose multivariate-tpe or tpe");
    else if (d->distribution == SPACE_UNIFORM)
        complain(a, false, "distribution",
                 "Katib's bayesianoptimization draws every double on a logarithmic scale, this one "
                 "too; multivariate-tpe draws it evenly");
}

static void check_scale(const struct adapting *a)
{
    const struct space_dimension *d = a->dimension;
    if (d->distribution == SPACE_NORMAL || d->distribution == SPACE_LOG_NORMAL)
        check_normal(a);
    else if (d->distribution == SPACE_LOG_UNIFORM)
        check_log(a);
    if (a->algorithm->traits.always_log && is_continuous(d))
        check_always_log(a);
}

/* Steps. */

static bool is_multiple(double value, double step)
{
    double times = value / step;
    return fabs(times - round(times)) <= 1e-9 * (1 + fabs(times));
}

/* Whether the service's own steps are other values than the Experiment's. */
static bool step_differs(const struct adapting *a)
{
    const struct space_dimension *d = a->dimension;
    bool plain = d->kind == SPACE_INT ? d->step <= 1 : d->step <= 0;
    if (plain)
        return false;
    if (a->algorithm->traits.step == KATIB_STEP_MULTIPLES)
        return !is_multiple(d->min, d->step) || !is_multiple(d->max, d->step);
    return a->algorithm->traits.step == KATIB_STEP_IGNORED;
}

static bool wants_list(const struct adapting *a)
{
    const struct space_dimension *d = a->dimension;
    const struct katib_traits *traits = &a->algorithm->traits;
    bool listed = d->kind == SPACE_INT ? traits->lists_ints : traits->lists_doubles;
    return listed || d->min >= d->max || step_differs(a);
}

/* A list is drawn evenly, and a model over it knows no order. */
static void tell_list(const struct adapting *a)
{
    if (a->algorithm->traits.lists_doubles || a->dimension->min >= a->dimension->max)
        return;
    if (a->dimension->distribution != SPACE_UNIFORM)
        complain(a, true, "step",
                 "Katib's service has other steps than these on a scale that is not uniform; make "
                 "min and max multiples of the step, or remove it");
    else if (strcmp(a->algorithm->name, "random") != 0 && strcmp(a->algorithm->name, "sobol") != 0)
        complain(a, false, "step",
                 "Katib's service has other steps than these: it gets the values as a list, whose "
                 "order it does not learn from");
}

/* A range whose maximum lies off the lattice would reach beyond the last value. */
static int trim_max(const struct adapting *a, struct nbt_error *err)
{
    char text[SPACE_TEXT_MAX];
    const struct space_dimension *d = a->dimension;
    json_t *space = json_object_get(a->parameter, "feasibleSpace");
    const char *max = json_string_value(json_object_get(space, "max"));
    double given;
    if (is_continuous(d) || !max || !nbt_parse_double(max, &given) || given <= d->max)
        return 0;
    json_t *last = json_string(space_text(d, d->cells - 1, text));
    return json_object_set_new(space, "max", last) < 0 ? no_memory(err) : 0;
}

static int set_uniform(const struct adapting *a, struct nbt_error *err)
{
    json_t *space = json_object_get(a->parameter, "feasibleSpace");
    return json_object_set_new(space, "distribution", json_string("uniform")) < 0 ? no_memory(err)
                                                                                  : 0;
}

static int adapt_number(const struct adapting *a, struct nbt_error *err)
{
    check_scale(a);
    if (wants_list(a)) {
        tell_list(a);
        return make_list(a, err);
    }
    int result = trim_max(a, err);
    /* A grid has every value, whatever the scale, and its service stumbles over normal ones. */
    if (result == 0 && a->algorithm->traits.lists_doubles)
        result = set_uniform(a, err);
    return result;
}

static bool is_whole(const char *text)
{
    int64_t number;
    return nbt_parse_int(text, &number);
}

/* hyperband's discrete lists hold whole numbers alone. */
static int adapt_discrete(const struct adapting *a, struct nbt_error *err)
{
    const struct space_dimension *d = a->dimension;
    bool whole = true;
    for (size_t i = 0; i < d->n_choices; i++)
        whole = whole && is_whole(d->choices[i]);
    if (whole || !a->algorithm->traits.whole_lists)
        return 0;
    return json_object_set_new(a->parameter, "parameterType", json_string("categorical")) < 0
               ? no_memory(err)
               : 0;
}

static int adapt_parameter(const struct adapting *a, struct nbt_error *err)
{
    switch (a->dimension->kind) {
    case SPACE_INT:
    case SPACE_DOUBLE: return adapt_number(a, err);
    case SPACE_DISCRETE: return adapt_discrete(a, err);
    case SPACE_CATEGORICAL: return 0;
    }
    return 0;
}

static int adapt_parameters(json_t *spec, const struct katib_algorithm *algorithm,
                            struct experiment_problems *problems, struct nbt_error *err)
{
    CLEANUP(space_fini) struct space space = {0};
    json_t *parameters = json_object_get(spec, "parameters");
    int result = space_init(&space, parameters, err);
    for (size_t i = 0; i < space.n && result == 0; i++) {
        struct adapting a = {.algorithm = algorithm,
                             .dimension = &space.dimensions[i],
                             .parameter = json_array_get(parameters, i),
                             .index = i,
                             .problems = problems};
        result = adapt_parameter(&a, err);
    }
    return result;
}

/* Counts. */

/* Points of a space that a grid can visit, INFINITY when there is a continuous parameter. */
static double combinations(const json_t *spec)
{
    CLEANUP(space_fini) struct space space = {0};
    struct nbt_error ignored = NBT_ERROR_INIT;
    return space_init(&space, json_object_get(spec, "parameters"), &ignored) < 0 ? INFINITY
                                                                                 : space.cells;
}

static int set_count(json_t *spec, const char *key, json_int_t count, struct nbt_error *err)
{
    return json_object_set_new(spec, key, json_integer(count)) < 0 ? no_memory(err) : 0;
}

static int at_most(json_t *spec, const char *key, json_int_t maximum, struct nbt_error *err)
{
    const json_t *count = json_object_get(spec, key);
    return json_is_integer(count) && json_integer_value(count) > maximum
               ? set_count(spec, key, maximum, err)
               : 0;
}

/* Katib's grid refuses more trials than it has points. */
static int adapt_count(json_t *spec, bool is_grid, struct experiment_problems *problems,
                       struct nbt_error *err)
{
    json_int_t given = json_integer_value(json_object_get(spec, "maxTrialCount"));
    double points = is_grid ? combinations(spec) : INFINITY;
    json_int_t count = given > 0 ? given : UNLIMITED;
    if (points <= INT32_MAX && (given <= 0 || points < (double)given))
        count = (json_int_t)points;
    if (count == given)
        return 0;
    if (given > 0)
        experiment_problem(problems, false, "spec.maxTrialCount",
                           "the grid has %lld points, fewer than maxTrialCount %lld, which Katib "
                           "refuses; %lld are sent",
                           (long long)count, (long long)given, (long long)count);
    else
        experiment_problem(problems, false, "spec.maxTrialCount",
                           "Katib never ends without a maximum; %lld is sent%s", (long long)count,
                           points <= INT32_MAX ? ", the size of the grid" : "");
    int result = set_count(spec, "maxTrialCount", count, err);
    if (result == 0)
        result = at_most(spec, "parallelTrialCount", count, err);
    return result < 0 ? result : at_most(spec, "maxFailedTrialCount", count, err);
}

/* The seed. */

static bool has_setting(const json_t *settings, const char *name)
{
    size_t i;
    json_t *setting;
    json_array_foreach(settings, i, setting)
    {
        const char *key = json_string_value(json_object_get(setting, "name"));
        if (key && strcmp(key, name) == 0)
            return true;
    }
    return false;
}

static bool takes_seed(const struct katib_algorithm *algorithm)
{
    for (const struct search_setting *s = algorithm->settings; s->name; s++) {
        if (strcmp(s->name, "random_state") == 0)
            return true;
    }
    return false;
}

/* A decimal uint64_t as the services' generators take it. */
static int64_t random_state(const char *seed)
{
    uint64_t value = 0;
    for (; *seed >= '0' && *seed <= '9'; seed++)
        value = value * 10 + (uint64_t)(*seed - '0');
    return (int64_t)(value % RANDOM_STATE_RANGE);
}

static int adapt_seed(json_t *spec, const struct katib_algorithm *algorithm, const char *seed,
                      struct nbt_error *err)
{
    json_t *part = json_object_get(spec, "algorithm");
    json_t *settings = json_object_get(part, "algorithmSettings");
    char text[NBT_NUMBER_MAX];
    if (!seed || !takes_seed(algorithm) || has_setting(settings, "random_state"))
        return 0;
    if (!json_is_array(settings)) {
        settings = json_array();
        if (json_object_set_new(part, "algorithmSettings", settings) < 0)
            return no_memory(err);
    }
    nbt_format_int(text, random_state(seed));
    json_t *setting = json_pack("{s:s, s:s}", "name", "random_state", "value", text);
    return json_array_append_new(settings, setting) < 0 ? no_memory(err) : 0;
}

/* The algorithm. */

static int adapt_for(json_t *spec, const struct katib_algorithm *algorithm, const char *seed,
                     struct experiment_problems *problems, struct nbt_error *err)
{
    bool is_grid = strcmp(algorithm->name, "grid") == 0;
    int result = json_object_set_new(json_object_get(spec, "algorithm"), "algorithmName",
                                     json_string(algorithm->name)) < 0
                     ? no_memory(err)
                     : 0;
    if (result == 0)
        result = adapt_parameters(spec, algorithm, problems, err);
    if (result == 0)
        result = adapt_count(spec, is_grid, problems, err);
    if (result == 0)
        result = adapt_seed(spec, algorithm, seed, err);
    if (result == 0)
        katib_check_algorithm(spec, problems);
    return result;
}

/* A grid is best when it can be visited as a whole, without cutting anything up. */
static bool grid_fits(const json_t *spec)
{
    json_int_t trials = json_integer_value(json_object_get(spec, "maxTrialCount"));
    double points = combinations(spec);
    return isfinite(points) && points <= (trials > 0 ? (double)trials : UNLIMITED);
}

static void merge(struct experiment_problems *to, const struct experiment_problems *from)
{
    for (size_t i = 0; i < from->count; i++)
        experiment_problem(to, from->items[i].error, from->items[i].path, "%s",
                           from->items[i].text);
}

/* One candidate of `auto`; true when it serves, and spec is what it made. */
static int try_algorithm(json_t *spec, const struct katib_algorithm *algorithm, const char *seed,
                         struct experiment_problems *problems, bool *ret_serves,
                         struct nbt_error *err)
{
    CLEANUP(experiment_problems_fini) struct experiment_problems found = {0};
    auto_json json_t *copy = json_deep_copy(spec);
    int result = copy ? adapt_for(copy, algorithm, seed, &found, err) : no_memory(err);
    *ret_serves = result == 0 && found.errors == 0;
    if (!*ret_serves)
        return result;
    merge(problems, &found);
    experiment_problem(problems, false, "spec.algorithm.algorithmName",
                       "auto stands for %s in Katib: %s", algorithm->name, algorithm->summary);
    json_object_clear(spec);
    return json_object_update(spec, copy) < 0 ? no_memory(err) : 0;
}

static int adapt_auto(json_t *spec, const char *seed, struct experiment_problems *problems,
                      struct nbt_error *err)
{
    bool serves = false;
    for (size_t i = grid_fits(spec) ? 0 : 1; katib_algorithms[i]; i++) {
        int result = try_algorithm(spec, katib_algorithms[i], seed, problems, &serves, err);
        if (result < 0 || serves)
            return result;
    }
    /* What none takes, random says why. */
    return adapt_for(spec, katib_algorithm_find("random"), seed, problems, err);
}

int katib_adapt(json_t *spec, const char *seed, struct experiment_problems *problems,
                struct nbt_error *err)
{
    const char *name =
        json_string_value(json_object_get(json_object_get(spec, "algorithm"), "algorithmName"));
    const struct katib_algorithm *algorithm = katib_algorithm_find(name);
    if (name && strcmp(name, "auto") == 0)
        return adapt_auto(spec, seed, problems, err);
    if (algorithm)
        return adapt_for(spec, algorithm, seed, problems, err);
    katib_check_algorithm(spec, problems);
    return 0;
}
