/* list: one item for each experiment of this home, from a few rows of its database. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "engine/local/home.h"
#include "engine/local/start.h"
#include "engine/local/store.h"
#include "engine/local/verbs.h"
#include "experiment/experiment.h"
#include "experiment/status.h"

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the list of experiments");
}

/* {"best": {trial, assignments}, "value"} of the optimal trial. */
static int read_best(void *self, const struct store_trial *trial, struct nbt_error *err)
{
    json_t *found = self;
    auto_json json_t *assignments = json_loads(trial->assignments, 0, NULL);
    auto_json json_t *observation =
        trial->observation ? json_loads(trial->observation, 0, NULL) : NULL;
    json_t *best = json_pack("{ss sO}", "trial", trial->name, "assignments", assignments);
    if (json_object_set_new(found, "best", best) < 0 ||
        json_object_set(found, "observation", observation ? observation : json_null()) < 0)
        return no_memory(err);
    return 0;
}

static json_t *objective_of(const json_t *document, const json_t *observation)
{
    const json_t *objective = json_object_get(json_object_get(document, "spec"), "objective");
    struct experiment_spec spec;
    double value;
    json_t *found = NULL;
    if (experiment_spec_init(&spec, document, NULL) == 0) {
        if (status_objective(&spec, observation, &value))
            found = json_real(value);
        experiment_spec_fini(&spec);
    }
    return json_pack("{sO? sO? so?}", "name", json_object_get(objective, "objectiveMetricName"),
                     "type", json_object_get(objective, "type"), "value", found);
}

static json_t *time_json(int64_t us)
{
    char text[CLOCK_TEXT_MAX];
    if (us <= 0)
        return json_null();
    clock_rfc3339(text, us);
    return json_string(text);
}

static json_t *item_of(const struct home_paths *paths, const struct store_experiment *experiment,
                       const struct store_counts *counts, const json_t *found)
{
    const char *notebook = experiment_annotation(experiment->document, EXPERIMENT_NOTEBOOK);
    const json_t *spec = json_object_get(experiment->document, "spec");
    return json_pack(
        "{ss ss ss ss so so sI sI sI sI sO? so sO?}", "name", paths->name, "engine", "local",
        "state", shown_state(paths, experiment), "notebook", notebook ? notebook : "", "startTime",
        time_json(experiment->created_us), "completionTime", time_json(experiment->completed_us),
        "trials", (json_int_t)counts->trials, "trialsSucceeded", (json_int_t)counts->succeeded,
        "trialsFailed", (json_int_t)counts->failed, "trialsRunning", (json_int_t)counts->running,
        "maxTrialCount", json_object_get(spec, "maxTrialCount"), "objective",
        objective_of(experiment->document, json_object_get(found, "observation")), "best",
        json_object_get(found, "best"));
}

static int read_item(json_t **ret_item, struct store *store, const struct home_paths *paths,
                     struct nbt_error *err)
{
    struct store_experiment experiment = {0};
    struct store_counts counts;
    auto_json json_t *found = json_object();
    int code = store_view(store, err);
    if (code == 0)
        code = store_experiment(store, &experiment, err);
    if (code == 0)
        code = store_count(store, &counts, err);
    if (code == 0 && experiment.optimal >= 0)
        code = store_trial(store, (uint64_t)experiment.optimal, read_best, found, err);
    if (code == 0 && !(*ret_item = item_of(paths, &experiment, &counts, found)))
        code = no_memory(err);
    store_experiment_fini(&experiment);
    return code;
}

/* Without a home the other verbs say why. */
bool local_has(const char *experiment)
{
    CLEANUP(home_paths_fini) struct home_paths paths = {0};
    return home_paths_init(&paths, experiment, NULL) < 0 || home_exists(&paths);
}

/* One that cannot be read is an item with the reason. */
int local_item(json_t **ret_item, const char *experiment, struct nbt_error *err)
{
    struct nbt_error found = NBT_ERROR_INIT;
    CLEANUP(home_paths_fini) struct home_paths paths = {0};
    struct store *store = NULL;
    json_t *item = NULL;
    int code = home_paths_init(&paths, experiment, &found);
    if (code == 0)
        code = store_open(&store, paths.database, STORE_READ, &found);
    if (code == 0)
        code = read_item(&item, store, &paths, &found);
    store_close(store);
    if (code < 0 && paths.folder && !home_exists(&paths))
        return nbt_error_set(err, NBT_ENOTFOUND, "there is no experiment '%s'", experiment);
    if (code < 0)
        item = json_pack("{ss ss ss}", "name", experiment, "engine", "local", "error", found.text);
    if (!item)
        return no_memory(err);
    *ret_item = item;
    return 0;
}

/* One that was removed meanwhile is not listed (0 too). */
static int list_one(json_t *items, const char *name)
{
    json_t *item = NULL;
    int code = local_item(&item, name, NULL);
    if (code == NBT_ENOTFOUND)
        return 0;
    return code < 0 ? code : json_array_append_new(items, item);
}

static int newer_first(const void *a, const void *b)
{
    const json_t *const *left = a;
    const json_t *const *right = b;
    const char *x = json_string_value(json_object_get(*left, "startTime"));
    const char *y = json_string_value(json_object_get(*right, "startTime"));
    int order = strcmp(y ? y : "", x ? x : "");
    if (order)
        return order;
    return strcmp(json_string_value(json_object_get(*left, "name")),
                  json_string_value(json_object_get(*right, "name")));
}

static int sorted(json_t **ret_items, const json_t *items, struct nbt_error *err)
{
    size_t n = json_array_size(items);
    auto_free json_t **list = calloc(n ? n : 1, sizeof(json_t *));
    auto_json json_t *result = json_array();
    if (!list || !result)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        list[i] = json_array_get(items, i);
    qsort(list, n, sizeof(json_t *), newer_first);
    for (size_t i = 0; i < n; i++)
        if (json_array_append(result, list[i]) < 0)
            return no_memory(err);
    *ret_items = TAKE(result);
    return 0;
}

int local_list(json_t **ret_items, struct nbt_error *err)
{
    auto_free char *experiments = NULL;
    auto_json json_t *items = json_array();
    int code = home_experiments(&experiments, err);
    if (code < 0)
        return code;
    DIR *folder = opendir(experiments);
    if (!folder && errno != ENOENT)
        return nbt_error_errno(err, "cannot list the experiments in %s", experiments);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (experiment_name_valid(entry->d_name) && list_one(items, entry->d_name) < 0)
            code = no_memory(err);
    if (folder)
        closedir(folder);
    return code == 0 ? sorted(ret_items, items, err) : code;
}
