#include "search/permutation.h"
#include "unit/search/spaces.h"

static struct search_result draw(const struct space *space, uint64_t seed, size_t count,
                                 const char *settings)
{
    auto_json json_t *list = settings ? quoted(settings) : NULL;
    struct search_request request = {
        .space = space, .seed = seed, .count = count, .settings = list};
    return suggest(search_find("random"), &request);
}

/* A finite space is drawn from until nothing is left, each cell once. */
static void test_exhausts(void **state)
{
    (void)state;
    CLEANUP(space_fini) struct space space = {0};
    space_of(&space,
             "[{'name':'a','parameterType':'int','feasibleSpace':{'min':'1','max':'9','"
             "distribution':'logNormal'}},"
             "{'name':'b','parameterType':'categorical','feasibleSpace':{'list':['x','y','z']}},"
             "{'name':'c','parameterType':'double','feasibleSpace':{'min':'2','max':'2'}}]");
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct search_result result = draw(&space, seed, 100, NULL);
        assert_int_equal(result.count, 27);
        assert_true(result.exhausted);
        assert_int_equal(repeats(result.points, result.count, space.n), 0);
        check_points("random", &space, &result);
        free(result.points);
    }
    struct search_result most = draw(&space, 1, 26, NULL);
    assert_false(most.exhausted);
    free(most.points);
}

/* Failed, killed and pending trials were visited too, and trials of a higher number change nothing.
 */
static void test_history(void **state)
{
    (void)state;
    CLEANUP(space_fini) struct space space = {0};
    space_of(&space, "[{'name':'a','parameterType':'int','feasibleSpace':{'min':'0','max':'7'}}]");
    static const double points[] = {0, 1, 2, 3, 4, 5, 6, 7};
    struct search_row rows[8] = {0};
    for (uint64_t i = 0; i < 8; i++)
        rows[i] = (struct search_row){
            .index = i, .state = (enum search_state)(i % 5), .point = &points[i]};
    struct search_request request = {
        .space = &space, .seed = 5, .count = 1, .history = rows, .n_history = 7, .first_index = 7};
    struct search_result last = suggest(search_find("random"), &request);
    assert_int_equal(last.count, 1);
    assert_true(last.points[0] == 7 && last.exhausted);
    request.n_history = 8;
    struct search_result again = suggest(search_find("random"), &request);
    assert_true(again.count == 1 && again.points[0] == 7);
    request.first_index = 8;
    struct search_result none = suggest(search_find("random"), &request);
    assert_true(none.count == 0 && none.exhausted);
    free(last.points);
    free(again.points);
    free(none.points);
}

static void test_random_state(void **state)
{
    (void)state;
    CLEANUP(space_fini) struct space space = {0};
    space_of(&space,
             "[{'name':'a','parameterType':'double','feasibleSpace':{'min':'0','max':'1'}}]");
    struct search_result a = draw(&space, 1, 2, NULL), b = draw(&space, 2, 2, NULL),
                         c = draw(&space, 1, 2, "[{'name':'random_state','value':'7'}]"),
                         d = draw(&space, 2, 2, "[{'name':'random_state','value':'7'}]");
    assert_true(a.points[0] != b.points[0] && a.points[0] != a.points[1]);
    assert_true(c.points[0] == d.points[0] && c.points[0] != a.points[0]);
    free(a.points);
    free(b.points);
    free(c.points);
    free(d.points);
}

/* The share of draws below a value, against the distribution's own. */
static void test_distributions(void **state)
{
    (void)state;
    static const struct {
        const char *feasible;
        double value, want;
    } rows[] = {
        {"{'min':'-1','max':'3'}", 0, 0.25},
        {"{'min':'1e-4','max':'1','distribution':'logUniform'}", 1e-3, 0.25},
        {"{'min':'0','max':'6','distribution':'normal'}", 2, 0.15788}, /* one sigma below */
        {"{'min':'1','max':'64','distribution':'logNormal'}", 8, 0.5},
        {"{'min':'0','max':'10','step':'1'}", 0.5, 1.0 / 11},
        {"{'min':'0','max':'10','step':'1'}", 9.5, 10.0 / 11},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[300];
        snprintf(text, sizeof(text),
                 "[{'name':'a','parameterType':'double','feasibleSpace':%s},"
                 "{'name':'b','parameterType':'double','feasibleSpace':{'min':'0','max':'1'}}]",
                 rows[i].feasible);
        CLEANUP(space_fini) struct space space = {0};
        space_of(&space, text);
        struct search_result result = draw(&space, 11, 20000, NULL);
        double below = 0, joint = 0, b = 0;
        for (size_t k = 0; k < result.count; k++) {
            bool under = result.points[2 * k] < rows[i].value,
                 left = result.points[2 * k + 1] < 0.5;
            below += under;
            joint += under && left;
            b += left;
        }
        double n = (double)result.count;
        if (fabs(below / n - rows[i].want) > 0.012 || fabs(joint / n - below / n * b / n) > 0.012)
            fail_msg("%s: %g below %g (with b %g), want %g", rows[i].feasible, below / n,
                     rows[i].value, joint / n, rows[i].want);
        free(result.points);
    }
}

static void test_permutation(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 300; n += 1 + n / 9) {
        bool seen[300] = {false};
        for (uint64_t i = 0; i < n; i++) {
            uint64_t at = permutation_at(n, 99, i);
            assert_true(at < n && !seen[at]);
            seen[at] = true;
        }
    }
    uint64_t huge = UINT64_C(1) << 61;
    assert_true(permutation_at(huge, 1, huge - 1) < huge);
    assert_true(permutation_at(huge, 1, 5) != permutation_at(huge, 2, 5));
}

/* 10 000 rows of history stay cheap: 200 requests are far from what a quadratic search would take.
 */
static void test_long_history(void **state)
{
    (void)state;
    enum { ROWS = 10000 };
    CLEANUP(space_fini) struct space space = {0};
    space_of(&space, "[{'name':'a','parameterType':'int','feasibleSpace':{'min':'0','max':'149'}},"
                     "{'name':'b','parameterType':'int','feasibleSpace':{'min':'0','max':'69'}}]");
    struct search_result all = draw(&space, 1, ROWS, NULL);
    assert_int_equal(all.count, ROWS);
    auto_free struct search_row *rows = calloc(ROWS, sizeof(*rows));
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = (struct search_row){.index = i, .point = all.points + 2 * i};
    for (size_t i = 0; i < 200; i++) {
        struct search_request request = {.space = &space,
                                         .seed = 1,
                                         .count = 1,
                                         .history = rows,
                                         .n_history = ROWS - 200 + i,
                                         .first_index = ROWS - 200 + i};
        struct search_result one = suggest(search_find("random"), &request);
        assert_true(one.count == 1 &&
                    memcmp(one.points, all.points + 2 * request.first_index, 16) == 0);
        free(one.points);
    }
    free(all.points);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exhausts),     cmocka_unit_test(test_history),
        cmocka_unit_test(test_random_state), cmocka_unit_test(test_distributions),
        cmocka_unit_test(test_permutation),  cmocka_unit_test(test_long_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
