/* Experiments through the protocol, from run to delete, with the events that tell of them. */
#include <unistd.h>

#include "tests/unit/kernel/calls.h"

/* A run of four trials of which each takes so long. */
static char *start(const char *options, const char *script)
{
    json_t *params =
        live_with(RANGE_OF_X(", \"maxTrialCount\": 4, \"parallelTrialCount\": 2"), script);
    auto_json json_t *result = call("run", with(params, "options", options));
    return strdup(text(result, "name"));
}

static bool is_over(const char *state)
{
    return strcmp(state, "Succeeded") == 0 || strcmp(state, "Failed") == 0 ||
           strcmp(state, "Stopped") == 0;
}

static const json_t *params_of_event(const json_t *event, const char *method)
{
    return strcmp(text(event, "method"), method) == 0 ? json_object_get(event, "params") : NULL;
}

/* What an interface holds: the items of the list by name, and one experiment. */
struct view {
    json_t *items;  /* {name: item} */
    json_t *trials; /* {name: trial} */
    char state[32];
    json_int_t seq;
    bool removed;
    size_t events, trials_told;
};

static void take_experiments(struct view *view, const json_t *params)
{
    size_t i;
    json_t *value;
    json_array_foreach(json_object_get(params, "changed"), i, value)
        json_object_set(view->items, text(value, "name"), value);
    json_array_foreach(json_object_get(params, "removed"), i, value)
        json_object_del(view->items, json_string_value(value));
}

static void take_experiment(struct view *view, const json_t *params)
{
    size_t i;
    json_t *trial;
    view->removed = json_is_true(json_object_get(params, "removed"));
    if (view->removed)
        return;
    assert_true(json_integer_value(json_object_get(params, "seq")) >= view->seq);
    view->seq = json_integer_value(json_object_get(params, "seq"));
    snprintf(view->state, sizeof(view->state), "%s", text(params, "state"));
    json_array_foreach(json_object_get(params, "trials"), i, trial)
    {
        view->trials_told++;
        json_object_set(view->trials, text(trial, "name"), trial);
    }
}

static void take_tick(struct view *view)
{
    auto_json json_t *events = tick();
    size_t i;
    json_t *event;
    assert_true(json_array_size(events) <= 5);
    json_array_foreach(events, i, event)
    {
        view->events++;
        const json_t *list = params_of_event(event, "experiments");
        const json_t *one = params_of_event(event, "experiment");
        if (list)
            take_experiments(view, list);
        if (one)
            take_experiment(view, one);
    }
}

static void view_init(struct view *view, const json_t *show)
{
    *view = (struct view){.items = json_object(), .trials = json_object()};
    view->seq = json_integer_value(json_object_get(show, "seq"));
    size_t i;
    json_t *trial;
    json_array_foreach(json_object_get(show, "trials"), i, trial)
        json_object_set(view->trials, text(trial, "name"), trial);
}

static void view_fini(struct view *view)
{
    json_decref(view->items);
    json_decref(view->trials);
}

static void follow(struct view *view)
{
    for (int i = 0; i < 400 && !is_over(view->state); i++) {
        take_tick(view);
        stub_sleep_ms(50);
    }
    assert_true(is_over(view->state));
}

/* What came as deltas is what a whole look shows. */
static void compare(const struct view *view, const char *name)
{
    auto_json json_t *show = call("show", params_of(name));
    size_t i;
    json_t *trial;
    assert_string_equal(view->state, text(show, "state"));
    assert_int_equal(json_array_size(json_object_get(show, "trials")),
                     json_object_size(view->trials));
    json_array_foreach(json_object_get(show, "trials"), i, trial)
    {
        const json_t *held = json_object_get(view->trials, text(trial, "name"));
        if (!json_equal(held, trial))
            fail_msg("%s: held %s, is %s", text(trial, "name"), json_dumps(held, JSON_COMPACT),
                     json_dumps(trial, JSON_COMPACT));
    }
}

static void deltas_add_up(void **state)
{
    auto_free char *name = start("{\"name\": \"deltas\"}", "{\"ms\": 150}");
    auto_json json_t *show = call("subscribe", params_of(name));
    CLEANUP(view_fini) struct view view;

    (void)state;
    view_init(&view, show);
    /* The first tick after the answer is silent about what the answer told. */
    auto_json json_t *first = tick();
    size_t k;
    json_t *event;
    json_array_foreach(first, k, event) assert_null(params_of_event(event, "experiment"));
    json_array_foreach(first, k, event) take_experiments(&view, json_object_get(event, "params"));
    follow(&view);
    assert_string_equal(view.state, "Succeeded");
    wait_until_over(name);
    take_tick(&view);
    stub_sleep_ms(80);
    take_tick(&view);
    compare(&view, name);
    const json_t *item = json_object_get(view.items, name);
    assert_string_equal(text(item, "state"), "Succeeded");
    assert_int_equal(json_integer_value(json_object_get(item, "trialsSucceeded")), 4);
    /* A trial is told when it changes, not at every tick. */
    assert_true(view.trials_told < 30);
    size_t told = view.events;
    for (int i = 0; i < 5; i++)
        take_tick(&view);
    assert_int_equal(view.events, told);
    call_ok("delete", params_of(name));
    take_tick(&view);
    assert_true(view.removed);
    assert_int_equal(json_object_size(view.items), 0);
    told = view.events;
    take_tick(&view);
    assert_int_equal(view.events, told);
}

static void other_clients_are_told_too(void **state)
{
    CLEANUP(view_fini) struct view view;
    struct rpc_client *own = client;

    (void)state;
    view_init(&view, NULL);
    client = rpc_client_new();
    say_hello();
    take_tick(&view);
    struct rpc_client *other = client;
    client = own;
    auto_free char *name = start("{\"name\": \"shared\"}", "{\"ms\": 10}");
    client = other;
    take_tick(&view);
    assert_non_null(json_object_get(view.items, name));
    rpc_client_free(client);
    client = own;
    wait_until_over(name);
}

/* Killed, an engine writes nothing more: only its lock tells. */
static void an_engine_that_dies_is_told(void **state)
{
    auto_free char *name = start("{\"name\": \"dies\"}", "{\"ms\": 60000}");
    auto_json json_t *show = call("subscribe", params_of(name));
    CLEANUP(view_fini) struct view view;

    (void)state;
    view_init(&view, show);
    wait_for_state(name, "Running", 2);
    for (int i = 0; i < 4; i++) {
        take_tick(&view);
        stub_sleep_ms(60);
    }
    assert_string_equal(view.state, "Running");
    kill_engine(name);
    take_tick(&view);
    take_tick(&view);
    assert_string_equal(view.state, "Interrupted");
    assert_string_equal(text(json_object_get(view.items, name), "state"), "Interrupted");
    call_ok("resume", params_of(name));
    call_ok("stop", json_pack("{s:s, s:b}", "experiment", name, "now", 1));
    wait_until_over(name);
}

static void a_subscription_can_be_ended(void **state)
{
    auto_free char *name = start("{\"name\": \"left\"}", "{\"ms\": 50}");
    CLEANUP(view_fini) struct view view;

    (void)state;
    view_init(&view, NULL);
    call_ok("subscribe", params_of(name));
    call_ok("unsubscribe", params_of(name));
    call_ok("unsubscribe", params_of("never-there"));
    wait_until_over(name);
    take_tick(&view);
    take_tick(&view);
    assert_string_equal(view.state, "");
    assert_non_null(json_object_get(view.items, name));
}

static void stop_and_resume(void **state)
{
    auto_free char *name = start("{\"name\": \"halves\"}", "{\"ms\": 200}");

    (void)state;
    wait_for_state(name, "Running", 1);
    call_refused("delete", params_of(name), RPC_PRODUCT, "");
    call_ok("stop", params_of(name));
    wait_until_over(name);
    call_refused("resume", json_pack("{s:s, s:s}", "experiment", name, "maxTrials", "1,5"),
                 RPC_PRODUCT, "maxTrials");
    call_refused("resume", json_pack("{s:s, s:s}", "experiment", name, "maxTrials", "1e-3"),
                 RPC_PRODUCT, "maxTrials");
    call_ok("resume", json_pack("{s:s, s:s}", "experiment", name, "maxTrials", "5"));
    wait_until_over(name);
    auto_json json_t *show = call("show", params_of(name));
    assert_string_equal(text(show, "state"), "Succeeded");
    assert_int_equal(count_states(show, "Succeeded"), 5);
}

static void a_single_run_has_the_notebooks_values(void **state)
{
    json_t *params = live_with(
        "{\"kubeflow_notebook\": {\"katib_metadata\": {\"parameters\": [{\"name\": \"x\", "
        "\"parameterType\": \"int\", \"feasibleSpace\": {\"min\": \"9\", \"max\": \"1\"}}], "
        "\"objective\": {\"goal\": 1, \"type\": \"maximize\", \"objectiveMetricName\": "
        "\"score\"}}}}",
        "{}");

    (void)state;
    auto_json json_t *result =
        call("run", with(with(params, "single", "true"), "options", "{\"name\": \"once\"}"));
    wait_until_over("once");
    auto_json json_t *show = call("show", params_of("once"));
    const json_t *trials = json_object_get(show, "trials");
    assert_string_equal(text(result, "name"), "once");
    assert_string_equal(text(show, "state"), "Succeeded");
    assert_int_equal(json_array_size(trials), 1);
    const json_t *assignments = json_object_get(json_array_get(trials, 0), "assignments");
    assert_string_equal(text(named(assignments, "x"), "value"), "4");
    assert_string_equal(text(named(assignments, "opt"), "value"), "a");
    assert_int_equal(json_array_size(assignments), 2);
    auto_json json_t *list = call("list", json_object());
    assert_non_null(named(json_object_get(list, "experiments"), "once"));
}

static void apply_gives_whole_sources(void **state)
{
    auto_free char *name = start("{\"name\": \"best\"}", "{\"score\": 5}");
    json_t *params = live_with("{}", "{}");

    (void)state;
    wait_until_over(name);
    json_object_set_new(params, "experiment", json_string(name));
    auto_json json_t *result = call("apply", params);
    const json_t *changed = json_array_get(json_object_get(result, "cells"), 0);
    const json_t *change = json_array_get(json_object_get(result, "changes"), 0);
    char source[128];
    snprintf(source, sizeof(source), "x = %s\nopt = 'a'\nratio = x / 2", text(change, "to"));
    assert_string_equal(text(changed, "source"), source);
    assert_string_equal(text(changed, "cellId"), "p");
    assert_string_equal(text(change, "cellId"), "p");
    assert_string_equal(text(change, "from"), "4");
    assert_non_null(strstr(text(result, "diff"), "-x = 4"));
    params = live_with("{}", "{}");
    json_object_set_new(params, "experiment", json_string(name));
    json_object_set_new(params, "trial", json_string("nobody"));
    call_refused("apply", params, RPC_PRODUCT, "");
}

/* ---- what trials left ---- */

static json_t *trial_params(const char *name, const char *trial)
{
    return json_pack("{s:s, s:s}", "experiment", name, "trial", trial);
}

static char *first_trial(const char *name, char folder[512])
{
    auto_json json_t *show = call("show", params_of(name));
    const json_t *trial = json_array_get(json_object_get(show, "trials"), 0);
    snprintf(folder, 512, "%s", text(trial, "folder"));
    return strdup(text(trial, "name"));
}

static void write_file(const char *folder, const char *name, const void *data, size_t length)
{
    char path[600];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(file_write_atomic(path, data, length, 0600, NULL), 0);
}

static void logs_come_in_pieces(void **state)
{
    auto_free char *name = start("{\"name\": \"logs\"}", "{}");
    char folder[512];
    /* Three bytes each, so that no piece ends between two characters by chance; then what is no
     * UTF-8: a stray byte, a surrogate, a character that is cut off at the end. */
    size_t n = 100001, length = 3 * n;
    auto_free char *log = malloc(length + 16);
    size_t marks = 0, told = 0;
    json_int_t offset = 0;

    (void)state;
    wait_until_over(name);
    auto_free char *trial = first_trial(name, folder);
    for (size_t i = 0; i < n; i++)
        memcpy(log + 3 * i, "\xe2\x82\xac", 3);
    memcpy(log + length, "\xff\xed\xa0\x80z\xf0\x9f", 7);
    write_file(folder, "trial.log", log, length + 7);
    for (int calls = 0; calls < 10; calls++) {
        auto_json json_t *piece = call("logs", json_pack("{s:s, s:s, s:I}", "experiment", name,
                                                         "trial", trial, "offset", offset));
        const char *part = text(piece, "text");
        for (const char *p = part; (p = strstr(p, "\xe2\x82\xac")); p += 3)
            marks++;
        told += strlen(part);
        offset = json_integer_value(json_object_get(piece, "offset"));
        if (calls == 0)
            assert_int_equal(offset, ((256 << 10) / 3) * 3);
        if (json_is_true(json_object_get(piece, "complete")))
            break;
    }
    assert_int_equal(offset, length + 7);
    assert_int_equal(marks, n);
    /* Each byte that belongs to no character became one U+FFFD. */
    assert_int_equal(told, length + 6 * 3 + 1);
    call_refused("logs",
                 json_pack("{s:s, s:s, s:i}", "experiment", name, "trial", trial, "offset", 400000),
                 RPC_PRODUCT, "offset");
    auto_json json_t *engine = call("logs", params_of(name));
    assert_true(json_is_true(json_object_get(engine, "complete")));
    call_refused("logs", trial_params(name, "nobody"), RPC_PRODUCT, "");
}

static const char failed_notebook[] =
    "{\"cells\": ["
    "{\"cell_type\": \"code\", \"id\": \"i\", \"metadata\": {\"tags\": [\"injected-parameters\"]}, "
    "\"execution_count\": 1, \"outputs\": [], \"source\": \"x = 1\"},"
    "{\"cell_type\": \"code\", \"id\": \"a\", \"metadata\": {\"tags\": [\"raises-exception\"], "
    "\"nbkatib\": {\"status\": \"completed\"}}, \"execution_count\": 2, \"outputs\": "
    "[{\"output_type\": \"error\", \"ename\": \"Other\", \"evalue\": \"\", \"traceback\": []}], "
    "\"source\": \"\"},"
    "{\"cell_type\": \"code\", \"id\": \"b\", \"metadata\": {\"nbkatib\": {\"status\": "
    "\"failed\"}}, \"execution_count\": 3, \"outputs\": [{\"output_type\": \"stream\", \"name\": "
    "\"stdout\", \"text\": \"NaN\"}, {\"output_type\": \"error\", \"ename\": \"ValueError\", "
    "\"evalue\": \"x is 1\", \"traceback\": [\"line 1\", \"line 2\"]}], \"source\": \"f(x)\"}], "
    "\"metadata\": {}, \"nbformat\": 4, \"nbformat_minor\": 5}";

static void the_error_of_a_trial(void **state)
{
    auto_free char *name = start("{\"name\": \"fails\"}", "{\"fail\": \"all\"}");
    char folder[512];

    (void)state;
    wait_until_over(name);
    auto_free char *trial = first_trial(name, folder);
    auto_json json_t *bare = call("trial", trial_params(name, trial));
    const json_t *error = json_object_get(bare, "error");
    assert_string_equal(text(error, "ename"), "CellFailed");
    assert_int_equal(json_integer_value(json_object_get(error, "cell")), 3);
    call_refused("notebook", trial_params(name, trial), RPC_PRODUCT, "");
    write_file(folder, "executed.ipynb", failed_notebook, sizeof(failed_notebook) - 1);
    auto_json json_t *full = call("trial", trial_params(name, strrchr(trial, '-') + 1));
    error = json_object_get(full, "error");
    assert_string_equal(text(error, "ename"), "ValueError");
    assert_string_equal(text(error, "evalue"), "x is 1");
    assert_int_equal(json_array_size(json_object_get(error, "traceback")), 2);
    assert_int_equal(json_array_size(json_object_get(full, "files")), 2);
    call_refused("trial", trial_params(name, "nobody"), RPC_PRODUCT, "");
}

static void notebooks_are_bounded(void **state)
{
    auto_free char *name = start("{\"name\": \"large\"}", "{}");
    char folder[512];
    json_t *document = document_with("{}", "{}");
    size_t i, size = (size_t)3 << 20;
    auto_free char *output = malloc(size + 1);
    json_t *row;

    (void)state;
    wait_until_over(name);
    auto_free char *trial = first_trial(name, folder);
    memset(output, 'o', size);
    output[size] = '\0';
    json_array_foreach(json_object_get(document, "cells"), i, row) json_object_set_new(
        row, "outputs",
        json_pack("[{s:s, s:s, s:s}]", "output_type", "stream", "name", "stdout", "text", output));
    auto_free char *whole = json_dumps(document, 0);
    json_decref(document);
    write_file(folder, "executed.ipynb", whole, strlen(whole));
    auto_json json_t *result = call("notebook", trial_params(name, trial));
    const json_t *cells = json_object_get(json_object_get(result, "content"), "cells");
    assert_true(json_is_true(json_object_get(result, "partial")));
    for (size_t k = 0; k < 3; k++) {
        const json_t *first =
            json_array_get(json_object_get(json_array_get(cells, k), "outputs"), 0);
        assert_int_equal(strlen(text(first, "text")) == size, k < 2);
    }
    assert_non_null(strstr(
        text(json_array_get(json_object_get(json_array_get(cells, 2), "outputs"), 0), "text"),
        "left out"));
}

static void tables_and_yaml(void **state)
{
    auto_free char *name = start("{\"name\": \"table\"}", "{}");
    size_t lines = 0;

    (void)state;
    wait_until_over(name);
    auto_json json_t *csv = call("csv", params_of(name));
    const char *table = text(csv, "text");
    static const char head[] =
        "name,index,state,x,score,startTime,completionTime,seconds,reason,message\r\n";
    assert_int_equal(strncmp(table, head, sizeof(head) - 1), 0);
    for (const char *p = table; (p = strstr(p, "\r\n")); p += 2)
        lines++;
    assert_int_equal(lines, 5);
    auto_json json_t *yaml = call("yaml", params_of(name));
    assert_non_null(strstr(text(yaml, "text"), "currentOptimalTrial"));
}

static void experiments_that_are_not_there(void **state)
{
    static const char *const methods[] = {"show", "subscribe", "stop", "resume",
                                          "csv",  "yaml",      "logs"};
    static const char *const names[] = {"never-there", "../escape", "", "Upper", "a/b"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        for (size_t k = 0; k < COUNT_OF(names); k++) {
            auto_json json_t *error =
                refused(methods[i], params_of(names[k]), RPC_PRODUCT, "experiment");
            assert_string_equal(text(json_object_get(error, "data"), "code"), "not-found");
        }
    }
    call_refused("trial", trial_params("never-there", "x"), RPC_PRODUCT, "experiment");
    call_refused("notebook", trial_params("../escape", "x"), RPC_PRODUCT, "experiment");
    call_ok("delete", params_of("never-there"));
    call_refused("delete", params_of("../escape"), RPC_PRODUCT, "experiment");
}

static void names_are_taken_once(void **state)
{
    auto_free char *name = start("{\"name\": \"taken\"}", "{}");
    json_t *params = live_with(RANGE_OF_X(""), "{}");

    (void)state;
    auto_json json_t *error = refused("run", with(params, "options", "{\"name\": \"taken\"}"),
                                      RPC_PRODUCT, "options.name");
    assert_string_equal(text(json_object_get(error, "data"), "code"), "exists");
    wait_until_over(name);
}

/* With nothing new on disk a tick is some system calls for each experiment. */
static void a_quiet_tick_is_cheap(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        char options[64];
        snprintf(options, sizeof(options), "{\"name\": \"many-%d\"}", i);
        auto_free char *name = start(options, "{}");
        wait_until_over(name);
    }
    stub_sleep_ms(100);
    for (int i = 0; i < 3; i++) {
        client->rest_until_ms = 0;
        json_decref(tick());
    }
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int i = 0; i < 100; i++) {
        client->rest_until_ms = 0;
        auto_json json_t *events = rpc_events(client);
        assert_int_equal(json_array_size(events), 0);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double ms =
        (double)(end.tv_sec - begin.tv_sec) * 10 + (double)(end.tv_nsec - begin.tv_nsec) / 1e8;
    print_message("a quiet tick with 8 experiments: %.3f ms\n", ms);
    assert_true(ms < 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_greeted, drop_client)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(deltas_add_up),
        TEST(other_clients_are_told_too),
        TEST(an_engine_that_dies_is_told),
        TEST(a_subscription_can_be_ended),
        TEST(stop_and_resume),
        TEST(a_single_run_has_the_notebooks_values),
        TEST(apply_gives_whole_sources),
        TEST(logs_come_in_pieces),
        TEST(the_error_of_a_trial),
        TEST(notebooks_are_bounded),
        TEST(tables_and_yaml),
        TEST(experiments_that_are_not_there),
        TEST(names_are_taken_once),
        TEST(a_quiet_tick_is_cheap),
    };

    int status = stub_dispatch(argc, argv);
    return status >= 0 ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
