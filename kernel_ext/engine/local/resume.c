/* resume: goes on with an experiment that stopped, was interrupted, or completed by its budget. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "engine/local/home.h"
#include "engine/local/lock.h"
#include "engine/local/runner.h"
#include "engine/local/settings.h"
#include "engine/local/start.h"
#include "engine/local/store.h"
#include "engine/local/verbs.h"
#include "experiment/experiment.h"
#include "experiment/status.h"

/* Why an experiment that ended by itself does not go on. */
static const char *nothing_left(const char *reason)
{
    static const struct {
        const char *reason, *why;
    } rows[] = {
        {STATUS_REASON_MAX_TRIALS,
         "its trials are all done; a larger --trials goes on"},
        {STATUS_REASON_GOAL, "its goal is reached; run a new experiment with another goal"},
        {STATUS_REASON_SUGGESTION_END,
         "its search space has no point left; run a new experiment with a larger one"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i].reason, reason) == 0)
            return rows[i].why;
    return "too many trials failed; see why with `nbkatib show`, then run a new experiment";
}

static bool goes_on(const struct store_experiment *experiment, bool larger)
{
    bool stopped = experiment->completed_us == 0 || strcmp(experiment->state, "Stopped") == 0;
    return stopped || strcmp(experiment->reason, REASON_TIMEOUT) == 0 ||
           (larger && strcmp(experiment->reason, STATUS_REASON_MAX_TRIALS) == 0);
}

static int check(const struct store_experiment *experiment, int64_t max_trials,
                 struct nbt_error *err)
{
    int64_t before = settings_max_trials(experiment->document);
    if (max_trials > 0 && before > 0 && max_trials < before)
        return nbt_error_set(
            err, NBT_EINVAL,
            "the budget of %s is %lld trials already; expected more than that, not %lld",
            experiment->name, (long long)before, (long long)max_trials);
    if (goes_on(experiment, max_trials > before))
        return 0;
    return nbt_error_set(err, NBT_ESTATE, "%s is %s (%s): %s", experiment->name, experiment->state,
                         experiment->reason, nothing_left(experiment->reason));
}

/* The order in which a space is visited was made for the first budget, which is kept beside the new
 * one. */
static int raise_budget(json_t *document, int64_t max_trials, struct nbt_error *err)
{
    auto_json json_t *settings = NULL;
    int code = settings_read(&settings, document, err);
    if (code < 0)
        return code;
    int64_t before = settings_max_trials(document);
    if (!json_object_get(settings, "budget"))
        json_object_set_new(settings, "budget", json_integer(before));
    auto_free char *text = json_dumps(settings, JSON_COMPACT);
    json_t *spec = json_object_get(document, "spec");
    if (!text || json_object_set_new(spec, "maxTrialCount", json_integer(max_trials)) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the experiment");
    return experiment_annotate(document, EXPERIMENT_SETTINGS, text, err);
}

/* A deadline that has passed counts anew. */
static int prepare(struct store *store, struct store_experiment *experiment, int64_t max_trials,
                   struct nbt_error *err)
{
    int code = check(experiment, max_trials, err);
    if (code == 0 && max_trials > 0 && max_trials != settings_max_trials(experiment->document)) {
        code = raise_budget(experiment->document, max_trials, err);
        if (code == 0)
            code = store_update_document(store, experiment->document, err);
    }
    if (code == 0 && strcmp(experiment->reason, REASON_TIMEOUT) == 0) {
        experiment->elapsed_ms = 0;
        code = store_update(store, experiment, err);
    }
    return code == 0 ? store_commit(store, err) : code;
}

static int prepare_locked(const struct home_paths *paths, int64_t max_trials, struct nbt_error *err)
{
    struct lock lock;
    struct store *store = NULL;
    struct store_experiment experiment = {0};
    int code = lock_take(&lock, paths->lock, err);
    if (code == NBT_ESTATE)
        return nbt_error_prefix(err, "%s is running, it needs no resume", paths->name);
    if (code < 0)
        return code;
    code = store_open(&store, paths->database, STORE_WRITE, err);
    if (code == 0)
        code = store_experiment(store, &experiment, err);
    if (code == 0)
        code = prepare(store, &experiment, max_trials, err);
    store_experiment_fini(&experiment);
    store_close(store);
    lock_drop(&lock);
    return code;
}

int local_resume(const char *experiment, int64_t max_trials, bool detach, struct nbt_error *err)
{
    CLEANUP(home_paths_fini) struct home_paths paths = {0};
    int code = home_find(&paths, experiment, err);
    if (code == 0)
        wait_for_end(&paths);
    if (code == 0)
        code = prepare_locked(&paths, max_trials, err);
    return code == 0 ? start_engine(&paths, detach, err) : code;
}
