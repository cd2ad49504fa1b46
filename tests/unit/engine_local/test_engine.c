/* The engine as its users see it, with a stub for the trial: submit, watch, stop, resume, kill,
 * remove. */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/process.h"
#include "experiment/experiment.h"
#include "tests/unit/engine_local/experiments.h"

/* ---- how experiments end ---- */

static const struct ending_case {
    const char *name, *algorithm, *parameter, *extra, *script;
    const char *state, *reason;
    size_t succeeded, failed, unavailable, trials;
} endings[] = {
    {"max-trials", "random", STUB_DOUBLE,
     "\"maxTrialCount\": 5, \"parallelTrialCount\": 2, \"maxFailedTrialCount\": 1", "{}",
     "Succeeded", "ExperimentMaxTrialsReached", 5, 0, 0, 5},
    {"more-than-grid", "grid", STUB_INT("1", "4"),
     "\"maxTrialCount\": 9, \"parallelTrialCount\": 2, \"maxFailedTrialCount\": 3", "{}",
     "Succeeded", "ExperimentSuggestionEndReached", 4, 0, 0, 4},
    {"no-maximum", "grid", STUB_INT("1", "4"),
     "\"parallelTrialCount\": 3, \"maxFailedTrialCount\": 3", "{}", "Succeeded",
     "ExperimentSuggestionEndReached", 4, 0, 0, 4},
    {"failures-uncounted", "grid", STUB_INT("0", "5"),
     "\"maxTrialCount\": 4, \"parallelTrialCount\": 1, \"maxFailedTrialCount\": 2",
     "{\"fail\": [0, 2]}", "Succeeded", "ExperimentMaxTrialsReached", 4, 0, 0, 0},
    {"too-many-failed", "random", STUB_DOUBLE,
     "\"maxTrialCount\": 9, \"parallelTrialCount\": 1, \"maxFailedTrialCount\": 2",
     "{\"fail\": \"all\"}", "Failed", "ExperimentFailed", 0, 3, 0, 3},
    {"none-may-fail", "random", STUB_DOUBLE,
     "\"maxTrialCount\": 9, \"parallelTrialCount\": 1, \"maxFailedTrialCount\": 0",
     "{\"fail\": \"all\"}", "Failed", "ExperimentFailed", 0, 1, 0, 1},
    {"no-objective", "random", STUB_DOUBLE,
     "\"maxTrialCount\": 9, \"parallelTrialCount\": 1, \"maxFailedTrialCount\": 1",
     "{\"silent\": true}", "Failed", "ExperimentFailed", 0, 0, 2, 2},
    {"trials-die", "random", STUB_DOUBLE,
     "\"maxTrialCount\": 9, \"parallelTrialCount\": 1, \"maxFailedTrialCount\": 1",
     "{\"die\": true}", "Failed", "ExperimentFailed", 0, 2, 0, 2},
    {"no-bound-on-failures", "random", STUB_DOUBLE,
     "\"maxTrialCount\": 3, \"parallelTrialCount\": 1", "{\"fail\": \"all\"}", "Failed",
     "ExperimentFailed", 0, 10, 0, 10},
    {"all-of-a-grid-fails", "grid", STUB_INT("1", "3"), "\"parallelTrialCount\": 2",
     "{\"fail\": \"all\"}", "Failed", "ExperimentFailed", 0, 3, 0, 3},
};

static void experiments_end_as_they_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        const struct ending_case *row = &endings[i];
        submit(row->name, row->algorithm, row->parameter, row->extra, row->script);
        auto_json json_t *facts = wait_for(row->name);
        auto_json json_t *shown = show(row->name);
        const json_t *last = json_array_get(facts, json_array_size(facts) - 1);
        size_t succeeded = count_states(shown, "Succeeded"),
               trials = json_array_size(json_object_get(shown, "trials"));
        size_t failed = count_states(shown, "Failed"),
               unavailable = count_states(shown, "MetricsUnavailable");
        bool counts = succeeded == row->succeeded && unavailable == row->unavailable &&
                      (row->trials == 0 || (failed == row->failed && trials == row->trials));
        if (strcmp(text(shown, "state"), row->state) != 0 ||
            strcmp(text(last, "reason"), row->reason) != 0 || !counts)
            fail_msg("%s: %s %s, %zu succeeded %zu failed %zu unavailable of %zu; want %s %s, %zu "
                     "%zu %zu of %zu",
                     row->name, text(shown, "state"), text(last, "reason"), succeeded, failed,
                     unavailable, trials, row->state, row->reason, row->succeeded, row->failed,
                     row->unavailable, row->trials);
        assert_int_equal(count_facts(facts, "trial-created"), trials);
        assert_int_equal(count_facts(facts, "trial-finished"), trials);
    }
}

static void the_goal_ends_what_runs(void **state)
{
    (void)state;
    auto_json json_t *document =
        stub_experiment("goal", "grid", STUB_INT("0", "9"), "\"parallelTrialCount\": 3");
    json_object_set_new(json_object_get(json_object_get(document, "spec"), "objective"), "goal",
                        json_integer(0));
    struct nbt_error err = NBT_ERROR_INIT;
    if (submit_as(document, "{\"ms\": 200}", true, &err) < 0)
        fail_msg("%s", err.text);
    auto_json json_t *facts = wait_for("goal");
    auto_json json_t *shown = show("goal");
    const json_t *last = json_array_get(facts, json_array_size(facts) - 1);
    assert_string_equal(text(last, "reason"), "ExperimentGoalReached");
    assert_string_equal(text(shown, "state"), "Succeeded");
    assert_int_equal(json_array_size(json_object_get(shown, "trials")), 3);
    assert_true(count_facts(facts, "optimal") >= 1);
    const json_t *best = json_object_get(
        json_object_get(json_object_get(shown, "experiment"), "status"), "currentOptimalTrial");
    assert_true(strlen(text(best, "bestTrialName")) > 0);
    assert_int_equal(local_engine.resume("goal", 0, true, &err), NBT_ESTATE);
}

static void time_runs_out(void **state)
{
    (void)state;
    auto_json json_t *document =
        stub_experiment("slow", "random", STUB_DOUBLE, "\"parallelTrialCount\": 1");
    struct nbt_error err = NBT_ERROR_INIT;
    assert_int_equal(experiment_annotate(document, EXPERIMENT_SETTINGS, "{\"timeout_s\": 1}", &err),
                     0);
    assert_int_equal(submit_as(document, "{\"ms\": 60000}", true, &err), 0);
    auto_json json_t *facts = wait_for("slow");
    auto_json json_t *shown = show("slow");
    const json_t *last = json_array_get(facts, json_array_size(facts) - 1);
    assert_string_equal(text(last, "reason"), "ExperimentTimeout");
    assert_string_equal(text(shown, "state"), "Failed");
    assert_int_equal(count_states(shown, "Killed"), 1);
}

/* ---- stopped, and going on ---- */

#define TWENTY "\"maxTrialCount\": 20, \"parallelTrialCount\": 3, \"maxFailedTrialCount\": 3"

static void a_gentle_stop_lets_trials_finish(void **state)
{
    (void)state;
    submit("gentle", "random", STUB_DOUBLE, TWENTY, "{\"ms\": 300}");
    wait_for_state("gentle", "Running", 3);
    stop("gentle", ENGINE_STOP_GENTLE);
    json_decref(wait_for("gentle"));
    auto_json json_t *shown = show("gentle");
    assert_string_equal(text(shown, "state"), "Stopped");
    assert_int_equal(count_states(shown, "Killed"), 0);
    assert_int_equal(count_states(shown, "Succeeded"),
                     json_array_size(json_object_get(shown, "trials")));
    struct nbt_error err = NBT_ERROR_INIT;
    assert_int_equal(local_engine.stop("gentle", ENGINE_STOP_NOW, &err), NBT_ESTATE);
}

static void a_stop_at_once_kills_and_records(void **state)
{
    (void)state;
    submit("now", "random", STUB_DOUBLE, TWENTY, "{\"ms\": 60000}");
    wait_for_state("now", "Running", 3);
    stop("now", ENGINE_STOP_GENTLE);
    stop("now", ENGINE_STOP_NOW);
    json_decref(wait_for("now"));
    auto_json json_t *shown = show("now");
    assert_string_equal(text(shown, "state"), "Stopped");
    assert_int_equal(count_states(shown, "Killed"), 3);
    const json_t *trial = json_array_get(json_object_get(shown, "trials"), 0);
    assert_string_equal(text(trial, "reason"), "StoppedByUser");
}

static void a_stubborn_trial_is_killed(void **state)
{
    (void)state;
    submit("stubborn", "random", STUB_DOUBLE, "\"maxTrialCount\": 2, \"parallelTrialCount\": 1",
           "{\"ms\": 60000, \"stubborn\": true}");
    wait_for_state("stubborn", "Running", 1);
    int64_t before = clock_monotonic_ms();
    stop("stubborn", ENGINE_STOP_NOW);
    json_decref(wait_for("stubborn"));
    assert_true(clock_monotonic_ms() - before < 15000);
    auto_json json_t *shown = show("stubborn");
    assert_int_equal(count_states(shown, "Killed"), 1);
}

static void more_trials_after_the_last(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    submit("more", "grid", STUB_INT("1", "6"),
           "\"maxTrialCount\": 3, \"parallelTrialCount\": 2, \"maxFailedTrialCount\": 1", "{}");
    json_decref(wait_for("more"));
    assert_int_equal(local_engine.resume("more", 0, true, &err), NBT_ESTATE);
    resume("more", 6);
    json_decref(wait_for("more"));
    auto_json json_t *shown = show("more");
    assert_string_equal(text(shown, "state"), "Succeeded");
    assert_int_equal(count_states(shown, "Succeeded"), 6);
    auto_free char *plan = plan_of(shown);
    for (int value = 1; value <= 6; value++) {
        char part[16];
        snprintf(part, sizeof(part), "=%d ", value);
        if (!strstr(plan, part))
            fail_msg("grid of 1 to 6 without %d: %s", value, plan);
    }
}

static void a_killed_engine_goes_on_as_if_nothing_was(void **state)
{
    (void)state;
    static const struct {
        const char *calm, *killed, *algorithm, *parameter;
    } rows[] = {{"calm-random", "killed-random", "random", STUB_DOUBLE},
                {"calm-grid", "killed-grid", "grid", STUB_INT("1", "90")}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        submit(rows[i].calm, rows[i].algorithm, rows[i].parameter, TWENTY, "{}");
        submit(rows[i].killed, rows[i].algorithm, rows[i].parameter, TWENTY, "{\"ms\": 60}");
        int kills = 0;
        for (; kills < 8; kills++) {
            stub_sleep_ms(30 + 37 * kills % 150);
            if (engine_of(rows[i].killed) == 0)
                break;
            kill_engine(rows[i].killed);
            auto_json json_t *cut = show(rows[i].killed);
            assert_string_equal(text(cut, "state"), "Interrupted");
            resume(rows[i].killed, 0);
        }
        assert_true(kills > 2);
        json_decref(wait_for(rows[i].calm));
        auto_json json_t *facts = wait_for(rows[i].killed);
        auto_json json_t *calm = show(rows[i].calm);
        auto_json json_t *killed = show(rows[i].killed);
        assert_true(count_facts(facts, "trial-lost") > 0);
        assert_int_equal(count_states(killed, "Succeeded"), 20);
        auto_free char *want = plan_of(calm);
        auto_free char *got = plan_of(killed);
        /* The same seed, another experiment's name: only the values are the same, and the trials'
         * own letters. */
        assert_string_equal(got, want);
        assert_int_equal(process_sweep(rows[i].killed), 0);
    }
}

static int run_and_die(const char *name)
{
    auto_json json_t *document = stub_experiment(name, "random", STUB_DOUBLE, TWENTY);
    return submit_as(document, "{\"ms\": 200}", false, NULL);
}

static void it_stops_when_its_submitter_dies(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0)
        _exit(run_and_die("orphaned") < 0);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    json_decref(wait_for("orphaned"));
    auto_json json_t *shown = show("orphaned");
    assert_string_equal(text(shown, "state"), "Stopped");
    assert_int_equal(count_states(shown, "Killed"), 0);
    assert_true(count_states(shown, "Succeeded") >= 1);
}

static bool marked_process_lives(const char *name)
{
    struct home_paths paths;
    assert_int_equal(home_paths_init(&paths, name, NULL), 0);
    int ended = process_sweep(paths.marker);
    home_paths_fini(&paths);
    return ended > 0;
}

static void no_daemon_of_a_cell_survives(void **state)
{
    (void)state;
    submit("daemons", "random", STUB_DOUBLE, "\"maxTrialCount\": 2, \"parallelTrialCount\": 1",
           "{\"daemon\": true}");
    json_decref(wait_for("daemons"));
    assert_false(marked_process_lives("daemons"));
}

static void what_a_killed_engine_left_is_swept(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    submit("left", "random", STUB_DOUBLE, "\"maxTrialCount\": 2, \"parallelTrialCount\": 1",
           "{\"daemon\": true, \"ms\": 60000}");
    wait_for_state("left", "Running", 1);
    stub_sleep_ms(200);
    kill_engine("left");
    if (local_engine.remove("left", &err) < 0)
        fail_msg("remove: %s", err.text);
    assert_false(marked_process_lives("left"));
    assert_int_equal(local_engine.remove("left", &err), 0);
    json_t *gone = NULL;
    assert_int_equal(local_engine.show(&gone, "left", &err), NBT_ENOTFOUND);
}

/* ---- two at once, and refusals ---- */

static void of_two_submits_one_wins(void **state)
{
    (void)state;
    pid_t pids[4];
    for (size_t i = 0; i < COUNT_OF(pids); i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            auto_json json_t *document =
                stub_experiment("twice", "random", STUB_DOUBLE, "\"maxTrialCount\": 2");
            int code = submit_as(document, "{}", true, NULL);
            json_decref(TAKE(document));
            _exit(code == 0 ? 0 : code == NBT_EEXIST ? 1 : 2);
        }
    }
    int won = 0, refused = 0;
    for (size_t i = 0; i < COUNT_OF(pids); i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        won += WIFEXITED(status) && WEXITSTATUS(status) == 0;
        refused += WIFEXITED(status) && WEXITSTATUS(status) == 1;
    }
    assert_int_equal(won, 1);
    assert_int_equal(refused, 3);
    json_decref(wait_for("twice"));
}

static void a_running_one_is_neither_removed_nor_resumed(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    submit("busy", "random", STUB_DOUBLE, TWENTY, "{\"ms\": 60000}");
    assert_int_equal(local_engine.remove("busy", &err), NBT_ESTATE);
    assert_non_null(strstr(err.text, "nbkatib stop busy"));
    nbt_error_clear(&err);
    assert_int_equal(local_engine.resume("busy", 0, true, &err), NBT_ESTATE);
    stop("busy", ENGINE_STOP_NOW);
    json_decref(wait_for("busy"));
    nbt_error_clear(&err);
    assert_int_equal(local_engine.remove("busy", &err), 0);
}

static void names_that_are_no_names_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"", "..", "../etc", "a/b", "A", "-x", "x\n", "."};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        json_t *shown = NULL;
        char *path = NULL;
        assert_int_equal(local_engine.show(&shown, names[i], &err), NBT_EINVAL);
        assert_int_equal(local_engine.remove(names[i], &err), NBT_EINVAL);
        assert_int_equal(local_engine.file(&path, "max-trials", names[i], "trial.log", &err),
                         NBT_EINVAL);
        assert_int_equal(local_engine.file(&path, "max-trials", "x", names[i], &err), NBT_EINVAL);
    }
}

static void files_of_trials_are_found(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *shown = show("max-trials");
    const json_t *trial = json_array_get(json_object_get(shown, "trials"), 0);
    auto_free char *path = NULL;
    assert_int_equal(local_engine.file(&path, "max-trials", text(trial, "name"), "trial.log", &err),
                     0);
    assert_int_equal(access(path, R_OK), 0);
    char *none = NULL;
    assert_int_equal(
        local_engine.file(&none, "max-trials", text(trial, "name"), "metrics.log", &err),
        NBT_ENOTFOUND);
}

/* ---- watching ---- */

struct until {
    size_t left;
    uint64_t last;
};

static int count_down(void *self, const json_t *event)
{
    struct until *until = self;
    uint64_t seq = (uint64_t)json_integer_value(json_object_get(event, "seq"));
    assert_true(seq > until->last);
    until->last = seq;
    return --until->left == 0;
}

static void a_watch_goes_on_where_one_ended(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    struct until first = {.left = 4}, rest = {.left = SIZE_MAX};
    struct engine_watch watch = {.cancel_fd = -1, .on_event = count_down, .self = &first};
    assert_int_equal(local_engine.watch("max-trials", &watch, &err), 0);
    assert_int_equal(first.last, 4);
    watch.since = rest.last = first.last;
    watch.self = &rest;
    assert_int_equal(local_engine.watch("max-trials", &watch, &err), 0);
    auto_json json_t *shown = show("max-trials");
    assert_int_equal(rest.last, json_integer_value(json_object_get(shown, "seq")));
}

static void count_tick(void *self)
{
    ++*(int *)self;
}

static int ignore(void *self, const json_t *event)
{
    (void)self;
    (void)event;
    return 0;
}

static void a_watch_of_a_killed_engine_says_so(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    submit("watched", "random", STUB_DOUBLE, TWENTY, "{\"ms\": 60000}");
    pid_t engine = engine_of("watched");
    pid_t killer = fork();
    if (killer == 0) {
        stub_sleep_ms(600);
        kill(engine, SIGKILL);
        _exit(0);
    }
    int ticks = 0;
    struct engine_watch watch = {.follow = true,
                                 .cancel_fd = -1,
                                 .tick_ms = 50,
                                 .on_event = ignore,
                                 .on_tick = count_tick,
                                 .self = &ticks};
    assert_int_equal(local_engine.watch("watched", &watch, &err), NBT_EDIED);
    assert_non_null(strstr(err.text, "nbkatib resume watched"));
    assert_true(ticks >= 5);
    waitpid(killer, NULL, 0);
    assert_int_equal(local_engine.remove("watched", NULL), 0);
}

static void watchers_are_told_soon(void **state)
{
    (void)state;
    submit("soon", "random", STUB_DOUBLE, "\"maxTrialCount\": 30, \"parallelTrialCount\": 1",
           "{\"ms\": 20}");
    int64_t before = clock_monotonic_ms();
    json_decref(wait_for("soon"));
    auto_json json_t *shown = show("soon");
    /* Without wake-ups the end would be seen a second late, or never. */
    const char *end =
        text(json_object_get(json_object_get(shown, "experiment"), "status"), "completionTime");
    assert_true(strlen(end) > 0);
    assert_true(clock_monotonic_ms() - before < 20000);
}

static void list_shows_them_newest_first(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *items = NULL;
    assert_int_equal(local_engine.list(&items, &err), 0);
    size_t i;
    json_t *item;
    const char *before = "9";
    json_array_foreach(items, i, item)
    {
        if (strlen(text(item, "error")) > 0)
            fail_msg("%s: %s", text(item, "name"), text(item, "error"));
        assert_true(strcmp(text(item, "startTime"), before) <= 0);
        before = text(item, "startTime");
        if (strcmp(text(item, "name"), "max-trials") != 0)
            continue;
        assert_int_equal(json_integer_value(json_object_get(item, "trialsSucceeded")), 5);
        assert_int_equal(
            json_array_size(json_object_get(json_object_get(item, "best"), "assignments")), 1);
        assert_true(json_is_real(json_object_get(json_object_get(item, "objective"), "value")));
    }
    assert_true(i > 5);
}

/* ---- a path longer than a socket's address, a full disk ---- */

static void a_long_home_has_a_socket_too(void **state)
{
    (void)state;
    char deep[400];
    snprintf(deep, sizeof(deep), "%s/%0120d/%0120d", home, 1, 2);
    setenv("NBKATIB_HOME", deep, 1);
    submit("deep", "random", STUB_DOUBLE, TWENTY, "{\"ms\": 60000}");
    stop("deep", ENGINE_STOP_NOW);
    json_decref(wait_for("deep"));
    setenv("NBKATIB_HOME", home, 1);
}

/* A home on a file system of 2 MiB that fills up while trials run. */
static void a_full_disk_stops_it_and_loses_nothing(void **state)
{
    (void)state;
    char small[128], ballast[160];
    snprintf(small, sizeof(small), "%s/small", home);
    snprintf(ballast, sizeof(ballast), "%s/ballast", small);
    assert_int_equal(mkdir(small, 0700), 0);
    if (mount("tmpfs", small, "tmpfs", 0, "size=2m") < 0)
        skip();
    setenv("NBKATIB_HOME", small, 1);
    submit("full", "random", STUB_DOUBLE, "\"maxTrialCount\": 400, \"parallelTrialCount\": 1",
           "{\"ms\": 5}");
    wait_for_state("full", "Succeeded", 3);
    int fd = open(ballast, O_WRONLY | O_CREAT, 0600);
    static const char block[4096];
    while (write(fd, block, sizeof(block)) > 0)
        ;
    close(fd);
    wait_until_over("full");
    auto_json json_t *cut = show("full");
    assert_string_equal(text(cut, "state"), "Stopped");
    assert_non_null(strstr(text(cut, "message"), "full"));
    size_t before = count_states(cut, "Succeeded");
    assert_true(before >= 3);
    assert_int_equal(count_states(cut, "Running"), 0);
    assert_int_equal(unlink(ballast), 0);
    resume("full", 0);
    wait_for_state("full", "Succeeded", before + 3);
    stop("full", ENGINE_STOP_NOW);
    json_decref(wait_for("full"));
    assert_int_equal(umount2(small, MNT_DETACH), 0);
    setenv("NBKATIB_HOME", home, 1);
}

int main(int argc, char **argv)
{
    int status = stub_dispatch(argc, argv);
    if (status >= 0)
        return status;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(experiments_end_as_they_should),
        cmocka_unit_test(the_goal_ends_what_runs),
        cmocka_unit_test(time_runs_out),
        cmocka_unit_test(a_gentle_stop_lets_trials_finish),
        cmocka_unit_test(a_stop_at_once_kills_and_records),
        cmocka_unit_test(a_stubborn_trial_is_killed),
        cmocka_unit_test(more_trials_after_the_last),
        cmocka_unit_test(a_killed_engine_goes_on_as_if_nothing_was),
        cmocka_unit_test(it_stops_when_its_submitter_dies),
        cmocka_unit_test(no_daemon_of_a_cell_survives),
        cmocka_unit_test(what_a_killed_engine_left_is_swept),
        cmocka_unit_test(of_two_submits_one_wins),
        cmocka_unit_test(a_running_one_is_neither_removed_nor_resumed),
        cmocka_unit_test(names_that_are_no_names_are_refused),
        cmocka_unit_test(files_of_trials_are_found),
        cmocka_unit_test(a_watch_goes_on_where_one_ended),
        cmocka_unit_test(a_watch_of_a_killed_engine_says_so),
        cmocka_unit_test(watchers_are_told_soon),
        cmocka_unit_test(list_shows_them_newest_first),
        cmocka_unit_test(a_long_home_has_a_socket_too),
        cmocka_unit_test(a_full_disk_stops_it_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, make_home, drop_home);
}
