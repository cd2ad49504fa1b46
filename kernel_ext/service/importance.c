/*
 * Values of an ordered parameter are ranked, and a split falls half-way between two ranks, so that
 * a box is a range of ranks; of choices it is a set of bits. Trees are not kept: each leaf adds
 * what it stands for to running sums.
 */
#include "service/importance.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "search/rng.h"

#define TREES     64
#define DEPTH_MAX 64

/* One parameter: its levels (ranks or choices), and the share of the axis that each takes. */
struct axis {
    size_t n;
    bool ordered;
    double *mass;     /* [n] */
    double *marginal; /* [n]: of the tree at hand; of an ordered one, differences until summed up */
};

/* Levels first to last - 1 of an ordered parameter, or a set of choices. */
struct side {
    size_t first, last;
    uint64_t set;
};

struct forest {
    const struct importance_input *input;
    struct axis *axes;
    size_t *levels; /* [n][n_parameters] */
    size_t *sample; /* [n]: rows of the tree at hand, reordered by splits */
    struct entry *entries;
    struct side *box;
    double sum, sum_of_squares; /* of leaves, weighed by volume: mean and second moment */
    double scale, shift;        /* values are read as (value - shift) * scale */
    struct rng rng;
};

struct entry {
    double key; /* order: a level, or a choice's mean */
    size_t level, row;
    double value;
};

struct split {
    size_t axis;
    double gain;
    struct side low, high;
};

size_t importance_rows_min(size_t n_parameters)
{
    return n_parameters > 3 ? 3 * n_parameters : 10;
}

static int by_number(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static int by_key(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;

    if (left->key != right->key)
        return left->key < right->key ? -1 : 1;
    if (left->level != right->level)
        return left->level < right->level ? -1 : 1;
    return (left->row > right->row) - (left->row < right->row);
}

static size_t rank_of(const double *sorted, size_t n, double value)
{
    size_t low = 0, high = n;

    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] <= value)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* `sorted` holds the axis' distinct values: each level reaches half-way to its neighbours, the
 * outer ones to the ends. */
static void weigh(struct axis *axis, const double *sorted)
{
    double from = 0;

    for (size_t i = 0; i < axis->n; i++) {
        double to = i + 1 < axis->n ? (sorted[i] + sorted[i + 1]) / 2 : 1;
        axis->mass[i] = to - from;
        from = to;
    }
}

static void rank_axis(struct forest *forest, size_t j, double *sorted)
{
    const struct importance_input *input = forest->input;
    struct axis *axis = &forest->axes[j];
    size_t n = 0;

    for (size_t i = 0; i < input->n; i++)
        sorted[i] = input->rows[i * input->n_parameters + j];
    qsort(sorted, input->n, sizeof(*sorted), by_number);
    for (size_t i = 0; i < input->n; i++) {
        if (n == 0 || sorted[i] > sorted[n - 1])
            sorted[n++] = sorted[i];
    }
    axis->n = n;
    for (size_t i = 0; i < input->n; i++)
        forest->levels[i * input->n_parameters + j] =
            rank_of(sorted, n, input->rows[i * input->n_parameters + j]);
    weigh(axis, sorted);
}

static void number_axis(struct forest *forest, size_t j)
{
    const struct importance_input *input = forest->input;
    struct axis *axis = &forest->axes[j];

    axis->n = input->choices[j];
    for (size_t i = 0; i < axis->n; i++)
        axis->mass[i] = 1.0 / (double)axis->n;
    for (size_t i = 0; i < input->n; i++)
        forest->levels[i * input->n_parameters + j] =
            (size_t)input->rows[i * input->n_parameters + j];
}

static int make_axes(struct forest *forest)
{
    const struct importance_input *input = forest->input;
    auto_free double *sorted = calloc(input->n, sizeof(*sorted));

    for (size_t j = 0; sorted && j < input->n_parameters; j++) {
        struct axis *axis = &forest->axes[j];
        size_t room = (input->choices[j] > input->n ? input->choices[j] : input->n) + 1;
        axis->ordered = input->choices[j] == 0;
        axis->mass = calloc(room, sizeof(double));
        axis->marginal = calloc(room, sizeof(double));
        if (!axis->mass || !axis->marginal)
            return NBT_ENOMEM;
        if (axis->ordered)
            rank_axis(forest, j, sorted);
        else
            number_axis(forest, j);
    }
    return sorted ? 0 : NBT_ENOMEM;
}

/* Least squares in numbers near 1, whatever the objective's size. */
static bool make_scale(struct forest *forest)
{
    const struct importance_input *input = forest->input;
    double low = input->values[0], high = input->values[0];

    for (size_t i = 1; i < input->n; i++) {
        low = fmin(low, input->values[i]);
        high = fmax(high, input->values[i]);
    }
    forest->shift = low / 2 + high / 2;
    forest->scale = 1 / (high / 2 - low / 2);
    return high > low && isfinite(forest->scale);
}

static double value_of(const struct forest *forest, size_t row)
{
    return (forest->input->values[row] - forest->shift) * forest->scale;
}

static size_t level_of(const struct forest *forest, size_t row, size_t axis)
{
    return forest->levels[row * forest->input->n_parameters + axis];
}

static bool holds(const struct axis *axis, const struct side *side, size_t level)
{
    return axis->ordered ? level >= side->first && level < side->last
                         : (side->set >> level & 1) != 0;
}

static double mass_of(const struct axis *axis, const struct side *side)
{
    double mass = 0;

    for (size_t i = 0; i < axis->n; i++)
        mass += holds(axis, side, i) ? axis->mass[i] : 0;
    return mass;
}

/* The choices' mean values as keys: the best of all subsets is then a split of that order (Breiman
 * 1984, 4.2). */
static void key_by_mean(struct entry *entries, size_t n)
{
    double sums[IMPORTANCE_CHOICES_MAX] = {0};
    size_t counts[IMPORTANCE_CHOICES_MAX] = {0};

    for (size_t i = 0; i < n; i++) {
        sums[entries[i].level] += entries[i].value;
        counts[entries[i].level]++;
    }
    for (size_t i = 0; i < n; i++)
        entries[i].key = sums[entries[i].level] / (double)counts[entries[i].level];
}

static void sort_entries(struct forest *forest, size_t axis, size_t first, size_t last)
{
    size_t n = last - first;

    for (size_t i = 0; i < n; i++) {
        size_t row = forest->sample[first + i];
        size_t level = level_of(forest, row, axis);
        forest->entries[i] = (struct entry){
            .key = (double)level, .level = level, .row = row, .value = value_of(forest, row)};
    }
    if (!forest->axes[axis].ordered)
        key_by_mean(forest->entries, n);
    qsort(forest->entries, n, sizeof(*forest->entries), by_key);
}

/* Where the sorted entries are cut so that squared errors fall most: entries before it go low. 0:
 * nowhere. */
static size_t best_cut(const struct entry *entries, size_t n, double *ret_gain)
{
    double total = 0, left = 0;
    size_t cut = 0;

    for (size_t i = 0; i < n; i++)
        total += entries[i].value;
    for (size_t i = 1; i < n; i++) {
        left += entries[i - 1].value;
        if (entries[i].level == entries[i - 1].level)
            continue;
        double right = total - left;
        double gain =
            left * left / (double)i + right * right / (double)(n - i) - total * total / (double)n;
        if (gain > *ret_gain) {
            *ret_gain = gain;
            cut = i;
        }
    }
    return cut;
}

/* Choices that the sample lacks go where there are more of the others. */
static void divide(const struct forest *forest, struct split *split, size_t axis, size_t cut,
                   size_t n)
{
    struct side whole = forest->box[axis];
    uint64_t low = 0, high = 0;

    split->axis = axis;
    split->low = split->high = whole;
    if (forest->axes[axis].ordered) {
        size_t below = forest->entries[cut - 1].level, above = forest->entries[cut].level;
        split->low.last = split->high.first = below + (above - below + 1) / 2;
        return;
    }
    for (size_t i = 0; i < n; i++)
        *(i < cut ? &low : &high) |= UINT64_C(1) << forest->entries[i].level;
    uint64_t rest = whole.set & ~(low | high);
    split->low.set = low | (2 * cut >= n ? rest : 0);
    split->high.set = high | (2 * cut >= n ? 0 : rest);
}

static bool find_split(struct forest *forest, size_t first, size_t last, struct split *ret)
{
    size_t parameters = forest->input->n_parameters;
    size_t turn = rng_below(&forest->rng, parameters); /* among equals no parameter is preferred */
    bool found = false;

    ret->gain = 1e-12;
    for (size_t i = 0; i < parameters; i++) {
        size_t axis = (i + turn) % parameters;
        sort_entries(forest, axis, first, last);
        size_t cut = best_cut(forest->entries, last - first, &ret->gain);
        if (cut == 0)
            continue;
        divide(forest, ret, axis, cut, last - first);
        found = true;
    }
    return found;
}

/* Rows of the low side to the front; where the high side begins. */
static size_t partition(struct forest *forest, size_t first, size_t last, const struct split *split)
{
    const struct axis *axis = &forest->axes[split->axis];
    size_t middle = first;

    for (size_t i = first; i < last; i++) {
        size_t row = forest->sample[i];
        if (!holds(axis, &split->low, level_of(forest, row, split->axis)))
            continue;
        forest->sample[i] = forest->sample[middle];
        forest->sample[middle++] = row;
    }
    return middle;
}

static void add_marginal(struct axis *axis, const struct side *side, double amount)
{
    if (axis->ordered) {
        axis->marginal[side->first] += amount;
        axis->marginal[side->last] -= amount;
        return;
    }
    for (size_t i = 0; i < axis->n; i++)
        axis->marginal[i] += (side->set >> i & 1) != 0 ? amount : 0;
}

static void add_leaf(struct forest *forest, size_t first, size_t last)
{
    double value = 0, volume = 1;

    for (size_t i = first; i < last; i++)
        value += value_of(forest, forest->sample[i]) / (double)(last - first);
    for (size_t j = 0; j < forest->input->n_parameters; j++)
        volume *= mass_of(&forest->axes[j], &forest->box[j]);
    forest->sum += value * volume;
    forest->sum_of_squares += value * value * volume;
    for (size_t j = 0; j < forest->input->n_parameters; j++) {
        double mass = mass_of(&forest->axes[j], &forest->box[j]);
        if (mass > 0)
            add_marginal(&forest->axes[j], &forest->box[j], value * volume / mass);
    }
}

static void grow(struct forest *forest, size_t first, size_t last, int depth)
{
    struct split split;

    if (depth == DEPTH_MAX || last - first < 2 || !find_split(forest, first, last, &split)) {
        add_leaf(forest, first, last);
        return;
    }
    struct side whole = forest->box[split.axis];
    size_t middle = partition(forest, first, last, &split);
    forest->box[split.axis] = split.low;
    grow(forest, first, middle, depth + 1);
    forest->box[split.axis] = split.high;
    grow(forest, middle, last, depth + 1);
    forest->box[split.axis] = whole;
}

static void plant(struct forest *forest, uint64_t tree)
{
    const struct importance_input *input = forest->input;

    forest->rng = rng_stream(input->seed, tree, RNG_FOREST);
    forest->sum = forest->sum_of_squares = 0;
    for (size_t i = 0; i < input->n; i++)
        forest->sample[i] = rng_below(&forest->rng, input->n);
    for (size_t j = 0; j < input->n_parameters; j++) {
        struct axis *axis = &forest->axes[j];
        memset(axis->marginal, 0, (axis->n + 1) * sizeof(double));
        forest->box[j] =
            (struct side){0, axis->n, axis->n >= 64 ? UINT64_MAX : (UINT64_C(1) << axis->n) - 1};
    }
    grow(forest, 0, input->n, 0);
}

/* The variance of a marginal over its axis. */
static double effect_of(const struct axis *axis, double mean)
{
    double variance = 0, level = 0;

    for (size_t i = 0; i < axis->n; i++) {
        level = axis->ordered ? level + axis->marginal[i] : axis->marginal[i];
        variance += (level - mean) * (level - mean) * axis->mass[i];
    }
    return variance;
}

/* Mean and sum of squared differences, one share at a time (Welford 1962). */
static void add_share(struct importance_effect *effect, double share, size_t count)
{
    double before = share - effect->mean;

    effect->mean += before / (double)count;
    effect->deviation += before * (share - effect->mean);
}

static size_t walk(struct forest *forest, struct importance_effect *effects)
{
    size_t count = 0;

    for (uint64_t tree = 0; tree < TREES; tree++) {
        plant(forest, tree);
        double variance = forest->sum_of_squares - forest->sum * forest->sum;
        if (!(variance > 1e-12))
            continue;
        count++;
        for (size_t j = 0; j < forest->input->n_parameters; j++)
            add_share(&effects[j], effect_of(&forest->axes[j], forest->sum) / variance, count);
    }
    for (size_t j = 0; count && j < forest->input->n_parameters; j++)
        effects[j].deviation = sqrt(effects[j].deviation / (double)count);
    return count;
}

static void forest_fini(struct forest *forest)
{
    for (size_t j = 0; forest->axes && j < forest->input->n_parameters; j++) {
        free(forest->axes[j].mass);
        free(forest->axes[j].marginal);
    }
    free(forest->axes);
    free(forest->levels);
    free(forest->sample);
    free(forest->entries);
    free(forest->box);
}

static int forest_init(struct forest *forest, const struct importance_input *input)
{
    *forest = (struct forest){
        .input = input,
        .axes = calloc(input->n_parameters, sizeof(*forest->axes)),
        .levels = calloc(input->n * input->n_parameters, sizeof(*forest->levels)),
        .sample = calloc(input->n, sizeof(*forest->sample)),
        .entries = calloc(input->n, sizeof(*forest->entries)),
        .box = calloc(input->n_parameters, sizeof(*forest->box)),
    };
    if (!forest->axes || !forest->levels || !forest->sample || !forest->entries || !forest->box)
        return NBT_ENOMEM;
    return make_axes(forest);
}

int importance(struct importance_effect *ret, const struct importance_input *input,
               struct nbt_error *err)
{
    CLEANUP(forest_fini) struct forest forest = {.input = input};
    size_t size = input->n_parameters * sizeof(*ret);

    if (input->n_parameters == 0 || input->n < importance_rows_min(input->n_parameters))
        return 0;
    auto_free struct importance_effect *effects = calloc(1, size);
    if (!effects || forest_init(&forest, input) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the importance of %zu parameters",
                             input->n_parameters);
    if (!make_scale(&forest) || walk(&forest, effects) == 0)
        return 0;
    memcpy(ret, effects, size);
    return 1;
}
