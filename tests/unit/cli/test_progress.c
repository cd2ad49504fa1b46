/* The live view drawn into memory, events as lines, and the columns of text. */
#include <stdlib.h>
#include <time.h>

#include "base/scope.h"
#include "check.h"
#include "service/lines.h"
#include "cli/progress_draw.h"
#include "service/text.h"

static const char document[] = "{'metadata':{'name':'digits-x7k2q'},'spec':{'maxTrialCount':4,'"
                               "parallelTrialCount':2,'algorithm':{'algorithmName':'grid'},"
                               "'objective':{'type':'minimize','objectiveMetricName':'loss'}}}";

static const char *const events[] = {
    "{'kind':'engine-started','pid':1}",
    "{'kind':'trial-created','trial':'t-1','assignments':[{'name':'lr','value':'0.1'}]}",
    "{'kind':'trial-started','trial':'t-1','pid':2}",
    "{'kind':'trial-created','trial':'t-2','assignments':[{'name':'lr','value':'0.2'}]}",
    "{'kind':'trial-started','trial':'t-2','pid':3}",
    ("{'kind':'trial-finished','trial':'t-1','state':'Succeeded','observation':{'metrics':[{'name':"
     "'loss','min':'0.5','max':'9','latest':'0.7'}]},'seconds':1}"),
    "{'kind':'optimal','trial':'t-1','assignments':[{'name':'lr','value':'0.1'}],'value':0.5}",
    "{'kind':'trial-created','trial':'t-3','assignments':[{'name':'lr','value':'0.3'}]}",
    "{'kind':'trial-started','trial':'t-3','pid':4}",
    "{'kind':'trial-step','trial':'t-3','step':'train','cell':3,'run':2,'cells':5}",
    ("{'kind':'trial-finished','trial':'t-2','state':'Failed','reason':'CellFailed',"
     "'message':'no','seconds':2}"),
    "{'kind':'trial-report','trial':'t-3','metric':'loss','value':1}",
};

/* JSON with ' for ". */
static json_t *parse(const char *text)
{
    auto_free char *copy = strdup(text);

    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    json_t *value = json_loads(copy, 0, NULL);
    assert_non_null(value);
    return value;
}

static void feed(struct progress *progress, const char *text, int64_t now_ms)
{
    auto_json json_t *event = parse(text);

    progress_event(progress, event, now_ms);
}

static void fill(struct progress *progress)
{
    auto_json json_t *experiment = parse(document);

    progress_init(progress);
    progress_experiment(progress, experiment, "grid");
    for (size_t i = 0; i < COUNT_OF(events); i++)
        feed(progress, events[i], 1000 * (int64_t)i);
}

static void the_model_counts(void **state)
{
    CLEANUP(progress_fini) struct progress progress;

    (void)state;
    fill(&progress);
    assert_int_equal(progress.succeeded, 1);
    assert_int_equal(progress.failed, 1);
    assert_int_equal(progress.n_trials, 1);
    assert_string_equal(progress.trials[0].name, "t-3");
    assert_int_equal(progress.trials[0].run, 2);
    assert_string_equal(progress.best_value, "0.5");
    assert_int_equal(progress.n_history, 1);
    assert_true(progress.history[0] == 0.5); /* a minimum is compared by its minimum */
    feed(&progress, "{'kind':'trial-lost','trial':'t-3'}", 20000);
    assert_false(progress.trials[0].running);
    feed(&progress, "{'kind':'trial-started','trial':'t-3'}", 21000);
    assert_true(progress.trials[0].running);
    assert_int_equal(progress.trials[0].run, 0);
    feed(&progress, "{'kind':'engine-ended','state':'Stopped','reason':'r','message':'m'}", 22000);
    assert_string_equal(progress.state, "Stopped");
}

static void the_picture_is_exact(void **state)
{
    static const char want[] = "digits-x7k2q  grid  12s  1.0s a trial  about 1s left\n"
                               "█████░░░░░░░░░░░░░░░  1/4  1 succeeded  1 failed  1 running\n"
                               "best   loss 0.5  lr=0.1  t-1\n"
                               "  t-3     4.0s  2/5 train  lr=0.3\n";
    CLEANUP(progress_fini) struct progress progress;
    CLEANUP(buf_fini) struct buf out = buf_init(65536);

    (void)state;
    fill(&progress);
    progress_draw(&progress, &(struct progress_style){.width = 80, .rows = 24}, 12000, &out);
    assert_string_equal(buf_text(&out), want);
}

/* Two trials of 4 s took 12 s side by side; of the two that are left, one has run for 2 s. */
static void the_head_tells_the_algorithm_and_the_pace(void **state)
{
    static const char *const more[] = {
        "{'kind':'engine-started','pid':1}",
        "{'kind':'trial-finished','trial':'digits-x7k2q-a','state':'Succeeded','seconds':3}",
        "{'kind':'trial-finished','trial':'digits-x7k2q-b','state':'Succeeded','seconds':5}",
        "{'kind':'trial-finished','trial':'digits-x7k2q-k','state':'Killed','seconds':50}",
        ("{'kind':'optimal','trial':'digits-x7k2q-a','value':0.12345678901,"
         "'assignments':[{'name':'lr','value':'0.049999999999'}]}"),
        ("{'kind':'trial-created','trial':'digits-x7k2q-c','assignments':[{'name':'lr','value':"
         "'0.0137489759'},{'name':'n','value':'12345678'},{'name':'s','value':'1.23456789x'}]}"),
        "{'kind':'trial-started','trial':'digits-x7k2q-c'}",
        "{'kind':'trial-step','trial':'digits-x7k2q-c','step':'plain','cell':9,'run':3,'cells':5}",
    };
    static const char want[] =
        "digits-x7k2q  auto: random  9.0s  4.0s a trial  about 3s left\n"
        "██████████░░░░░░░░░░  2/4  2 succeeded  0 failed  1 killed  1 running\n"
        "best   loss 0.123457  lr=0.05  a\n"
        "  c     2.0s  3/5 cell 9  lr=0.013749 n=12345678 s=1.23456789x\n";
    CLEANUP(progress_fini) struct progress progress;
    CLEANUP(buf_fini) struct buf out = buf_init(65536);
    auto_json json_t *experiment = parse(document);

    (void)state;
    json_object_set_new(json_object_get(json_object_get(experiment, "spec"), "algorithm"),
                        "algorithmName", json_string("auto"));
    progress_init(&progress);
    progress_experiment(&progress, experiment, "random");
    for (size_t i = 0; i < COUNT_OF(more); i++)
        feed(&progress, more[i], i < 5 ? 0 : 7000);
    progress_draw(&progress, &(struct progress_style){.width = 80, .rows = 24}, 9000, &out);
    assert_string_equal(buf_text(&out), want);
    buf_clear(&out);
    feed(&progress, "{'kind':'trial-finished','trial':'t','state':'Succeeded','seconds':4}", 9000);
    progress_draw(&progress, &(struct progress_style){.width = 80, .rows = 24}, 99000, &out);
    assert_null(strstr(buf_text(&out), "left"));
}

static void check_size(const struct progress *progress, size_t width, size_t rows, bool ascii)
{
    CLEANUP(buf_fini) struct buf out = buf_init(65536);
    size_t lines = 0;

    progress_draw(progress, &(struct progress_style){.width = width, .rows = rows, .ascii = ascii},
                  5000, &out);
    auto_free char *copy = strdup(buf_text(&out));
    for (char *line = copy, *end; (end = strchr(line, '\n')); line = end + 1, lines++) {
        *end = '\0';
        if (text_width(line) > (width < 20 ? 20 : width))
            fail_msg("width %zu: a line of %zu columns: %s", width, text_width(line), line);
    }
    if (lines > (rows < 6 ? 5 : rows - 1))
        fail_msg("%zu lines on a terminal of %zu rows", lines, rows);
}

static void no_line_is_wider_than_the_terminal(void **state)
{
    CLEANUP(progress_fini) struct progress progress;

    (void)state;
    fill(&progress);
    for (int i = 0; i < 40; i++) {
        char text[256];
        snprintf(text, sizeof(text), "{'kind':'trial-started','trial':'試行-%d-with-a-long-name'}",
                 i);
        feed(&progress, text, 1000);
        snprintf(text, sizeof(text),
                 "{'kind':'trial-finished','trial':'x','state':'Succeeded','observation':{'metrics'"
                 ":[{'name':'loss',"
                 "'min':'%d'}]}}",
                 i);
        feed(&progress, text, 1000);
    }
    progress_note(&progress,
                  "stopping: running trials finish first; press Ctrl-C again to kill them");
    for (size_t width = 1; width < 200; width += 7)
        check_size(&progress, width, 3 + width / 8, width % 2);
}

static void what_comes_from_outside_steers_no_terminal(void **state)
{
    CLEANUP(progress_fini) struct progress progress;
    CLEANUP(buf_fini) struct buf out = buf_init(65536);

    (void)state;
    fill(&progress);
    feed(&progress, "{'kind':'trial-started','trial':'\\u001b[2Jevil\\nline'}", 0);
    feed(&progress,
         "{'kind':'optimal','trial':'\\u001b[31m','value':'\\u0007','assignments':[{'name':'"
         "a\\u001b','value':'\\u009b'}]}",
         0);
    progress_draw(&progress, &(struct progress_style){.width = 120, .rows = 24}, 0, &out);
    for (const char *p = buf_text(&out); *p; p++) {
        if ((unsigned char)*p < 0x20 && *p != '\n')
            fail_msg("a control character 0x%02x is drawn", (unsigned char)*p);
    }
    assert_null(strstr(buf_text(&out), "\xc2\x9b"));
}

static void colours_are_asked_for(void **state)
{
    CLEANUP(progress_fini) struct progress progress;
    CLEANUP(buf_fini) struct buf plain = buf_init(65536);
    CLEANUP(buf_fini) struct buf coloured = buf_init(65536);

    (void)state;
    fill(&progress);
    progress_draw(&progress, &(struct progress_style){.width = 80, .rows = 24}, 0, &plain);
    progress_draw(&progress, &(struct progress_style){.width = 80, .rows = 24, .colour = true}, 0,
                  &coloured);
    assert_null(strchr(buf_text(&plain), '\033'));
    assert_non_null(strstr(buf_text(&coloured), "\033[32m"));
}

static void events_as_lines(void **state)
{
    static const struct {
        const char *event, *brief, *verbose; /* verbose NULL: the same */
    } table[] = {
        {"{'kind':'experiment-created','name':'t','notebook':'n.ipynb','algorithm':'auto'}",
         "experiment t  notebook n.ipynb  algorithm auto: random", NULL},
        {"{'kind':'engine-started','pid':3}", "", "engine started  pid 3"},
        {"{'kind':'engine-ended','state':'Succeeded'}", "", "engine ended  Succeeded"},
        {"{'kind':'condition','type':'Running','status':'True','reason':'R','message':'m'}",
         "condition Running=True  R  m", NULL},
        {"{'kind':'condition','type':'Running','status':'False','reason':'R','message':'m'}", "",
         "condition Running=False  R  m"},
        {"{'kind':'trial-started','trial':'t-a','pid':7,'time':'2026-11-24T03:10:00.5Z'}", "",
         "05:10:00  trial a  started  pid 7"},
        {"{'kind':'trial-created','trial':'t-a','time':'2026-11-24T23:10:00.5Z','assignments':[{'"
         "name':'a','value':'0.049999999999'},{'name':'b','value':'x'}]}",
         "01:10:00  trial a  starts  a=0.05 b=x", NULL},
        {"{'kind':'trial-step','trial':'t-a','step':'train','cell':4,'run':2,'cells':5}", "",
         "trial a  2/5  train"},
        {"{'kind':'trial-step','trial':'t-a','step':'plain','cell':4,'run':2,'cells':5}", "",
         "trial a  2/5  cell 4"},
        {"{'kind':'trial-finished','trial':'t','state':'Failed','reason':'R','message':'"
         "two\\nlines','seconds':61}",
         "trial t  Failed  R: two\\x0alines  (1m 01s)", NULL},
        {"{'kind':'trial-finished','trial':'t-a','state':'Succeeded','seconds':1,'observation':{'"
         "metrics':[{'name':'m','latest':'0.9429824561403509'}]}}",
         "trial a  Succeeded  m=0.942982  (1.0s)", NULL},
        {"{'kind':'trial-report','trial':'t-a','metric':'m','value':0.9429824561403509}", "",
         "trial a  reports  m=0.942982"},
        {"{'kind':'trial-warning','trial':'t-a','text':'x'}", "trial a  warning  x", NULL},
        {"{'kind':'trial-lost','trial':'t-a'}", "trial a  lost with its engine; it runs again",
         NULL},
        {"{'kind':'optimal','trial':'t-a','value':1e-300,'assignments':[]}",
         "best so far  a  1e-300  ", NULL},
        {"{'kind':'warning','text':'\\u001b[1mx'}", "warning  \\x1b[1mx", NULL},
        {"{'kind':'from-the-future'}", "", NULL},
    };

    (void)state;
    setenv("TZ", "XYZ-2", 1);
    tzset();
    for (size_t i = 0; i < 2 * COUNT_OF(table); i++) {
        CLEANUP(buf_fini) struct buf out = buf_init(65536);
        auto_json json_t *event = parse(table[i / 2].event);
        bool verbose = i % 2;
        const char *want =
            verbose && table[i / 2].verbose ? table[i / 2].verbose : table[i / 2].brief;
        line_of_event(&out, event, &(struct line_style){"t", "random", verbose});
        if (strcmp(buf_text(&out), want) != 0)
            fail_msg("%s\n  gives    \"%s\"\n  expected \"%s\"", table[i / 2].event, buf_text(&out),
                     want);
    }
}

static void numbers_are_short_for_people(void **state)
{
    static const char *const table[][2] = {
        {"0.9649122807017544", "0.964912"},
        {"-0.00048104069893255", "-0.000481041"},
        {"123456.789", "123457"},
        {"1234567", "1234567"},
        {"0.5", "0.5"},
        {"1e-05", "1e-05"},
        {"12345678.251", "1.23457e+07"},
        {"1.0", "1"},
        {"True", "True"},
        {"", ""},
        {"0.123456789 ", "0.123456789 "},
        {"-", "-"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        CLEANUP(buf_fini) struct buf out = buf_init(256);
        text_number(&out, table[i][0]);
        assert_string_equal(buf_text(&out), table[i][1]);
    }
}

static void trials_are_named_without_their_experiment(void **state)
{
    static const char *const table[][3] = {
        {"digits", "digits-k5jn", "k5jn"},
        {"digits", "digit-k5jn", "digit-k5jn"},
        {"digits", "digits", "digits"},
        {"digits", "digits-", "digits-"},
        {"", "-a", "-a"},
        {"a-b", "a-b-c", "c"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++)
        assert_string_equal(text_short_trial(table[i][0], table[i][1]), table[i][2]);
}

static void text_takes_its_columns(void **state)
{
    static const struct {
        const char *text;
        size_t width, room;
        const char *fit;
    } table[] = {
        {"abc", 3, 3, "abc"},
        {"abcd", 4, 3, "ab…"},
        {"日本語", 6, 4, "日…"},
        {"日本語", 6, 5, "日本…"},
        {"e\xcc\x81t", 2, 2, "e\xcc\x81t"},
        {"abc", 3, 1, "…"},
        {"abc", 3, 0, ""},
        {"", 0, 5, ""},
        {"\xff\xfe", 2, 2, "\xff\xfe"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        CLEANUP(buf_fini) struct buf out = buf_init(256);
        size_t used = text_fit(&out, table[i].text, table[i].room);
        if (text_width(table[i].text) != table[i].width ||
            strcmp(buf_text(&out), table[i].fit) != 0 || used > table[i].room)
            fail_msg("'%s': width %zu, fit to %zu '%s'; expected width %zu, '%s'", table[i].text,
                     text_width(table[i].text), table[i].room, buf_text(&out), table[i].width,
                     table[i].fit);
    }
}

static void words_survive_the_shell(void **state)
{
    static const struct {
        const char *word, *quoted;
    } table[] = {
        {"a.ipynb", "a.ipynb"}, {"a b", "'a b'"},
        {"it's", "'it'\\''s'"}, {"", "''"},
        {"$(x)", "'$(x)'"},     {"é.ipynb", "'é.ipynb'"},
        {"a\nb", "$'a\\012b'"}, {"\033[1m'", "$'\\033[1m\\''"},
        {"~/x", "'~/x'"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        CLEANUP(buf_fini) struct buf out = buf_init(256);
        text_shell_word(&out, table[i].word);
        if (strcmp(buf_text(&out), table[i].quoted) != 0)
            fail_msg("'%s' is quoted as %s, expected %s", table[i].word, buf_text(&out),
                     table[i].quoted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_counts),
        cmocka_unit_test(the_picture_is_exact),
        cmocka_unit_test(no_line_is_wider_than_the_terminal),
        cmocka_unit_test(what_comes_from_outside_steers_no_terminal),
        cmocka_unit_test(colours_are_asked_for),
        cmocka_unit_test(events_as_lines),
        cmocka_unit_test(numbers_are_short_for_people),
        cmocka_unit_test(trials_are_named_without_their_experiment),
        cmocka_unit_test(the_head_tells_the_algorithm_and_the_pace),
        cmocka_unit_test(text_takes_its_columns),
        cmocka_unit_test(words_survive_the_shell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
