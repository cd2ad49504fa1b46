/* list, item, show and stamps: what the cluster has, asked each time. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "engine/katib/facts.h"
#include "engine/katib/fetch.h"
#include "engine/katib/kube/path.h"
#include "engine/katib/session.h"
#include "engine/katib/verbs.h"
#include "engine/katib/view.h"

#define STAMP_MS 5000 /* how often a watching interface asks the cluster */
#define LIST_MAX 100000

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the experiments of the cluster");
}

/* ---- one ---- */

static int unread(json_t **ret_item, const char *experiment, const struct nbt_error *why,
                  struct nbt_error *err)
{
    *ret_item =
        json_pack("{s:s, s:s, s:s}", "name", experiment, "engine", "katib", "error", why->text);
    return *ret_item ? 0 : no_memory(err);
}

bool katib_has(const char *experiment)
{
    CLEANUP(katib_place_fini) struct katib_place place = {0};
    return katib_place_find(&place, experiment, NULL) != NBT_ENOTFOUND;
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
    result = katib_session_of(&session, &place, KATIB_QUICK, &found);
    if (result == 0)
        result = katib_get_experiment(&object, &session, &place, &found);
    return result == 0 ? katib_item_view(ret_item, object, err)
                       : unread(ret_item, experiment, &found, err);
}

/* What is new is written down first, and with it what the show has besides Katib's objects. */
static int see(json_t *show, const struct katib_session *session, const struct katib_place *place,
               const json_t *items, struct nbt_error *err)
{
    CLEANUP(facts_fini) struct facts facts = {0};
    size_t i;
    json_t *trial;
    int result = facts_open(&facts, place, err);

    if (result == 0) {
        katib_fetch_failures(session, &facts, items);
        result = facts_see(&facts, json_object_get(show, "experiment"), items, err);
    }
    if (result < 0)
        return result;
    json_array_foreach(json_object_get(show, "trials"), i, trial)
    {
        katib_set_result(trial, place);
    }
    json_object_set_new(show, "seq", json_integer((json_int_t)json_array_size(facts.list)));
    json_object_set_new(show, "folder", json_string(place->folder));
    return 0;
}

int katib_show(json_t **ret_show, const char *experiment, struct nbt_error *err)
{
    CLEANUP(katib_session_close) struct katib_session session = {0};
    CLEANUP(katib_place_fini) struct katib_place place = {0};
    auto_json json_t *object = NULL;
    auto_json json_t *items = NULL;
    auto_json json_t *show = NULL;
    int result = katib_place_find(&place, experiment, err);

    if (result == 0)
        result = katib_session_of(&session, &place, KATIB_PATIENT, err);
    if (result == 0)
        result = katib_get_experiment(&object, &session, &place, err);
    if (result == 0)
        result = katib_get_trials(&items, &session, experiment, err);
    if (result == 0)
        result = katib_show_view(&show, object, items, err);
    if (result == 0)
        result = see(show, &session, &place, items, err);
    if (result == 0)
        *ret_show = TAKE(show);
    return result;
}

/* ---- all ---- */

/* The experiments of one namespace, asked for once however many places are there. */
struct group {
    const char *context, *namespace_; /* of a place */
    json_t *experiments;              /* name: object */
    struct nbt_error err;
};

struct listing {
    struct katib_place *places;
    struct group *groups;
    size_t n, n_groups;
};

static void listing_fini(struct listing *listing)
{
    for (size_t i = 0; i < listing->n; i++)
        katib_place_fini(&listing->places[i]);
    for (size_t i = 0; i < listing->n_groups; i++)
        json_decref(listing->groups[i].experiments);
    free(listing->places);
    free(listing->groups);
}

static int find_places(struct listing *listing, const json_t *names, struct nbt_error *err)
{
    size_t n = json_array_size(names);
    size_t i;
    const json_t *name;

    listing->places = calloc(n + 1, sizeof(*listing->places));
    listing->groups = calloc(n + 1, sizeof(*listing->groups));
    if (!listing->places || !listing->groups)
        return no_memory(err);
    json_array_foreach(names, i, name)
    {
        int result = katib_place_find(&listing->places[listing->n], json_string_value(name), NULL);
        listing->n += result == 0;
    }
    return 0;
}

static int ask(json_t *experiments, const struct katib_session *session, struct nbt_error *err)
{
    auto_free char *all = katib_path(session, "experiments", NULL);
    auto_free char *path =
        all ? kube_path_query(all, (const char *[]){"labelSelector", KATIB_SUBMISSION, NULL})
            : NULL;
    auto_json json_t *list = NULL;
    size_t i;
    json_t *object;
    int result = path ? kube_list(session->client, path, LIST_MAX, &list, err) : no_memory(err);

    json_array_foreach(json_object_get(list, "items"), i, object)
    {
        json_object_set(
            experiments,
            json_string_value(json_object_get(json_object_get(object, "metadata"), "name")),
            object);
    }
    return result;
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The group of a place; a cluster that is away is asked once. */
static const struct group *group_of(struct listing *listing, const struct katib_place *place)
{
    CLEANUP(katib_session_close) struct katib_session session = {0};
    const char *context = katib_place_text(place, "context");
    const char *namespace_ = katib_place_text(place, "namespace");

    for (size_t i = 0; i < listing->n_groups; i++) {
        if (is_same(listing->groups[i].context, context) &&
            is_same(listing->groups[i].namespace_, namespace_))
            return &listing->groups[i];
    }
    struct group *group = &listing->groups[listing->n_groups++];
    *group = (struct group){.context = context,
                            .namespace_ = namespace_,
                            .experiments = json_object(),
                            .err = NBT_ERROR_INIT};
    if (katib_session_of(&session, place, KATIB_QUICK, &group->err) == 0 &&
        ask(group->experiments, &session, &group->err) < 0)
        json_object_clear(group->experiments);
    return group;
}

static int item_of(json_t **ret_item, struct listing *listing, const struct katib_place *place,
                   struct nbt_error *err)
{
    const struct group *group = group_of(listing, place);
    const json_t *object = json_object_get(group->experiments, katib_place_name(place));
    struct nbt_error gone = NBT_ERROR_INIT;

    if (group->err.code < 0)
        return unread(ret_item, katib_place_name(place), &group->err, err);
    if (object && katib_is_of(object, place))
        return katib_item_view(ret_item, object, err);
    (void)katib_gone(place, &gone);
    return unread(ret_item, katib_place_name(place), &gone, err);
}

static int newer_first(const void *a, const void *b)
{
    const char *x = json_string_value(json_object_get(*(json_t *const *)a, "startTime"));
    const char *y = json_string_value(json_object_get(*(json_t *const *)b, "startTime"));
    return strcmp(y ? y : "", x ? x : "");
}

static int list_all(json_t *items, struct listing *listing, struct nbt_error *err)
{
    auto_free json_t **sorted = calloc(listing->n + 1, sizeof(json_t *));
    int result = sorted ? 0 : no_memory(err);
    size_t n = 0;

    while (result == 0 && n < listing->n &&
           (result = item_of(&sorted[n], listing, &listing->places[n], err)) == 0)
        n++;
    if (result == 0)
        qsort(sorted, n, sizeof(json_t *), newer_first);
    for (size_t i = 0; i < n; i++) {
        if (json_array_append_new(items, sorted[i]) < 0)
            result = no_memory(err);
    }
    return result;
}

int katib_list(json_t **ret_items, struct nbt_error *err)
{
    CLEANUP(listing_fini) struct listing listing = {0};
    auto_json json_t *names = NULL;
    auto_json json_t *items = json_array();
    int result = katib_places(&names, err);

    if (result == 0)
        result = find_places(&listing, names, err);
    if (result == 0)
        result = list_all(items, &listing, err);
    if (result == 0)
        *ret_items = TAKE(items);
    return result;
}

/* A cluster tells nobody who does not watch: what has not ended may have changed every now and
 * then. */
int katib_stamps(json_t *stamps, struct nbt_error *err)
{
    auto_json json_t *names = NULL;
    json_int_t now = clock_monotonic_ms() / STAMP_MS;
    size_t i;
    const json_t *name;
    int result = katib_places(&names, err);

    json_array_foreach(names, i, name)
    {
        bool ended;
        json_int_t stamp = katib_place_stamp(json_string_value(name), &ended);
        json_object_set_new(stamps, json_string_value(name),
                            json_integer(ended ? stamp : stamp + (now << 32)));
    }
    return result;
}
