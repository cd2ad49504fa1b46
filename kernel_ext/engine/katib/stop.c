#include "engine/katib/stop.h"

#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "engine/katib/kube/path.h"
#include "engine/katib/members.h"
#include "engine/katib/template.h"
#include "engine/katib/view.h"

#define PODS_MAX 10000

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for a change of the experiment");
}

static const char *metadata_text(const json_t *object, const char *key)
{
    return text(member(object, "metadata"), key);
}

/* ---- the Experiment ---- */

static const char *const counts[] = {"maxTrialCount", "parallelTrialCount", "maxFailedTrialCount"};

static json_int_t least(json_int_t a, json_int_t b)
{
    return a < b ? a : b;
}

/* The counts as they were before the first of several stops. */
static json_t *counts_before(const json_t *experiment, const json_t *note)
{
    json_t *before = json_object();
    bool asked = json_is_true(member(note, "asked"));

    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        json_t *value =
            member(asked ? member(note, "before") : member(experiment, "spec"), counts[i]);
        if (value)
            json_object_set(before, counts[i], value);
    }
    return before;
}

static json_int_t trials_before(const json_t *note, const json_t *trials)
{
    return json_is_true(member(note, "asked")) ? json_integer_value(member(note, "trials"))
                                               : (json_int_t)json_array_size(trials);
}

/* Names of those killed before, and of trials from `first` on that are in such a state. */
static json_t *killed(const json_t *note, const json_t *trials, size_t first, bool running)
{
    json_t *names = json_array();
    size_t i;
    const json_t *trial;

    json_array_extend(names, member(note, "killed"));
    json_array_foreach(trials, i, trial)
    {
        enum status_state state = katib_trial_state(trial);
        if (i >= first && (running ? !katib_trial_is_over(state) : state == STATUS_TRIAL_FAILED))
            json_array_append_new(names, json_string(metadata_text(trial, "name")));
    }
    return names;
}

static int patch_of(json_t **ret, json_t *note, json_t *spec, struct nbt_error *err)
{
    auto_free char *dumped = note ? json_dumps(note, JSON_COMPACT) : NULL;
    json_t *patch = dumped && spec
                        ? json_pack("{s:{s:{s:s}}}", "metadata", "annotations", KATIB_STOP, dumped)
                        : NULL;

    if (patch && json_object_size(spec) > 0)
        json_object_set(patch, "spec", spec);
    json_decref(note);
    json_decref(spec);
    if (!patch)
        return no_memory(err);
    *ret = patch;
    return 0;
}

/* One more than there are, and with it what may not be above it; failures by our hand count, and
 * must not fail the experiment. */
static json_t *closed(const json_t *experiment, json_int_t trials)
{
    const json_t *spec = member(experiment, "spec");
    json_int_t budget = trials + 1;
    json_int_t parallel = json_integer_value(member(spec, "parallelTrialCount"));
    json_t *changed = json_pack("{s:I, s:I}", "maxTrialCount", budget, "parallelTrialCount",
                                least(budget, parallel));

    if (member(spec, "maxFailedTrialCount"))
        json_object_set_new(changed, "maxFailedTrialCount", json_integer(budget));
    return changed;
}

int katib_stop_patch(json_t **ret, const json_t *experiment, const json_t *trials, bool now,
                     struct nbt_error *err)
{
    auto_json json_t *old = katib_stop_note(experiment);
    json_int_t n = (json_int_t)json_array_size(trials);
    json_int_t reported = json_integer_value(member(member(experiment, "status"), "trials"));
    json_int_t most = json_integer_value(member(member(experiment, "spec"), "maxTrialCount"));
    json_t *note = json_pack(
        "{s:b, s:I, s:o, s:o}", "asked", true, "trials", trials_before(old, trials), "killed",
        killed(old, trials, now ? 0 : (size_t)n, true), "before", counts_before(experiment, old));

    if (n < reported)
        n = reported;
    /* Where all were started none is to be kept from starting; but killed ones must not fail it. */
    bool closing = n + 1 < most || (now && !json_is_true(member(old, "asked")));
    return patch_of(ret, note, closing ? closed(experiment, n) : json_object(), err);
}

json_int_t katib_stop_budget(const json_t *experiment)
{
    auto_json json_t *note = katib_stop_note(experiment);
    const json_t *before =
        json_is_true(member(note, "asked")) ? member(note, "before") : member(experiment, "spec");
    return json_integer_value(member(before, "maxTrialCount"));
}

int katib_resume_patch(json_t **ret, const json_t *experiment, const json_t *trials,
                       json_int_t budget, struct nbt_error *err)
{
    auto_json json_t *old = katib_stop_note(experiment);
    bool asked = json_is_true(member(old, "asked"));
    size_t first = asked ? (size_t)trials_before(old, trials) : json_array_size(trials);
    json_t *spec = counts_before(experiment, old);

    json_int_t parallel = json_integer_value(member(spec, "parallelTrialCount"));

    json_object_set_new(spec, "maxTrialCount", json_integer(budget));
    json_object_set_new(spec, "parallelTrialCount", json_integer(least(budget, parallel)));
    return patch_of(
        ret, json_pack("{s:b, s:o}", "asked", false, "killed", killed(old, trials, first, false)),
        spec, err);
}

/* ---- trials to come ---- */

static char *stop_path(const struct katib_session *session, const json_t *experiment, bool of_it)
{
    char name[KATIB_NAME_SIZE];

    katib_stop_name(name, metadata_text(experiment, "name"));
    return kube_path("/api/v1", session->namespace_, "configmaps", of_it ? name : NULL, NULL);
}

static json_t *stop_map(const json_t *experiment)
{
    char name[KATIB_NAME_SIZE];
    const char *owner = metadata_text(experiment, "name");

    katib_stop_name(name, owner);
    return json_pack("{s:s, s:s, s:{s:s, s:{s:s, s:s}, s:[{s:s, s:s, s:s, s:s}]}, s:{s:s}}",
                     "apiVersion", "v1", "kind", "ConfigMap", "metadata", "name", name, "labels",
                     KATIB_MANAGED_BY, "nbkatib", KATIB_EXPERIMENT_LABEL, owner, "ownerReferences",
                     "apiVersion", "kubeflow.org/v1beta1", "kind", "Experiment", "name", owner,
                     "uid", metadata_text(experiment, "uid"), "data", KATIB_STOP_KEY, "");
}

int katib_stop_trials_to_come(const struct katib_session *session, const json_t *experiment,
                              struct nbt_error *err)
{
    auto_free char *path = stop_path(session, experiment, false);
    auto_json json_t *map = stop_map(experiment);
    struct nbt_error refused = NBT_ERROR_INIT;
    int result = path && map ? kube_create(session->client, path, map, NULL, NULL, &refused)
                             : no_memory(&refused);

    return result < 0 && result != NBT_EEXIST ? nbt_error_set(err, result, "%s", refused.text) : 0;
}

int katib_start_trials_to_come(const struct katib_session *session, const json_t *experiment,
                               struct nbt_error *err)
{
    auto_free char *path = stop_path(session, experiment, true);
    struct nbt_error refused = NBT_ERROR_INIT;
    int result =
        path ? kube_delete(session->client, path, NULL, NULL, &refused) : no_memory(&refused);

    return result < 0 && result != NBT_ENOTFOUND ? nbt_error_set(err, result, "%s", refused.text)
                                                 : 0;
}

/* ---- running trials ---- */

static bool has_ended(const json_t *pod)
{
    const char *phase = json_string_value(member(member(pod, "status"), "phase"));
    return phase && (strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0);
}

static int delete_pod(const struct katib_session *session, const json_t *pod, struct nbt_error *err)
{
    auto_free char *path =
        kube_path("/api/v1", session->namespace_, "pods", metadata_text(pod, "name"), NULL);
    struct nbt_error refused = NBT_ERROR_INIT;
    int result =
        path ? kube_delete(session->client, path, NULL, NULL, &refused) : no_memory(&refused);

    return result < 0 && result != NBT_ENOTFOUND ? nbt_error_set(err, result, "%s", refused.text)
                                                 : 0;
}

int katib_stop_running(const struct katib_session *session, const json_t *experiment,
                       struct nbt_error *err)
{
    auto_json json_t *pods = NULL;
    size_t i;
    const json_t *pod;
    int result =
        katib_get_pods(&pods, session, KATIB_TRIALS_LABEL, metadata_text(experiment, "name"), err);

    json_array_foreach(pods, i, pod)
    {
        if (result == 0 && !has_ended(pod))
            result = delete_pod(session, pod, err);
    }
    return result;
}
