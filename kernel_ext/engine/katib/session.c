#include "engine/katib/session.h"

#include <stdio.h>

#include "base/scope.h"
#include "engine/katib/kube/path.h"
#include "experiment/experiment.h"

#define TRIALS_MAX 100000

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for a request to the cluster");
}

int katib_session_open(struct katib_session *ret, const char *context, const char *namespace_,
                       int cancel_fd, struct nbt_error *err)
{
    struct kube_config_options where = {.context = context, .namespace_ = namespace_};
    struct kube_client_options how = {.cancel_fd = cancel_fd > 0 ? cancel_fd : 0};
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

int katib_session_of(struct katib_session *ret, const struct katib_place *place, int cancel_fd,
                     struct nbt_error *err)
{
    return katib_session_open(ret, katib_place_text(place, "context"),
                              katib_place_text(place, "namespace"), cancel_fd, err);
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

char *katib_trials_path(const struct katib_session *session, const char *experiment)
{
    char selector[sizeof(KATIB_TRIALS_LABEL) + EXPERIMENT_NAME_MAX + 2];
    auto_free char *path = katib_path(session, "trials", NULL);

    snprintf(selector, sizeof(selector), KATIB_TRIALS_LABEL "=%.*s", EXPERIMENT_NAME_MAX,
             experiment);
    return path ? kube_path_query(path, (const char *[]){"labelSelector", selector, NULL}) : NULL;
}

int katib_get_experiment(json_t **ret, const struct katib_session *session, const char *experiment,
                         struct nbt_error *err)
{
    auto_free char *path = katib_path(session, "experiments", experiment);
    return path ? kube_get(session->client, path, ret, err) : no_memory(err);
}

int katib_get_trials(json_t **ret_items, const struct katib_session *session,
                     const char *experiment, struct nbt_error *err)
{
    auto_free char *path = katib_trials_path(session, experiment);
    auto_json json_t *list = NULL;
    int result =
        path ? kube_list(session->client, path, TRIALS_MAX, &list, err) : no_memory(err);

    if (result < 0)
        return result;
    json_t *items = json_object_get(list, "items");
    *ret_items = items ? json_incref(items) : json_array();
    return 0;
}
