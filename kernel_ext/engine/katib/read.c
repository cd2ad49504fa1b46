/* list, item, show and stamps: what the cluster has, asked each time. */
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "engine/katib/session.h"
#include "engine/katib/verbs.h"
#include "engine/katib/view.h"

#define STAMP_MS 2000 /* how often a watching interface asks the cluster */

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the experiments of the cluster");
}

static int open_experiment(struct katib_session *session, json_t **ret, const char *experiment,
                           struct nbt_error *err)
{
    CLEANUP(katib_place_fini) struct katib_place place = {0};
    int result = katib_place_find(&place, experiment, err);

    if (result == 0)
        result = katib_session_of(session, &place, -1, err);
    return result < 0 ? result : katib_get_experiment(ret, session, experiment, err);
}

static json_t *gone(const char *experiment, const struct nbt_error *why)
{
    return json_pack("{s:s, s:s, s:s}", "name", experiment, "engine", "katib", "error",
                     why->code == NBT_ENOTFOUND ? "it is not in the cluster any more; `nbkatib delete` forgets it"
                                                : why->text);
}

int katib_item(json_t **ret_item, const char *experiment, struct nbt_error *err)
{
    CLEANUP(katib_session_close) struct katib_session session = {0};
    CLEANUP(katib_place_fini) struct katib_place place = {0};
    struct nbt_error found = NBT_ERROR_INIT;
    auto_json json_t *object = NULL;
    int result = katib_place_find(&place, experiment, err);

    if (result < 0)
        return result;
    result = open_experiment(&session, &object, experiment, &found);
    if (result == 0)
        return katib_item_view(ret_item, object, err);
    *ret_item = gone(experiment, &found);
    return *ret_item ? 0 : no_memory(err);
}

int katib_list(json_t **ret_items, struct nbt_error *err)
{
    auto_json json_t *names = NULL;
    auto_json json_t *items = json_array();
    size_t i;
    const json_t *name;
    int result = katib_places(&names, err);

    json_array_foreach(names, i, name)
    {
        json_t *item = NULL;
        if (result == 0 && (result = katib_item(&item, json_string_value(name), err)) == 0)
            json_array_append_new(items, item);
        else if (result == NBT_ENOTFOUND)
            result = 0;
    }
    if (result == 0)
        *ret_items = TAKE(items);
    return result;
}

/* A cluster tells nobody who does not watch: all of them may have changed every now and then. */
int katib_stamps(json_t *stamps, struct nbt_error *err)
{
    auto_json json_t *names = NULL;
    json_int_t now = clock_monotonic_ms() / STAMP_MS;
    size_t i;
    const json_t *name;
    int result = katib_places(&names, err);

    json_array_foreach(names, i, name)
    {
        json_object_set_new(stamps, json_string_value(name), json_integer(now));
    }
    return result;
}

int katib_show(json_t **ret_show, const char *experiment, struct nbt_error *err)
{
    CLEANUP(katib_session_close) struct katib_session session = {0};
    auto_json json_t *object = NULL;
    auto_json json_t *items = NULL;
    int result = open_experiment(&session, &object, experiment, err);

    if (result == 0)
        result = katib_get_trials(&items, &session, experiment, err);
    return result < 0 ? result : katib_show_view(ret_show, object, items, err);
}
