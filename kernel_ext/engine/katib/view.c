#include "engine/katib/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/kube/moment.h"
#include "engine/katib/members.h"
#include "engine/katib/session.h"
#include "engine/katib/translate.h"
#include "experiment/experiment.h"

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the experiment's trials");
}

static const json_t *metadata(const json_t *object)
{
    return member(object, "metadata");
}

/* ---- conditions ---- */

/* The condition of that type when it is true; NULL otherwise. */
static const json_t *condition(const json_t *object, const char *type)
{
    size_t i;
    const json_t *found;

    json_array_foreach(member(member(object, "status"), "conditions"), i, found)
    {
        if (strcmp(text(found, "type"), type) == 0 && strcmp(text(found, "status"), "True") == 0)
            return found;
    }
    return NULL;
}

static bool has_best(const json_t *experiment)
{
    return text(member(member(experiment, "status"), "currentOptimalTrial"), "bestTrialName")[0];
}

static json_int_t number(const json_t *object, const char *key)
{
    return json_integer_value(member(object, key));
}

static json_int_t ended_trials(const json_t *status)
{
    static const char *const counts[] = {"trialsSucceeded", "trialsFailed", "trialsKilled",
                                         "trialsEarlyStopped", "trialMetricsUnavailable"};
    json_int_t sum = 0;

    for (size_t i = 0; i < COUNT_OF(counts); i++)
        sum += number(status, counts[i]);
    return sum;
}

bool katib_used_up(const json_t *experiment)
{
    return strcmp(text(condition(experiment, "Succeeded"), "reason"), STATUS_REASON_MAX_TRIALS) ==
           0;
}

/* Its end stands until Katib has seen that there may be more trials. */
static bool is_completed(const json_t *experiment)
{
    const json_t *status = member(experiment, "status");

    if (condition(experiment, "Failed"))
        return true;
    return condition(experiment, "Succeeded") &&
           !(katib_used_up(experiment) &&
             number(member(experiment, "spec"), "maxTrialCount") > ended_trials(status));
}

bool katib_is_over(const json_t *experiment)
{
    return is_completed(experiment) && number(member(experiment, "status"), "trialsRunning") == 0;
}

json_t *katib_stop_note(const json_t *experiment)
{
    const char *note = experiment_annotation(experiment, KATIB_STOP);
    return note ? json_loads(note, 0, NULL) : NULL;
}

bool katib_stop_asked(const json_t *experiment)
{
    auto_json json_t *note = katib_stop_note(experiment);
    return json_is_true(member(note, "asked"));
}

static const char *ended_state(const json_t *experiment)
{
    if (katib_stop_asked(experiment))
        return "Stopped";
    return condition(experiment, "Failed") || !has_best(experiment) ? "Failed" : "Succeeded";
}

const char *katib_experiment_state(const json_t *experiment)
{
    if (text(metadata(experiment), "deletionTimestamp")[0])
        return "Stopping";
    if (katib_is_over(experiment))
        return ended_state(experiment);
    if (is_completed(experiment) || katib_stop_asked(experiment))
        return "Stopping";
    return number(member(experiment, "status"), "trials") > 0 ? "Running" : "Created";
}

void katib_why(const json_t *experiment, const char **ret_reason, const char **ret_message)
{
    const json_t *failed = condition(experiment, "Failed");
    const json_t *found = failed ? failed : condition(experiment, "Succeeded");

    *ret_reason = text(found, "reason");
    *ret_message = text(found, "message");
    if (katib_stop_asked(experiment))
        *ret_message = "it was asked to stop";
    else if (found && !failed && !has_best(experiment))
        *ret_message = "no trial succeeded";
}

enum status_state katib_trial_state(const json_t *trial)
{
    static const enum status_state order[] = {
        STATUS_TRIAL_KILLED,        STATUS_TRIAL_FAILED,  STATUS_TRIAL_SUCCEEDED,
        STATUS_TRIAL_EARLY_STOPPED, STATUS_TRIAL_RUNNING, STATUS_TRIAL_METRICS_UNAVAILABLE,
    };

    for (size_t i = 0; i < COUNT_OF(order); i++) {
        if (condition(trial, status_state_name(order[i])))
            return order[i];
    }
    return STATUS_TRIAL_PENDING;
}

bool katib_trial_is_over(enum status_state state)
{
    return state != STATUS_TRIAL_PENDING && state != STATUS_TRIAL_RUNNING;
}

/* Katib has no word for what a stop ends: Failed, by its name or as one that began after it. */
static bool was_stopped(const json_t *note, const char *name, size_t index)
{
    size_t i;
    const json_t *killed;

    if (json_is_true(member(note, "asked")) && (json_int_t)index >= number(note, "trials"))
        return true;
    json_array_foreach(member(note, "killed"), i, killed)
    {
        if (strcmp(json_string_value(killed) ? json_string_value(killed) : "", name) == 0)
            return true;
    }
    return false;
}

enum status_state katib_shown_state(const json_t *trial, size_t index, const json_t *note)
{
    enum status_state state = katib_trial_state(trial);

    if ((state == STATUS_TRIAL_FAILED || state == STATUS_TRIAL_METRICS_UNAVAILABLE) &&
        was_stopped(note, text(metadata(trial), "name"), index))
        return STATUS_TRIAL_KILLED;
    return state;
}

/* ---- a trial ---- */

/* The values that the user named, where tokens were sent in their place. */
static json_t *decoded(const json_t *assignments, const json_t *choices)
{
    json_t *list = json_array();
    size_t i;
    const json_t *assignment;

    json_array_foreach(assignments, i, assignment)
    {
        const char *name = text(assignment, "name");
        const char *value = text(assignment, "value");
        const json_t *choice = member(member(choices, name), value);
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", name, "value",
                                              choice ? json_string_value(choice) : value));
    }
    return list;
}

static json_t *observation(const json_t *trial)
{
    json_t *found = member(member(trial, "status"), "observation");
    return member(found, "metrics") ? json_incref(found) : json_object();
}

static double seconds_between(const char *from, const char *to)
{
    int64_t start;
    int64_t end;

    if (!kube_moment_parse(from, strlen(from), &start) || !kube_moment_parse(to, strlen(to), &end))
        return 0;
    return (double)(end - start) / 1e9;
}

static json_t *moment(const json_t *status, const char *key)
{
    json_t *found = member(status, key);
    return json_is_string(found) ? json_incref(found) : json_null();
}

/* Why it ended; of one that a stop ended Katib's words would mislead. */
static void set_why(json_t *view, const json_t *trial, enum status_state state)
{
    const json_t *last = condition(trial, status_state_name(katib_trial_state(trial)));
    bool killed = state == STATUS_TRIAL_KILLED;
    bool over = katib_trial_is_over(state) && state != STATUS_TRIAL_SUCCEEDED;
    const char *message = killed ? "the experiment was asked to stop" : text(last, "message");

    json_object_set_new(view, "reason",
                        json_string(killed ? "Killed"
                                    : over ? text(last, "reason")
                                           : ""));
    json_object_set_new(view, "message", json_string(over ? message : ""));
}

json_t *katib_trial_view(const json_t *trial, size_t index, const struct katib_reading *reading)
{
    const json_t *status = member(trial, "status");
    enum status_state state = katib_shown_state(trial, index, reading->note);
    json_t *view =
        json_pack("{s:s, s:I, s:s, s:o, s:o, s:o, s:o, s:f, s:n, s:s, s:s, s:s, s:[]}", "name",
                  text(metadata(trial), "name"), "index", (json_int_t)index, "state",
                  status_state_name(state), "assignments",
                  decoded(member(member(trial, "spec"), "parameterAssignments"), reading->choices),
                  "observation", observation(trial), "startTime", moment(status, "startTime"),
                  "completionTime", moment(status, "completionTime"), "seconds",
                  seconds_between(text(status, "startTime"), text(status, "completionTime")),
                  "cell", "step", "", "folder", "", "isolation", "", "warnings");

    if (view)
        set_why(view, trial, state);
    return view;
}

static int older_first(const void *a, const void *b)
{
    const json_t *x = *(const json_t *const *)a;
    const json_t *y = *(const json_t *const *)b;
    int order =
        strcmp(text(metadata(x), "creationTimestamp"), text(metadata(y), "creationTimestamp"));

    return order ? order : strcmp(text(metadata(x), "name"), text(metadata(y), "name"));
}

int katib_sort_trials(json_t **ret, const json_t *items, struct nbt_error *err)
{
    size_t n = json_array_size(items);
    auto_free json_t **sorted = calloc(n + 1, sizeof(json_t *));
    auto_json json_t *list = json_array();
    int failed = !sorted || !list;

    for (size_t i = 0; i < n && !failed; i++)
        sorted[i] = json_array_get(items, i);
    if (!failed)
        qsort(sorted, n, sizeof(json_t *), older_first);
    for (size_t i = 0; i < n && !failed; i++)
        failed = json_array_append(list, sorted[i]);
    if (failed)
        return no_memory(err);
    *ret = TAKE(list);
    return 0;
}

int katib_reading_init(struct katib_reading *ret, const json_t *experiment, struct nbt_error *err)
{
    json_t *settings = NULL;
    int result = katib_settings(&settings, experiment, err);

    if (result < 0)
        return result;
    *ret = (struct katib_reading){.settings = settings,
                                  .choices = member(settings, "choices"),
                                  .note = katib_stop_note(experiment)};
    return 0;
}

void katib_reading_fini(struct katib_reading *reading)
{
    json_decref(reading->settings);
    json_decref(reading->note);
}

static int trials_view(json_t **ret, const json_t *items, const struct katib_reading *reading,
                       struct nbt_error *err)
{
    auto_json json_t *sorted = NULL;
    auto_json json_t *list = json_array();
    size_t i;
    const json_t *trial;
    int result = katib_sort_trials(&sorted, items, err);

    json_array_foreach(sorted, i, trial)
    {
        if (result == 0 && json_array_append_new(list, katib_trial_view(trial, i, reading)) < 0)
            result = no_memory(err);
    }
    if (result == 0)
        *ret = TAKE(list);
    return result;
}

/* ---- an experiment ---- */

static const char *notebook_of(const json_t *experiment)
{
    const char *path = experiment_annotation(experiment, EXPERIMENT_NOTEBOOK);
    return path ? path : "";
}

/* Its spec keeps the tokens, which are what was submitted; the optimal trial is for people. */
static json_t *decoded_document(const json_t *experiment, const json_t *choices)
{
    json_t *document = json_deep_copy(experiment);
    json_t *best = member(member(document, "status"), "currentOptimalTrial");

    if (member(best, "parameterAssignments"))
        json_object_set_new(best, "parameterAssignments",
                            decoded(member(best, "parameterAssignments"), choices));
    return document;
}

int katib_show_view(json_t **ret, const json_t *experiment, const json_t *items,
                    struct nbt_error *err)
{
    CLEANUP(katib_reading_fini) struct katib_reading reading = {0};
    auto_json json_t *trials = NULL;
    const char *reason;
    const char *message;
    int result = katib_reading_init(&reading, experiment, err);

    if (result == 0)
        result = trials_view(&trials, items, &reading, err);
    if (result < 0)
        return result;
    auto_json json_t *document = decoded_document(experiment, reading.choices);
    katib_why(experiment, &reason, &message);
    json_t *view = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:O, s:s, s:i, s:s, s:[]}", "name",
                             text(metadata(experiment), "name"), "engine", "katib", "state",
                             katib_experiment_state(experiment), "reason", reason, "message",
                             message, "experiment", document, "trials", trials, "folder", "", "seq",
                             0, "notebook", notebook_of(experiment), "warnings");
    if (!view)
        return no_memory(err);
    *ret = view;
    return 0;
}

/* With the optimal trial's compared value. */
static json_t *objective_view(const json_t *experiment)
{
    const json_t *objective = member(member(experiment, "spec"), "objective");
    const json_t *best = member(member(experiment, "status"), "currentOptimalTrial");
    struct experiment_spec spec;
    double value;
    json_t *found = NULL;

    if (experiment_spec_init(&spec, experiment, NULL) == 0) {
        if (status_objective(&spec, member(best, "observation"), &value))
            found = json_real(value);
        experiment_spec_fini(&spec);
    }
    return json_pack("{s:O?, s:O?, s:o?}", "name", member(objective, "objectiveMetricName"), "type",
                     member(objective, "type"), "value", found);
}

static json_t *best_view(const json_t *experiment, const json_t *choices)
{
    const json_t *best = member(member(experiment, "status"), "currentOptimalTrial");

    if (!has_best(experiment))
        return json_null();
    return json_pack("{s:s, s:o}", "trial", text(best, "bestTrialName"), "assignments",
                     decoded(member(best, "parameterAssignments"), choices));
}

static void set_counts(json_t *item, const json_t *status)
{
    json_int_t failed = number(status, "trialsFailed") + number(status, "trialMetricsUnavailable");

    json_object_set_new(item, "trials", json_integer(number(status, "trials")));
    json_object_set_new(item, "trialsSucceeded", json_integer(number(status, "trialsSucceeded")));
    json_object_set_new(item, "trialsFailed", json_integer(failed));
    json_object_set_new(item, "trialsRunning", json_integer(number(status, "trialsRunning")));
}

int katib_item_view(json_t **ret, const json_t *experiment, struct nbt_error *err)
{
    CLEANUP(katib_reading_fini) struct katib_reading reading = {0};
    const json_t *status = member(experiment, "status");
    int result = katib_reading_init(&reading, experiment, err);

    if (result < 0)
        return result;
    json_t *item =
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:O?, s:o, s:o}", "name",
                  text(metadata(experiment), "name"), "engine", "katib", "state",
                  katib_experiment_state(experiment), "notebook", notebook_of(experiment),
                  "startTime", moment(metadata(experiment), "creationTimestamp"), "completionTime",
                  moment(status, "completionTime"), "maxTrialCount",
                  member(member(experiment, "spec"), "maxTrialCount"), "objective",
                  objective_view(experiment), "best", best_view(experiment, reading.choices));
    if (!item)
        return no_memory(err);
    set_counts(item, status);
    *ret = item;
    return 0;
}
