/*
 * watch: Katib's Trials are watched, the Experiment is read when one of them changed and now and
 * then besides; what is new in them becomes facts, which are told.
 */
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "engine/katib/facts.h"
#include "engine/katib/fetch.h"
#include "engine/katib/kube/watch.h"
#include "engine/katib/session.h"
#include "engine/katib/steps.h"
#include "engine/katib/template.h"
#include "engine/katib/verbs.h"
#include "engine/katib/view.h"

#define SOON_MS  300   /* after a trial changed the Experiment is read */
#define LATER_MS 10000 /* and otherwise that often */
#define AGAIN_MS 2000  /* after a refusal */
#define GRACE_MS                                                                                   \
    30000 /* of refusals: a server that has just started may not know roles or kinds yet */

struct follower {
    const struct engine_watch *watch;
    const struct katib_place *place;
    struct katib_session session;
    struct facts facts;
    struct steps *steps; /* of running trials */
    json_t *trials;      /* name: object */
    json_t *experiment;  /* news; NULL: none */
    int timer;
    bool soon;          /* the timer is SOON_MS away at most, or an answer is awaited */
    bool synced;        /* all trials are known */
    bool troubled;      /* and that was told */
    int64_t refused_ms; /* since when; 0: not */
    bool done;
    struct nbt_error err;
};

static const char *name_of(const json_t *object)
{
    return json_string_value(json_object_get(json_object_get(object, "metadata"), "name"));
}

static struct loop *loop_of(const struct follower *follower)
{
    return kube_client_loop(follower->session.client);
}

static void give_up(struct follower *follower, const struct nbt_error *err)
{
    nbt_error_set(&follower->err, err->code, "%s", err->text);
    follower->done = true;
}

static void tell(struct follower *follower)
{
    const struct engine_watch *watch = follower->watch;

    if (facts_tell(&follower->facts, watch->since, watch->on_event, watch->self) ||
        follower->facts.ended)
        follower->done = true;
}

/* ---- the experiment ---- */

static int list_trials(json_t **ret, const struct follower *follower, struct nbt_error *err)
{
    auto_json json_t *items = json_array();
    const char *name;
    json_t *trial;

    json_object_foreach(follower->trials, name, trial)
    {
        if (json_array_append(items, trial) < 0)
            return nbt_error_set(err, NBT_ENOMEM, "no memory for the trials");
    }
    *ret = TAKE(items);
    return 0;
}

/* ---- steps ---- */

static void on_step(void *self, const char *trial, const json_t *event)
{
    struct follower *follower = self;
    struct nbt_error err = NBT_ERROR_INIT;

    if (facts_see_step(&follower->facts, trial, event, &err) < 0)
        give_up(follower, &err);
    else
        tell(follower);
}

/* Trials of a template that is the user's own do not tell of steps. */
static void follow_steps(struct follower *follower, const json_t *experiment, const json_t *items)
{
    size_t i;
    const json_t *trial;

    if (!katib_template_is_ours(experiment))
        return;
    json_array_foreach(items, i, trial)
    {
        enum status_state state = katib_trial_state(trial);
        if (state == STATUS_TRIAL_RUNNING)
            steps_follow(follower->steps, name_of(trial));
        else if (katib_trial_is_over(state))
            steps_leave(follower->steps, name_of(trial));
    }
}

static int see(struct follower *follower, const json_t *experiment, struct nbt_error *err)
{
    auto_json json_t *items = NULL;

    if (!katib_is_of(experiment, follower->place))
        return katib_gone(follower->place, err);
    int result = list_trials(&items, follower, err);
    if (result < 0)
        return result;
    katib_fetch_failures(&follower->session, &follower->facts, items);
    result = facts_see(&follower->facts, experiment, items, err);
    if (result == 0)
        follow_steps(follower, experiment, items);
    return result;
}

static void see_news(struct follower *follower)
{
    auto_json json_t *experiment = TAKE(follower->experiment);
    struct nbt_error err = NBT_ERROR_INIT;

    if (!experiment || follower->done)
        return;
    if (see(follower, experiment, &err) < 0)
        give_up(follower, &err);
    else
        tell(follower);
}

static void read_experiment(void *self);

static void read_in(struct follower *follower, int delay_ms)
{
    loop_remove_timer(loop_of(follower), follower->timer);
    follower->timer = loop_add_timer(loop_of(follower), delay_ms, read_experiment, follower);
    follower->soon = delay_ms <= SOON_MS;
}

/* Every request worked before: what is refused now may work again. */
static void on_refusal(struct follower *follower, const struct kube_answer *answer)
{
    int64_t now = clock_monotonic_ms();
    struct nbt_error err = *answer->err;

    if (!answer->hopeless)
        follower->refused_ms = 0;
    else if (follower->refused_ms == 0)
        follower->refused_ms = now;
    else if (now - follower->refused_ms >= GRACE_MS) {
        if (err.code == NBT_ENOTFOUND) {
            nbt_error_clear(&err);
            (void)katib_gone(follower->place, &err);
        }
        give_up(follower, &err);
    }
    read_in(follower, AGAIN_MS);
}

/* Kept until the loop is ours again, for to fetch files takes requests that wait. */
static void on_experiment(void *self, const struct kube_answer *answer)
{
    struct follower *follower = self;

    if (answer->code < 0) {
        on_refusal(follower, answer);
        return;
    }
    json_decref(follower->experiment);
    follower->experiment = json_incref(answer->body);
    follower->troubled = false;
    follower->refused_ms = 0;
    read_in(follower, LATER_MS);
}

static void read_experiment(void *self)
{
    struct follower *follower = self;
    auto_free char *path =
        katib_path(&follower->session, "experiments", katib_place_name(follower->place));
    struct kube_request_options get = {
        .method = "GET", .path = path, .on_done = on_experiment, .self = follower};

    follower->timer = 0;
    if (!path || !kube_send(follower->session.client, &get))
        read_in(follower, LATER_MS);
}

/* ---- trials ---- */

static void read_soon(struct follower *follower)
{
    if (follower->synced && !follower->soon)
        read_in(follower, SOON_MS);
}

static void on_trial(void *self, const json_t *trial)
{
    struct follower *follower = self;

    json_object_set_new(follower->trials, name_of(trial), json_incref((json_t *)(uintptr_t)trial));
    read_soon(follower);
}

static void on_deleted(void *self, const json_t *trial)
{
    struct follower *follower = self;

    json_object_del(follower->trials, name_of(trial));
    read_soon(follower);
}

static void on_synced(void *self, const char *version)
{
    struct follower *follower = self;

    (void)version;
    follower->synced = true;
    read_in(follower, 0);
}

static void warn(struct follower *follower, const char *text)
{
    struct nbt_error err = NBT_ERROR_INIT;

    if (follower->troubled)
        return;
    follower->troubled = true;
    if (facts_add(&follower->facts, "warning", json_pack("{s:s}", "text", text), &err) < 0)
        give_up(follower, &err);
    else
        tell(follower);
}

static void on_trouble(void *self, const struct nbt_error *err, bool ended)
{
    if (ended)
        give_up(self, err);
    else
        warn(self, err->text);
}

static const struct kube_watch_events events = {
    .added = on_trial,
    .modified = on_trial,
    .deleted = on_deleted,
    .synced = on_synced,
    .trouble = on_trouble,
};

/* ---- the loop ---- */

static void on_cancel(void *self, int fd, short revents)
{
    struct follower *follower = self;

    (void)fd;
    (void)revents;
    follower->done = true;
}

static void on_tick(void *self)
{
    struct follower *follower = self;
    const struct engine_watch *watch = follower->watch;

    if (watch->on_tick)
        watch->on_tick(watch->self);
    loop_add_timer(loop_of(follower), watch->tick_ms, on_tick, follower);
}

static int add_sources(struct follower *follower, struct nbt_error *err)
{
    const struct engine_watch *watch = follower->watch;

    follower->steps = steps_new(&follower->session, on_step, follower);
    if (!follower->steps ||
        (watch->cancel_fd >= 0 &&
         loop_add_fd(loop_of(follower), watch->cancel_fd, POLLIN, on_cancel, follower) < 0))
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the watch");
    if (watch->tick_ms > 0)
        on_tick(follower);
    return 0;
}

static int turn(struct follower *follower, struct nbt_error *err)
{
    auto_free char *path = katib_trials_path(&follower->session, katib_place_name(follower->place));
    struct kube_watch_options options = {.path = path, .events = &events, .self = follower};
    struct kube_watch *watch = path ? kube_watch_start(follower->session.client, &options) : NULL;

    if (!watch)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the watch");
    while (!follower->done) {
        loop_step(loop_of(follower), -1);
        see_news(follower);
    }
    kube_watch_stop(watch);
    return follower->err.code < 0 ? nbt_error_set(err, follower->err.code, "%s", follower->err.text)
                                  : 0;
}

/* What there is now; enough for those who do not follow, and it tells at once what cannot be had.
 */
static int look(struct follower *follower, struct nbt_error *err)
{
    auto_json json_t *experiment = NULL;
    auto_json json_t *items = NULL;
    const char *name = katib_place_name(follower->place);
    int result = katib_get_experiment(&experiment, &follower->session, follower->place, err);

    if (result == 0)
        result = katib_get_trials(&items, &follower->session, name, err);
    if (result < 0)
        return result;
    katib_fetch_failures(&follower->session, &follower->facts, items);
    result = facts_see(&follower->facts, experiment, items, err);
    if (result == 0)
        tell(follower);
    return result;
}

static void wait_again(struct follower *follower)
{
    int64_t until = clock_monotonic_ms() + AGAIN_MS;

    while (!follower->done && clock_left_ms(until) > 0)
        loop_step(loop_of(follower), clock_left_ms(until));
}

/* One that was seen before may be refused while its server starts. */
static int look_surely(struct follower *follower, struct nbt_error *err)
{
    int64_t deadline = clock_monotonic_ms() + GRACE_MS;
    bool patient = follower->watch->follow && follower->facts.begun;

    for (;;) {
        struct nbt_error found = NBT_ERROR_INIT;
        int result = look(follower, &found);
        if (result == 0 || follower->done)
            return 0;
        if (!patient || result == NBT_EDIED || clock_left_ms(deadline) == 0)
            return nbt_error_set(err, result, "%s", found.text);
        wait_again(follower);
    }
}

static int run(struct follower *follower, struct nbt_error *err)
{
    int result = facts_open(&follower->facts, follower->place, err);

    if (result == 0)
        result = add_sources(follower, err);
    if (result == 0)
        result = look_surely(follower, err);
    return result < 0 || follower->done || !follower->watch->follow ? result : turn(follower, err);
}

int katib_watch(const char *experiment, const struct engine_watch *watch, struct nbt_error *err)
{
    CLEANUP(katib_place_fini) struct katib_place place = {0};
    struct follower follower = {
        .watch = watch, .place = &place, .trials = json_object(), .err = NBT_ERROR_INIT};
    int result = katib_place_find(&place, experiment, err);

    if (result == 0)
        result = katib_session_of(&follower.session, &place, KATIB_PATIENT, err);
    if (result == 0)
        result = run(&follower, err);
    steps_free(follower.steps);
    katib_session_close(&follower.session);
    facts_fini(&follower.facts);
    json_decref(follower.experiment);
    json_decref(follower.trials);
    return result;
}
