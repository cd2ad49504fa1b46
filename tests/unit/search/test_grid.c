#include "search/lattice.h"
#include "unit/search/spaces.h"

static struct search_result grid(const struct space *space, uint64_t first, size_t count,
                                 uint64_t budget)
{
    struct search_request request = {
        .space = space, .seed = 4, .first_index = first, .count = count, .budget = budget};
    return suggest(search_find("grid"), &request);
}

/* Every cell of every small grid once, in both orders. */
static void test_bijections(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 400; i++) {
        struct rng rng = rng_stream(2, i, RNG_GRID);
        uint64_t sides[6], cell[6];
        size_t n = 1 + rng_below(&rng, 6);
        for (size_t k = 0; k < n; k++)
            sides[k] = 1 + rng_below(&rng, n < 3 ? 40 : n < 5 ? 8 : 4);
        uint64_t cells = lattice_cells(sides, n);
        for (int order = 0; order < 2; order++) {
            auto_free bool *seen = calloc(cells, sizeof(*seen));
            for (uint64_t index = 0; index < cells; index++) {
                if (order == 0)
                    lattice_row_major(cell, sides, n, index);
                else
                    lattice_even(cell, sides, n, i, index);
                uint64_t number = 0;
                for (size_t k = 0; k < n; k++) {
                    assert_true(cell[k] < sides[k]);
                    number = number * sides[k] + cell[k];
                }
                if (seen[number])
                    fail_msg("grid %d, order %d: cell %d came twice", (int)i, order, (int)number);
                seen[number] = true;
            }
        }
    }
}

/* In the even order a side of g cells shows each value once in any g trials of a period. */
static void test_each_value_once(void **state)
{
    (void)state;
    static const uint64_t sides[] = {21, 5, 11, 16};
    for (uint64_t start = 0; start < 200; start += 7)
        for (size_t k = 0; k < COUNT(sides); k++) {
            bool seen[21] = {false};
            for (uint64_t i = 0; i < sides[k]; i++) {
                uint64_t cell[COUNT(sides)];
                lattice_even(cell, sides, COUNT(sides), 8, start + i);
                assert_false(seen[cell[k]]);
                seen[cell[k]] = true;
            }
        }
}

/* Equal sides do not keep their distance: no two of them lie on one diagonal. */
static void test_no_diagonal(void **state)
{
    (void)state;
    static const uint64_t sides[] = {5, 5, 5, 5}, large[] = {101, 101, 101, 101};
    for (size_t a = 0; a < 4; a++)
        for (size_t b = 0; b < a; b++) {
            uint64_t first[4], second[4];
            for (int k = 0; k < 2; k++) {
                uint64_t side = k ? 101 : 5;
                lattice_even(first, k ? large : sides, 4, 6, 0);
                lattice_even(second, k ? large : sides, 4, 6, 1);
                if ((first[a] + side - first[b]) % side == (second[a] + side - second[b]) % side)
                    fail_msg("sides %zu and %zu of %d march in step", b, a, (int)side);
            }
        }
}

/* Squared centred L2 discrepancy (Hickernell 1998, eq. 5.1c) of points in the unit cube. */
static double discrepancy(const double *x, size_t count, size_t n)
{
    double one = 0, two = 0;
    for (size_t i = 0; i < count; i++) {
        double product = 1;
        for (size_t k = 0; k < n; k++) {
            double a = fabs(x[i * n + k] - 0.5);
            product *= 1 + a / 2 - a * a / 2;
        }
        one += product;
        for (size_t j = 0; j < count; j++) {
            product = 1;
            for (size_t k = 0; k < n; k++) {
                double a = x[i * n + k], b = x[j * n + k];
                product *= 1 + fabs(a - 0.5) / 2 + fabs(b - 0.5) / 2 - fabs(a - b) / 2;
            }
            two += product;
        }
    }
    double c = (double)count;
    return pow(13.0 / 12, (double)n) - 2 / c * one + two / c / c;
}

/* The first trials are spread better than random ones, on grids of many kinds. */
static void test_spread(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        uint64_t sides[4];
    } grids[] = {{3, {100, 100, 100}}, {3, {21, 5, 11}},     {4, {20, 20, 20, 20}},
                 {4, {5, 5, 5, 5}},    {4, {16, 16, 16, 3}}, {4, {1000, 7, 2, 4}},
                 {2, {12, 12}},        {4, {64, 8, 8, 2}}};
    enum { TRIALS = 24, SEEDS = 20 };
    for (size_t g = 0; g < COUNT(grids); g++) {
        size_t n = grids[g].n;
        double even = 0, chance = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            double a[TRIALS * 4], b[TRIALS * 4];
            struct rng rng = rng_stream(seed, g, RNG_RANDOM);
            for (size_t i = 0; i < TRIALS; i++) {
                uint64_t cell[4];
                lattice_even(cell, grids[g].sides, n, seed, i);
                for (size_t k = 0; k < n; k++) {
                    double side = (double)grids[g].sides[k];
                    a[i * n + k] = ((double)cell[k] + 0.5) / side;
                    b[i * n + k] = (floor(rng_uniform(&rng) * side) + 0.5) / side;
                }
            }
            even += discrepancy(a, TRIALS, n);
            chance += discrepancy(b, TRIALS, n);
        }
        if (!(even < 0.8 * chance))
            fail_msg("grid %zu: discrepancy %g, random %g", g, even / SEEDS, chance / SEEDS);
    }
}

#define THREE                                                                                      \
    "[{'name':'b','parameterType':'int','feasibleSpace':{'min':'1','max':'3'}},"                   \
    "{'name':'a','parameterType':'categorical','feasibleSpace':{'list':['x','y']}}]"

/* Parameters by name, the last one fastest. */
static void test_row_major(void **state)
{
    (void)state;
    static const double want[][2] = {{0, 0}, {1, 0}, {2, 0}, {0, 1}, {1, 1}, {2, 1}};
    CLEANUP(space_fini) struct space space = {0};
    space_of(&space, THREE);
    for (uint64_t budget = 0; budget < 12; budget += 6) {
        struct search_result result = grid(&space, 0, 10, budget);
        assert_int_equal(result.count, 6);
        assert_true(result.exhausted);
        assert_memory_equal(result.points, want, sizeof(want));
        free(result.points);
    }
    struct search_result later = grid(&space, 4, 1, 6);
    assert_memory_equal(later.points, want[4], sizeof(want[4]));
    assert_false(later.exhausted);
    free(later.points);
    struct search_result over = grid(&space, 6, 1, 6);
    assert_true(over.count == 0 && over.exhausted);
    free(over.points);
}

/* A double without a step has 5 points on its scale. */
static void test_five_points(void **state)
{
    (void)state;
    static const struct {
        const char *feasible;
        double want[5];
    } rows[] = {
        {"{'min':'0','max':'1'}", {0, 0.25, 0.5, 0.75, 1}},
        {"{'min':'1e-4','max':'1','distribution':'logUniform'}", {1e-4, 1e-3, 1e-2, 1e-1, 1}},
        {"{'min':'0.001','max':'0.1','distribution':'logNormal'}",
         {0.001, 0.0031622776601684, 0.01, 0.031622776601684, 0.1}},
        {"{'min':'-2','max':'2','distribution':'normal'}", {-2, -1, 0, 1, 2}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[200];
        snprintf(text, sizeof(text), "[{'name':'a','parameterType':'double','feasibleSpace':%s}]",
                 rows[i].feasible);
        CLEANUP(space_fini) struct space space = {0};
        space_of(&space, text);
        struct search_result result = grid(&space, 0, 9, 0);
        assert_int_equal(result.count, 5);
        for (size_t k = 0; k < 5; k++)
            if (result.points[k] != rows[i].want[k])
                fail_msg("%s: point %zu is %.17g, want %.17g", rows[i].feasible, k,
                         result.points[k], rows[i].want[k]);
        free(result.points);
    }
}

/* 10^9 cells, and more than 2^64, cost what 10 do. */
static void test_endless(void **state)
{
    (void)state;
    char text[4096] = "[", one[200];
    for (int i = 0; i < 12; i++) {
        snprintf(one, sizeof(one),
                 "%s{'name':'p%02d','parameterType':'int','feasibleSpace':{'min':'0','max':'999'}}",
                 i ? "," : "", i);
        strncat(text, one, sizeof(text) - strlen(text) - 1);
        if (i != 2 && i != 11)
            continue;
        char whole[4097];
        snprintf(whole, sizeof(whole), "%s]", text);
        CLEANUP(space_fini) struct space space = {0};
        space_of(&space, whole);
        for (uint64_t budget = 0; budget < 2; budget++)
            for (uint64_t first = 0; first < 1000000000; first += 333333333) {
                struct search_result result = grid(&space, first, 600, budget);
                assert_int_equal(repeats(result.points, result.count, space.n), 0);
                assert_true(result.count == (i == 2 && first == 999999999 ? 1 : 600));
                check_points("grid", &space, &result);
                free(result.points);
            }
    }
}

/* A budget that is raised (or lowered) on the way keeps the order that the history shows. */
static void test_budget_changes(void **state)
{
    (void)state;
    CLEANUP(space_fini) struct space space = {0};
    space_of(&space, "[{'name':'a','parameterType':'int','feasibleSpace':{'min':'1','max':'6'}},"
                     "{'name':'b','parameterType':'int','feasibleSpace':{'min':'1','max':'5'}}]");
    static const uint64_t budgets[][2] = {{12, 30}, {30, 12}, {12, 0}, {0, 12}};
    for (size_t i = 0; i < COUNT(budgets); i++) {
        struct search_result first = grid(&space, 0, 12, budgets[i][0]);
        struct search_row rows[12] = {0};
        for (size_t k = 0; k < 12; k++)
            rows[k] = (struct search_row){
                .index = k, .state = SEARCH_FAILED, .point = first.points + 2 * k};
        struct search_request request = {.space = &space,
                                         .seed = 4,
                                         .first_index = 12,
                                         .count = 18,
                                         .budget = budgets[i][1],
                                         .history = rows,
                                         .n_history = 12};
        struct search_result rest = suggest(search_find("grid"), &request);
        double all[60];
        memcpy(all, first.points, 24 * sizeof(double));
        memcpy(all + 24, rest.points, 36 * sizeof(double));
        assert_true(rest.count == 18 && rest.exhausted);
        assert_int_equal(repeats(all, 30, 2), 0);
        free(first.points);
        free(rest.points);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bijections),  cmocka_unit_test(test_each_value_once),
        cmocka_unit_test(test_no_diagonal), cmocka_unit_test(test_spread),
        cmocka_unit_test(test_row_major),   cmocka_unit_test(test_five_points),
        cmocka_unit_test(test_endless),     cmocka_unit_test(test_budget_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
