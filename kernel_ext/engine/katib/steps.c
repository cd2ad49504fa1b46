#include "engine/katib/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/kube/log.h"
#include "engine/katib/pod_log.h"

#define FOLLOWED_MAX 32 /* streams; of more trials at once the rest is not followed */
#define AGAIN_MS     1000

/* One trial: its pod is looked for, then its log is followed. */
struct followed {
    struct steps *steps;
    char trial[72];
    struct kube_request *request; /* for its pod */
    int timer;                    /* until it is looked for again */
    struct kube_log *log;
};

struct steps {
    const struct katib_session *session;
    steps_fn fn;
    void *self;
    struct followed items[FOLLOWED_MAX]; /* those without a trial are free */
};

struct steps *steps_new(const struct katib_session *session, steps_fn fn, void *self)
{
    struct steps *steps = calloc(1, sizeof(*steps));

    if (steps)
        *steps = (struct steps){.session = session, .fn = fn, .self = self};
    return steps;
}

static struct loop *loop_of(const struct followed *followed)
{
    return kube_client_loop(followed->steps->session->client);
}

static void leave(struct followed *followed)
{
    if (followed->request)
        kube_cancel(followed->request);
    if (followed->timer > 0)
        loop_remove_timer(loop_of(followed), followed->timer);
    kube_log_stop(followed->log);
    *followed = (struct followed){0};
}

void steps_free(struct steps *steps)
{
    for (size_t i = 0; steps && i < FOLLOWED_MAX; i++) {
        if (steps->items[i].trial[0])
            leave(&steps->items[i]);
    }
    free(steps);
}

static struct followed *find(struct steps *steps, const char *trial)
{
    for (size_t i = 0; i < FOLLOWED_MAX; i++) {
        if (strcmp(steps->items[i].trial, trial) == 0)
            return &steps->items[i];
    }
    return NULL;
}

/* ---- the log ---- */

static void on_line(void *self, int64_t realtime_ns, const char *text, size_t length, bool whole)
{
    struct followed *followed = self;
    size_t at = 0;
    auto_json json_t *event =
        whole && strstr(text, "{\"event\":\"step\"") ? pod_log_event(text, &at) : NULL;

    (void)realtime_ns;
    (void)length;
    if (event)
        followed->steps->fn(followed->steps->self, followed->trial, event);
}

/* It stays in its place, so that it is not followed anew. */
static void on_end(void *self, int code, const struct nbt_error *err)
{
    (void)self;
    (void)code;
    (void)err;
}

static void follow_pod(struct followed *followed, const json_t *pod)
{
    const json_t *metadata = json_object_get(pod, "metadata");
    struct kube_log_options options = {
        .namespace_ = followed->steps->session->namespace_,
        .pod = json_string_value(json_object_get(metadata, "name")),
        .container = katib_container_of(pod),
        .follow = true,
        .on_line = on_line,
        .on_end = on_end,
        .self = followed,
    };

    followed->log = kube_log_follow(followed->steps->session->client, &options);
}

/* ---- the pod ---- */

static void ask(void *self);

static void on_pods(void *self, const struct kube_answer *answer)
{
    struct followed *followed = self;
    const json_t *pod = json_array_get(json_object_get(answer->body, "items"), 0);

    followed->request = NULL;
    if (pod)
        follow_pod(followed, pod);
    else if (!answer->hopeless)
        followed->timer = loop_add_timer(loop_of(followed), AGAIN_MS, ask, followed);
}

static void ask(void *self)
{
    struct followed *followed = self;
    const struct katib_session *session = followed->steps->session;
    auto_free char *path = katib_pods_path(session, KATIB_TRIAL_LABEL, followed->trial);
    struct kube_request_options get = {
        .method = "GET", .path = path, .on_done = on_pods, .self = followed};

    followed->timer = 0;
    if (path)
        followed->request = kube_send(session->client, &get);
}

void steps_follow(struct steps *steps, const char *trial)
{
    struct followed *place = find(steps, trial) ? NULL : find(steps, "");

    if (!place || strlen(trial) >= sizeof(place->trial))
        return;
    *place = (struct followed){.steps = steps};
    snprintf(place->trial, sizeof(place->trial), "%s", trial);
    ask(place);
}

void steps_leave(struct steps *steps, const char *trial)
{
    struct followed *followed = trial[0] ? find(steps, trial) : NULL;

    if (followed)
        leave(followed);
}
