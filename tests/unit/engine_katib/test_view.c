/* What Katib's objects are shown as, with their quirks (katib section 6). */
#include "base/scope.h"
#include "engine/katib/view.h"
#include "quoted.h"

#define IS(type, status, reason)                                                                   \
    "{'type':'" type "','status':'" status "','reason':'" reason "','message':'m " type "'}"
#define CREATED  IS("Created", "True", "ExperimentCreated")
#define RUNNING  IS("Running", "True", "ExperimentRunning")
#define RAN      IS("Running", "False", "ExperimentRunning")
#define RESTARTS IS("Restarting", "True", "ExperimentRestarting")
#define USED_UP  IS("Succeeded", "True", "ExperimentMaxTrialsReached")
#define GOAL     IS("Succeeded", "True", "ExperimentGoalReached")
#define FAILED   IS("Failed", "True", "ExperimentFailed")
#define BEST     ",'currentOptimalTrial':{'bestTrialName':'a-1','observation':{}}"
#define NO_BEST  ",'currentOptimalTrial':{'observation':{}}"
#define DONE     ",'trials':2,'trialsSucceeded':2"

static json_t *experiment(const char *status, const char *stop)
{
    char text[4096];

    snprintf(
        text, sizeof(text),
        "{'metadata':{'name':'a','creationTimestamp':'2026-11-24T03:10:00Z','annotations':{}},"
        "'spec':{'maxTrialCount':2,'parallelTrialCount':1,'objective':{'type':'maximize',"
        "'objectiveMetricName':'s'},'algorithm':{'algorithmName':'random'},'parameters':[]}%s%s}",
        status[0] ? ",'status':" : "", status);
    json_t *made = quoted(text);
    if (stop)
        json_object_set_new(json_object_get(json_object_get(made, "metadata"), "annotations"),
                            KATIB_STOP, json_string(stop));
    return made;
}

static const char asked[] = "{\"asked\": true, \"trials\": 1, \"killed\": [\"a-0\"]}";
static const char went_on[] = "{\"asked\": false, \"killed\": [\"a-0\"]}";

static void states_of_an_experiment(void **state)
{
    static const struct {
        const char *status, *stop, *want;
    } table[] = {
        {"", NULL, "Created"}, /* no status at all right after create */
        {"{'conditions':[" CREATED "]}", NULL, "Created"},
        {"{'conditions':[" CREATED "," RUNNING "],'trials':1}", NULL, "Running"},
        {"{'conditions':[" CREATED "," RAN "," USED_UP "],'completionTime':null" DONE BEST "}",
         NULL, "Succeeded"},
        /* Restarting is never taken back. */
        {"{'conditions':[" RESTARTS "," RAN "," USED_UP "]" DONE BEST "}", NULL, "Succeeded"},
        {"{'conditions':[" RESTARTS "," RUNNING "]" DONE BEST "}", NULL, "Running"},
        {"{'conditions':[" RESTARTS "," RAN "," FAILED "]" DONE BEST "}", NULL, "Failed"},
        /* Only failures use the budget up too. */
        {"{'conditions':[" RAN "," USED_UP "],'trials':2,'trialsFailed':2" NO_BEST "}", NULL,
         "Failed"},
        /* The end stands until Katib sees the larger budget. */
        {"{'conditions':[" RAN "," USED_UP "],'trials':1,'trialsSucceeded':1" BEST "}", NULL,
         "Running"},
        {"{'conditions':[" RAN "," GOAL "],'trials':1,'trialsSucceeded':1" BEST "}", NULL,
         "Succeeded"},
        /* Trials that run on are not stopped by Katib. */
        {"{'conditions':[" RAN "," GOAL "],'trials':2,'trialsRunning':1" BEST "}", NULL,
         "Stopping"},
        {"{'conditions':[" RUNNING "],'trials':1}", asked, "Stopping"},
        {"{'conditions':[" RAN "," USED_UP "]" DONE BEST "}", asked, "Stopped"},
        {"{'conditions':[" RAN "," FAILED "]" DONE "}", asked, "Stopped"},
        {"{'conditions':[" RAN "," USED_UP "]" DONE BEST "}", went_on, "Succeeded"},
        {"{'conditions':[" RUNNING "],'trials':1}", "not JSON", "Running"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        auto_json json_t *made = experiment(table[i].status, table[i].stop);
        if (strcmp(katib_experiment_state(made), table[i].want) != 0)
            fail_msg("%s, stop %s: %s, expected %s", table[i].status, table[i].stop,
                     katib_experiment_state(made), table[i].want);
    }
}

static json_t *trial(const char *name, const char *created, const char *conditions)
{
    char text[2048];

    snprintf(text, sizeof(text),
             "{'metadata':{'name':'%s','creationTimestamp':'%s'},'spec':{'parameterAssignments':"
             "[{'name':'opt','value':'c1'},{'name':'lr','value':'0.5'}]},'status':{'startTime':"
             "'2026-11-24T03:10:00Z','completionTime':'2026-11-24T03:10:04Z','conditions':[%s],"
             "'observation':{'metrics':[{'name':'t','min':'1','max':'1','latest':'1'},{'name':'s',"
             "'min':'2','max':'3','latest':'2'}]}}}",
             name, created, conditions);
    return quoted(text);
}

static void states_of_a_trial(void **state)
{
    static const struct {
        const char *conditions;
        enum status_state want;
    } table[] = {
        {"", STATUS_TRIAL_PENDING},
        {IS("Created", "True", "TrialCreated"), STATUS_TRIAL_PENDING},
        {IS("Running", "True", "TrialRunning"), STATUS_TRIAL_RUNNING},
        /* Running stays true beside it. */
        {IS("Running", "True", "TrialRunning") "," IS("EarlyStopped", "True", "TrialEarlyStopped"),
         STATUS_TRIAL_EARLY_STOPPED},
        {IS("Running", "False", "TrialRunning") "," IS("Succeeded", "True", "TrialSucceeded"),
         STATUS_TRIAL_SUCCEEDED},
        {IS("Failed", "True", "TrialFailed. Job reason: x"), STATUS_TRIAL_FAILED},
        {IS("MetricsUnavailable", "True", "MetricsUnavailable"), STATUS_TRIAL_METRICS_UNAVAILABLE},
        {IS("Succeeded", "False", "TrialSucceeded") "," IS("Running", "True", "TrialRunning"),
         STATUS_TRIAL_RUNNING},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        auto_json json_t *made = trial("a-1", "2026-11-24T03:10:00Z", table[i].conditions);
        if (katib_trial_state(made) != table[i].want)
            fail_msg("%s: %s, expected %s", table[i].conditions,
                     status_state_name(katib_trial_state(made)), status_state_name(table[i].want));
    }
}

/* Failed, by its name or as one that began after the stop. */
static void what_a_stop_ended_is_killed(void **state)
{
    static const struct {
        const char *name, *note;
        size_t index;
        enum status_state want;
    } table[] = {
        {"a-0", asked, 0, STATUS_TRIAL_KILLED},   {"a-1", asked, 0, STATUS_TRIAL_FAILED},
        {"a-1", asked, 1, STATUS_TRIAL_KILLED},   {"a-1", went_on, 1, STATUS_TRIAL_FAILED},
        {"a-0", went_on, 1, STATUS_TRIAL_KILLED}, {"a-0", "{}", 1, STATUS_TRIAL_FAILED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        auto_json json_t *made =
            trial(table[i].name, "2026-11-24T03:10:00Z", IS("Failed", "True", "TrialFailed"));
        auto_json json_t *note = json_loads(table[i].note, 0, NULL);
        enum status_state found = katib_shown_state(made, table[i].index, note);
        if (found != table[i].want)
            fail_msg("row %zu: %s, expected %s", i, status_state_name(found),
                     status_state_name(table[i].want));
    }
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static json_t *shown(const json_t *made, const char *conditions)
{
    auto_json json_t *items = json_array();
    json_t *show = NULL;
    struct nbt_error err = NBT_ERROR_INIT;

    json_array_append_new(items, trial("a-2", "2026-11-24T03:10:05Z", conditions));
    json_array_append_new(items, trial("a-1", "2026-11-24T03:10:00Z", conditions));
    if (katib_show_view(&show, made, items, &err) < 0)
        fail_msg("%s", err.text);
    return show;
}

static void show_has_trials_by_age_and_their_own_words(void **state)
{
    (void)state;
    auto_json json_t *made = experiment(
        "{'conditions':[" RAN "," USED_UP "]" DONE ",'currentOptimalTrial':{'bestTrialName':'a-1',"
        "'parameterAssignments':[{'name':'opt','value':'c1'}],'observation':{'metrics':[{'name':"
        "'t','latest':'9'},{'name':'s','min':'2','max':'3','latest':'2'}]}}}",
        NULL);
    json_object_set_new(json_object_get(json_object_get(made, "metadata"), "annotations"),
                        EXPERIMENT_SETTINGS,
                        json_string("{\"choices\": {\"opt\": {\"c1\": \"a \\\"b\\\"\"}}}"));
    auto_json json_t *show = shown(made, IS("Succeeded", "True", "TrialSucceeded"));
    const json_t *first = json_array_get(json_object_get(show, "trials"), 0);
    const json_t *opt = json_array_get(json_object_get(first, "assignments"), 0);
    const json_t *best = json_object_get(
        json_object_get(json_object_get(show, "experiment"), "status"), "currentOptimalTrial");
    const json_t *best_opt = json_array_get(json_object_get(best, "parameterAssignments"), 0);

    assert_string_equal(text_at(show, "state"), "Succeeded");
    assert_string_equal(text_at(show, "reason"), "ExperimentMaxTrialsReached");
    assert_string_equal(text_at(first, "name"), "a-1");
    assert_string_equal(text_at(opt, "value"), "a \"b\"");
    assert_string_equal(text_at(best_opt, "value"), "a \"b\"");
    assert_true(json_number_value(json_object_get(first, "seconds")) == 4.0);
    assert_string_equal(text_at(first, "message"), "");
    assert_non_null(json_object_get(json_object_get(first, "observation"), "metrics"));

    auto_json json_t *item = NULL;
    assert_int_equal(katib_item_view(&item, made, NULL), 0);
    const json_t *value = json_object_get(json_object_get(item, "objective"), "value");
    assert_true(json_number_value(value) == 3.0); /* maximize: max, wherever it stands */
    assert_true(json_is_null(json_object_get(item, "completionTime")));
    assert_int_equal(json_integer_value(json_object_get(item, "trialsSucceeded")), 2);
}

static void without_a_best_trial(void **state)
{
    (void)state;
    auto_json json_t *made = experiment(
        "{'conditions':[" RAN "," USED_UP "],'trials':2,'trialsFailed':2" NO_BEST "}", NULL);
    auto_json json_t *show = shown(made, IS("Failed", "True", "TrialFailed"));
    auto_json json_t *item = NULL;
    const json_t *first = json_array_get(json_object_get(show, "trials"), 0);

    assert_string_equal(text_at(show, "message"), "no trial succeeded");
    assert_string_equal(text_at(first, "message"), "m Failed");
    assert_int_equal(katib_item_view(&item, made, NULL), 0);
    assert_true(json_is_null(json_object_get(item, "best")));
    assert_true(json_is_null(json_object_get(json_object_get(item, "objective"), "value")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_of_an_experiment),
        cmocka_unit_test(states_of_a_trial),
        cmocka_unit_test(what_a_stop_ended_is_killed),
        cmocka_unit_test(show_has_trials_by_age_and_their_own_words),
        cmocka_unit_test(without_a_best_trial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
