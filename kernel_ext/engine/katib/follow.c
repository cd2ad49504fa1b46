/*
 * watch: Katib's Trials are watched, its Experiment is read now and then, and what changed since is told as the facts of the
 * engine contract. Katib numbers nothing, so facts are numbered as they are told: after a `since` only what is new is told.
 */
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "engine/katib/kube/watch.h"
#include "engine/katib/session.h"
#include "engine/katib/translate.h"
#include "engine/katib/verbs.h"
#include "engine/katib/view.h"

#define SOON_MS  500   /* after a trial changed the Experiment is read again */
#define LATER_MS 10000 /* and otherwise that often */

struct follower {
    const struct engine_watch *watch;
    struct katib_session session;
    const char *name;
    json_t *choices;  /* of EXPERIMENT_SETTINGS, or NULL */
    json_t *settings; /* owns choices */
    json_t *states;   /* trial: its state as it was told last */
    char best[128];   /* the optimal trial that was told */
    json_int_t seq;
    bool synced, ended, stopped;
    int timer;
    bool soon; /* the timer is SOON_MS away at most */
    struct nbt_error err;
    int code;
};

static json_t *member(const json_t *object, const char *key)
{
    return json_object_get(object, key);
}

static const char *text(const json_t *object, const char *key)
{
    const char *found = json_string_value(member(object, key));
    return found ? found : "";
}

static void give_up(struct follower *follower, const struct nbt_error *err)
{
    follower->code = nbt_error_set(&follower->err, err->code, "%s", err->text);
    follower->stopped = true;
}

/* Takes `fact`, adds seq, time and kind. */
static void tell(struct follower *follower, const char *kind, json_t *fact)
{
    auto_json json_t *owned = fact;
    char now[CLOCK_TEXT_MAX];

    clock_rfc3339(now, clock_realtime_us());
    json_object_set_new(owned, "seq", json_integer(++follower->seq));
    json_object_set_new(owned, "time", json_string(now));
    json_object_set_new(owned, "kind", json_string(kind));
    if (!follower->stopped && (uint64_t)follower->seq > follower->watch->since &&
        follower->watch->on_event(follower->watch->self, owned) != 0)
        follower->stopped = true;
}

/* ---- trials ---- */

static void tell_created(struct follower *follower, const json_t *view)
{
    tell(follower, "trial-created",
         json_pack("{s:s, s:O, s:O}", "trial", text(view, "name"), "index", member(view, "index"),
                   "assignments", member(view, "assignments")));
}

static void tell_finished(struct follower *follower, const json_t *view)
{
    tell(follower, "trial-finished",
         json_pack("{s:s, s:O, s:O, s:O, s:O, s:O}", "trial", text(view, "name"), "state",
                   member(view, "state"), "reason", member(view, "reason"), "message",
                   member(view, "message"), "observation", member(view, "observation"), "seconds",
                   member(view, "seconds")));
}

static void tell_state(struct follower *follower, const json_t *view, enum status_state old,
                       enum status_state state)
{
    if (old == STATUS_TRIAL_PENDING && state != STATUS_TRIAL_PENDING)
        tell(follower, "trial-started", json_pack("{s:s, s:i}", "trial", text(view, "name"), "pid", 0));
    if (!katib_trial_is_over(old) && katib_trial_is_over(state))
        tell_finished(follower, view);
}

static void read_soon(struct follower *follower);

static void on_trial(void *self, const json_t *trial)
{
    struct follower *follower = self;
    const char *name = text(member(trial, "metadata"), "name");
    const json_t *known = member(follower->states, name);
    enum status_state state = katib_trial_state(trial);
    enum status_state old =
        known ? (enum status_state)json_integer_value(known) : STATUS_TRIAL_PENDING;
    size_t index = json_object_size(follower->states);

    if (known && old == state)
        return;
    auto_json json_t *view = katib_trial_view(trial, index, follower->choices);
    if (!known)
        tell_created(follower, view);
    tell_state(follower, view, old, state);
    json_object_set_new(follower->states, name, json_integer(state));
    read_soon(follower);
}

static void on_synced(void *self, const char *version)
{
    struct follower *follower = self;

    (void)version;
    follower->synced = true;
    read_soon(follower);
}

static void on_trouble(void *self, const struct nbt_error *err, bool ended)
{
    struct follower *follower = self;

    if (ended)
        give_up(follower, err);
    else
        tell(follower, "warning", json_pack("{s:s}", "text", err->text));
}

static const struct kube_watch_events events = {
    .added = on_trial,
    .modified = on_trial,
    .synced = on_synced,
    .trouble = on_trouble,
};

/* ---- the experiment ---- */

static void tell_experiment(struct follower *follower, const json_t *experiment)
{
    const json_t *spec = member(experiment, "spec");
    const char *notebook = experiment_annotation(experiment, EXPERIMENT_NOTEBOOK);

    tell(follower, "experiment-created",
         json_pack("{s:s, s:s, s:O?, s:O?, s:O?}", "name", follower->name, "notebook",
                   notebook ? notebook : "", "maxTrialCount", member(spec, "maxTrialCount"),
                   "parallelTrialCount", member(spec, "parallelTrialCount"), "algorithm",
                   member(member(spec, "algorithm"), "algorithmName")));
    tell(follower, "engine-started", json_pack("{s:i}", "pid", 0));
}

static void tell_best(struct follower *follower, const json_t *experiment)
{
    auto_json json_t *item = NULL;
    struct nbt_error ignored = NBT_ERROR_INIT;
    const json_t *status = member(experiment, "status");

    if (katib_item_view(&item, experiment, &ignored) < 0)
        return;
    const json_t *best = member(item, "best");
    const char *trial = text(best, "trial");
    if (!trial[0] || strcmp(trial, follower->best) == 0)
        return;
    strncpy(follower->best, trial, sizeof(follower->best) - 1);
    tell(follower, "optimal",
         json_pack("{s:s, s:O, s:O, s:O}", "trial", trial, "assignments",
                   member(best, "assignments"), "observation",
                   member(member(status, "currentOptimalTrial"), "observation"), "value",
                   member(member(item, "objective"), "value")));
}

static void tell_end(struct follower *follower, const json_t *experiment)
{
    const char *reason;
    const char *message;

    katib_why(experiment, &reason, &message);
    tell(follower, "engine-ended",
         json_pack("{s:s, s:s, s:s}", "state", katib_experiment_state(experiment), "reason", reason,
                   "message", message));
    follower->ended = true;
}

static void take_experiment(struct follower *follower, const json_t *experiment)
{
    tell_best(follower, experiment);
    if (follower->synced && katib_is_over(experiment))
        tell_end(follower, experiment);
}

static void read_experiment(void *self);

static void read_in(struct follower *follower, int delay_ms)
{
    loop_remove_timer(kube_client_loop(follower->session.client), follower->timer);
    follower->timer = loop_add_timer(kube_client_loop(follower->session.client), delay_ms,
                                     read_experiment, follower);
    follower->soon = delay_ms <= SOON_MS;
}

static void read_soon(struct follower *follower)
{
    if (!follower->soon)
        read_in(follower, SOON_MS);
}

static void on_experiment(void *self, const struct kube_answer *answer)
{
    struct follower *follower = self;

    if (answer->code == 0)
        take_experiment(follower, answer->body);
    else if (answer->hopeless)
        give_up(follower, answer->err);
    read_in(follower, LATER_MS);
}

static void read_experiment(void *self)
{
    struct follower *follower = self;
    auto_free char *path = katib_path(&follower->session, "experiments", follower->name);
    struct kube_request_options get = {
        .method = "GET", .path = path, .on_done = on_experiment, .self = follower};

    follower->timer = 0;
    follower->soon = true; /* until its answer is there */
    if (!path || !kube_send(follower->session.client, &get))
        read_in(follower, LATER_MS);
}

/* ---- the loop ---- */

static void on_cancel(void *self, int fd, short revents)
{
    struct follower *follower = self;

    (void)fd;
    (void)revents;
    follower->stopped = true;
}

static void on_tick(void *self)
{
    struct follower *follower = self;
    const struct engine_watch *watch = follower->watch;

    if (watch->on_tick)
        watch->on_tick(watch->self);
    loop_add_timer(kube_client_loop(follower->session.client), watch->tick_ms, on_tick, follower);
}

static int prepare(struct follower *follower, struct nbt_error *err)
{
    struct loop *loop = kube_client_loop(follower->session.client);
    const struct engine_watch *watch = follower->watch;
    auto_json json_t *experiment = NULL;
    int result = katib_get_experiment(&experiment, &follower->session, follower->name, err);

    if (result == 0)
        result = katib_settings(&follower->settings, experiment, err);
    if (result < 0)
        return result;
    follower->choices = member(follower->settings, "choices");
    follower->states = json_object();
    if (watch->cancel_fd >= 0 &&
        loop_add_fd(loop, watch->cancel_fd, POLLIN, on_cancel, follower) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the watch");
    if (watch->tick_ms > 0)
        loop_add_timer(loop, watch->tick_ms, on_tick, follower);
    tell_experiment(follower, experiment);
    return 0;
}

static bool goes_on(const struct follower *follower)
{
    return !follower->stopped && !follower->ended &&
           (follower->watch->follow || !follower->synced || follower->soon);
}

static int follow(struct follower *follower, struct nbt_error *err)
{
    auto_free char *path = katib_trials_path(&follower->session, follower->name);
    struct kube_watch_options options = {.path = path, .events = &events, .self = follower};
    struct kube_watch *watch = path ? kube_watch_start(follower->session.client, &options) : NULL;

    if (!watch)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the watch");
    while (goes_on(follower))
        loop_step(kube_client_loop(follower->session.client), -1);
    kube_watch_stop(watch);
    return follower->code < 0 ? nbt_error_set(err, follower->code, "%s", follower->err.text) : 0;
}

int katib_watch(const char *experiment, const struct engine_watch *watch, struct nbt_error *err)
{
    struct follower follower = {.watch = watch, .name = experiment};
    CLEANUP(katib_place_fini) struct katib_place place = {0};
    int result = katib_place_find(&place, experiment, err);

    if (result == 0)
        result = katib_session_of(&follower.session, &place, -1, err);
    if (result == 0)
        result = prepare(&follower, err);
    if (result == 0)
        result = follow(&follower, err);
    katib_session_close(&follower.session);
    json_decref(follower.settings);
    json_decref(follower.states);
    return result;
}
