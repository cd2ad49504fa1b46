#include <math.h>

#include "base/scope.h"
#include "check.h"
#include "experiment/space.h"
#include "nbtags/number.h"

static const struct {
    const char *parameter; /* without its name */
    double cells, max;
    const char *first, *last; /* texts of the first and last coordinate */
} shapes[] = {
    {"'parameterType':'int','feasibleSpace':{'min':'1','max':'10','step':'4'}", 3, 9, "1", "9"},
    {"'parameterType':'int','feasibleSpace':{'min':'-3','max':'3'}", 7, 3, "-3", "3"},
    {"'parameterType':'int','feasibleSpace':{'min':'5','max':'5','step':''}", 1, 5, "5", "5"},
    {"'parameterType':'double','feasibleSpace':{'min':'0','max':'0.6','step':'0.05'}", 13, 0.6, "0",
     "0.6"},
    {"'parameterType':'double','feasibleSpace':{'min':'0','max':'1','step':'.1'}", 11, 1, "0", "1"},
    {"'parameterType':'double','feasibleSpace':{'min':'0.0001','max':'0.01','step':'0.0003'}", 34,
     0.01, "0.0001", "0.01"},
    {"'parameterType':'double','feasibleSpace':{'min':'1e-7','max':'1e-6','step':'3e-7'}", 4, 1e-6,
     "1e-07", "1e-06"},
    {"'parameterType':'double','feasibleSpace':{'min':'2','max':'3'}", INFINITY, 3, "2", "3"},
    {"'parameterType':'double','feasibleSpace':{'min':'2','max':'2'}", 1, 2, "2", "2"},
    {"'parameterType':'double','feasibleSpace':{'min':'1','max':'100','distribution':'logUniform'}",
     INFINITY, 100, "1", "100"},
    {"'parameterType':'discrete','feasibleSpace':{'list':['0.10','1e-2']}", 2, 0, "0.10", "1e-2"},
    {"'parameterType':'categorical','feasibleSpace':{'list':['b','a','c']}", 3, 0, "b", "c"},
};

static json_t *parameters_of(const char *body)
{
    char text[512];
    snprintf(text, sizeof(text), "[{'name':'x',%s}]", body);
    for (char *p = text; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    json_t *parameters = json_loads(text, 0, NULL);
    assert_non_null(parameters);
    return parameters;
}

static void make(struct space *space, const char *body)
{
    auto_json json_t *parameters = parameters_of(body);
    struct nbt_error err = NBT_ERROR_INIT;
    if (space_init(space, parameters, &err) < 0)
        fail_msg("%s: %s", body, err.text);
}

static void test_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        CLEANUP(space_fini) struct space space = {0};
        char text[SPACE_TEXT_MAX];
        make(&space, shapes[i].parameter);
        const struct space_dimension *d = &space.dimensions[0];
        if (d->cells != shapes[i].cells || space.cells != shapes[i].cells ||
            d->max != shapes[i].max)
            fail_msg("%s: cells %g max %.17g, want %g %.17g", shapes[i].parameter, d->cells, d->max,
                     shapes[i].cells, shapes[i].max);
        bool indexed = d->choices || d->step > 0;
        assert_string_equal(space_text(d, indexed ? 0 : d->min, text), shapes[i].first);
        assert_string_equal(space_text(d, indexed ? d->cells - 1 : d->max, text), shapes[i].last);
    }
}

/* Every lattice value goes to text and back, and no text has digits that the step does not. */
static void test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        CLEANUP(space_fini) struct space space = {0};
        make(&space, shapes[i].parameter);
        const struct space_dimension *d = &space.dimensions[0];
        for (double k = 0; k < 200; k++) {
            double coordinate = space_quantile(d, (k + 0.5) / 200), back = -1;
            char text[SPACE_TEXT_MAX];
            const char *value = space_text(d, coordinate, text);
            if (!space_coordinate(d, value, &back) || back != coordinate)
                fail_msg("%s: %.17g -> %s -> %.17g", shapes[i].parameter, coordinate, value, back);
            if (d->step > 0 && strlen(value) > 6)
                fail_msg("%s: %s is not rounded to the step", shapes[i].parameter, value);
        }
    }
}

static void test_outside(void **state)
{
    (void)state;
    static const struct {
        const char *parameter, *text;
    } rows[] = {
        {"'parameterType':'int','feasibleSpace':{'min':'1','max':'10','step':'4'}", "10"},
        {"'parameterType':'int','feasibleSpace':{'min':'1','max':'10','step':'4'}", "2"},
        {"'parameterType':'int','feasibleSpace':{'min':'1','max':'10'}", "1.5"},
        {"'parameterType':'double','feasibleSpace':{'min':'0','max':'1','step':'0.1'}", "0.15"},
        {"'parameterType':'double','feasibleSpace':{'min':'0','max':'1'}", "1.0001"},
        {"'parameterType':'double','feasibleSpace':{'min':'0','max':'1'}", "nan"},
        {"'parameterType':'discrete','feasibleSpace':{'list':['1','2']}", "3"},
        {"'parameterType':'categorical','feasibleSpace':{'list':['1','2']}", "1.0"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(space_fini) struct space space = {0};
        double coordinate = 0;
        make(&space, rows[i].parameter);
        if (space_coordinate(&space.dimensions[0], rows[i].text, &coordinate))
            fail_msg("%s holds %s as %g", rows[i].parameter, rows[i].text, coordinate);
    }
}

/* Share of quantiles that fall on each cell. */
static void shares(const char *parameter, double *ret_shares, size_t n)
{
    CLEANUP(space_fini) struct space space = {0};
    make(&space, parameter);
    memset(ret_shares, 0, n * sizeof(*ret_shares));
    for (int k = 0; k < 100000; k++)
        ret_shares[(size_t)space_quantile(&space.dimensions[0], (k + 0.5) / 100000)] += 1e-5;
}

static void test_ends_have_full_mass(void **state)
{
    (void)state;
    double share[5];
    shares("'parameterType':'double','feasibleSpace':{'min':'0','max':'1','step':'0.25'}", share,
           5);
    for (int i = 0; i < 5; i++)
        assert_true(fabs(share[i] - 0.2) < 1e-4);
    /* log int on [ln 0.5, ln 5.5]: 1 has ln 3 of ln 11 */
    shares(
        "'parameterType':'int','feasibleSpace':{'min':'1','max':'5','distribution':'logUniform'}",
        share, 5);
    assert_true(fabs(share[0] - log(3) / log(11)) < 1e-4);
    assert_true(fabs(share[4] - log(5.5 / 4.5) / log(11)) < 1e-4);
    /* normal on [-0.5, 4.5] about 2, sigma 4/6: symmetric, most in the middle */
    shares("'parameterType':'int','feasibleSpace':{'min':'0','max':'4','distribution':'normal'}",
           share, 5);
    assert_true(fabs(share[0] - share[4]) < 1e-3 && fabs(share[2] - 0.5467) < 2e-3);
}

static void test_continuous(void **state)
{
    (void)state;
    CLEANUP(space_fini) struct space space = {0};
    make(&space, "'parameterType':'double','feasibleSpace':{'min':'1e-4','max':'1','distribution':'"
                 "logUniform'}");
    assert_true(fabs(space_quantile(&space.dimensions[0], 0.5) - 1e-2) < 1e-12);
    CLEANUP(space_fini) struct space bell = {0};
    make(&bell,
         "'parameterType':'double','feasibleSpace':{'min':'-6','max':'6','distribution':'normal'}");
    const struct space_dimension *d = &bell.dimensions[0];
    assert_true(fabs(space_quantile(d, 0.5)) < 1e-8);
    assert_true(space_quantile(d, 0) >= -6 && space_quantile(d, 1 - 1e-16) <= 6);
    /* sigma 2 cut at three sigmas: 84.13 % of the whole bell is below one sigma */
    double u = (0.8413447461 - 0.0013498980) / (1 - 2 * 0.0013498980);
    assert_true(fabs(space_quantile(d, u) - 2) < 1e-6);
}

static void test_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *parameter, *path, *part;
    } rows[] = {
        {"'parameterType':'int','feasibleSpace':{'min':'5','max':'1'}",
         "spec.parameters[0].feasibleSpace.min", "min 5 is above max 1"},
        {"'parameterType':'int','feasibleSpace':{'min':'1.5','max':'9'}",
         "spec.parameters[0].feasibleSpace.min", "'1.5' is not an integer"},
        {"'parameterType':'double','feasibleSpace':{'min':'0','max':'1','step':'0'}",
         "spec.parameters[0].feasibleSpace.step", "the step is 0"},
        {"'parameterType':'double','feasibleSpace':{'min':'0','max':'1','distribution':'logUniform'"
         "}",
         "spec.parameters[0].feasibleSpace.min", "no logarithm"},
        {"'parameterType':'double','feasibleSpace':{'min':'0'}", "spec.parameters[0].feasibleSpace",
         "max of 'x'"},
        {"'parameterType':'categorical','feasibleSpace':{'list':[]}",
         "spec.parameters[0].feasibleSpace.list", "empty"},
        {"'parameterType':'float','feasibleSpace':{}", "spec.parameters[0].parameterType",
         "'float'"},
        {"'parameterType':'int','feasibleSpace':{'min':'1','max':'99999999999999999'}",
         "spec.parameters[0].feasibleSpace.max", "2^53"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        auto_json json_t *parameters = parameters_of(rows[i].parameter);
        struct space space = {0};
        struct nbt_error err = NBT_ERROR_INIT;
        assert_int_equal(space_init(&space, parameters, &err), NBT_EINVAL);
        if (strcmp(err.path, rows[i].path) != 0 || !strstr(err.text, rows[i].part))
            fail_msg("%s: '%s' at %s, want '%s' at %s", rows[i].parameter, err.text, err.path,
                     rows[i].part, rows[i].path);
    }
}

static void test_round(void **state)
{
    (void)state;
    static const double rows[][2] = {
        {0.7 - 0.3, 0.4}, {1e-4 / 10, 1e-5},         {0, 0},          {-2.5, -2.5}, {1e300, 1e300},
        {5e-324, 5e-324}, {1.0 / 3, 0.333333333333}, {0.1 + 0.2, 0.3}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (space_round(rows[i][0], 12) != rows[i][1])
            fail_msg("%.17g: %.17g, want %.17g", rows[i][0], space_round(rows[i][0], 12),
                     rows[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),     cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_outside),    cmocka_unit_test(test_ends_have_full_mass),
        cmocka_unit_test(test_continuous), cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
