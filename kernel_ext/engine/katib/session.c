#include "engine/katib/session.h"

#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/kube/path.h"
#include "experiment/experiment.h"

#define ITEMS_MAX 100000
#define SIDECAR   "metrics-logger-and-collector"
#define QUICK_MS  3000

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for a request to the cluster");
}

static struct kube_client_options options_of(enum katib_patience patience)
{
    if (patience == KATIB_PATIENT)
        return (struct kube_client_options){0};
    return (struct kube_client_options){
        .connect_timeout_ms = QUICK_MS, .timeout_ms = QUICK_MS, .tries = 1};
}

int katib_session_open(struct katib_session *ret, const char *context, const char *namespace_,
                       enum katib_patience patience, struct nbt_error *err)
{
    struct kube_config_options where = {.context = context, .namespace_ = namespace_};
    struct kube_client_options how = options_of(patience);
    struct katib_session session = {0};
    int result = kube_config_load(&session.config, &where, err);

    if (result == 0)
        result = kube_client_new(&session.client, session.config, &how, err);
    if (result < 0) {
        katib_session_close(&session);
        return result;
    }
    session.namespace_ = session.config->namespace_;
    *ret = session;
    return 0;
}

/* A context may have been made to name another cluster since. */
static int check_server(const struct katib_session *session, const struct katib_place *place,
                        struct nbt_error *err)
{
    const char *server = katib_place_text(place, "server");

    if (!server || strcmp(server, session->config->server) == 0)
        return 0;
    return nbt_error_set(err, NBT_ESTATE,
                         "it was submitted to the cluster at %.200s, but %s leads to %.200s now; "
                         "set KUBECONFIG to the kubeconfig that has the former",
                         server, session->config->origin, session->config->server);
}

int katib_session_of(struct katib_session *ret, const struct katib_place *place,
                     enum katib_patience patience, struct nbt_error *err)
{
    struct katib_session session = {0};
    int result = katib_session_open(&session, katib_place_text(place, "context"),
                                    katib_place_text(place, "namespace"), patience, err);

    if (result == 0)
        result = check_server(&session, place, err);
    if (result < 0)
        katib_session_close(&session);
    else
        *ret = session;
    return result;
}

void katib_session_close(struct katib_session *session)
{
    kube_client_free(session->client);
    kube_config_free(session->config);
    *session = (struct katib_session){0};
}

char *katib_path(const struct katib_session *session, const char *resource, const char *name)
{
    return kube_path(KATIB_API, session->namespace_, resource, name, NULL);
}

static char *labelled(const char *path, const char *label, const char *value)
{
    char selector[192];

    snprintf(selector, sizeof(selector), "%s=%s", label, value);
    return path ? kube_path_query(path, (const char *[]){"labelSelector", selector, NULL}) : NULL;
}

char *katib_trials_path(const struct katib_session *session, const char *experiment)
{
    auto_free char *path = katib_path(session, "trials", NULL);
    return labelled(path, KATIB_TRIALS_LABEL, experiment);
}

bool katib_is_of(const json_t *experiment, const struct katib_place *place)
{
    const json_t *metadata = json_object_get(experiment, "metadata");
    const char *label =
        json_string_value(json_object_get(json_object_get(metadata, "labels"), KATIB_SUBMISSION));
    const char *ours = katib_place_text(place, "submission");

    return label && ours && strcmp(label, ours) == 0;
}

int katib_gone(const struct katib_place *place, struct nbt_error *err)
{
    const char *name = katib_place_name(place);
    return nbt_error_set(err, NBT_EDIED,
                         "%s is not in the cluster any more; `nbkatib delete %s` forgets it", name,
                         name);
}

int katib_get_experiment(json_t **ret, const struct katib_session *session,
                         const struct katib_place *place, struct nbt_error *err)
{
    auto_free char *path = katib_path(session, "experiments", katib_place_name(place));
    auto_json json_t *found = NULL;
    struct nbt_error refused = NBT_ERROR_INIT;
    int result = path ? kube_get(session->client, path, &found, &refused) : no_memory(&refused);

    if (result == NBT_ENOTFOUND || (result == 0 && !katib_is_of(found, place)))
        return katib_gone(place, err);
    if (result < 0)
        return nbt_error_set(err, result, "%s", refused.text);
    *ret = TAKE(found);
    return 0;
}

static int get_items(json_t **ret_items, const struct katib_session *session, const char *path,
                     struct nbt_error *err)
{
    auto_json json_t *list = NULL;
    int result = path ? kube_list(session->client, path, ITEMS_MAX, &list, err) : no_memory(err);

    if (result < 0)
        return result;
    json_t *items = json_object_get(list, "items");
    *ret_items = items ? json_incref(items) : json_array();
    return 0;
}

int katib_get_trials(json_t **ret_items, const struct katib_session *session,
                     const char *experiment, struct nbt_error *err)
{
    auto_free char *path = katib_trials_path(session, experiment);
    return get_items(ret_items, session, path, err);
}

char *katib_pods_path(const struct katib_session *session, const char *label, const char *value)
{
    auto_free char *pods = kube_path("/api/v1", session->namespace_, "pods", NULL, NULL);
    return labelled(pods, label, value);
}

int katib_get_pods(json_t **ret_items, const struct katib_session *session, const char *label,
                   const char *value, struct nbt_error *err)
{
    auto_free char *path = katib_pods_path(session, label, value);
    return get_items(ret_items, session, path, err);
}

/* Katib may have sent its output through the sidecar (katib section 4). */
const char *katib_container_of(const json_t *pod)
{
    const json_t *containers = json_object_get(json_object_get(pod, "spec"), "containers");
    const json_t *first = json_array_get(containers, 0);
    const char *script = json_string_value(json_array_get(json_object_get(first, "args"), 0));
    const char *name = json_string_value(json_object_get(first, "name"));

    return script && strstr(script, " 1>/var/log/katib/") ? SIDECAR : name;
}
