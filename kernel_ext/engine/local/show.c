/* show: the whole experiment with its trials, from one consistent view of its database. */
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

struct view {
    const struct home_paths *paths;
    json_t *trials;            /* owned */
    struct status_trial *rows; /* owned; borrows from trials */
    size_t n, room;
};

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the experiment's trials");
}

static json_t *time_json(int64_t us)
{
    char text[CLOCK_TEXT_MAX];
    if (us <= 0)
        return json_null();
    clock_rfc3339(text, us);
    return json_string(text);
}

static json_t *parsed(const char *text, json_t *otherwise)
{
    json_t *value = text ? json_loads(text, 0, NULL) : NULL;
    if (!value)
        return otherwise;
    json_decref(otherwise);
    return value;
}

static json_t *folder_json(const struct view *view, const char *trial)
{
    return json_sprintf("%s/%s", view->paths->trials, trial);
}

static json_t *trial_json(const struct view *view, const struct store_trial *trial)
{
    const struct {
        const char *key;
        json_t *value;
    } members[] = {
        {"name", json_string(trial->name)},
        {"index", json_integer((json_int_t)trial->index)},
        {"state", json_string(trial->state)},
        {"assignments", parsed(trial->assignments, json_array())},
        {"observation", parsed(trial->observation, json_object())},
        {"startTime", time_json(trial->started_us)},
        {"completionTime", time_json(trial->completed_us)},
        {"seconds", json_real(trial->seconds)},
        {"reason", json_string(trial->reason ? trial->reason : "")},
        {"message", json_string(trial->message ? trial->message : "")},
        {"cell", trial->cell >= 0 ? json_integer(trial->cell) : json_null()},
        {"step", json_string(trial->step ? trial->step : "")},
        {"folder", folder_json(view, trial->name)},
        {"isolation", json_string(trial->isolation ? trial->isolation : "")},
        {"warnings", parsed(trial->warnings, json_array())},
    };
    json_t *object = json_object();
    int result = 0;
    for (size_t i = 0; i < COUNT_OF(members); i++)
        result |= json_object_set_new_nocheck(object, members[i].key, members[i].value);
    if (result == 0)
        return object;
    json_decref(object);
    return NULL;
}

static int grow(struct view *view)
{
    if (view->n < view->room)
        return 0;
    size_t room = view->room ? 2 * view->room : 64;
    struct status_trial *rows = realloc(view->rows, room * sizeof(*rows));
    if (!rows)
        return -1;
    view->rows = rows;
    view->room = room;
    return 0;
}

static int add_trial(void *self, const struct store_trial *trial, struct nbt_error *err)
{
    struct view *view = self;
    json_t *object = trial_json(view, trial);
    if (!object || json_array_append_new(view->trials, object) < 0 || grow(view) < 0)
        return no_memory(err);
    struct status_trial row = {
        .name = json_string_value(json_object_get(object, "name")),
        .assignments = json_object_get(object, "assignments"),
        .observation = trial->observation ? json_object_get(object, "observation") : NULL,
    };
    if (!status_state_find(trial->state, &row.state))
        return nbt_error_set(err, NBT_EPARSE,
                             "the experiment's state is damaged: trial %s is in an unknown state",
                             trial->name);
    view->rows[view->n++] = row;
    return 0;
}

/* The document with its status, as Katib would show it. */
static int fill_status(struct store_experiment *experiment, const struct view *view,
                       struct nbt_error *err)
{
    struct experiment_spec spec;
    int code = experiment_spec_init(&spec, experiment->document, err);
    if (code < 0)
        return code;
    code = status_fill(experiment->status, &spec, view->rows, view->n, err);
    experiment_spec_fini(&spec);
    if (code == 0 && json_object_set(experiment->document, "status", experiment->status) < 0)
        code = no_memory(err);
    return code;
}

static json_t *show_json(const struct store_experiment *experiment, const struct view *view,
                         json_t *warnings)
{
    const char *notebook = experiment_annotation(experiment->document, EXPERIMENT_NOTEBOOK);
    return json_pack("{ss ss ss ss ss sO sO ss sI ss sO}", "name", view->paths->name, "engine",
                     "local", "state", shown_state(view->paths, experiment), "reason",
                     experiment->reason, "message", experiment->message, "experiment",
                     experiment->document, "trials", view->trials, "folder", view->paths->folder,
                     "seq", (json_int_t)experiment->seq, "notebook", notebook ? notebook : "",
                     "warnings", warnings);
}

static int read_all(json_t **ret_show, struct store *store, struct view *view,
                    struct nbt_error *err)
{
    struct store_experiment experiment = {0};
    auto_json json_t *warnings = NULL;
    int code = store_view(store, err);
    if (code == 0)
        code = store_experiment(store, &experiment, err);
    if (code == 0)
        code = store_trials(store, add_trial, view, err);
    if (code == 0)
        code = store_warnings(store, &warnings, err);
    if (code == 0)
        code = fill_status(&experiment, view, err);
    if (code == 0 && !(*ret_show = show_json(&experiment, view, warnings)))
        code = no_memory(err);
    store_experiment_fini(&experiment);
    return code;
}

int local_show(json_t **ret_show, const char *experiment, struct nbt_error *err)
{
    CLEANUP(home_paths_fini) struct home_paths paths = {0};
    struct view view = {.paths = &paths, .trials = json_array()};
    struct store *store = NULL;
    int code = home_paths_init(&paths, experiment, err);
    if (code == 0)
        code = home_require(&paths, err);
    if (code == 0)
        code = store_open(&store, paths.database, STORE_READ, err);
    if (code == 0)
        code = read_all(ret_show, store, &view, err);
    store_close(store);
    json_decref(view.trials);
    free(view.rows);
    return code;
}
