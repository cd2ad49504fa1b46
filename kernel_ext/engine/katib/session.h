/* A client of the cluster that an experiment is in, and the paths of Katib's objects there. */
#ifndef ENGINE_KATIB_SESSION_H
#define ENGINE_KATIB_SESSION_H

#include "engine/katib/kube/call.h"
#include "engine/katib/place.h"

#define KATIB_API            "/apis/kubeflow.org/v1beta1"
#define KATIB_TRIALS_LABEL   "katib.kubeflow.org/experiment" /* on trials: their experiment */
#define KATIB_TRIAL_LABEL    "katib.kubeflow.org/trial"      /* on pods: their trial */
#define KATIB_STOPPED        "nbkatib.dev/stopped"           /* annotation "true": it was asked to stop */

struct katib_session {
    struct kube_config *config;
    struct kube_client *client;
    const char *namespace_; /* borrowed from config */
};

/* context and namespace_ NULL: the kubeconfig's, or the pod's own. */
nbt_must_check int katib_session_open(struct katib_session *ret, const char *context,
                                      const char *namespace_, int cancel_fd, struct nbt_error *err);
/* Where the experiment was submitted. */
nbt_must_check int katib_session_of(struct katib_session *ret, const struct katib_place *place,
                                    int cancel_fd, struct nbt_error *err);
void katib_session_close(struct katib_session *session);

/* Paths in the session's namespace; the caller frees, NULL without memory. */
char *katib_path(const struct katib_session *session, const char *resource, const char *name);
char *katib_trials_path(const struct katib_session *session, const char *experiment);

nbt_must_check int katib_get_experiment(json_t **ret, const struct katib_session *session,
                                        const char *experiment, struct nbt_error *err);
nbt_must_check int katib_get_trials(json_t **ret_items, const struct katib_session *session,
                                    const char *experiment, struct nbt_error *err);

#endif
