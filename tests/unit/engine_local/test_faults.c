/* Bad moments and bad company: what arrives too early, what vanishes, what lies, what is damaged.
 */
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/process.h"
#include "tests/unit/engine_local/experiments.h"

#define ONE "\"maxTrialCount\": 1, \"parallelTrialCount\": 1"

static struct home_paths paths_of(const char *name)
{
    struct home_paths paths;
    assert_int_equal(home_paths_init(&paths, name, NULL), 0);
    return paths;
}

/* ---- too early ---- */

/* `PROGRAM engine NAME`, started by hand. */
static struct process start_by_hand(const char *name)
{
    const char *argv[] = {"/proc/self/exe", "engine", name, NULL};
    struct process_options options = {.argv = argv, .new_session = true};
    struct process process;
    assert_int_equal(process_start(&process, &options, NULL), 0);
    return process;
}

static void a_signal_while_it_comes_up_stops_it_gently(void **state)
{
    (void)state;
    submit("early", "random", STUB_DOUBLE, "\"parallelTrialCount\": 1", "{\"ms\": 100}");
    stop("early", ENGINE_STOP_NOW);
    json_decref(wait_for("early"));
    for (int i = 0; i < 5; i++) {
        wait_until_over("early");
        struct process engine = start_by_hand("early");
        while (!is_running("early"))
            continue;
        process_signal(&engine, SIGTERM);
        int status = -1;
        assert_int_equal(process_reap(&engine, 20000, &status), 0);
        if (status != 0)
            fail_msg("the engine ended with status %d", status);
        auto_json json_t *shown = show("early");
        assert_string_equal(text(shown, "state"), "Stopped");
    }
}

/* A command that holds the lock for a moment (resume, delete) is no engine. */
static pid_t hold_lock_for(const char *name, int64_t ms)
{
    struct home_paths paths = paths_of(name);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct lock lock;
        bool held = lock_take(&lock, paths.lock, NULL) == 0 && write(ready[1], "+", 1) == 1;
        stub_sleep_ms(ms);
        _exit(!held);
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    home_paths_fini(&paths);
    return pid;
}

static void a_stop_does_not_end_a_command(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    submit("held", "random", STUB_DOUBLE, ONE, "{}");
    json_decref(wait_for("held"));
    wait_until_over("held");
    pid_t holder = hold_lock_for("held", 400);
    assert_int_equal(local_engine.stop("held", ENGINE_STOP_GENTLE, &err), NBT_ESTATE);
    assert_non_null(strstr(err.text, "not running"));
    int status;
    assert_int_equal(waitpid(holder, &status, 0), holder);
    assert_int_equal(status, 0);
}

static void a_resume_waits_for_a_command(void **state)
{
    (void)state;
    submit("waits", "random", STUB_DOUBLE, "\"parallelTrialCount\": 1", "{\"ms\": 50}");
    stop("waits", ENGINE_STOP_NOW);
    json_decref(wait_for("waits"));
    wait_until_over("waits");
    pid_t holder = hold_lock_for("waits", 400);
    resume("waits", 0);
    waitpid(holder, NULL, 0);
    stop("waits", ENGINE_STOP_NOW);
    json_decref(wait_for("waits"));
}

static void of_two_resumes_one_goes_on(void **state)
{
    (void)state;
    submit("pair", "random", STUB_DOUBLE, "\"parallelTrialCount\": 1", "{\"ms\": 20}");
    for (int round = 0; round < 8; round++) {
        stop("pair", ENGINE_STOP_NOW);
        json_decref(wait_for("pair"));
        pid_t pids[3];
        int won = 0, status;
        for (size_t i = 0; i < COUNT_OF(pids); i++) {
            pids[i] = fork();
            if (pids[i] == 0)
                _exit(local_engine.resume("pair", 0, true, NULL) < 0);
        }
        for (size_t i = 0; i < COUNT_OF(pids); i++) {
            assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
            won += status == 0;
        }
        assert_int_equal(won, 1);
        assert_true(is_running("pair"));
    }
    stop("pair", ENGINE_STOP_NOW);
    auto_json json_t *facts = wait_for("pair");
    assert_int_equal(count_facts(facts, "engine-started"), 9);
    assert_int_equal(count_facts(facts, "engine-ended"), 9);
    assert_int_equal(count_facts(facts, "trial-lost"), 0);
    assert_int_equal(count_facts(facts, "trial-finished"), count_facts(facts, "trial-created"));
}

/* ---- nothing more to come ---- */

static int never(void *self, const json_t *event)
{
    (void)self;
    (void)event;
    return 0;
}

static void a_watch_of_what_is_over_ends(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    submit("over", "random", STUB_DOUBLE, ONE, "{}");
    json_decref(wait_for("over"));
    auto_json json_t *shown = show("over");
    struct engine_watch watch = {
        .since = (uint64_t)json_integer_value(json_object_get(shown, "seq")),
        .follow = true,
        .cancel_fd = -1,
        .on_event = never,
    };
    alarm(10);
    assert_int_equal(local_engine.watch("over", &watch, &err), 0);
    alarm(0);
}

/* ---- gone meanwhile ---- */

static bool list_has_errors(void)
{
    auto_json json_t *items = NULL;
    if (local_engine.list(&items, NULL) < 0)
        return true;
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item) if (strlen(text(item, "error")) > 0)
    {
        fprintf(stderr, "%s\n", text(item, "error"));
        return true;
    }
    return false;
}

static void a_list_shows_nothing_of_what_is_being_deleted(void **state)
{
    (void)state;
    pid_t lister = fork();
    if (lister == 0) {
        int64_t deadline = clock_monotonic_ms() + 4000;
        while (clock_left_ms(deadline) > 0)
            if (list_has_errors())
                _exit(1);
        _exit(0);
    }
    struct nbt_error err = NBT_ERROR_INIT;
    int64_t deadline = clock_monotonic_ms() + 3500;
    while (clock_left_ms(deadline) > 0) {
        submit("gone", "random", STUB_DOUBLE, ONE, "{}");
        json_decref(wait_for("gone"));
        if (local_engine.remove("gone", &err) < 0)
            fail_msg("remove: %s", err.text);
    }
    int status;
    assert_int_equal(waitpid(lister, &status, 0), lister);
    assert_int_equal(status, 0);
}

/* ---- what trials say ---- */

static void a_state_that_is_no_end_is_a_failure(void **state)
{
    (void)state;
    submit("liar", "random", STUB_DOUBLE,
           "\"maxTrialCount\": 3, \"maxFailedTrialCount\": 1, \"parallelTrialCount\": 1",
           "{\"state\": \"Running\"}");
    alarm(20);
    json_decref(wait_for("liar"));
    alarm(0);
    auto_json json_t *shown = show("liar");
    assert_string_equal(text(shown, "state"), "Failed");
    assert_int_equal(count_states(shown, "Failed"), 2);
}

static void noise_on_the_status_pipe_is_passed_over(void **state)
{
    (void)state;
    static const struct {
        const char *name, *script;
    } rows[] = {{"noisy", "{\"noise\": true}"}, {"clinging", "{\"clinging\": true}"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        submit(rows[i].name, "random", STUB_DOUBLE, ONE, rows[i].script);
        alarm(30);
        json_decref(wait_for(rows[i].name));
        alarm(0);
        auto_json json_t *shown = show(rows[i].name);
        assert_int_equal(count_states(shown, "Succeeded"), 1);
        assert_string_equal(text(shown, "state"), "Succeeded");
    }
}

/* A long name is cut between characters, or the texts that hold it are no texts any more. */
static void a_long_metric_that_is_missing_is_named(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    char metric[200] = "a";
    for (int i = 0; i < 90; i++)
        strcat(metric, "\xc3\xa9");
    auto_json json_t *document =
        stub_experiment("unsaid", "random", STUB_DOUBLE, ONE ", \"maxFailedTrialCount\": 0");
    json_t *objective = json_object_get(json_object_get(document, "spec"), "objective");
    json_object_set_new(objective, "objectiveMetricName", json_string(metric));
    if (submit_as(document, "{}", true, &err) < 0)
        fail_msg("%s", err.text);
    auto_json json_t *facts = wait_for("unsaid");
    auto_json json_t *shown = show("unsaid");
    const json_t *trial = json_array_get(json_object_get(shown, "trials"), 0);
    assert_string_equal(text(trial, "state"), "MetricsUnavailable");
    assert_non_null(strstr(text(trial, "message"), "without a value of a\xc3\xa9"));
    size_t i;
    json_t *fact;
    json_array_foreach(facts, i, fact) if (strcmp(text(fact, "kind"), "trial-finished") == 0)
        assert_string_equal(text(fact, "trial"), text(trial, "name"));
}

static const char *best_of(const json_t *items, const char *name)
{
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item) if (strcmp(text(item, "name"), name) ==
                                           0) return text(json_object_get(item, "best"), "trial");
    return "";
}

/* Of equals the first is the best, whichever ended first. */
static void list_and_show_name_the_same_best(void **state)
{
    (void)state;
    static const struct {
        const char *name, *script;
    } rows[] = {{"tie-1", "{\"score\": 5, \"slow\": 1}"}, {"tie-2", "{\"score\": 5, \"slow\": 2}"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        submit(rows[i].name, "grid", STUB_INT("1", "2"), "\"parallelTrialCount\": 2",
               rows[i].script);
        json_decref(wait_for(rows[i].name));
        auto_json json_t *shown = show(rows[i].name);
        auto_json json_t *items = NULL;
        assert_int_equal(local_engine.list(&items, NULL), 0);
        const json_t *status = json_object_get(json_object_get(shown, "experiment"), "status");
        assert_string_equal(best_of(items, rows[i].name),
                            text(json_object_get(status, "currentOptimalTrial"), "bestTrialName"));
    }
}

/* ---- it cannot go on ---- */

static const char *condition(const json_t *shown, const char *type)
{
    const json_t *status = json_object_get(json_object_get(shown, "experiment"), "status");
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(status, "conditions"), i,
                       entry) if (strcmp(text(entry, "type"), type) == 0) return text(entry,
                                                                                      "status");
    return "";
}

/* No folder for the trial: that is no fault of the trial, which waits for a resume. */
static void a_trial_that_cannot_start_waits(void **state)
{
    (void)state;
    submit("blocked", "random", STUB_DOUBLE, "\"parallelTrialCount\": 1", "{\"ms\": 60000}");
    stop("blocked", ENGINE_STOP_NOW);
    json_decref(wait_for("blocked"));
    struct home_paths paths = paths_of("blocked");
    assert_int_equal(file_remove_tree(paths.trials, NULL), 0);
    assert_int_equal(file_write_atomic(paths.trials, "", 0, 0600, NULL), 0);
    resume("blocked", 2);
    wait_until_over("blocked");
    auto_json json_t *cut = show("blocked");
    assert_string_equal(text(cut, "state"), "Stopped");
    assert_string_equal(text(cut, "reason"), "EngineFailed");
    assert_int_equal(count_states(cut, "Pending"), 1);
    assert_int_equal(unlink(paths.trials), 0);
    home_paths_fini(&paths);
    resume("blocked", 0);
    wait_for_state("blocked", "Running", 1);
    auto_json json_t *shown = show("blocked");
    assert_string_equal(condition(shown, "Running"), "True");
    assert_string_equal(condition(shown, "Restarting"), "False");
    stop("blocked", ENGINE_STOP_NOW);
    json_decref(wait_for("blocked"));
}

static void damage(const char *name, const char *sql)
{
    struct home_paths paths = paths_of(name);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(paths.database, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    home_paths_fini(&paths);
}

/* An engine that cannot come up leaves as one that can: nothing is left behind. */
static void a_damaged_row_is_refused_in_good_order(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    submit("damaged", "random", STUB_DOUBLE, "\"parallelTrialCount\": 1", "{\"ms\": 60000}");
    stop("damaged", ENGINE_STOP_NOW);
    json_decref(wait_for("damaged"));
    wait_until_over("damaged");
    damage("damaged", "UPDATE trials SET state = 'Bogus'");
    struct process engine = start_by_hand("damaged");
    int status = -1;
    assert_int_equal(process_reap(&engine, 20000, &status), 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    struct home_paths paths = paths_of("damaged");
    assert_int_equal(access(paths.reserve, F_OK), -1);
    home_paths_fini(&paths);
    assert_true(local_engine.resume("damaged", 0, true, &err) < 0);
    assert_non_null(strstr(err.text, "damaged"));
}

static void a_home_that_is_not_utf8_is_refused(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    char odd[80];
    snprintf(odd, sizeof(odd), "%s/h\xe9", home);
    setenv("NBKATIB_HOME", odd, 1);
    auto_json json_t *items = NULL;
    int code = local_engine.list(&items, &err);
    setenv("NBKATIB_HOME", home, 1);
    assert_int_equal(code, NBT_EINVAL);
    assert_non_null(strstr(err.text, "NBKATIB_HOME"));
}

int main(int argc, char **argv)
{
    int status = stub_dispatch(argc, argv);
    if (status >= 0)
        return status;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_while_it_comes_up_stops_it_gently),
        cmocka_unit_test(a_stop_does_not_end_a_command),
        cmocka_unit_test(a_resume_waits_for_a_command),
        cmocka_unit_test(of_two_resumes_one_goes_on),
        cmocka_unit_test(a_watch_of_what_is_over_ends),
        cmocka_unit_test(a_list_shows_nothing_of_what_is_being_deleted),
        cmocka_unit_test(a_state_that_is_no_end_is_a_failure),
        cmocka_unit_test(noise_on_the_status_pipe_is_passed_over),
        cmocka_unit_test(a_long_metric_that_is_missing_is_named),
        cmocka_unit_test(list_and_show_name_the_same_best),
        cmocka_unit_test(a_trial_that_cannot_start_waits),
        cmocka_unit_test(a_damaged_row_is_refused_in_good_order),
        cmocka_unit_test(a_home_that_is_not_utf8_is_refused),
    };
    return cmocka_run_group_tests(tests, make_home, drop_home);
}
