/* The edits that stop and resume make of an Experiment. */
#include "base/scope.h"
#include "engine/katib/stop.h"
#include "engine/katib/view.h"
#include "quoted.h"

#define TRIAL(name, state)                                                                         \
    "{'metadata':{'name':'" name "'},'status':{'conditions':[{'type':'" state                      \
    "','status':'True'}]}}"
#define TRIALS                                                                                     \
    "[" TRIAL("a-0", "Succeeded") "," TRIAL("a-1", "Failed") "," TRIAL("a-2", "Running") "]"

static json_t *experiment(int maximum, const char *note)
{
    char text[1024];

    snprintf(text, sizeof(text),
             "{'metadata':{'name':'a','annotations':{}},'spec':{'maxTrialCount':%d,"
             "'parallelTrialCount':3,'maxFailedTrialCount':2},'status':{'trials':3}}",
             maximum);
    json_t *made = quoted(text);
    if (note) {
        auto_json json_t *value = quoted(note);
        auto_free char *compact = json_dumps(value, JSON_COMPACT);
        json_object_set_new(json_object_get(json_object_get(made, "metadata"), "annotations"),
                            KATIB_STOP, json_string(compact));
    }
    return made;
}

static void assert_patch(size_t row, const json_t *patch, const char *note, const char *spec)
{
    const json_t *annotations = json_object_get(json_object_get(patch, "metadata"), "annotations");
    const char *text = json_string_value(json_object_get(annotations, KATIB_STOP));
    auto_json json_t *found = text ? json_loads(text, 0, NULL) : NULL;
    auto_json json_t *want_note = quoted(note);
    auto_json json_t *want_spec = spec ? quoted(spec) : NULL;
    auto_free char *shown = json_dumps(patch, JSON_COMPACT);

    if (!json_equal(found, want_note))
        fail_msg("row %zu: %s, expected the note %s", row, shown, note);
    if (!(want_spec ? json_equal(json_object_get(patch, "spec"), want_spec)
                    : !json_object_get(patch, "spec")))
        fail_msg("row %zu: %s, expected the spec %s", row, shown, spec);
}

#define BEFORE "'before':{'maxTrialCount':9,'parallelTrialCount':3,'maxFailedTrialCount':2}"
#define CLOSED "{'maxTrialCount':4,'parallelTrialCount':3,'maxFailedTrialCount':4}"
#define GENTLY "{'asked':true,'trials':3,'killed':[]," BEFORE "}"
#define NOW    "{'asked':true,'trials':3,'killed':['a-2']," BEFORE "}"

static void stops(void **state)
{
    static const struct {
        int maximum;
        const char *note;
        bool now;
        const char *want_note, *want_spec;
    } table[] = {
        {9, NULL, false, GENTLY, CLOSED},
        {9, NULL, true, NOW, CLOSED},
        /* The second stop does not take the first one's counts for the user's. */
        {4, "{'asked':true,'trials':2,'killed':[]," BEFORE "}", true,
         "{'asked':true,'trials':2,'killed':['a-2']," BEFORE "}", NULL},
        /* All were started: none is to be kept from it. */
        {3, NULL, false,
         "{'asked':true,'trials':3,'killed':[],'before':{'maxTrialCount':3,'parallelTrialCount':3,"
         "'maxFailedTrialCount':2}}",
         NULL},
        {9, "{'asked':false,'killed':['a-1']}", false,
         "{'asked':true,'trials':3,'killed':['a-1']," BEFORE "}", CLOSED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        auto_json json_t *made = experiment(table[i].maximum, table[i].note);
        auto_json json_t *trials = quoted(TRIALS);
        auto_json json_t *patch = NULL;
        assert_int_equal(katib_stop_patch(&patch, made, trials, table[i].now, NULL), 0);
        assert_patch(i, patch, table[i].want_note, table[i].want_spec);
    }
}

static void resumes(void **state)
{
    static const struct {
        const char *note;
        json_int_t budget;
        const char *want_note, *want_spec;
    } table[] = {
        {NULL, 12, "{'asked':false,'killed':[]}",
         "{'maxTrialCount':12,'parallelTrialCount':3,'maxFailedTrialCount':2}"},
        /* What began after the stop stays killed. */
        {"{'asked':true,'trials':1,'killed':['a-0']," BEFORE "}", 9,
         "{'asked':false,'killed':['a-0','a-1']}",
         "{'maxTrialCount':9,'parallelTrialCount':3,'maxFailedTrialCount':2}"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        auto_json json_t *made = experiment(4, table[i].note);
        auto_json json_t *trials = quoted(TRIALS);
        auto_json json_t *patch = NULL;
        assert_int_equal(katib_resume_patch(&patch, made, trials, table[i].budget, NULL), 0);
        assert_patch(i, patch, table[i].want_note, table[i].want_spec);
        assert_int_equal(katib_stop_budget(made), table[i].note ? 9 : 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stops),
        cmocka_unit_test(resumes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
