/* What charts are made of, for experiments of every kind; and what cannot leave an HTML page's
 * text. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/scope.h"
#include "check.h"
#include "service/charts.h"
#include "service/html.h"
#include "service/internal.h"

static const char *const hostile = "a.b[0]\\'\"<script>alert(1)</script>\n\x1b[2J";

/* JSON with ' for ". */
static json_t *quoted(const char *text)
{
    auto_free char *copy = strdup(text);

    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    json_t *value = json_loads(copy, 0, NULL);
    assert_non_null(value);
    return value;
}

static json_t *show_of(const char *objective, const char *parameter)
{
    json_t *show = quoted(
        "{'name':'e','state':'Succeeded','engine':'local','notebook':'/n.ipynb','message':'',"
        " 'warnings':[],'trials':[],'experiment':{'metadata':{'name':'e'},'status':{},'spec':{"
        "  'objective':{'type':'maximize'},'algorithm':{'algorithmName':'random'},"
        "  'parameters':["
        "   {'parameterType':'double','feasibleSpace':{'min':'0.001','max':'0.1',"
        "    'distribution':'logUniform'}},"
        "   {'name':'n','parameterType':'int','feasibleSpace':{'min':'1','max':'9','step':'1'}},"
        "   {'name':'c','parameterType':'categorical','feasibleSpace':{'list':['a','b','x.y']}},"
        "   {'name':'d','parameterType':'discrete','feasibleSpace':{'list':['8','16','32']}}]}}}");
    json_t *spec = json_object_get(json_object_get(show, "experiment"), "spec");

    json_object_set_new(json_object_get(spec, "objective"), "objectiveMetricName",
                        json_string(objective));
    json_object_set_new(json_array_get(json_object_get(spec, "parameters"), 0), "name",
                        json_string(parameter));
    return show;
}

static void add_trial(json_t *show, const char *state, const char *value)
{
    json_t *trials = json_object_get(show, "trials");
    json_t *spec = json_object_get(json_object_get(show, "experiment"), "spec");
    json_t *parameters = json_object_get(spec, "parameters");
    const char *objective = json_string_value(
        json_object_get(json_object_get(spec, "objective"), "objectiveMetricName"));
    size_t i = json_array_size(trials);
    static const char *const choices[] = {"a", "b", "x.y"}, *const sizes[] = {"8", "16", "32"};

    json_array_append_new(
        trials,
        json_pack("{s:o, s:I, s:s, s:s, s:s, s:f, s:[{s:O,s:o},{s:s,s:o},{s:s,s:s},{s:s,s:s}],"
                  " s:{s:[{s:s,s:s,s:s,s:s}]}}",
                  "name", json_sprintf("e-%zu", i), "index", (json_int_t)i, "state", state,
                  "reason", hostile, "message", hostile, "seconds", 1.0, "assignments", "name",
                  json_object_get(json_array_get(parameters, 0), "name"), "value",
                  json_sprintf("%.4f", 0.001 * (double)(1 + i % 90)), "name", "n", "value",
                  json_sprintf("%zu", 1 + i % 9), "name", "c", "value", choices[i % 3], "name", "d",
                  "value", sizes[i % 3], "observation", "metrics", "name", objective, "min", value,
                  "max", value, "latest", value));
}

static json_t *charts_from(const json_t *show, const json_t *curves)
{
    CLEANUP(charts_fini) struct charts charts = {0};
    struct nbt_error err = NBT_ERROR_INIT;
    json_t *list = NULL;

    if (charts_init(&charts, show, curves, &err) < 0 || charts_json(&list, &charts, &err) < 0)
        fail_msg("%s", err.text);
    return list;
}

static const json_t *spec_named(const json_t *charts, const char *name)
{
    size_t i;
    json_t *chart;

    json_array_foreach(charts, i, chart)
    {
        if (strcmp(json_string_value(json_object_get(chart, "name")), name) == 0)
            return json_object_get(chart, "spec");
    }
    return NULL;
}

static const json_t *rows_in(const json_t *spec)
{
    return json_object_get(json_object_get(spec, "data"), "values");
}

/* A chart that says why there is none has one mark of text. */
static bool is_note(const json_t *spec)
{
    return json_object_get(json_array_get(rows_in(spec), 0), "note") != NULL;
}

/* Every "field" of a document is a neutral name. */
static void check_fields(const json_t *value)
{
    const char *key;
    json_t *member;
    size_t i;

    json_array_foreach(value, i, member) check_fields(member);
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        const char *text = json_string_value(member);
        if (strcmp(key, "values") == 0)
            continue;
        if (strcmp(key, "field") == 0 && (!text || strspn(text, "abcdefghijklmnopqrstuvwxyz"
                                                                "0123456789") != strlen(text)))
            fail_msg("a field is named '%s'", text ? text : "?");
        check_fields(member);
    }
}

static void every_kind_of_experiment(void **state)
{
    static const struct {
        const char *states, *values[4]; /* S, F, K, R, P, M a trial */
        bool objective, parallel, importance;
    } table[] = {
        {"", {0}, false, false, false},
        {"P", {"unavailable"}, false, false, false},
        {"F", {"unavailable"}, true, false, false},
        {"S", {"0.5"}, true, true, false},
        {"SS", {"0.5", "0.5"}, true, true, false},
        {"SFKR", {"1e308", "unavailable", "unavailable", "unavailable"}, true, true, false},
        {"SS", {"nan", "inf"}, true, false, false},
        {"SM", {"-1e308", "unavailable"}, true, true, false},
        {"SS", {"-1.7e308", "1.7e308"}, true, true, false},
    };
    static const char *const names[] = {"Succeeded", "Failed",  "Killed",
                                        "Running",   "Pending", "MetricsUnavailable"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        auto_json json_t *show = show_of(hostile, hostile);
        for (size_t t = 0; table[i].states[t]; t++)
            add_trial(show, names[strchr("SFKRPM", table[i].states[t]) - "SFKRPM"],
                      table[i].values[t]);
        auto_json json_t *charts = charts_from(show, NULL);
        assert_int_equal(json_array_size(charts), 4);
        check_fields(charts);
        if (is_note(spec_named(charts, "objective")) == table[i].objective ||
            is_note(spec_named(charts, "parallel")) == table[i].parallel ||
            is_note(spec_named(charts, "importance")) == table[i].importance)
            fail_msg("row %zu has the wrong charts", i);
    }
}

static void the_best_so_far(void **state)
{
    static const char *const values[] = {"0.3", "0.2", "0.7", "0.7", "0.1"};
    static const double best[] = {0.3, 0.3, 0.7, 0.7, 0.7};
    auto_json json_t *show = show_of("m", "p");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++)
        add_trial(show, "Succeeded", values[i]);
    auto_json json_t *charts = charts_from(show, NULL);
    const json_t *rows = rows_in(spec_named(charts, "objective"));
    assert_int_equal(json_array_size(rows), COUNT_OF(values));
    for (size_t i = 0; i < COUNT_OF(values); i++)
        assert_true(json_real_value(json_object_get(json_array_get(rows, i), "b")) == best[i]);
    rows = rows_in(spec_named(charts, "parameters"));
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 2), "k")), "best");
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 3), "k")), "other");
}

static void scales_follow_the_space(void **state)
{
    auto_json json_t *show = show_of("m", hostile);
    static const struct {
        size_t panel;
        const char *type, *scale;
    } table[] = {{0, "quantitative", "log"},
                 {1, "quantitative", "linear"},
                 {2, "nominal", "point"},
                 {3, "ordinal", "point"}};

    (void)state;
    add_trial(show, "Succeeded", "1");
    auto_json json_t *charts = charts_from(show, NULL);
    const json_t *panels = json_object_get(spec_named(charts, "parameters"), "concat");
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        const json_t *x = json_object_get(
            json_object_get(json_array_get(panels, table[i].panel), "encoding"), "x");
        assert_string_equal(json_string_value(json_object_get(x, "type")), table[i].type);
        assert_string_equal(json_string_value(json_object_get(json_object_get(x, "scale"), "type")),
                            table[i].scale);
    }
}

static void places_on_an_axis(void **state)
{
    static char *letters[] = {"a", "b", "c"};
    static const struct {
        struct space_dimension dimension;
        double coordinate, want;
    } table[] = {
        {{.kind = SPACE_DOUBLE, .min = 0, .max = 4}, 1, 0.25},
        {{.kind = SPACE_DOUBLE, .min = 0, .max = 4}, 9, 1},
        {{.kind = SPACE_INT, .min = -2, .max = 2}, 1, 0.75},
        {{.kind = SPACE_DOUBLE, .min = 3, .max = 3}, 3, 0.5},
        {{.kind = SPACE_DOUBLE, .distribution = SPACE_LOG_UNIFORM, .min = 0.001, .max = 0.1},
         0.01,
         0.5},
        {{.kind = SPACE_CATEGORICAL, .choices = letters, .n_choices = 3}, 1, 0.5},
        {{.kind = SPACE_CATEGORICAL, .choices = letters, .n_choices = 1}, 0, 0.5},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        double got = dimension_place(&table[i].dimension, table[i].coordinate);
        if (!(got > table[i].want - 1e-12 && got < table[i].want + 1e-12))
            fail_msg("row %zu: %g, expected %g", i, got, table[i].want);
    }
}

/* A thousand digits of name, ten thousand trials, many parameters. */
static void huge_experiments_stay_small(void **state)
{
    char name[1001];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    auto_json json_t *show = show_of(name, "p");
    json_t *parameters =
        json_object_get(json_object_get(json_object_get(show, "experiment"), "spec"), "parameters");

    (void)state;
    for (int i = 0; i < 40; i++)
        json_array_append_new(parameters, json_pack("{s:o, s:s, s:{s:[s]}}", "name",
                                                    json_sprintf("%s%d", name, i), "parameterType",
                                                    "categorical", "feasibleSpace", "list", name));
    for (int i = 0; i < 10000; i++) {
        auto_free char *value = NULL;
        assert_true(asprintf(&value, "%d", i == 4321 ? 20000 : i) > 0);
        add_trial(show, "Succeeded", value);
    }
    auto_json json_t *charts = charts_from(show, NULL);
    size_t i;
    json_t *chart;
    json_array_foreach(charts, i, chart)
    {
        size_t size = json_dumpb(json_object_get(chart, "spec"), NULL, 0, JSON_COMPACT);
        assert_true(size > 100 && size < 1000000);
    }
    const json_t *rows = rows_in(spec_named(charts, "parameters"));
    assert_true(json_array_size(rows) > 100);
    bool found = false;
    json_array_foreach(rows, i, chart) found =
        found || json_integer_value(json_object_get(chart, "z"));
    assert_true(found); /* the best trial is among those that are drawn */
    assert_non_null(
        strstr(json_string_value(json_object_get(
                   json_object_get(spec_named(charts, "objective"), "title"), "subtitle")),
               "of 10000 trials"));
}

static void learning_curves(void **state)
{
    auto_json json_t *show = show_of("m", "p");
    auto_json json_t *curves = quoted("{'e-0':[0.1,0.2,0.3],'e-1':[],'e-9':[1]}");

    (void)state;
    add_trial(show, "Succeeded", "0.3");
    add_trial(show, "Failed", "unavailable");
    auto_json json_t *charts = charts_from(show, curves);
    assert_int_equal(json_array_size(rows_in(spec_named(charts, "learning"))), 3);
    auto_json json_t *without = charts_from(show, NULL);
    assert_null(spec_named(without, "learning"));
}

static void patterns_are_filled_once(void **state)
{
    auto_json json_t *got = chart_fill("{'a':'$x','b':['$x','$none',{'c':'$none'}],'d':'x'}",
                                       json_pack("{s:s}", "x", "$x"));
    auto_json json_t *want = quoted("{'a':'$x','b':['$x',{}],'d':'x'}");

    (void)state;
    assert_true(json_equal(got, want));
}

static void html_is_escaped(void **state)
{
    static const struct {
        const char *text, *want;
    } table[] = {
        {"", ""},
        {"plain \xc3\xa9", "plain \xc3\xa9"},
        {"<a href=\"x\" b='y'>&", "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;"},
        {"a\tb\nc\x1b[2J\x7f", "a\tb\nc\xef\xbf\xbd[2J\xef\xbf\xbd"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        CLEANUP(buf_fini) struct buf out = buf_init(4096);
        html_text(&out, table[i].text);
        assert_string_equal(buf_text(&out), table[i].want);
    }
    CLEANUP(buf_fini) struct buf out = buf_init(4096);
    auto_json json_t *value = json_string("</script><!--");
    html_json(&out, value);
    assert_string_equal(buf_text(&out), "\"\\u003c/script>\\u003c!--\"");
}

/* How often a part occurs. */
static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

static void a_report_is_inert(void **state)
{
    auto_json json_t *show = show_of(hostile, hostile);
    auto_free char *html = NULL;
    struct nbt_error err = NBT_ERROR_INIT;

    (void)state;
    add_trial(show, "Succeeded", "0.5");
    add_trial(show, "Failed", "unavailable");
    if (service_report(&html, show, hostile, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(count_of(html, "<script>alert"), 0);
    assert_true(count_of(html, "&lt;script&gt;alert") > 5);
    assert_non_null(strstr(html, "default-src 'none'; script-src 'sha256-"));
    assert_int_equal(count_of(html, "id=\"trial-"), 2);
    assert_int_equal(count_of(html, "id=\"error-1\""), 1);
    assert_int_equal(count_of(html, "</html>"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_experiment), cmocka_unit_test(the_best_so_far),
        cmocka_unit_test(scales_follow_the_space),  cmocka_unit_test(huge_experiments_stay_small),
        cmocka_unit_test(places_on_an_axis),        cmocka_unit_test(learning_curves),
        cmocka_unit_test(patterns_are_filled_once), cmocka_unit_test(html_is_escaped),
        cmocka_unit_test(a_report_is_inert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
