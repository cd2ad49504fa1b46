/* show: the whole experiment with its trials, from one consistent view of its database. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "engine/local/home.h"
#include "engine/local/sharing.h"
#include "engine/local/start.h"
#include "engine/local/store.h"
#include "engine/local/verbs.h"
#include "experiment/experiment.h"
#include "experiment/status.h"

#define FOLDER_MAX ((size_t)2 * PATH_MAX)

struct view {
    const struct home_paths *paths;
    struct sharing sharing;
    struct buf folder;           /* of the trial at hand */
    json_t *no_list, *no_object; /* empty ones; owned */
    json_t *trials;              /* owned */
    struct status_trial *rows;   /* owned; borrows from trials */
    size_t n, room;
};

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the experiment's trials");
}

/* What a text holds, or `otherwise` when it holds nothing. */
static json_t *parsed(struct view *view, const char *text, json_t *otherwise)
{
    json_t *value = sharing_parse(&view->sharing, text);
    return value ? value : json_incref(otherwise);
}

static json_t *folder_json(struct view *view, const char *trial)
{
    buf_clear(&view->folder);
    buf_puts(&view->folder, view->paths->trials);
    buf_putc(&view->folder, '/');
    buf_puts(&view->folder, trial);
    return buf_failed(&view->folder) ? NULL
                                     : json_stringn(buf_text(&view->folder), view->folder.length);
}

static json_t *trial_json(struct view *view, const struct store_trial *trial)
{
    struct sharing *sharing = &view->sharing;
    const struct {
        const char *key;
        json_t *value;
    } members[] = {
        {"name", json_string(trial->name)},
        {"index", json_integer((json_int_t)trial->index)},
        {"state", sharing_text(sharing, trial->state)},
        {"assignments", parsed(view, trial->assignments, view->no_list)},
        {"observation", parsed(view, trial->observation, view->no_object)},
        {"startTime", sharing_time(sharing, trial->started_us)},
        {"completionTime", sharing_time(sharing, trial->completed_us)},
        {"seconds", json_real(trial->seconds)},
        {"reason", sharing_text(sharing, trial->reason)},
        {"message", sharing_text(sharing, trial->message)},
        {"cell", trial->cell >= 0 ? json_integer(trial->cell) : json_null()},
        {"step", sharing_text(sharing, trial->step)},
        {"folder", folder_json(view, trial->name)},
        {"isolation", sharing_text(sharing, trial->isolation)},
        {"warnings", parsed(view, trial->warnings, view->no_list)},
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
    struct view view = {.paths = &paths,
                        .folder = buf_init(FOLDER_MAX),
                        .trials = json_array(),
                        .no_list = json_array(),
                        .no_object = json_object()};
    struct store *store = NULL;
    int code = home_find(&paths, experiment, err);
    if (code == 0)
        code = store_open(&store, paths.database, STORE_READ, err);
    if (code == 0)
        code = read_all(ret_show, store, &view, err);
    store_close(store);
    json_decref(view.trials);
    json_decref(view.no_list);
    json_decref(view.no_object);
    sharing_fini(&view.sharing);
    buf_fini(&view.folder);
    free(view.rows);
    return code;
}
