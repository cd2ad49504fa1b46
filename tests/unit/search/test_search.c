#include "unit/search/spaces.h"

#define SPACES 10000
#define POINTS 12

static void check_request(const struct search_algorithm *algorithm, struct search_request *request)
{
    size_t n = request->space->n;
    struct search_result whole = suggest(algorithm, request), again = suggest(algorithm, request);
    check_points(algorithm->name, request->space, &whole);
    if (whole.count != again.count ||
        memcmp(whole.points, again.points, whole.count * n * sizeof(double)) != 0)
        fail_msg("%s: the same request gave other points", algorithm->name);
    bool grid = search_resolve(algorithm, request->space, request->budget) != search_find("random");
    if ((grid || isfinite(request->space->cells)) && repeats(whole.points, whole.count, n) > 0)
        fail_msg("%s: a point came twice", algorithm->name);
    if (whole.count < request->count && !whole.exhausted)
        fail_msg("%s: %zu of %zu points, and not exhausted", algorithm->name, whole.count,
                 request->count);
    free(again.points);
    free(whole.points);
}

/* The points that were asked for one at a time, each with those before as history, are those of one
 * request. */
static void check_one_by_one(const struct search_algorithm *algorithm,
                             const struct search_request *request)
{
    struct search_result whole = suggest(algorithm, request);
    struct search_row history[POINTS] = {0};
    size_t n = request->space->n;
    for (size_t i = 0; i < whole.count; i++) {
        struct search_request one = *request;
        one.history = history;
        one.n_history = one.first_index = i;
        one.count = 1;
        struct search_result next = suggest(algorithm, &one);
        if (next.count != 1 || memcmp(next.points, whole.points + i * n, n * sizeof(double)) != 0)
            fail_msg("%s: trial %zu depends on how many were asked for", algorithm->name, i);
        free(next.points);
        history[i] =
            (struct search_row){.index = i, .state = SEARCH_PENDING, .point = whole.points + i * n};
    }
    free(whole.points);
}

static void test_random_spaces(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < SPACES; i++) {
        struct rng rng = rng_stream(1, i, RNG_RANDOM);
        CLEANUP(space_fini) struct space space = {0};
        random_space(&space, &rng);
        struct search_request request = {
            .space = &space, .seed = i, .count = POINTS, .budget = rng_below(&rng, 3) * 12};
        for (size_t k = 0; search_algorithms[k]; k++) {
            check_request(search_algorithms[k], &request);
            if (i % 10 == 0)
                check_one_by_one(search_algorithms[k], &request);
        }
    }
}

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; search_algorithms[i]; i++) {
        assert_ptr_equal(search_find(search_algorithms[i]->name), search_algorithms[i]);
        assert_true(*search_algorithms[i]->summary != '\0');
    }
    assert_non_null(search_find("auto"));
    assert_null(search_find("Grid"));
    assert_null(search_find(NULL));
    assert_true(search_knows_setting("grid", "random_state"));
    assert_false(search_knows_setting("grid", "acq_func"));
    assert_true(search_knows_setting("bayesianoptimization", "acq_func"));
}

static void test_auto(void **state)
{
    (void)state;
    static const struct {
        const char *space;
        uint64_t budget;
        const char *want;
    } rows[] = {
        {"[{'name':'a','parameterType':'int','feasibleSpace':{'min':'1','max':'12'}}]", 12, "grid"},
        {"[{'name':'a','parameterType':'int','feasibleSpace':{'min':'1','max':'13'}}]", 12,
         "random"},
        {"[{'name':'a','parameterType':'int','feasibleSpace':{'min':'1','max':'13'}}]", 0, "grid"},
        {"[{'name':'a','parameterType':'double','feasibleSpace':{'min':'1','max':'2'}}]", 0,
         "random"},
        {"[{'name':'a','parameterType':'double','feasibleSpace':{'min':'1','max':'2'}}]", 1000,
         "random"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        CLEANUP(space_fini) struct space space = {0};
        space_of(&space, rows[i].space);
        const char *got = search_resolve(search_find("auto"), &space, rows[i].budget)->name;
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s with %d trials: %s, want %s", rows[i].space, (int)rows[i].budget, got,
                     rows[i].want);
        assert_string_equal(search_resolve(search_find("grid"), &space, rows[i].budget)->name,
                            "grid");
    }
}

/* While auto stands for an algorithm it gives that algorithm's points. */
static void test_auto_is_what_it_stands_for(void **state)
{
    (void)state;
    CLEANUP(space_fini) struct space space = {0};
    space_of(&space, "[{'name':'a','parameterType':'int','feasibleSpace':{'min':'1','max':'30'}}]");
    for (uint64_t budget = 10; budget <= 30; budget += 20) {
        struct search_request request = {.space = &space, .seed = 3, .count = 10, .budget = budget};
        struct search_result got = suggest(search_find("auto"), &request);
        struct search_result want =
            suggest(search_find(budget == 30 ? "grid" : "random"), &request);
        assert_memory_equal(got.points, want.points, 10 * sizeof(double));
        free(got.points);
        free(want.points);
    }
}

/* An experiment that began at random goes on at random when its budget then covers the grid: all
 * cells come, none twice. */
static void test_auto_goes_on(void **state)
{
    (void)state;
    CLEANUP(space_fini) struct space space = {0};
    space_of(&space, "[{'name':'a','parameterType':'int','feasibleSpace':{'min':'1','max':'30'}}]");
    struct search_request request = {.space = &space, .seed = 3, .count = 12, .budget = 12};
    struct search_result first = suggest(search_find("auto"), &request);
    struct search_row rows[12] = {0};
    for (size_t i = 0; i < 12; i++)
        rows[i] =
            (struct search_row){.index = i, .state = SEARCH_SUCCEEDED, .point = first.points + i};
    request = (struct search_request){.space = &space,
                                      .seed = 3,
                                      .count = 30,
                                      .budget = 30,
                                      .history = rows,
                                      .n_history = 12,
                                      .first_index = 12};
    struct search_result rest = suggest(search_find("auto"), &request);
    assert_int_equal(rest.count, 18);
    assert_true(rest.exhausted);
    double all[30];
    memcpy(all, first.points, 12 * sizeof(double));
    memcpy(all + 12, rest.points, 18 * sizeof(double));
    assert_int_equal(repeats(all, 30, 1), 0);
    free(first.points);
    free(rest.points);
}

static void test_check(void **state)
{
    (void)state;
#define SPACE                                                                                      \
    "'parameters':[{'name':'a','parameterType':'int','feasibleSpace':{'min':'1','max':'20'}}]"
    static const struct {
        const char *spec;
        int errors;
        const char *path, *part; /* NULL: no problem */
    } rows[] = {
        {"{'algorithm':{'algorithmName':'random'}}", 0, NULL, NULL},
        {"{'algorithm':{'algorithmName':'tpe2'}}", 1, "spec.algorithm.algorithmName",
         "'tpe2' is not known here, choose one of: auto, grid, random"},
        {"{'algorithm':{'algorithmName':'grid','algorithmSettings':[{'name':'random_state','value':"
         "'10'},"
         "{'name':'acq_func','value':'EI'}]}," SPACE ",'maxTrialCount':20}",
         1, "spec.algorithm.algorithmSettings[1]",
         "grid has no setting 'acq_func', it has: random_state"},
        {"{'algorithm':{'algorithmName':'grid','algorithmSettings':[{'name':'random_state','value':"
         "'-1'}]}}",
         1, "spec.algorithm.algorithmSettings[0]", "'-1', expected an integer from 0"},
        {"{'algorithm':{'algorithmName':'auto','algorithmSettings':[{'name':'random_state','value':"
         "'1'},"
         "{'name':'random_state','value':'2'}]}}",
         1, "spec.algorithm.algorithmSettings[1]", "given twice"},
        {"{'algorithm':{'algorithmName':'auto','algorithmSettings':[{'name':'random_state','value':"
         "1}]}}",
         1, "spec.algorithm.algorithmSettings[0]", "two strings"},
        {"{'algorithm':{'algorithmName':'grid'}," SPACE ",'maxTrialCount':20}", 0, NULL, NULL},
        {"{'algorithm':{'algorithmName':'grid'}," SPACE ",'maxTrialCount':30}", 0,
         "spec.maxTrialCount", "the grid has 20 points, fewer than maxTrialCount 30"},
        {"{'algorithm':{'algorithmName':'grid'}," SPACE ",'maxTrialCount':12}", 0,
         "spec.maxTrialCount", "the grid has 20 points, more than maxTrialCount 12"},
        {"{'algorithm':{'algorithmName':'auto'}," SPACE ",'maxTrialCount':12}", 0, NULL, NULL},
        {"{'algorithm':{'algorithmName':'auto'}," SPACE ",'maxTrialCount':24}", 0,
         "spec.maxTrialCount", "fewer"},
        {"{'algorithm':{'algorithmName':'random'},'parameters':[{'name':'a','parameterType':'"
         "double','feasibleSpace':"
         "{'min':'1','max':'9','step':'2','distribution':'logUniform'}}]}",
         0, "spec.parameters[0].feasibleSpace.step", "a has a step on a scale that is not uniform"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        auto_json json_t *spec = quoted(rows[i].spec);
        struct experiment_problems problems = {0};
        search_check(spec, &problems);
        bool fits = rows[i].path ? problems.count == 1 &&
                                       strcmp(problems.items[0].path, rows[i].path) == 0 &&
                                       strstr(problems.items[0].text, rows[i].part)
                                 : problems.count == 0;
        if (!fits || (int)problems.errors != rows[i].errors)
            fail_msg("%s: %zu problems, first: %s: %s", rows[i].spec, problems.count,
                     problems.count ? problems.items[0].path : "",
                     problems.count ? problems.items[0].text : "");
        experiment_problems_fini(&problems);
    }
}

static void test_rng(void **state)
{
    (void)state;
    /* the reference implementation's first outputs of xoshiro256++ */
    struct rng rng = {{1, 2, 3, 4}};
    static const uint64_t want[] = {41943041, 58720359, 3588806011781223, 3591011842654386};
    for (size_t i = 0; i < COUNT(want); i++)
        assert_true(rng_next(&rng) == want[i]);
    struct rng a = rng_stream(1, 2, RNG_RANDOM), b = rng_stream(1, 2, RNG_RANDOM),
               c = rng_stream(2, 1, RNG_RANDOM), d = rng_stream(1, 2, RNG_GRID);
    uint64_t first = rng_next(&a);
    assert_true(first == rng_next(&b) && first != rng_next(&c) && first != rng_next(&d));
    unsigned seen[5] = {0};
    for (int i = 0; i < 50000; i++)
        seen[rng_below(&a, 5)]++;
    for (int i = 0; i < 5; i++)
        assert_in_range(seen[i], 9600, 10400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_spaces), cmocka_unit_test(test_table),
        cmocka_unit_test(test_auto),          cmocka_unit_test(test_auto_is_what_it_stands_for),
        cmocka_unit_test(test_auto_goes_on),  cmocka_unit_test(test_check),
        cmocka_unit_test(test_rng),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
