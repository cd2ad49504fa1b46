/* Ranges out of literals: the table of design section 4, a function for each row. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "experiment/derive_internal.h"
#include "experiment/space.h"
#include "nbtags/number.h"

#define DIGITS      12 /* bounds are rounded to this many: 0.7 - 0.3 is 0.4 */
#define MOST_VALUES 20
#define EXACT_MAX   (INT64_C(1) << 53) /* spaces count integers in doubles */

struct literal {
    enum nbt_type type; /* a string that reads as a number has the number's type */
    double number;
    int64_t integer;
    const char *value;
    struct tokens tokens;
};

/* parameterType and feasibleSpace of a row. */
struct made {
    const char *type;
    json_t *feasible;
};

static json_t *bounds(double low, double high, bool log_scale)
{
    char min[NBT_NUMBER_MAX], max[NBT_NUMBER_MAX];
    nbt_format_double(min, low);
    nbt_format_double(max, high);
    return log_scale
               ? json_pack("{s:s,s:s,s:s}", "min", min, "max", max, "distribution", "logUniform")
               : json_pack("{s:s,s:s}", "min", min, "max", max);
}

static struct made doubles(double low, double high, bool log_scale)
{
    return (struct made){"double", bounds(low, high, log_scale)};
}

static bool is_float(const struct literal *l)
{
    return l->type == NBT_FLOAT;
}

static bool named_share(const struct literal *l)
{
    return is_float(l) && l->number > 0 && l->number <= 1 &&
           tokens_find(&l->tokens, "dropout momentum subsample colsample fraction ratio");
}

static struct made share(const struct literal *l)
{
    double v = l->number;
    double floor_ = fmin(0.05, v), ceiling = fmax(0.95, v);
    return doubles(fmax(space_round(v - 0.3, DIGITS), floor_),
                   fmin(space_round(v + 0.3, DIGITS), ceiling), false);
}

static bool named_rate(const struct literal *l)
{
    return is_float(l) && l->number > 0 &&
           (l->number < 0.1 || tokens_find(&l->tokens, "rate lr eta alpha decay lambda eps reg"));
}

static struct made rate(const struct literal *l)
{
    double v = l->number;
    double low = fmin(space_round(v / 10, DIGITS), v), high = fmax(space_round(v * 10, DIGITS), v);
    if (!tokens_find(&l->tokens, "alpha lambda reg"))
        high = fmin(high, fmax(1, v));
    return doubles(low > 0 ? low : v, isfinite(high) ? high : v, true);
}

static bool unnamed_share(const struct literal *l)
{
    return is_float(l) && l->number > 0 && l->number < 1;
}

static bool other_float(const struct literal *l)
{
    return is_float(l) && l->number != 0;
}

static struct made twofold(const struct literal *l)
{
    double half = space_round(l->number / 2, DIGITS), twice = space_round(l->number * 2, DIGITS);
    if (!isfinite(twice))
        twice = l->number;
    return doubles(fmin(half, twice), fmax(half, twice), false);
}

static bool is_power(const struct literal *l)
{
    int64_t size = l->integer < 0 ? -l->integer : l->integer;
    return l->type == NBT_INT && size >= 8 && (size & (size - 1)) == 0;
}

static struct made powers(const struct literal *l)
{
    struct made made = {"discrete", json_object()};
    json_t *list = json_array();
    int64_t v = l->integer;
    bool negative = v < 0;
    for (int i = 0; i < 5; i++) {
        /* ascending, so that the mirror image of v/4 .. 4v starts at its largest */
        int shift = negative ? 4 - i : i;
        int64_t size = (negative ? -v : v) / 4;
        if (size > EXACT_MAX >> shift)
            continue;
        char text[NBT_NUMBER_MAX];
        nbt_format_int(text, negative ? -(size << shift) : size << shift);
        json_array_append_new(list, json_string(text));
    }
    if (json_object_set_new(made.feasible, "list", list) < 0) {
        json_decref(made.feasible);
        made.feasible = NULL;
    }
    return made;
}

static bool other_int(const struct literal *l)
{
    return l->type == NBT_INT && l->integer != 0;
}

/* The smallest of 1, 2, 5 x 10^k that leaves at most MOST_VALUES values through v. */
static int64_t step_of(int64_t v, int64_t low, int64_t high)
{
    static const int64_t leading[] = {1, 2, 5};
    for (int64_t scale = 1;; scale *= 10)
        for (int i = 0; i < 3; i++) {
            int64_t step = leading[i] * scale;
            if ((v - low) / step + (high - v) / step + 1 <= MOST_VALUES)
                return step;
        }
}

static struct made whole(const struct literal *l)
{
    int64_t v = l->integer < 0 ? -l->integer : l->integer;
    int64_t low = v / 2 > 1 ? v / 2 : 1, high = v < EXACT_MAX / 2 ? 2 * v : EXACT_MAX;
    int64_t step = step_of(v, low, high);
    low = v - (v - low) / step * step;
    high = v + (high - v) / step * step;
    char min[NBT_NUMBER_MAX], max[NBT_NUMBER_MAX], by[NBT_NUMBER_MAX];
    nbt_format_int(min, l->integer < 0 ? -high : low);
    nbt_format_int(max, l->integer < 0 ? -low : high);
    nbt_format_int(by, step);
    return (struct made){"int", json_pack("{s:s,s:s,s:s}", "min", min, "max", max, "step", by)};
}

static bool is_zero(const struct literal *l)
{
    return (l->type == NBT_INT || l->type == NBT_FLOAT) && l->number == 0;
}

static struct made zero(const struct literal *l)
{
    if (l->type == NBT_FLOAT)
        return doubles(0, 1, false);
    return (struct made){"int", json_pack("{s:s,s:s,s:s}", "min", "0", "max", "1", "step", "1")};
}

static bool is_bool(const struct literal *l)
{
    return l->type == NBT_BOOL;
}

static struct made both(const struct literal *l)
{
    (void)l;
    return (struct made){"categorical", json_pack("{s:[s,s]}", "list", "True", "False")};
}

static bool is_text(const struct literal *l)
{
    return l->type == NBT_STR;
}

static struct made one_choice(const struct literal *l)
{
    return (struct made){"categorical", json_pack("{s:[s]}", "list", l->value)};
}

static const struct rule {
    bool (*fits)(const struct literal *literal);
    struct made (*make)(const struct literal *literal);
    bool selected;
    const char *why;
} rules[] = {
    {named_share, share, true, "float in (0, 1] named as a share: 0.3 to both sides"},
    {named_rate, rate, true, "small float or one named as a rate: a tenth to ten times, log scale"},
    {unnamed_share, share, true, "float in (0, 1): 0.3 to both sides"},
    {other_float, twofold, true, "float: half to double"},
    {is_power, powers, true, "power of two: a quarter to four times"},
    {other_int, whole, true, "int: half to double, at most 20 values"},
    {is_zero, zero, false, "0 says nothing of a range: 0 to 1 is offered"},
    {is_bool, both, true, "bool: True or False"},
    {is_text, one_choice, false, "string: add the other values to choose among"},
};

/* A step of training, not the size of a step; NULL when there is none. */
static const char *training_step(const struct tokens *tokens)
{
    for (size_t i = 0; i < tokens->n; i++) {
        const char *word = tokens->words[i];
        bool step = strcmp(word, "step") == 0 || strcmp(word, "steps") == 0;
        if (step && (i + 1 == tokens->n || strcmp(tokens->words[i + 1], "size") != 0))
            return word;
    }
    return NULL;
}

/* The word by which a name is not one to tune, NULL when there is none. */
static const char *not_tuned(const struct tokens *tokens)
{
    const char *word = tokens_find(
        tokens, "seed random state epoch epochs path file dir url id jobs verbose split test "
                "classes length image folds cv workers device port debug");
    if (!word)
        word = training_step(tokens);
    if (!word && tokens_find(tokens, "img images imgs") &&
        tokens_find(tokens, "size width height side dim"))
        word = "image size";
    return word;
}

/* 007 is a name, not the number 7: no value of the range would be its own. */
static bool plain_number(const char *text)
{
    const char *digits = text + (*text == '-');
    return *digits != '+' && !(digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9');
}

static bool literal_init(struct literal *ret, const struct nbt_parameter *parameter)
{
    *ret = (struct literal){.type = parameter->type, .value = parameter->value};
    tokens_init(&ret->tokens, parameter->name);
    bool text = ret->type == NBT_STR && plain_number(ret->value);
    bool integer = (ret->type == NBT_INT || text) && nbt_parse_int(ret->value, &ret->integer);
    bool number = (ret->type == NBT_INT || ret->type == NBT_FLOAT || text) &&
                  nbt_parse_double(ret->value, &ret->number);
    if (text && (integer || number))
        ret->type = integer ? NBT_INT : NBT_FLOAT;
    if (ret->type == NBT_INT)
        return integer && ret->integer <= EXACT_MAX && ret->integer >= -EXACT_MAX;
    return ret->type == NBT_FLOAT ? number : ret->type != NBT_EXPRESSION;
}

static int make(struct range *ret, const struct literal *literal, const char *name,
                struct nbt_error *err)
{
    const struct rule *rule = rules;
    const struct rule *last = rules + sizeof(rules) / sizeof(rules[0]) - 1;
    while (rule < last && !rule->fits(literal))
        rule++;
    struct made made = rule->make(literal);
    int rc = derive_spec(&ret->spec, name, made.type, made.feasible, err);
    const char *word = not_tuned(&literal->tokens);
    ret->selected = rule->selected && !word;
    ret->by_name = word != NULL;
    if (word)
        snprintf(ret->why, sizeof(ret->why), "not selected, the name says '%s'; offered: %s", word,
                 rule->why);
    else
        snprintf(ret->why, sizeof(ret->why), "%s", rule->why);
    return rc;
}

int derive_range(struct range *ret, const struct nbt_parameter *parameter, struct nbt_error *err)
{
    struct literal literal;
    if (literal_init(&literal, parameter))
        return make(ret, &literal, parameter->name, err);
    snprintf(ret->why, sizeof(ret->why), "%s",
             parameter->type == NBT_EXPRESSION
                 ? "an expression: fixed, write a literal in the cell to search it"
                 : "the number is too large to search around it");
    return 0;
}
