/* Importance against functions whose analysis of variance is known. */
#include <math.h>
#include <stdlib.h>

#include "base/scope.h"
#include "check.h"
#include "search/rng.h"
#include "service/importance.h"

#define ROWS_MAX       400
#define PARAMETERS_MAX 4

typedef double (*objective_fn)(const double *row);

static double first_alone(const double *row)
{
    return sin(6 * row[0]);
}

/* Var(a x) is a^2 / 12: shares 1 to 4. */
static double one_to_four(const double *row)
{
    return row[0] + 2 * row[1];
}

static double exclusive_or(const double *row)
{
    return (row[0] > 0.5) != (row[1] > 0.5);
}

/* Choices 0, 1, 2 vary by 2/3, a switch of 1 by 1/4: 8/11 and 3/11. */
static double of_choices(const double *row)
{
    return row[0] + row[1];
}

/* An unordered choice in the middle of the list stands out. */
static double odd_one_out(const double *row)
{
    return row[0] == 3 ? 1 : 0;
}

static double tiny(const double *row)
{
    return 1e-300 * one_to_four(row);
}

static double huge(const double *row)
{
    return 1e307 * one_to_four(row);
}

static double offset(const double *row)
{
    return 1e6 + one_to_four(row);
}

static const struct {
    const char *name;
    objective_fn objective;
    size_t n, n_parameters;
    size_t choices[PARAMETERS_MAX];
    double want[PARAMETERS_MAX];
    double tolerance;
} known[] = {
    {"first alone", first_alone, 200, 3, {0}, {1, 0, 0}, 0.06},
    {"one to four", one_to_four, 300, 2, {0}, {0.2, 0.8}, 0.06},
    {"exclusive or", exclusive_or, 400, 2, {0}, {0, 0}, 0.12},
    {"choices", of_choices, 300, 2, {3, 2}, {8.0 / 11, 3.0 / 11}, 0.05},
    {"odd one out", odd_one_out, 200, 3, {7, 0, 2}, {1, 0, 0}, 0.02},
    {"64 choices", odd_one_out, 400, 2, {64, 0}, {1, 0}, 0.15},
    {"tiny", tiny, 300, 2, {0}, {0.2, 0.8}, 0.06},
    {"huge", huge, 300, 2, {0}, {0.2, 0.8}, 0.06},
    {"offset", offset, 300, 2, {0}, {0.2, 0.8}, 0.06},
    {"few", one_to_four, 12, 2, {0}, {0.2, 0.8}, 0.25},
};

static double rows[ROWS_MAX * PARAMETERS_MAX], values[ROWS_MAX];

static struct importance_input draw(objective_fn objective, size_t n, size_t n_parameters,
                                    const size_t *choices)
{
    for (size_t i = 0; i < n; i++) {
        struct rng rng = rng_stream(5, i, RNG_RANDOM);
        for (size_t j = 0; j < n_parameters; j++)
            rows[i * n_parameters + j] =
                choices[j] ? (double)rng_below(&rng, choices[j]) : rng_uniform(&rng);
        values[i] = objective(rows + i * n_parameters);
    }
    return (struct importance_input){.rows = rows,
                                     .values = values,
                                     .choices = choices,
                                     .n = n,
                                     .n_parameters = n_parameters,
                                     .seed = 7};
}

static void known_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        struct importance_effect effects[PARAMETERS_MAX];
        struct nbt_error err = NBT_ERROR_INIT;
        struct importance_input input =
            draw(known[i].objective, known[i].n, known[i].n_parameters, known[i].choices);
        if (importance(effects, &input, &err) != 1)
            fail_msg("%s: nothing was found", known[i].name);
        for (size_t j = 0; j < known[i].n_parameters; j++) {
            if (!(fabs(effects[j].mean - known[i].want[j]) <= known[i].tolerance))
                fail_msg("%s: parameter %zu has %.3f, expected %.3f", known[i].name, j,
                         effects[j].mean, known[i].want[j]);
        }
    }
}

static void the_seed_decides(void **state)
{
    struct importance_effect a[2], b[2], c[2];
    const size_t choices[2] = {0};
    struct importance_input input = draw(one_to_four, 50, 2, choices);

    (void)state;
    assert_int_equal(importance(a, &input, NULL), 1);
    assert_int_equal(importance(b, &input, NULL), 1);
    assert_memory_equal(a, b, sizeof(a));
    input.seed++;
    assert_int_equal(importance(c, &input, NULL), 1);
    assert_memory_not_equal(a, c, sizeof(a));
}

/* The same trials in another order of parameters have the same importance. */
static void no_parameter_is_preferred(void **state)
{
    struct importance_effect straight[2], turned[2];
    const size_t choices[2] = {0};
    struct importance_input input = draw(one_to_four, 200, 2, choices);

    (void)state;
    assert_int_equal(importance(straight, &input, NULL), 1);
    for (size_t i = 0; i < input.n; i++) {
        double first = rows[2 * i];
        rows[2 * i] = rows[2 * i + 1];
        rows[2 * i + 1] = first;
    }
    assert_int_equal(importance(turned, &input, NULL), 1);
    assert_true(fabs(straight[0].mean - turned[1].mean) < 0.02);
    assert_true(fabs(straight[1].mean - turned[0].mean) < 0.02);
}

/* Two values of a parameter share its axis half-way between them: 0.1 and 0.9 make halves, of
 * variance 1/4; 0.2 and 0.4 make 0.3 and 0.7, of variance 0.21. */
static void boundaries_are_half_way(void **state)
{
    struct importance_effect effects[2];
    const size_t choices[2] = {0};
    struct importance_input input = draw(one_to_four, 200, 2, choices);

    (void)state;
    for (size_t i = 0; i < input.n; i++) {
        rows[2 * i] = rows[2 * i] > 0.5 ? 0.9 : 0.1;
        rows[2 * i + 1] = rows[2 * i + 1] > 0.5 ? 0.4 : 0.2;
        values[i] = (rows[2 * i] > 0.5) + (rows[2 * i + 1] > 0.3);
    }
    assert_int_equal(importance(effects, &input, NULL), 1);
    assert_true(fabs(effects[0].mean - 0.25 / 0.46) < 0.01);
    assert_true(fabs(effects[1].mean - 0.21 / 0.46) < 0.01);
}

static double constant(const double *row)
{
    (void)row;
    return 3;
}

static void nothing_to_tell(void **state)
{
    static const size_t none[PARAMETERS_MAX] = {0};
    const struct {
        objective_fn objective;
        size_t n, n_parameters;
    } table[] = {{one_to_four, 0, 2},  {one_to_four, 1, 2},  {one_to_four, 9, 2},
                 {one_to_four, 11, 4}, {one_to_four, 20, 0}, {constant, 100, 2}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct importance_effect effects[PARAMETERS_MAX] = {{-1, -1}};
        struct importance_input input =
            draw(table[i].objective, table[i].n, table[i].n_parameters, none);
        if (importance(effects, &input, NULL) != 0 || effects[0].mean != -1)
            fail_msg("row %zu: something was found", i);
    }
}

/* Every parameter at one value: there are no splits, and no variance to divide. */
static void equal_rows(void **state)
{
    struct importance_effect effects[2];
    const size_t choices[2] = {0, 3};
    struct importance_input input = draw(one_to_four, 30, 2, choices);

    (void)state;
    for (size_t i = 0; i < 60; i++)
        rows[i] = 1;
    assert_int_equal(importance(effects, &input, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(no_parameter_is_preferred),
        cmocka_unit_test(boundaries_are_half_way),
        cmocka_unit_test(nothing_to_tell),
        cmocka_unit_test(equal_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
