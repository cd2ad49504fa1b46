#include "engine/katib/kube/client.h"

#include <poll.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "engine/katib/kube/client_private.h"

#define CONNECT_TIMEOUT_MS 10000
#define TIMEOUT_MS         30000
#define EXEC_TIMEOUT_MS    60000
#define TRIES              5
#define SILENCE_MS         15000 /* a GET is tried on another connection */

static void begin(void *self);
static void complete(struct kube_request *request, CURLcode result);
static void on_settled(void *self, int code, const struct nbt_error *err);

static void request_free(struct kube_request *request)
{
    struct kube_client *client = request->client;
    struct kube_request **place = &client->requests;
    while (*place && *place != request)
        place = &(*place)->next;
    if (*place)
        *place = request->next;
    kube_transfer_end(request);
    loop_remove_timer(client->loop, request->timer);
    buf_fini(&request->answer);
    free(request->method);
    free(request->path);
    free(request->content_type);
    free(request->text);
    free(request);
}

/* Ends it with its callback. body is the answer's own. */
static void finish(struct kube_request *request, struct kube_answer *answer, struct nbt_error *err)
{
    kube_done_fn fn = request->options.on_done;
    void *self = request->options.self;
    bool canceled = request->state == KUBE_CANCELED;
    answer->code = err->code;
    answer->err = err;
    json_t *body = answer->body;
    if (answer->code < 0)
        answer->body = NULL;
    request_free(request);
    if (fn && !canceled)
        fn(self, answer);
    json_decref(body);
}

/* No answer came. A stream that fell silent and a plugin that took too long may do better. */
static void fail(struct kube_request *request, struct nbt_error *err)
{
    struct kube_answer answer = {.status = {.retry_after_s = -1},
                                 .hopeless = err->code != NBT_ETIMEOUT};
    finish(request, &answer, err);
}

static void wait_for(struct kube_request *request, int delay_ms)
{
    struct nbt_error err = NBT_ERROR_INIT;
    request->state = KUBE_WAITING;
    request->timer = loop_add_timer(request->client->loop, delay_ms, begin, request);
    if (request->timer > 0)
        return;
    request->timer = 0;
    nbt_error_set(&err, NBT_ENOMEM, "no memory for a request");
    fail(request, &err);
}

/* Nothing came for long: the try has failed as by a cut. */
static void check_idle(void *self)
{
    struct kube_request *request = self;
    int64_t silent = clock_monotonic_ms() - request->heard_ms;
    request->timer = 0;
    if (silent < request->idle_ms) {
        int left = (int)(request->idle_ms - silent);
        request->timer = loop_add_timer(request->client->loop, left, check_idle, request);
        return;
    }
    snprintf(request->reason, sizeof(request->reason), "nothing came for %.1f s",
             (double)silent / 1000);
    kube_client_sever(request->client);
    complete(request, CURLE_OPERATION_TIMEDOUT);
}

static void launch(struct kube_request *request)
{
    struct nbt_error err = NBT_ERROR_INIT;
    request->state = KUBE_RUNNING;
    if (kube_transfer_start(request, &err) < 0) {
        fail(request, &err);
        return;
    }
    if (request->options.idle_ms > 0)
        request->timer =
            loop_add_timer(request->client->loop, request->options.idle_ms, check_idle, request);
}

static void begin(void *self)
{
    struct kube_request *request = self;
    struct nbt_error err = NBT_ERROR_INIT;
    request->timer = 0;
    int code = kube_auth_prepare(request->client->auth, &err);
    if (code < 0)
        fail(request, &err);
    else if (code == 0)
        launch(request);
    else
        request->state = KUBE_AUTHENTICATING;
}

/* Callbacks may change the list: after each one it is searched from its head. */
static struct kube_request *find(struct kube_client *client, enum kube_state state)
{
    struct kube_request *request = client->requests;
    while (request && request->state != state)
        request = request->next;
    return request;
}

static void on_settled(void *self, int code, const struct nbt_error *err)
{
    struct kube_client *client = self;
    struct kube_request *request;
    while ((request = find(client, KUBE_AUTHENTICATING))) {
        struct nbt_error own = code < 0 ? *err : NBT_ERROR_INIT;
        if (code < 0)
            fail(request, &own);
        else
            launch(request);
    }
}

static void complete(struct kube_request *request, CURLcode result)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct kube_answer answer;
    int delay_ms = 0;
    enum kube_outcome outcome = kube_judge(request, result, &answer, &err, &delay_ms);
    if (outcome == KUBE_DONE) {
        finish(request, &answer, &err);
        return;
    }
    kube_transfer_end(request);
    loop_remove_timer(request->client->loop, request->timer);
    request->timer = 0;
    request->renewed |= outcome == KUBE_RENEW;
    wait_for(request, delay_ms);
}

/* What curl has finished, and what was canceled while it ran. */
static void drain(struct kube_client *client)
{
    int left;
    CURLMsg *message;
    struct kube_request *request;
    while ((message = curl_multi_info_read(client->multi, &left))) {
        void *self = NULL;
        CURLcode result = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&self);
        request = self;
        if (request->state == KUBE_CANCELED)
            request_free(request);
        else
            complete(request, result);
    }
    while ((request = find(client, KUBE_CANCELED)))
        request_free(request);
}

static void act(struct kube_client *client, curl_socket_t fd, int mask)
{
    int running;
    client->inside = true;
    curl_multi_socket_action(client->multi, fd, mask, &running);
    client->inside = false;
    drain(client);
}

static void on_socket(void *self, int fd, short revents)
{
    int mask = 0;
    if (revents & (POLLIN | POLLHUP))
        mask |= CURL_CSELECT_IN;
    if (revents & POLLOUT)
        mask |= CURL_CSELECT_OUT;
    if (revents & (POLLERR | POLLNVAL))
        mask |= CURL_CSELECT_ERR;
    act(self, fd, mask);
}

static void on_timer(void *self)
{
    struct kube_client *client = self;
    client->timer = 0;
    act(client, CURL_SOCKET_TIMEOUT, 0);
}

/* curl wants to know of a socket. `watched` is not NULL when the loop has it already. */
static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *self, void *watched)
{
    struct kube_client *client = self;
    short events = 0;
    (void)easy;
    if (watched)
        loop_remove_fd(client->loop, fd);
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= POLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= POLLOUT;
    if (what == CURL_POLL_REMOVE)
        return 0;
    curl_multi_assign(client->multi, fd, client);
    return loop_add_fd(client->loop, fd, events, on_socket, client) < 0 ? -1 : 0;
}

static int watch_timer(CURLM *multi, long delay_ms, void *self)
{
    struct kube_client *client = self;
    (void)multi;
    loop_remove_timer(client->loop, client->timer);
    client->timer = delay_ms < 0 ? 0 : loop_add_timer(client->loop, delay_ms, on_timer, client);
    return client->timer < 0 ? -1 : 0;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool curl_is_ready;

static void start_curl(void)
{
    curl_is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK && sodium_init() >= 0;
}

static int or_default(int value, int otherwise)
{
    return value > 0 ? value : otherwise;
}

static int set_up(struct kube_client *client, struct nbt_error *err)
{
    struct kube_client_options *options = &client->options;
    options->connect_timeout_ms = or_default(options->connect_timeout_ms, CONNECT_TIMEOUT_MS);
    options->timeout_ms = or_default(options->timeout_ms, TIMEOUT_MS);
    options->exec_timeout_ms = or_default(options->exec_timeout_ms, EXEC_TIMEOUT_MS);
    options->tries = or_default(options->tries, TRIES);
    if (!options->user_agent)
        options->user_agent = "nbkatib";
    client->own_loop = !options->loop;
    client->loop = options->loop ? options->loop : loop_new();
    client->multi = client->loop ? curl_multi_init() : NULL;
    if (!client->multi)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a client of Kubernetes");
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, watch_timer);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    int code = kube_target_init(&client->target, client->config, err);
    return code < 0 ? code
                    : kube_auth_new(&client->auth, client->config, client->loop,
                                    options->exec_timeout_ms, on_settled, client, err);
}

int kube_client_new(struct kube_client **ret_client, const struct kube_config *config,
                    const struct kube_client_options *options, struct nbt_error *err)
{
    struct kube_client *client = calloc(1, sizeof(*client));
    pthread_once(&once, start_curl);
    if (!client || !curl_is_ready) {
        free(client);
        return nbt_error_set(err, NBT_ENOMEM, "libcurl or libsodium does not start");
    }
    client->config = config;
    client->options = *options;
    int code = set_up(client, err);
    if (code < 0)
        kube_client_free(client);
    else
        *ret_client = client;
    return code;
}

void kube_client_free(struct kube_client *client)
{
    if (!client)
        return;
    while (client->requests)
        request_free(client->requests);
    kube_auth_free(client->auth);
    if (client->multi)
        curl_multi_cleanup(client->multi);
    if (client->loop)
        loop_remove_timer(client->loop, client->timer);
    free(client->sockets);
    kube_target_fini(&client->target);
    if (client->own_loop)
        loop_free(client->loop);
    free(client);
}

const struct kube_config *kube_client_config(const struct kube_client *client)
{
    return client->config;
}

struct loop *kube_client_loop(const struct kube_client *client)
{
    return client->loop;
}

int kube_backoff_ms(int attempt, int base_ms, int most_ms)
{
    int delay = base_ms;
    for (int i = 1; i < attempt && delay < most_ms; i++)
        delay *= 2;
    if (delay > most_ms)
        delay = most_ms;
    return delay / 2 + (int)randombytes_uniform((uint32_t)(delay / 2) + 1);
}

static bool copy_texts(struct kube_request *request)
{
    const struct kube_request_options *options = &request->options;
    request->method = strdup(options->method);
    request->path = strdup(options->path);
    request->content_type =
        strdup(options->content_type ? options->content_type : "application/json");
    request->text = options->body ? json_dumps(options->body, JSON_COMPACT) : NULL;
    return request->method && request->path && request->content_type &&
           (request->text || !options->body);
}

struct kube_request *kube_send(struct kube_client *client,
                               const struct kube_request_options *options)
{
    struct kube_request *request = calloc(1, sizeof(*request));
    int timeout = options->timeout_ms ? options->timeout_ms : client->options.timeout_ms;
    if (!request)
        return NULL;
    request->client = client;
    request->options = *options;
    request->deadline_ms = timeout < 0 ? -1 : clock_monotonic_ms() + timeout;
    request->idle_ms = options->idle_ms;
    if (!options->on_data && options->idle_ms == 0 && strcmp(options->method, "GET") == 0)
        request->idle_ms = SILENCE_MS;
    request->answer = buf_init(options->maximum ? options->maximum : KUBE_ANSWER_MAX);
    request->next = client->requests;
    client->requests = request;
    bool copied = copy_texts(request);
    request->options.body = NULL;
    if (copied)
        request->timer = loop_add_timer(client->loop, 0, begin, request);
    if (request->timer > 0)
        return request;
    request->timer = 0;
    request_free(request);
    return NULL;
}

void kube_cancel(struct kube_request *request)
{
    if (!request)
        return;
    request->state = KUBE_CANCELED;
    if (!request->client->inside)
        request_free(request);
    else {
        loop_remove_timer(request->client->loop, request->timer);
        request->timer = 0;
    }
}
