/*
 * What is told without being asked. Each client remembers what it was told; a tick asks for stamps,
 * which cost some system calls, and looks at what they say has changed.
 *
 * The answer to hello or subscribe is sent after the call has returned: the first tick after it
 * stays silent, so that a delta never overtakes the state that it belongs to.
 */
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "kernel/rpc_internal.h"
#include "service/changes.h"

#define EVENTS_MAX  5  /* of a tick: 20 a second */
#define COST_MS     20 /* of a tick; after a longer one comes a rest */
#define REST_FACTOR 10

int rpc_listen(struct rpc_client *client, struct nbt_error *err)
{
    auto_json json_t *stamps = NULL;
    auto_json json_t *changed = NULL;
    auto_json json_t *removed = NULL;

    pthread_mutex_lock(&client->lock);
    int result = service_stamps(&stamps, err);
    if (result == 0)
        result = service_list_changes(client->list, stamps, &changed, &removed, err);
    client->listening = result == 0;
    client->fresh = true;
    pthread_mutex_unlock(&client->lock);
    return result;
}

int rpc_subscribe(struct rpc_client *client, const json_t *show, struct nbt_error *err)
{
    json_t *memory = json_object();
    auto_json json_t *subscription = json_pack("{s:b, s:o}", "fresh", true, "memory", memory);
    const char *name = json_string_value(json_object_get(show, "name"));
    int result = subscription ? service_show_told(memory, show, err) : rpc_no_memory(err);

    if (result < 0)
        return result;
    pthread_mutex_lock(&client->lock);
    if (json_object_set(client->subscriptions, name ? name : "", subscription) < 0)
        result = rpc_no_memory(err);
    pthread_mutex_unlock(&client->lock);
    return result;
}

void rpc_unsubscribe(struct rpc_client *client, const char *experiment)
{
    pthread_mutex_lock(&client->lock);
    json_object_del(client->subscriptions, experiment);
    pthread_mutex_unlock(&client->lock);
}

/* Takes params. */
static void add_event(json_t *events, const char *method, json_t *params)
{
    json_t *event =
        json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method, "params", params);

    if (event)
        json_array_append_new(events, event);
}

/* A look that fails, while a database is locked for instance, is made again at the next tick. */
static void tell_list(struct rpc_client *client, const json_t *stamps, json_t *events)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_json json_t *changed = NULL;
    auto_json json_t *removed = NULL;

    if (service_list_changes(client->list, stamps, &changed, &removed, &ignored) < 0)
        return;
    if (json_array_size(changed) + json_array_size(removed) > 0)
        add_event(events, "experiments",
                  json_pack("{s:O, s:O}", "changed", changed, "removed", removed));
}

static bool was_fresh(json_t *subscription)
{
    bool fresh = json_is_true(json_object_get(subscription, "fresh"));

    if (fresh)
        json_object_set_new(subscription, "fresh", json_false());
    return fresh;
}

static json_t *removed_json(const char *name)
{
    return json_pack("{s:s, s:b}", "experiment", name, "removed", true);
}

/* The last one told goes to the end, so that each gets its turn. */
static void tell_subscription(struct rpc_client *client, const char *name, json_t *subscription,
                              const json_t *stamps, json_t *events)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    json_t *change = NULL;

    if (was_fresh(subscription))
        return;
    json_t *memory = json_object_get(subscription, "memory");
    int result = service_show_changes(memory, stamps, name, &change, &ignored);
    if (result == NBT_ENOTFOUND) {
        add_event(events, "experiment", removed_json(name));
        json_object_del(client->subscriptions, name);
    } else if (result == 0 && change) {
        json_object_set_new(change, "removed", json_false());
        add_event(events, "experiment", change);
        json_incref(subscription);
        json_object_del(client->subscriptions, name);
        json_object_set_new(client->subscriptions, name, subscription);
    }
}

static json_t *names_of(const json_t *object)
{
    json_t *names = json_array();
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        (void)value;
        json_array_append_new(names, json_string(name));
    }
    return names;
}

static void tell_all(struct rpc_client *client, json_t *events)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_json json_t *stamps = NULL;
    auto_json json_t *names = names_of(client->subscriptions);
    size_t i;
    json_t *name;

    if (service_stamps(&stamps, &ignored) < 0)
        return;
    if (!client->fresh)
        tell_list(client, stamps, events);
    client->fresh = false;
    json_array_foreach(names, i, name)
    {
        const char *text = json_string_value(name);
        if (json_array_size(events) < EVENTS_MAX)
            tell_subscription(client, text, json_object_get(client->subscriptions, text), stamps,
                              events);
    }
}

json_t *rpc_events(struct rpc_client *client)
{
    json_t *events = json_array();
    int64_t begin = clock_monotonic_ms();

    pthread_mutex_lock(&client->lock);
    if (events && client->listening && begin >= client->rest_until_ms) {
        tell_all(client, events);
        int64_t cost = clock_monotonic_ms() - begin;
        client->rest_until_ms = cost > COST_MS ? begin + REST_FACTOR * cost : 0;
    }
    pthread_mutex_unlock(&client->lock);
    return events;
}
