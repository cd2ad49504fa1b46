#include "engine/katib/rights.h"

#include "base/scope.h"

#define REVIEWS "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
#define KATIB   "kubeflow.org"

const struct katib_right katib_rights[KATIB_RIGHTS] = {
    {"create", KATIB, "experiments", "", true},
    {"get", KATIB, "experiments", "", true},
    {"list", KATIB, "experiments", "", false},
    {"patch", KATIB, "experiments", "", false},
    {"delete", KATIB, "experiments", "", false},
    {"list", KATIB, "trials", "", true},
    {"watch", KATIB, "trials", "", true},
    {"create", "", "configmaps", "", true},
    {"delete", "", "configmaps", "", false},
    {"list", "", "pods", "", false},
    {"get", "", "pods", "", false},
    {"delete", "", "pods", "", false},
    {"get", "", "pods", "log", false},
    {"create", "snapshot.storage.k8s.io", "volumesnapshots", "", false},
};

struct review {
    struct reviews *all;
    json_t *body;
    bool allowed;
};

struct reviews {
    struct review items[KATIB_RIGHTS];
    size_t open;
    struct nbt_error err;
};

static json_t *body_of(const struct katib_right *right, const char *namespace_)
{
    return json_pack("{s:s, s:s, s:{s:{s:s, s:s, s:s, s:s, s:s}}}", "apiVersion",
                     "authorization.k8s.io/v1", "kind", "SelfSubjectAccessReview", "spec",
                     "resourceAttributes", "namespace", namespace_, "verb", right->verb, "group",
                     right->group, "resource", right->resource, "subresource", right->subresource);
}

static void on_answer(void *self, const struct kube_answer *answer)
{
    struct review *review = self;
    const json_t *status = json_object_get(answer->body, "status");

    review->all->open--;
    review->allowed = json_is_true(json_object_get(status, "allowed"));
    if (answer->code < 0)
        nbt_error_set(&review->all->err, answer->code, "%s", answer->err->text);
}

static void ask(struct review *review, const struct katib_right *right,
                const struct katib_session *session)
{
    review->body = body_of(right, session->namespace_);
    struct kube_request_options post = {.method = "POST",
                                        .path = REVIEWS,
                                        .body = review->body,
                                        .repeatable = true,
                                        .on_done = on_answer,
                                        .self = review};
    if (review->body && kube_send(session->client, &post))
        review->all->open++;
    else
        nbt_error_set(&review->all->err, NBT_ENOMEM, "no memory for the question what is allowed");
}

int katib_ask_rights(bool *ret_allowed, const struct katib_session *session, struct nbt_error *err)
{
    struct reviews reviews = {.err = NBT_ERROR_INIT};

    for (size_t i = 0; i < KATIB_RIGHTS; i++) {
        reviews.items[i].all = &reviews;
        ask(&reviews.items[i], &katib_rights[i], session);
    }
    while (reviews.open > 0)
        loop_step(kube_client_loop(session->client), -1);
    for (size_t i = 0; i < KATIB_RIGHTS; i++)
        json_decref(reviews.items[i].body);
    if (reviews.err.code < 0)
        return nbt_error_set(err, reviews.err.code, "%s", reviews.err.text);
    for (size_t i = 0; i < KATIB_RIGHTS; i++)
        ret_allowed[i] = reviews.items[i].allowed;
    return 0;
}
