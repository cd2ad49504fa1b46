/* stop, resume and remove. */
#include <string.h>

#include "base/scope.h"
#include "engine/katib/session.h"
#include "engine/katib/verbs.h"
#include "engine/katib/view.h"

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for a change of the experiment");
}

static json_int_t count(const json_t *object, const char *part, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(object, part), key));
}

struct target {
    struct katib_session session;
    json_t *experiment;
    char *path;
};

static void target_fini(struct target *target)
{
    katib_session_close(&target->session);
    json_decref(target->experiment);
    free(target->path);
}

static int target_open(struct target *ret, const char *name, struct nbt_error *err)
{
    CLEANUP(katib_place_fini) struct katib_place place = {0};
    int result = katib_place_find(&place, name, err);

    if (result == 0)
        result = katib_session_of(&ret->session, &place, -1, err);
    if (result == 0 && !(ret->path = katib_path(&ret->session, "experiments", name)))
        result = no_memory(err);
    return result < 0 ? result : kube_get(ret->session.client, ret->path, &ret->experiment, err);
}

static int patch(const struct target *target, json_t *patch, struct nbt_error *err)
{
    auto_json json_t *owned = patch;
    return owned ? kube_patch_merge(target->session.client, target->path, owned, NULL, err)
                 : no_memory(err);
}

static json_int_t least(json_int_t a, json_int_t b)
{
    return a < b ? a : b;
}

/* Katib has no stop. Its budget is closed, one above the trials that there are since it takes no less (katib section 1), and
 * with it the counts that may not exceed it. */
static int close_budget(const struct target *target, struct nbt_error *err)
{
    json_int_t budget = count(target->experiment, "status", "trials") + 1;

    return patch(target,
                 json_pack("{s:{s:{s:s}}, s:{s:I, s:I, s:I}}", "metadata", "annotations",
                           KATIB_STOPPED, "true", "spec", "maxTrialCount", budget,
                           "parallelTrialCount",
                           least(budget, count(target->experiment, "spec", "parallelTrialCount")),
                           "maxFailedTrialCount",
                           least(budget, count(target->experiment, "spec", "maxFailedTrialCount"))),
                 err);
}

/* What still runs is deleted: Katib starts no other in its place once the budget is used up. */
static int delete_running(struct target *target, const char *name, struct nbt_error *err)
{
    auto_json json_t *items = NULL;
    size_t i;
    const json_t *trial;
    int result = katib_get_trials(&items, &target->session, name, err);

    json_array_foreach(items, i, trial)
    {
        const json_t *metadata = json_object_get(trial, "metadata");
        if (result < 0 || katib_trial_is_over(katib_trial_state(trial)))
            continue;
        auto_free char *path = katib_path(&target->session, "trials",
                                          json_string_value(json_object_get(metadata, "name")));
        result = path ? kube_delete(target->session.client, path, "Background", NULL, err)
                      : no_memory(err);
        if (result == NBT_ENOTFOUND)
            result = 0;
    }
    return result;
}

int katib_stop(const char *experiment, enum engine_stop how, struct nbt_error *err)
{
    CLEANUP(target_fini) struct target target = {0};
    int result = target_open(&target, experiment, err);

    if (result < 0 || katib_is_over(target.experiment))
        return result;
    result = close_budget(&target, err);
    return result < 0 || how == ENGINE_STOP_GENTLE ? result
                                                   : delete_running(&target, experiment, err);
}

int katib_resume(const char *experiment, int64_t max_trials, bool detach, struct nbt_error *err)
{
    CLEANUP(target_fini) struct target target = {0};
    int result = target_open(&target, experiment, err);
    json_int_t budget = count(target.experiment, "spec", "maxTrialCount");

    (void)detach; /* it runs in the cluster */
    if (result < 0)
        return result;
    if (!katib_is_over(target.experiment))
        return nbt_error_set(err, NBT_ESTATE, "%s is running", experiment);
    if (max_trials <= 0)
        return nbt_error_set(err, NBT_ESTATE,
                             "%s has used up its %lld trials; say how many there may be in all, "
                             "such as `nbkatib resume %s --trials %lld`",
                             experiment, (long long)budget, experiment, (long long)budget + 6);
    return patch(&target,
                 json_pack("{s:{s:{s:n}}, s:{s:I}}", "metadata", "annotations", KATIB_STOPPED,
                           "spec", "maxTrialCount", (json_int_t)max_trials),
                 err);
}

/* Its owner references take everything of ours with it. */
int katib_remove(const char *experiment, struct nbt_error *err)
{
    CLEANUP(target_fini) struct target target = {0};
    struct nbt_error found = NBT_ERROR_INIT;
    int result = target_open(&target, experiment, &found);

    if (result == 0 && !katib_is_over(target.experiment))
        return nbt_error_set(err, NBT_ESTATE,
                             "%s is running, only what has ended can be removed (`nbkatib stop "
                             "%s`)",
                             experiment, experiment);
    if (result == 0)
        result = kube_delete(target.session.client, target.path, "Background", NULL, &found);
    if (result < 0 && result != NBT_ENOTFOUND)
        return nbt_error_set(err, result, "%s", found.text);
    return katib_place_remove(experiment, err);
}
