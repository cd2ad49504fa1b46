#include <math.h>

#include "base/scope.h"
#include "check.h"
#include "experiment/status.h"

static char accuracy[] = "accuracy", loss[] = "loss", grid[] = "grid";

/* 2026-11-24T03:10:00Z and later minutes. */
static int64_t minute(int n)
{
    return (INT64_C(1795489800) + n * 60) * 1000000;
}

static void mark(json_t *status, enum status_condition condition, const char *reason, int64_t now)
{
    struct nbt_error err = NBT_ERROR_INIT;
    if (status_mark(status, condition, true, reason, NULL, now, &err) < 0)
        fail_msg("%s", err.text);
}

/* The newest condition that is true; "" when none is. */
static const char *current(const json_t *status)
{
    const char *type = "";
    size_t i;
    json_t *condition;
    json_array_foreach(json_object_get(status, "conditions"), i, condition)
    {
        if (strcmp(json_string_value(json_object_get(condition, "status")), "True") == 0)
            type = json_string_value(json_object_get(condition, "type"));
    }
    return type;
}

static void check_json(const json_t *got, const char *want)
{
    auto_free char *text = json_dumps(got, JSON_COMPACT);
    if (!text || strcmp(text, want) != 0)
        fail_msg("\n got %s\nwant %s", text ? text : "(none)", want);
}

#define CONDITION(type, status, reason, message, updated, moved)                                   \
    "{\"type\":\"" type "\",\"status\":\"" status "\",\"reason\":\"" reason                        \
    "\",\"message\":\"" message "\",\"lastUpdateTime\":\"2026-11-24T03:" updated                   \
    "Z\",\"lastTransitionTime\":\"2026-11-24T03:" moved "Z\"}"
#define CREATED                                                                                    \
    CONDITION("Created", "True", "ExperimentCreated", "Experiment is created", "10:00", "10:00")

static void lives_as_katibs_experiments_do(void **state)
{
    (void)state;
    auto_json json_t *status = json_object();
    mark(status, STATUS_CREATED, NULL, minute(0));
    assert_string_equal(current(status), "Created");
    mark(status, STATUS_RUNNING, NULL, minute(1));
    assert_string_equal(current(status), "Running");
    mark(status, STATUS_SUCCEEDED, STATUS_REASON_GOAL, minute(2));
    assert_string_equal(current(status), "Succeeded");
    check_json(
        status,
        "{\"startTime\":\"2026-11-24T03:10:00Z\",\"conditions\":[" CREATED "," CONDITION(
            "Running", "False", "ExperimentRunning", "Experiment is running", "12:00",
            "12:00") "," CONDITION("Succeeded", "True", "ExperimentGoalReached",
                                   "Experiment has succeeded because Objective goal has reached",
                                   "12:00",
                                   "12:00") "],\"completionTime\":\"2026-11-24T03:12:00Z\"}");
}

/* Katib leaves Restarting true for ever. */
static void restarts(void **state)
{
    (void)state;
    auto_json json_t *status = json_object();
    mark(status, STATUS_CREATED, NULL, minute(0));
    mark(status, STATUS_RUNNING, NULL, minute(1));
    mark(status, STATUS_SUCCEEDED, NULL, minute(2));
    mark(status, STATUS_RESTARTING, NULL, minute(3));
    assert_string_equal(current(status), "Restarting");
    assert_true(json_is_null(json_object_get(status, "completionTime")));
    mark(status, STATUS_RUNNING, NULL, minute(4));
    check_json(json_object_get(status, "conditions"),
               "[" CREATED "," CONDITION(
                   "Restarting", "False", "ExperimentRestarting", "Experiment is restarted",
                   "14:00", "14:00") "," CONDITION("Running", "True", "ExperimentRunning",
                                                   "Experiment is running", "14:00", "14:00") "]");
    assert_string_equal(current(status), "Running");
}

static void the_same_again_changes_nothing(void **state)
{
    (void)state;
    auto_json json_t *status = json_object();
    mark(status, STATUS_CREATED, NULL, minute(0));
    mark(status, STATUS_FAILED, NULL, minute(1));
    auto_json json_t *before = json_deep_copy(status);
    mark(status, STATUS_FAILED, NULL, minute(2));
    assert_true(json_equal(before, status));
    assert_string_equal(current(status), "Failed");
}

/* A new reason is an update, not a transition: when it became true, and completionTime, stay. */
static void a_new_reason_keeps_the_transition(void **state)
{
    (void)state;
    auto_json json_t *status = json_object();
    mark(status, STATUS_SUCCEEDED, NULL, minute(1));
    mark(status, STATUS_SUCCEEDED, STATUS_REASON_SUGGESTION_END, minute(2));
    check_json(status,
               "{\"conditions\":[" CONDITION(
                   "Succeeded", "True", "ExperimentSuggestionEndReached",
                   "Experiment has succeeded because every point of the search space was tried",
                   "12:00", "11:00") "],\"completionTime\":\"2026-11-24T03:11:00Z\"}");
}

static void a_condition_can_be_made_false(void **state)
{
    struct nbt_error err = NBT_ERROR_INIT;
    (void)state;
    auto_json json_t *status = json_object();
    mark(status, STATUS_RUNNING, NULL, minute(1));
    assert_int_equal(status_mark(status, STATUS_RUNNING, false, "ExperimentStopped", "by the user",
                                 minute(2), &err),
                     0);
    check_json(status, "{\"conditions\":[" CONDITION("Running", "False", "ExperimentStopped",
                                                     "by the user", "12:00", "12:00") "]}");
    assert_string_equal(current(status), "");
}

static const double reports[] = {0.5, 0.9, 0.25, 0.7};

static void compares_by_strategy(void **state)
{
    (void)state;
    assert_true(status_compared(EXPERIMENT_MIN, reports, 4) == 0.25);
    assert_true(status_compared(EXPERIMENT_MAX, reports, 4) == 0.9);
    assert_true(status_compared(EXPERIMENT_LATEST, reports, 4) == 0.7);
    assert_true(isnan(status_compared(EXPERIMENT_MAX, reports, 0)));
}

static struct experiment_metric metrics[] = {{accuracy, EXPERIMENT_MAX}, {loss, EXPERIMENT_MIN}};

static struct experiment_spec make_spec(void)
{
    return (struct experiment_spec){.maximize = true,
                                    .metrics = metrics,
                                    .n_metrics = 2,
                                    .max_trials = 3,
                                    .max_failed = 1,
                                    .parallel = 1,
                                    .algorithm = grid};
}

static void observes_texts(void **state)
{
    (void)state;
    struct experiment_spec spec = make_spec();
    struct status_reports given[] = {{"other", reports, 4}, {"accuracy", reports, 4}};
    auto_json json_t *observation = status_observation(&spec, given, 2);
    check_json(observation, "{\"metrics\":[{\"name\":\"accuracy\",\"min\":\"0.25\",\"max\":\"0.9\","
                            "\"latest\":\"0.7\"},{\"name\":\"loss\",\"min\":\"unavailable\","
                            "\"max\":\"unavailable\",\"latest\":\"unavailable\"}]}");
    double value = 0;
    assert_true(status_objective(&spec, observation, &value));
    assert_true(value == 0.9);
}

/* {observation, strategy, is there a value, which} */
static const struct {
    const char *observation;
    enum experiment_strategy strategy;
    bool there;
    double value;
} objectives[] = {
    {"{\"metrics\":[{\"name\":\"accuracy\",\"min\":\"1\",\"max\":\"2\",\"latest\":\"3\"}]}",
     EXPERIMENT_MIN, true, 1},
    {"{\"metrics\":[{\"name\":\"accuracy\",\"min\":\"1\",\"max\":\"2\",\"latest\":\"3\"}]}",
     EXPERIMENT_MAX, true, 2},
    {"{\"metrics\":[{\"name\":\"accuracy\",\"min\":\"1\",\"max\":\"2\",\"latest\":\"3\"}]}",
     EXPERIMENT_LATEST, true, 3},
    {"{\"metrics\":[{\"name\":\"loss\",\"max\":\"9\"},{\"name\":\"accuracy\",\"max\":\"-1e-3\"}]}",
     EXPERIMENT_MAX, true, -1e-3},
    {"{\"metrics\":[{\"name\":\"accuracy\",\"max\":\"unavailable\",\"latest\":\"3\"}]}",
     EXPERIMENT_MAX, true, 3},
    {"{\"metrics\":[{\"name\":\"accuracy\",\"max\":\"unavailable\",\"latest\":\"unavailable\"}]}",
     EXPERIMENT_MAX, false, 0},
    {"{\"metrics\":[{\"name\":\"accuracy\",\"max\":\"nan\",\"latest\":\"\"}]}", EXPERIMENT_MAX,
     false, 0},
    {"{\"metrics\":[{\"name\":\"accuracy\",\"max\":2}]}", EXPERIMENT_MAX, false, 0},
    {"{\"metrics\":[]}", EXPERIMENT_MAX, false, 0},
    {"{}", EXPERIMENT_MAX, false, 0},
};

static void reads_objectives(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(objectives); i++) {
        struct experiment_metric metric = {accuracy, objectives[i].strategy};
        struct experiment_spec spec = {.metrics = &metric, .n_metrics = 1};
        auto_json json_t *observation = json_loads(objectives[i].observation, 0, NULL);
        double value = 0;
        bool there = status_objective(&spec, observation, &value);
        if (there != objectives[i].there || value != objectives[i].value)
            fail_msg("%s\n got %d %g\nwant %d %g", objectives[i].observation, there, value,
                     objectives[i].there, objectives[i].value);
    }
    struct experiment_spec spec = make_spec();
    double value;
    assert_false(status_objective(&spec, NULL, &value));
}

static void decides_about_the_goal(void **state)
{
    (void)state;
    static const struct {
        bool maximize, has_goal;
        double value;
        bool reached;
    } rows[] = {{true, true, 0.9, true},  {true, true, 0.95, true},   {true, true, 0.89, false},
                {false, true, 0.9, true}, {false, true, 0.95, false}, {false, true, 0.89, true},
                {true, false, 5, false},  {false, false, -5, false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct experiment_spec spec = {
            .maximize = rows[i].maximize, .has_goal = rows[i].has_goal, .goal = 0.9};
        if (status_goal_reached(&spec, rows[i].value) != rows[i].reached)
            fail_msg("row %zu: want %d", i, rows[i].reached);
    }
}

static json_t *observe(const char *value)
{
    return json_pack("{s:[{s:s, s:s, s:s, s:s}]}", "metrics", "name", "accuracy", "min", value,
                     "max", value, "latest", value);
}

/* Trials "t0", "t1", ... with these states and objective values (NULL: no observation). */
struct trials {
    struct status_trial items[8];
    size_t n;
};

static const char *const names[] = {"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"};

static void add_trial(struct trials *trials, enum status_state state, const char *value)
{
    trials->items[trials->n] = (struct status_trial){
        names[trials->n], state, json_pack("[{s:s, s:s}]", "name", "lr", "value", "1"),
        value ? observe(value) : NULL};
    trials->n++;
}

static void trials_fini(struct trials *trials)
{
    for (size_t i = 0; i < trials->n; i++) {
        json_decref((json_t *)trials->items[i].assignments);
        json_decref((json_t *)trials->items[i].observation);
    }
}

static void the_first_of_equals_is_best(void **state)
{
    (void)state;
    struct experiment_spec spec = make_spec();
    CLEANUP(trials_fini) struct trials trials = {0};
    add_trial(&trials, STATUS_TRIAL_FAILED, "0.99");
    add_trial(&trials, STATUS_TRIAL_SUCCEEDED, "unavailable");
    add_trial(&trials, STATUS_TRIAL_SUCCEEDED, "0.7");
    add_trial(&trials, STATUS_TRIAL_SUCCEEDED, "0.8");
    add_trial(&trials, STATUS_TRIAL_EARLY_STOPPED, "0.8");
    add_trial(&trials, STATUS_TRIAL_RUNNING, "0.95");
    double value = 0;
    assert_string_equal(status_optimal(&spec, trials.items, trials.n, &value)->name, "t3");
    assert_true(value == 0.8);
    spec.maximize = false;
    assert_string_equal(status_optimal(&spec, trials.items, trials.n, NULL)->name, "t2");
    assert_null(status_optimal(&spec, trials.items, 2, NULL));
}

static void fills_counts_and_lists(void **state)
{
    struct nbt_error err = NBT_ERROR_INIT;
    (void)state;
    struct experiment_spec spec = make_spec();
    CLEANUP(trials_fini) struct trials trials = {0};
    auto_json json_t *status = json_object();
    add_trial(&trials, STATUS_TRIAL_SUCCEEDED, "0.7");
    add_trial(&trials, STATUS_TRIAL_RUNNING, NULL);
    add_trial(&trials, STATUS_TRIAL_SUCCEEDED, "0.6");
    add_trial(&trials, STATUS_TRIAL_METRICS_UNAVAILABLE, NULL);
    assert_int_equal(status_fill(status, &spec, trials.items, 2, &err), 0);
    assert_int_equal(status_fill(status, &spec, trials.items, trials.n, &err), 0);
    check_json(status,
               "{\"currentOptimalTrial\":{\"bestTrialName\":\"t0\",\"parameterAssignments\":[{"
               "\"name\":\"lr\",\"value\":\"1\"}],\"observation\":{\"metrics\":[{\"name\":"
               "\"accuracy\",\"min\":\"0.7\",\"max\":\"0.7\",\"latest\":\"0.7\"}]}},"
               "\"runningTrialList\":[\"t1\"],\"succeededTrialList\":[\"t0\",\"t2\"],"
               "\"metricsUnavailableTrialList\":[\"t3\"],\"trials\":4,\"trialsSucceeded\":2,"
               "\"trialsRunning\":1,\"trialMetricsUnavailable\":1}");
    trials.items[1].state = STATUS_TRIAL_SUCCEEDED;
    assert_int_equal(status_fill(status, &spec, trials.items, trials.n, &err), 0);
    assert_null(json_object_get(status, "runningTrialList"));
    assert_null(json_object_get(status, "trialsRunning"));
}

static void an_empty_experiment_has_an_empty_best(void **state)
{
    struct nbt_error err = NBT_ERROR_INIT;
    (void)state;
    struct experiment_spec spec = make_spec();
    auto_json json_t *status = json_object();
    assert_int_equal(status_fill(status, &spec, NULL, 0, &err), 0);
    check_json(status, "{\"currentOptimalTrial\":{\"observation\":{}}}");
}

/* maxTrialCount 3, maxFailedTrialCount 1, goal 0.9 where it is set; counts of each state, the best,
 * the verdict. */
static const struct {
    size_t succeeded, failed, unavailable, killed, stopped;
    double best;
    bool goal;
    enum status_verdict verdict;
} verdicts[] = {
    {0, 0, 0, 0, 0, NAN, false, STATUS_GO_ON},
    {2, 0, 0, 5, 0, 0.5, false, STATUS_GO_ON}, /* killed ones do not count */
    {3, 0, 0, 0, 0, 0.5, false, STATUS_ENOUGH_TRIALS},
    {2, 0, 0, 0, 1, 0.5, false, STATUS_ENOUGH_TRIALS},
    {0, 1, 0, 0, 0, NAN, false, STATUS_GO_ON}, /* failures must exceed */
    {2, 1, 0, 0, 0, 0.5, false, STATUS_GO_ON}, /* and use up no budget */
    {0, 1, 1, 0, 0, NAN, false, STATUS_TOO_MANY_FAILED},
    {3, 2, 0, 0, 0, 0.5, false, STATUS_TOO_MANY_FAILED},
    {3, 2, 0, 0, 0, 0.95, true, STATUS_GOAL_REACHED},
    {1, 0, 0, 0, 0, 0.85, true, STATUS_GO_ON},
};

static void decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(verdicts); i++) {
        struct experiment_spec spec = make_spec();
        struct status_counts counts = {0};
        spec.has_goal = verdicts[i].goal;
        spec.goal = 0.9;
        counts.of[STATUS_TRIAL_SUCCEEDED] = verdicts[i].succeeded;
        counts.of[STATUS_TRIAL_FAILED] = verdicts[i].failed;
        counts.of[STATUS_TRIAL_METRICS_UNAVAILABLE] = verdicts[i].unavailable;
        counts.of[STATUS_TRIAL_KILLED] = verdicts[i].killed;
        counts.of[STATUS_TRIAL_EARLY_STOPPED] = verdicts[i].stopped;
        enum status_verdict got =
            status_decide(&spec, &counts, isnan(verdicts[i].best) ? NULL : &verdicts[i].best);
        if (got != verdicts[i].verdict)
            fail_msg("row %zu: got %d, want %d", i, (int)got, (int)verdicts[i].verdict);
    }
}

static void without_limits_it_goes_on(void **state)
{
    (void)state;
    struct experiment_spec spec = make_spec();
    struct status_counts counts = {0};
    spec.max_trials = 0;
    spec.max_failed = -1;
    counts.of[STATUS_TRIAL_SUCCEEDED] = 1000;
    counts.of[STATUS_TRIAL_FAILED] = 1000;
    assert_int_equal(status_decide(&spec, &counts, NULL), STATUS_GO_ON);
    spec.max_failed = 0;
    assert_int_equal(status_decide(&spec, &counts, NULL), STATUS_TOO_MANY_FAILED);
    counts.of[STATUS_TRIAL_FAILED] = 0;
    assert_int_equal(status_decide(&spec, &counts, NULL), STATUS_GO_ON);
}

static void states_have_katibs_names(void **state)
{
    (void)state;
    for (int i = 0; i < STATUS_TRIAL_STATES; i++) {
        enum status_state found = STATUS_TRIAL_PENDING;
        assert_true(status_state_find(status_state_name((enum status_state)i), &found));
        assert_int_equal(found, i);
    }
    enum status_state found;
    assert_false(status_state_find("Done", &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lives_as_katibs_experiments_do),
        cmocka_unit_test(restarts),
        cmocka_unit_test(the_same_again_changes_nothing),
        cmocka_unit_test(a_new_reason_keeps_the_transition),
        cmocka_unit_test(a_condition_can_be_made_false),
        cmocka_unit_test(compares_by_strategy),
        cmocka_unit_test(observes_texts),
        cmocka_unit_test(reads_objectives),
        cmocka_unit_test(decides_about_the_goal),
        cmocka_unit_test(the_first_of_equals_is_best),
        cmocka_unit_test(fills_counts_and_lists),
        cmocka_unit_test(an_empty_experiment_has_an_empty_best),
        cmocka_unit_test(decides),
        cmocka_unit_test(without_limits_it_goes_on),
        cmocka_unit_test(states_have_katibs_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
