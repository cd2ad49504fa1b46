/*
 * stop, resume and remove.
 *
 * Katib has no stop, and takes no budget below the trials it has started and one more (katib
 * section 1). So a stop closes the budget that far and leaves a ConfigMap in the folder that trials
 * start from: the one that Katib may still start ends at once. Running trials are ended by deleting
 * their pods, for Katib would make a Trial or Job that is deleted anew.
 */
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "engine/katib/session.h"
#include "engine/katib/stop.h"
#include "engine/katib/template.h"
#include "engine/katib/verbs.h"
#include "engine/katib/view.h"

#define GONE_MS 10000 /* that Kubernetes may take to collect what an Experiment owns */
#define TRIES   5     /* of an edit that Katib's own changes overtake */

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for a change of the experiment");
}

static json_int_t number(const json_t *object, const char *part, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(object, part), key));
}

struct target {
    struct katib_place place;
    struct katib_session session;
    json_t *experiment;
    char *path;
};

static void target_fini(struct target *target)
{
    katib_session_close(&target->session);
    katib_place_fini(&target->place);
    json_decref(target->experiment);
    free(target->path);
}

static int look(struct target *target, struct nbt_error *err)
{
    json_decref(target->experiment);
    target->experiment = NULL;
    return katib_get_experiment(&target->experiment, &target->session, &target->place, err);
}

static int target_open(struct target *ret, const char *name, struct nbt_error *err)
{
    int result = katib_place_find(&ret->place, name, err);

    if (result == 0)
        result = katib_session_of(&ret->session, &ret->place, KATIB_PATIENT, err);
    if (result == 0 && !(ret->path = katib_path(&ret->session, "experiments", name)))
        result = no_memory(err);
    return result < 0 ? result : look(ret, err);
}

static int get_trials(json_t **ret, const struct target *target, struct nbt_error *err)
{
    auto_json json_t *items = NULL;
    int result = katib_get_trials(&items, &target->session, katib_place_name(&target->place), err);
    return result < 0 ? result : katib_sort_trials(ret, items, err);
}

/* ---- stop ---- */

/* One edit of annotation and budget; both are made from what there is now. */
static int close_budget(const struct target *target, enum engine_stop how, struct nbt_error *err)
{
    auto_json json_t *trials = NULL;
    auto_json json_t *patch = NULL;
    int result = get_trials(&trials, target, err);

    if (result == 0)
        result = katib_stop_patch(&patch, target->experiment, trials, how == ENGINE_STOP_NOW, err);
    return result < 0 ? result
                      : kube_patch_merge(target->session.client, target->path, patch, NULL, err);
}

/* Katib may start a trial between our look and the edit, which it then refuses. */
static int close_budget_surely(struct target *target, enum engine_stop how, struct nbt_error *err)
{
    struct nbt_error refused = NBT_ERROR_INIT;
    int result = close_budget(target, how, &refused);

    for (int i = 1; i < TRIES && result == NBT_EINVAL; i++) {
        nbt_error_clear(&refused);
        if ((result = look(target, &refused)) == 0)
            result = close_budget(target, how, &refused);
    }
    return result < 0 ? nbt_error_set(err, result, "%s", refused.text) : 0;
}

int katib_stop(const char *experiment, enum engine_stop how, struct nbt_error *err)
{
    CLEANUP(target_fini) struct target target = {0};
    int result = target_open(&target, experiment, err);

    if (result < 0 || katib_is_over(target.experiment))
        return result;
    if (katib_template_is_ours(target.experiment))
        result = katib_stop_trials_to_come(&target.session, target.experiment, err);
    if (result == 0)
        result = close_budget_surely(&target, how, err);
    if (result == 0 && how == ENGINE_STOP_NOW)
        result = katib_stop_running(&target.session, target.experiment, err);
    return result;
}

/* ---- resume ---- */

static int check_resumable(const json_t *experiment, const char *name, struct nbt_error *err)
{
    const char *reason;
    const char *message;

    if (!katib_is_over(experiment))
        return nbt_error_set(err, NBT_ESTATE, "%s is %s", name,
                             katib_stop_asked(experiment)
                                 ? "stopping; its running trials have to end before it goes on"
                                 : "running");
    if (katib_used_up(experiment))
        return 0;
    katib_why(experiment, &reason, &message);
    return nbt_error_set(err, NBT_ESTATE,
                         "Katib goes on with an experiment only where it has used up its trials; "
                         "%s ended otherwise (%s: %s). `nbkatib run` starts another one",
                         name, reason, message);
}

static int check_budget(const json_t *experiment, const char *name, json_int_t budget,
                        struct nbt_error *err)
{
    json_int_t trials = number(experiment, "status", "trials");

    if (budget > trials)
        return 0;
    return nbt_error_set(err, NBT_ESTATE,
                         "%s has had %lld trials; say how many there may be in all, such as "
                         "`nbkatib resume %s --trials %lld`",
                         name, (long long)trials, name, (long long)trials + 6);
}

int katib_resume(const char *experiment, int64_t max_trials, bool detach, struct nbt_error *err)
{
    CLEANUP(target_fini) struct target target = {0};
    auto_json json_t *trials = NULL;
    auto_json json_t *patch = NULL;
    int result = target_open(&target, experiment, err);

    (void)detach; /* it runs in the cluster */
    if (result == 0)
        result = check_resumable(target.experiment, experiment, err);
    json_int_t budget =
        result < 0 || max_trials > 0 ? max_trials : katib_stop_budget(target.experiment);
    if (result == 0)
        result = check_budget(target.experiment, experiment, budget, err);
    if (result == 0)
        result = get_trials(&trials, &target, err);
    if (result == 0)
        result = katib_resume_patch(&patch, target.experiment, trials, budget, err);
    if (result == 0)
        result = katib_start_trials_to_come(&target.session, target.experiment, err);
    return result < 0 ? result
                      : kube_patch_merge(target.session.client, target.path, patch, NULL, err);
}

/* ---- remove ---- */

static void await_gone(struct target *target)
{
    int64_t deadline = clock_monotonic_ms() + GONE_MS;
    struct nbt_error ignored = NBT_ERROR_INIT;

    while (look(target, &ignored) == 0 && clock_monotonic_ms() < deadline)
        loop_step(kube_client_loop(target->session.client), 200);
}

static int delete_experiment(struct target *target, const char *name, struct nbt_error *err)
{
    const json_t *metadata = json_object_get(target->experiment, "metadata");
    const char *uid = json_string_value(json_object_get(metadata, "uid"));

    if (!katib_is_over(target->experiment) && !katib_stop_asked(target->experiment))
        return nbt_error_set(err, NBT_ESTATE,
                             "%s is running, only what has ended can be removed (`nbkatib stop "
                             "%s`)",
                             name, name);
    int result = kube_delete(target->session.client, target->path, "Background", uid, err);
    if (result == 0)
        await_gone(target);
    return result;
}

/* Owner references take everything of ours with it. */
int katib_remove(const char *experiment, struct nbt_error *err)
{
    CLEANUP(target_fini) struct target target = {0};
    struct nbt_error found = NBT_ERROR_INIT;
    int result = target_open(&target, experiment, &found);

    if (result < 0 && !target.place.folder)
        return result == NBT_ENOTFOUND ? 0 : nbt_error_set(err, result, "%s", found.text);
    if (result == 0)
        result = delete_experiment(&target, experiment, &found);
    if (result == 0 || result == NBT_ENOTFOUND || result == NBT_EDIED)
        return katib_place_remove(experiment, err);
    nbt_error_set(err, result, "%s", found.text);
    if (result != NBT_ESTATE)
        nbt_error_prefix(err,
                         "%s stays listed (without its cluster, removing the folder %s "
                         "forgets it)",
                         experiment, target.place.folder);
    return result;
}
