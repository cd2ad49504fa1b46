#include "service/changes.h"

#include <string.h>

#include "base/scope.h"
#include "service/internal.h"

int service_stamps(json_t **ret_stamps, struct nbt_error *err)
{
    auto_json json_t *stamps = json_object();

    if (!stamps)
        return no_memory(err);
    for (size_t i = 0; engines[i]; i++) {
        int result = engines[i]->stamps ? engines[i]->stamps(stamps, err) : 0;
        if (result < 0)
            return result;
    }
    *ret_stamps = TAKE(stamps);
    return 0;
}

/* ---- the list ---- */

/* The item of an experiment, of whichever engine holds it. */
static int find_item(json_t **ret_item, const char *experiment, struct nbt_error *err)
{
    for (size_t i = 0; engines[i]; i++) {
        struct nbt_error found = NBT_ERROR_INIT;
        int result =
            engines[i]->item ? engines[i]->item(ret_item, experiment, &found) : NBT_ENOTFOUND;
        if (result != NBT_ENOTFOUND)
            return result < 0 ? nbt_error_set(err, result, "%s", found.text) : 0;
    }
    return NBT_ENOTFOUND;
}

/* Memory of an experiment: {"stamp","item"}. */
static int look_again(json_t *memory, const char *name, json_t *stamp, json_t *changed,
                      struct nbt_error *err)
{
    json_t *told = json_object_get(memory, name);
    auto_json json_t *item = NULL;

    if (told && json_equal(json_object_get(told, "stamp"), stamp))
        return 0;
    int result = find_item(&item, name, err);
    /* Removed since the stamps were taken: the next look tells. */
    if (result == NBT_ENOTFOUND)
        return 0;
    if (result < 0)
        return result;
    bool differs = !told || !json_equal(json_object_get(told, "item"), item);
    if (differs && json_array_append(changed, item) < 0)
        return no_memory(err);
    json_t *now = json_pack("{s:O, s:O}", "stamp", stamp, "item", item);
    return !now || json_object_set_new(memory, name, now) < 0 ? no_memory(err) : 0;
}

static int forget_removed(json_t *memory, const json_t *stamps, json_t *removed,
                          struct nbt_error *err)
{
    const char *name;
    json_t *told;
    void *next;

    json_object_foreach_safe(memory, next, name, told)
    {
        if (json_object_get(stamps, name))
            continue;
        if (json_array_append_new(removed, json_string(name)) < 0)
            return no_memory(err);
        json_object_del(memory, name);
    }
    return 0;
}

int service_list_changes(json_t *memory, const json_t *stamps, json_t **ret_changed,
                         json_t **ret_removed, struct nbt_error *err)
{
    auto_json json_t *changed = json_array();
    auto_json json_t *removed = json_array();
    const char *name;
    json_t *stamp;
    int result = changed && removed ? 0 : no_memory(err);

    json_object_foreach((json_t *)(uintptr_t)stamps, name, stamp)
    {
        if (result == 0)
            result = look_again(memory, name, stamp, changed, err);
    }
    if (result == 0)
        result = forget_removed(memory, stamps, removed, err);
    if (result < 0)
        return result;
    *ret_changed = TAKE(changed);
    *ret_removed = TAKE(removed);
    return 0;
}

/* ---- one experiment ---- */

int service_show_told(json_t *memory, const json_t *show, struct nbt_error *err)
{
    static const char *const members[] = {"seq", "state", "reason", "message"};

    for (size_t i = 0; i < COUNT_OF(members); i++) {
        json_t *value = json_object_get(show, members[i]);
        if (value && json_object_set(memory, members[i], value) < 0)
            return no_memory(err);
    }
    return 0;
}

static int note_trial(void *self, const json_t *event)
{
    const char *trial = json_string_value(json_object_get(event, "trial"));

    return trial ? json_object_set_new(self, trial, json_true()) : 0;
}

/* The trials of a show that the events after `since` name; all when it began anew. */
static int changed_trials(json_t **ret_trials, const json_t *show, json_int_t since,
                          struct nbt_error *err)
{
    const char *name = json_string_value(json_object_get(show, "name"));
    bool anew = json_integer_value(json_object_get(show, "seq")) < since;
    auto_json json_t *named = json_object();
    auto_json json_t *trials = json_array();
    struct engine_watch watch = {
        .since = (uint64_t)since, .cancel_fd = -1, .on_event = note_trial, .self = named};
    size_t i;
    json_t *trial;
    int result = named && trials ? 0 : no_memory(err);

    if (result == 0 && !anew)
        result = service_watch(name ? name : "", &watch, err);
    if (result < 0)
        return result;
    json_array_foreach(json_object_get(show, "trials"), i, trial)
    {
        const char *text = json_string_value(json_object_get(trial, "name"));
        bool told = !anew && !(text && json_object_get(named, text));
        if (!told && json_array_append(trials, trial) < 0)
            return no_memory(err);
    }
    *ret_trials = TAKE(trials);
    return 0;
}

static bool is_told(const json_t *memory, const json_t *show)
{
    static const char *const members[] = {"seq", "state", "reason", "message"};

    for (size_t i = 0; i < COUNT_OF(members); i++) {
        if (!json_equal(json_object_get(memory, members[i]), json_object_get(show, members[i])))
            return false;
    }
    return true;
}

static json_t *change_of(const json_t *show, json_t *trials)
{
    return json_pack("{s:O, s:O, s:O, s:O?, s:O, s:O, s:O, s:O}", "experiment",
                     json_object_get(show, "name"), "state", json_object_get(show, "state"), "seq",
                     json_object_get(show, "seq"), "status",
                     json_object_get(json_object_get(show, "experiment"), "status"), "reason",
                     json_object_get(show, "reason"), "message", json_object_get(show, "message"),
                     "warnings", json_object_get(show, "warnings"), "trials", trials);
}

int service_show_changes(json_t *memory, const json_t *stamps, const char *experiment,
                         json_t **ret_change, struct nbt_error *err)
{
    json_t *stamp = json_object_get(stamps, experiment);
    auto_json json_t *show = NULL;
    auto_json json_t *trials = NULL;
    json_int_t since = json_integer_value(json_object_get(memory, "seq"));
    json_t *change = NULL;

    if (stamp && json_equal(json_object_get(memory, "stamp"), stamp)) {
        *ret_change = NULL;
        return 0;
    }
    int result = service_show(&show, experiment, err);
    if (result == 0 && !is_told(memory, show)) {
        result = changed_trials(&trials, show, since, err);
        if (result == 0 && !(change = change_of(show, trials)))
            result = no_memory(err);
    }
    if (result == 0 && (service_show_told(memory, show, err) < 0 ||
                        (stamp && json_object_set(memory, "stamp", stamp) < 0))) {
        json_decref(change);
        result = no_memory(err);
    }
    if (result == 0)
        *ret_change = change;
    return result;
}
