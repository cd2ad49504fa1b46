#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"
#include "check.h"
#include "engine/katib/kube/call.h"
#include "engine/katib/kube/log.h"
#include "engine/katib/kube/watch.h"

/* A server that takes connections and never answers, or, when closed, none. */
struct scene {
    int listener;
    struct kube_config *config;
    struct kube_client *client;
};

static void set_up(struct scene *scene, int cancel_fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    struct nbt_error err = NBT_ERROR_INIT;
    auto_free char *text = NULL;
    scene->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(scene->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(scene->listener, 8), 0);
    assert_int_equal(getsockname(scene->listener, (struct sockaddr *)&address, &size), 0);
    assert_true(asprintf(&text,
                         "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\n"
                         "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:%d'}}]",
                         ntohs(address.sin_port)) > 0);
    assert_int_equal(kube_config_parse(&scene->config, "scene", ".", text, strlen(text),
                                       &(struct kube_config_options){0}, &err),
                     0);
    assert_int_equal(kube_client_new(&scene->client, scene->config,
                                     &(struct kube_client_options){.cancel_fd = cancel_fd}, &err),
                     0);
}

static void tear_down(struct scene *scene)
{
    kube_client_free(scene->client);
    kube_config_free(scene->config);
    if (scene->listener >= 0)
        close(scene->listener);
}

static void a_call_is_canceled_by_its_descriptor(void **state)
{
    (void)state;
    struct scene scene;
    struct nbt_error err = NBT_ERROR_INIT;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    set_up(&scene, ends[0]);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(kube_get(scene.client, "/version", NULL, &err), NBT_ECANCELED);
    assert_int_equal(kube_last_status(scene.client)->http, 0);
    tear_down(&scene);
    close(ends[0]);
    close(ends[1]);
}

static void a_call_ends_in_time(void **state)
{
    (void)state;
    struct scene scene;
    struct nbt_error err = NBT_ERROR_INIT;
    struct kube_request_options options = {.method = "GET", .path = "/x", .timeout_ms = 200};
    int64_t began = clock_monotonic_ms();
    set_up(&scene, 0);
    assert_int_equal(kube_call(scene.client, &options, NULL, NULL, &err), NBT_ETIMEOUT);
    assert_in_range(clock_monotonic_ms() - began, 150, 5000);
    tear_down(&scene);
}

struct pair {
    struct kube_request *other;
    int calls;
};

static void cancel_other(void *self, const struct kube_answer *answer)
{
    struct pair *pair = self;
    assert_true(answer->code < 0);
    pair->calls++;
    kube_cancel(pair->other);
    pair->other = NULL;
}

static void must_not_come(void *self, const struct kube_answer *answer)
{
    (void)self;
    (void)answer;
    fail();
}

static void a_callback_may_cancel_another_request(void **state)
{
    (void)state;
    struct scene scene;
    struct pair pair = {0};
    set_up(&scene, 0);
    struct kube_request_options quick = {
        .method = "POST", .path = "/x", .timeout_ms = 100, .on_done = cancel_other, .self = &pair};
    struct kube_request_options slow = {
        .method = "POST", .path = "/y", .timeout_ms = 400, .on_done = must_not_come};
    assert_non_null(kube_send(scene.client, &quick));
    pair.other = kube_send(scene.client, &slow);
    int64_t end = clock_monotonic_ms() + 800;
    while (clock_monotonic_ms() < end)
        loop_step(kube_client_loop(scene.client), 100);
    assert_int_equal(pair.calls, 1);
    tear_down(&scene);
}

static void never_line(void *self, int64_t ns, const char *text, size_t length, bool whole)
{
    (void)self;
    (void)ns;
    (void)text;
    (void)length;
    (void)whole;
    fail();
}

static void never_end(void *self, int code, const struct nbt_error *err)
{
    (void)self;
    (void)code;
    (void)err;
    fail();
}

static void what_runs_can_be_stopped_at_any_moment(void **state)
{
    (void)state;
    static const struct kube_watch_events events = {0};
    struct kube_watch_options watching = {.path = "/api/v1/pods", .events = &events};
    struct kube_log_options reading = {
        .namespace_ = "n", .pod = "p", .follow = true, .on_line = never_line, .on_end = never_end};
    for (int steps = 0; steps < 6; steps++) {
        struct scene scene;
        set_up(&scene, 0);
        struct kube_watch *watch = kube_watch_start(scene.client, &watching);
        struct kube_log *log = kube_log_follow(scene.client, &reading);
        struct kube_request_options options = {
            .method = "GET", .path = "/x", .on_done = must_not_come};
        assert_non_null(kube_send(scene.client, &options));
        for (int i = 0; i < steps; i++)
            loop_step(kube_client_loop(scene.client), 20);
        kube_watch_stop(watch);
        kube_log_stop(log);
        tear_down(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_canceled_by_its_descriptor),
        cmocka_unit_test(a_call_ends_in_time),
        cmocka_unit_test(a_callback_may_cancel_another_request),
        cmocka_unit_test(what_runs_can_be_stopped_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
