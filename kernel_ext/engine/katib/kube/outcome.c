#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "engine/katib/kube/client_private.h"
#include "engine/katib/kube/secret.h"

#define PAUSE_MS      250
#define PAUSE_MOST_MS 10000

/* Answers that another try may turn into a better one. */
static bool is_passing(int http)
{
    return http == 429 || http == 500 || http == 502 || http == 503 || http == 504;
}

/* What curl says, as our codes and what to do. Rows that are not fatal may pass. */
static const struct row {
    CURLcode result;
    int code;
    bool fatal;
    const char *advice;
} rows[] = {
    {CURLE_COULDNT_RESOLVE_HOST, NBT_EIO, false,
     ". Is the network up, and the server's name right?"},
    {CURLE_COULDNT_RESOLVE_PROXY, NBT_EIO, false, ". Check proxy-url or HTTPS_PROXY"},
    {CURLE_COULDNT_CONNECT, NBT_EIO, false, ". Is the cluster running, and reachable from here?"},
    {CURLE_PROXY, NBT_EIO, false, ". Check proxy-url or HTTPS_PROXY"},
    {CURLE_OPERATION_TIMEDOUT, NBT_ETIMEOUT, false, ""},
    {CURLE_PEER_FAILED_VERIFICATION, NBT_EIO, true,
     ". The server is not the one that the kubeconfig means, or its certificate is renewed or "
     "over: "
     "compare certificate-authority and tls-server-name, or write the kubeconfig anew"},
    {CURLE_SSL_CACERT_BADFILE, NBT_EIO, true, ". Check certificate-authority"},
    {CURLE_SSL_CERTPROBLEM, NBT_EIO, true, ". Check client-certificate and client-key"},
    {CURLE_UNSUPPORTED_PROTOCOL, NBT_EPROTO, true, ""},
    {CURLE_URL_MALFORMAT, NBT_EINVAL, true, ""},
    {CURLE_OUT_OF_MEMORY, NBT_ENOMEM, true, ""},
    {CURLE_WEIRD_SERVER_REPLY, NBT_EPROTO, true,
     ". Does https belong before the address, or http?"},
    {CURLE_SSL_CONNECT_ERROR, NBT_EIO, false,
     ". Is that the address of an API server, with https?"},
    {CURLE_BAD_CONTENT_ENCODING, NBT_EPROTO, false, ""},
};

static const struct row *row_of(CURLcode result)
{
    static const struct row other = {CURLE_OK, NBT_EIO, false, ""};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].result == result)
            return &rows[i];
    return &other;
}

/* Nothing of it can have reached the API server. */
static bool is_unsent(const struct kube_request *request, CURLcode result)
{
    curl_off_t ready = 0;
    if (result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST ||
        result == CURLE_COULDNT_RESOLVE_PROXY || result == CURLE_PROXY ||
        result == CURLE_SSL_CONNECT_ERROR)
        return true;
    curl_easy_getinfo(request->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    return ready == 0;
}

static bool is_harmless(const struct kube_request *request)
{
    return request->options.repeatable || strcmp(request->method, "GET") == 0 ||
           strcmp(request->method, "PUT") == 0 || strcmp(request->method, "DELETE") == 0;
}

static void what_of(const struct kube_request *request, char text[300])
{
    snprintf(text, 300, "%s %.*s", request->method, (int)strcspn(request->path, "?"),
             request->path);
}

/* Cluster and reason; the client certificate's end where a handshake may have failed for it. */
static void fail_transfer(struct kube_request *request, CURLcode result, struct nbt_error *err)
{
    const struct row *row = row_of(result);
    const struct kube_config *config = request->client->config;
    const char *why = request->reason[0] ? request->reason : curl_easy_strerror(result);
    auto_free char *shown = kube_secret_hide(why, 300);
    bool over =
        config->certificate_ends_s && config->certificate_ends_s < clock_realtime_us() / 1000000;
    bool doubtful = !is_harmless(request) && !is_unsent(request, result);
    char what[300];
    what_of(request, what);
    nbt_error_set(err, row->code, "%s at %s: %s%s%s%s", what, config->server, shown ? shown : "",
                  row->advice,
                  over ? ". The kubeconfig's client certificate has expired: get a new one" : "",
                  doubtful ? ". It may have been carried out: look before you repeat it" : "");
}

static void fail_size(const struct kube_request *request, struct nbt_error *err)
{
    char what[300];
    what_of(request, what);
    nbt_error_set(err, NBT_ENOMEM, "%s: the answer is larger than the %zu bytes that it may have",
                  what, request->answer.maximum);
}

/* An answer that is 2xx: JSON, or nothing. */
static void read_body(struct kube_request *request, struct kube_answer *answer,
                      struct nbt_error *err)
{
    json_error_t where;
    char what[300];
    if (kube_is_stream(request, answer->status.http) || request->answer.length == 0)
        return;
    answer->body =
        json_loadb(buf_text(&request->answer), request->answer.length, JSON_ALLOW_NUL, &where);
    if (answer->body)
        return;
    auto_free char *shown = kube_secret_hide(buf_text(&request->answer), 100);
    what_of(request, what);
    nbt_error_set(err, NBT_EPROTO,
                  "%s: %s answers %d, but not with JSON (%s). Is that a Kubernetes API server, or "
                  "the login page of a proxy? It ends: %s",
                  what, request->client->config->server, answer->status.http, where.text,
                  shown ? shown : "");
}

static void read_answer(struct kube_request *request, struct kube_answer *answer,
                        struct nbt_error *err)
{
    long http = 0;
    curl_off_t wait = 0;
    char what[300];
    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &http);
    curl_easy_getinfo(request->easy, CURLINFO_RETRY_AFTER, &wait);
    answer->status = (struct kube_status){.http = (int)http, .retry_after_s = -1};
    if (http >= 200 && http < 300) {
        read_body(request, answer, err);
        return;
    }
    what_of(request, what);
    kube_status_read(&answer->status, (int)http, buf_text(&request->answer));
    if (wait > 0)
        answer->status.retry_after_s = wait > 86400 ? 86400 : (int)wait;
    /* An earlier try has deleted it. */
    if (http == 404 && request->doubtful && strcmp(request->method, "DELETE") == 0)
        return;
    kube_status_error(&answer->status, what, err);
}

/* A pause, unless the tries or the time are used up. */
static bool may_pause(struct kube_request *request, const struct kube_answer *answer,
                      struct nbt_error *err, int *ret_delay_ms)
{
    int delay = kube_backoff_ms(request->tries, PAUSE_MS, PAUSE_MOST_MS);
    int asked = answer->status.retry_after_s;
    if (request->options.on_data || request->tries >= request->client->options.tries)
        return false;
    if (asked > 0 && asked * 1000 > delay)
        delay = asked * 1000 + kube_backoff_ms(0, PAUSE_MS, PAUSE_MS);
    int left = clock_left_ms(request->deadline_ms);
    if (left >= 0 && delay >= left) {
        if (asked > 0)
            nbt_error_prefix(err, "the server asks to wait %d s", asked);
        return false;
    }
    *ret_delay_ms = delay;
    return true;
}

static enum kube_outcome judge_transfer(struct kube_request *request, CURLcode result,
                                        struct kube_answer *answer, struct nbt_error *err,
                                        int *ret_delay_ms)
{
    bool unsent = is_unsent(request, result);
    long http = 0;
    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &http);
    answer->status.http = (int)http;
    if (buf_failed(&request->answer)) {
        fail_size(request, err);
        answer->hopeless = true;
        return KUBE_DONE;
    }
    fail_transfer(request, result, err);
    answer->hopeless = row_of(result)->fatal;
    if (row_of(result)->fatal || !(unsent || is_harmless(request)) ||
        !may_pause(request, answer, err, ret_delay_ms))
        return KUBE_DONE;
    request->doubtful |= !unsent;
    return KUBE_AGAIN;
}

static enum kube_outcome judge_answer(struct kube_request *request, struct kube_answer *answer,
                                      struct nbt_error *err, int *ret_delay_ms)
{
    int http = answer->status.http;
    answer->hopeless =
        err->code < 0 && http < 500 && http != 408 && http != 409 && http != 410 && http != 429;
    if (http == 401 && !request->renewed &&
        kube_auth_refused(request->client->auth, request->generation))
        return KUBE_RENEW;
    if (!is_passing(http) || (http != 429 && !is_harmless(request)) ||
        !may_pause(request, answer, err, ret_delay_ms))
        return KUBE_DONE;
    request->doubtful |= http != 429;
    return KUBE_AGAIN;
}

enum kube_outcome kube_judge(struct kube_request *request, CURLcode result,
                             struct kube_answer *answer, struct nbt_error *err, int *ret_delay_ms)
{
    *answer = (struct kube_answer){.status = {.retry_after_s = -1}};
    if (request->stopped) {
        nbt_error_set(err, NBT_ECANCELED, "the stream was ended");
        return KUBE_DONE;
    }
    if (result != CURLE_OK)
        return judge_transfer(request, result, answer, err, ret_delay_ms);
    read_answer(request, answer, err);
    return judge_answer(request, answer, err, ret_delay_ms);
}
