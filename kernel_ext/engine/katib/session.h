/* A client of the cluster that an experiment is in, and the paths of Katib's objects there. */
#ifndef ENGINE_KATIB_SESSION_H
#define ENGINE_KATIB_SESSION_H

#include "engine/katib/kube/call.h"
#include "engine/katib/place.h"

#define KATIB_API          "/apis/kubeflow.org/v1beta1"
#define KATIB_TRIALS_LABEL "katib.kubeflow.org/experiment" /* on trials: their experiment */
#define KATIB_TRIAL_LABEL  "katib.kubeflow.org/trial"      /* on pods: their trial */
#define KATIB_SUBMISSION   "nbkatib.dev/submission"        /* label: a number of its own for each */

struct katib_session {
    struct kube_config *config;
    struct kube_client *client;
    const char *namespace_; /* borrowed from config */
};

enum katib_patience {
    KATIB_PATIENT, /* as long as the client's own limits */
    KATIB_QUICK,   /* one try of few seconds: for overviews, which must not wait */
};

/* context and namespace_ NULL: the kubeconfig's, or the pod's own. */
nbt_must_check int katib_session_open(struct katib_session *ret, const char *context,
                                      const char *namespace_, enum katib_patience patience,
                                      struct nbt_error *err);
/* Where the experiment was submitted. NBT_ESTATE when its context is now another cluster's. */
nbt_must_check int katib_session_of(struct katib_session *ret, const struct katib_place *place,
                                    enum katib_patience patience, struct nbt_error *err);
void katib_session_close(struct katib_session *session);

/* Paths in the session's namespace; the caller frees, NULL without memory. */
char *katib_path(const struct katib_session *session, const char *resource, const char *name);
char *katib_trials_path(const struct katib_session *session, const char *experiment);

/* NBT_EDIED when it is not there any more, also when another one has its name there now. */
nbt_must_check int katib_get_experiment(json_t **ret, const struct katib_session *session,
                                        const struct katib_place *place, struct nbt_error *err);
/* Sets err so. */
int katib_gone(const struct katib_place *place, struct nbt_error *err);
/* Whether it is the one that was submitted from here. */
bool katib_is_of(const json_t *experiment, const struct katib_place *place);
nbt_must_check int katib_get_trials(json_t **ret_items, const struct katib_session *session,
                                    const char *experiment, struct nbt_error *err);
/* Pods with that label, KATIB_TRIALS_LABEL or KATIB_TRIAL_LABEL: of an experiment or a trial. */
nbt_must_check int katib_get_pods(json_t **ret_items, const struct katib_session *session,
                                  const char *label, const char *value, struct nbt_error *err);

/* Their path; the caller frees, NULL without memory. */
char *katib_pods_path(const struct katib_session *session, const char *label, const char *value);
/* The container of a trial's pod whose log is the trial's. Borrowed. */
const char *katib_container_of(const json_t *pod);

#endif
