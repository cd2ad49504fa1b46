/* Facts of what is seen, in one order, whoever sees it and whoever dies meanwhile. */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "engine/katib/facts.h"
#include "quoted.h"

static char folder[64];
static struct katib_place place = {.folder = folder};

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/nbk-facts-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return file_remove_tree(folder, NULL);
}

#define EXPERIMENT(status)                                                                         \
    "{'metadata':{'name':'a','creationTimestamp':'2026-11-24T03:10:00Z'},'spec':{'maxTrialCount':" \
    "2,'parallelTrialCount':1,'objective':{'type':'maximize','objectiveMetricName':'s'},"          \
    "'algorithm':{'algorithmName':'random'},'parameters':[]},'status':{" status "}}"
#define IS(type, reason) "{'type':'" type "','status':'True','reason':'" reason "'}"
#define TRIAL(name, created, state)                                                                \
    "{'metadata':{'name':'" name "','creationTimestamp':'2026-11-24T03:10:0" created "Z'},"        \
    "'spec':{'parameterAssignments':[]},'status':{'conditions':[" IS(state, "x") "]}}"
#define RUNS "'conditions':[" IS("Running", "ExperimentRunning") "],'trials':2"
#define DONE                                                                                       \
    "'trials':2,'trialsSucceeded':2,'conditions':[" IS("Succeeded",                                \
                                                       "ExperimentMaxTrialsReached") "]"
#define BEST(name)                                                                                 \
    ",'currentOptimalTrial':{'bestTrialName':'" name "','parameterAssignments':[],'observation':{" \
    "'metrics':[{'name':'s','min':'1','max':'1','latest':'1'}]}}"

/* What is seen in turn, and the facts that are written then. */
static const struct {
    const char *experiment, *trials, *want;
} story[] = {
    {EXPERIMENT(""), "[]", "experiment-created engine-started "},
    {EXPERIMENT(""), "[]", ""},
    {EXPERIMENT(RUNS), "[" TRIAL("a-2", "2", "Created") "," TRIAL("a-1", "1", "Running") "]",
     "trial-created trial-started trial-created "},
    {EXPERIMENT(RUNS BEST("a-1")),
     "[" TRIAL("a-1", "1", "Succeeded") "," TRIAL("a-2", "2", "Running") "]",
     "trial-finished trial-started optimal "},
    {EXPERIMENT(RUNS BEST("a-1")),
     "[" TRIAL("a-1", "1", "Running") "," TRIAL("a-2", "2", "Running") "]", ""}, /* an old answer */
    {EXPERIMENT(DONE BEST("a-2")),
     "[" TRIAL("a-1", "1", "Succeeded") "," TRIAL("a-2", "2", "Failed") "]",
     "trial-finished optimal engine-ended "},
    {EXPERIMENT(DONE BEST("a-2")),
     "[" TRIAL("a-1", "1", "Succeeded") "," TRIAL("a-2", "2", "Failed") "]", ""},
    {EXPERIMENT(RUNS BEST("a-2")), "[" TRIAL("a-3", "3", "Succeeded") "]",
     "engine-started trial-created trial-started trial-finished "},
};

struct listener {
    char kinds[1024];
    json_int_t seq; /* the last one */
};

static int listen_to(void *self, const json_t *fact)
{
    struct listener *listener = self;
    size_t length = strlen(listener->kinds);
    json_int_t seq = json_integer_value(json_object_get(fact, "seq"));

    assert_true(seq == listener->seq + 1);
    listener->seq = seq;
    snprintf(listener->kinds + length, sizeof(listener->kinds) - length, "%s ",
             json_string_value(json_object_get(fact, "kind")));
    return 0;
}

static void see(struct facts *facts, size_t row)
{
    auto_json json_t *experiment = quoted(story[row].experiment);
    auto_json json_t *trials = quoted(story[row].trials);
    struct nbt_error err = NBT_ERROR_INIT;

    if (facts_see(facts, experiment, trials, &err) < 0)
        fail_msg("row %zu: %s", row, err.text);
}

static void open_facts(struct facts *facts)
{
    struct nbt_error err = NBT_ERROR_INIT;

    if (facts_open(facts, &place, &err) < 0)
        fail_msg("%s", err.text);
}

static void a_story(void **state)
{
    CLEANUP(facts_fini) struct facts facts = {0};
    struct listener listener = {0};

    (void)state;
    open_facts(&facts);
    for (size_t i = 0; i < COUNT_OF(story); i++) {
        listener.kinds[0] = '\0';
        see(&facts, i);
        facts_tell(&facts, 0, listen_to, &listener);
        if (strcmp(listener.kinds, story[i].want) != 0)
            fail_msg("row %zu: '%s', expected '%s'", i, listener.kinds, story[i].want);
        auto_free char *ended = file_join(folder, "ended");
        assert_int_equal(access(ended, F_OK) == 0, i == 5 || i == 6);
    }
}

/* Two that look at different moments write one story, and both are told all of it. */
static void two_watchers(void **state)
{
    CLEANUP(facts_fini) struct facts one = {0};
    CLEANUP(facts_fini) struct facts other = {0};
    struct listener first = {0}, second = {.seq = 2};

    (void)state;
    open_facts(&one);
    open_facts(&other);
    for (size_t i = 0; i < COUNT_OF(story); i++)
        see(i % 3 == 1 ? &other : &one, i);
    see(&one, COUNT_OF(story) - 1);
    facts_tell(&one, 0, listen_to, &first);
    facts_tell(&other, 2, listen_to, &second);
    assert_string_equal(first.kinds + strlen("experiment-created engine-started "), second.kinds);
    assert_int_equal(first.seq, second.seq);
}

/* A step is written once, and only while its trial runs. */
static void steps(void **state)
{
    static const struct {
        const char *trial, *event;
        bool is_new;
    } table[] = {
        {"a-1", "{'event':'step','step':'train','cell':1,'run':1,'cells':3}", true},
        {"a-1", "{'event':'step','step':'train','cell':1,'run':1,'cells':3}", false},
        {"a-1", "{'event':'step','step':'test','cell':2,'run':2,'cells':3}", true},
        {"a-2", "{'event':'step','step':'train','cell':1,'run':1,'cells':3}", false},
        {"a-9", "{'event':'step','step':'train','cell':1,'run':1,'cells':3}", false},
        {"a-1", "{'event':'step'}", false},
    };
    CLEANUP(facts_fini) struct facts one = {0};
    CLEANUP(facts_fini) struct facts other = {0};

    (void)state;
    open_facts(&one);
    open_facts(&other);
    see(&one, 0);
    see(&one, 2);
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct facts *facts = i % 2 ? &other : &one;
        auto_json json_t *event = quoted(table[i].event);
        see(facts, 2); /* what the other one wrote */
        size_t before = json_array_size(facts->list);
        assert_int_equal(facts_see_step(facts, table[i].trial, event, NULL), 0);
        if (json_array_size(facts->list) != before + table[i].is_new)
            fail_msg("row %zu: written %zu times", i, json_array_size(facts->list) - before);
    }
}

/* Half a line of a writer that died goes; a line that is no fact is told of. */
static void torn_and_damaged(void **state)
{
    auto_free char *path = file_join(folder, "facts.jsonl");
    struct nbt_error err = NBT_ERROR_INIT;
    struct listener listener = {0};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        CLEANUP(facts_fini) struct facts facts = {0};
        open_facts(&facts);
        see(&facts, i);
        int fd = open(path, O_WRONLY | O_APPEND);
        assert_int_equal(write(fd, "{\"seq\":", 7), 7);
        close(fd);
    }
    CLEANUP(facts_fini) struct facts facts = {0};
    open_facts(&facts);
    see(&facts, 5);
    facts_tell(&facts, 0, listen_to, &listener);
    assert_int_equal(listener.seq, 11);
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "no fact\n", 8), 8);
    close(fd);
    struct facts damaged = {0};
    assert_int_equal(facts_open(&damaged, &place, &err), NBT_EPARSE);
    assert_non_null(strstr(err.text, "facts.jsonl is damaged"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_story, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(two_watchers, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(steps, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(torn_and_damaged, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
