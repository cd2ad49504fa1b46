#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"
#include "engine/katib/kube/client_private.h"
#include "engine/katib/kube/proxy.h"

#define KEEPALIVE_S       30L
#define KEEPALIVE_EVERY_S 10L
#define UNHEARD_MS        20000 /* bytes that nobody acknowledges for so long: the way is cut */
#define QUIET_MS          2000

/* Errors of a stream are documents, its data are not. */
bool kube_is_stream(const struct kube_request *request, int http)
{
    return request->options.on_data && http >= 200 && http < 300;
}

static void hear(struct kube_request *request)
{
    request->heard_ms = request->client->heard_ms = clock_monotonic_ms();
}

static size_t on_write(char *data, size_t size, size_t count, void *self)
{
    struct kube_request *request = self;
    size_t length = size * count;
    long http = 0;
    if (request->state == KUBE_CANCELED)
        return CURL_WRITEFUNC_ERROR;
    hear(request);
    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &http);
    if (kube_is_stream(request, (int)http)) {
        if (request->options.on_data(request->options.self, data, length))
            return request->state == KUBE_CANCELED ? CURL_WRITEFUNC_ERROR : length;
        request->stopped = true;
        return CURL_WRITEFUNC_ERROR;
    }
    buf_add(&request->answer, data, length);
    return buf_failed(&request->answer) ? CURL_WRITEFUNC_ERROR : length;
}

static size_t on_header(char *data, size_t size, size_t count, void *self)
{
    struct kube_request *request = self;
    (void)data;
    hear(request);
    return size * count;
}

static bool add_header(struct kube_request *request, const char *line)
{
    struct curl_slist *list = line ? curl_slist_append(request->headers, line) : request->headers;
    if (line && !list)
        return false;
    request->headers = list;
    return true;
}

static bool add_headers(struct kube_request *request)
{
    const struct kube_client *client = request->client;
    auto_free char *type = NULL;
    if (asprintf(&type, "Content-Type: %s", request->content_type) < 0)
        return false;
    bool ok = add_header(request, kube_auth_header(client->auth)) &&
              add_header(request, client->target.host) &&
              add_header(request, "Accept: application/json, */*;q=0.5") &&
              add_header(request, request->text ? type : NULL) &&
              /* No pause for "100 Continue" before a large body. */
              add_header(request, "Expect:");
    for (char **line = client->config->impersonation; ok && line && *line; line++)
        ok = add_header(request, *line);
    return ok;
}

static CURLcode set_pem(CURL *easy, CURLoption blob, CURLoption path, const struct kube_pem *pem)
{
    struct curl_blob bytes = {pem->text, pem->text ? strlen(pem->text) : 0, CURL_BLOB_COPY};
    if (pem->text)
        return curl_easy_setopt(easy, blob, &bytes);
    return pem->path ? curl_easy_setopt(easy, path, pem->path) : CURLE_OK;
}

/* Trust and identity must be as asked: a libcurl that cannot is no reason to go without. */
static bool set_trust(CURL *easy, const struct kube_client *client)
{
    const struct kube_config *config = client->config;
    bool own = config->authority.path || config->authority.text;
    CURLcode bad = CURLE_OK;
    if (config->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (own) {
        /* This cluster's authority alone, not the system's too. */
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
        bad = set_pem(easy, CURLOPT_CAINFO_BLOB, CURLOPT_CAINFO, &config->authority);
    } else if (client->target.authority) {
        bad = curl_easy_setopt(easy, CURLOPT_CAINFO, client->target.authority);
    }
    if (!bad)
        bad = set_pem(easy, CURLOPT_SSLCERT_BLOB, CURLOPT_SSLCERT,
                      kube_auth_certificate(client->auth));
    if (!bad)
        bad = set_pem(easy, CURLOPT_SSLKEY_BLOB, CURLOPT_SSLKEY, kube_auth_key(client->auth));
    /* Without one, OpenSSL would ask for the passphrase of an encrypted key at the terminal. */
    curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");
    return bad == CURLE_OK;
}

/* A way that is cut without a word (a laptop that slept, another network) must not hold requests
 * until TCP gives up after a quarter of an hour. */
static int on_socket_made(void *self, curl_socket_t fd, curlsocktype purpose)
{
    struct kube_client *client = self;
    unsigned unheard = UNHEARD_MS;
    int *sockets = realloc(client->sockets, (client->n_sockets + 1) * sizeof(*sockets));
    (void)purpose;
    if (!sockets)
        return CURL_SOCKOPT_ERROR;
    client->sockets = sockets;
    sockets[client->n_sockets++] = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unheard, sizeof(unheard));
    return CURL_SOCKOPT_OK;
}

static int on_socket_close(void *self, curl_socket_t fd)
{
    struct kube_client *client = self;
    for (size_t i = 0; i < client->n_sockets; i++)
        if (client->sockets[i] == fd) {
            client->sockets[i] = client->sockets[--client->n_sockets];
            break;
        }
    return close(fd);
}

/* HTTP/2 keeps a connection when one of its requests is given up, and would send the next ones into
 * the same silence. Requests beside it begin anew, as after any cut. */
void kube_client_sever(struct kube_client *client)
{
    if (clock_monotonic_ms() - client->heard_ms < QUIET_MS)
        return;
    for (size_t i = 0; i < client->n_sockets; i++)
        shutdown(client->sockets[i], SHUT_RDWR);
}

static void set_route(CURL *easy, struct kube_request *request)
{
    struct kube_client *client = request->client;
    const char *proxy = client->config->proxy;
    bool plain = strncasecmp(client->target.base, "http://", 7) == 0;
    curl_easy_setopt(easy, CURLOPT_PROXY, proxy ? proxy : kube_proxy_for(client->config->server));
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    if (client->target.connect_to) {
        request->connect_to = curl_slist_append(NULL, client->target.connect_to);
        curl_easy_setopt(easy, CURLOPT_CONNECT_TO, request->connect_to);
    }
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_EVERY_S);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket_made);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, client);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_socket_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, client);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
}

static void set_limits(CURL *easy, struct kube_request *request)
{
    long left = clock_left_ms(request->deadline_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)request->client->options.connect_timeout_ms);
    if (left >= 0)
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left ? left : 1L);
}

static void set_message(CURL *easy, struct kube_request *request)
{
    bool get = strcmp(request->method, "GET") == 0;
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, request->client->options.user_agent);
    if (!get)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (request->text) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(request->text));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->text);
    }
    /* "" is all that this curl can decompress; a stream must not wait in a decompressor. */
    if (!request->client->config->uncompressed && !request->options.on_data)
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
}

static void set_callbacks(CURL *easy, struct kube_request *request)
{
    curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->reason);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
}

int kube_transfer_start(struct kube_request *request, struct nbt_error *err)
{
    const struct kube_client *client = request->client;
    auto_free char *url = NULL;
    request->easy = curl_easy_init();
    request->reason[0] = '\0';
    buf_clear(&request->answer);
    if (asprintf(&url, "%s%s", client->target.base, request->path) < 0)
        url = NULL;
    if (!request->easy || !url || !add_headers(request) ||
        curl_easy_setopt(request->easy, CURLOPT_URL, url) != CURLE_OK) {
        kube_transfer_end(request);
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a request");
    }
    set_message(request->easy, request);
    set_route(request->easy, request);
    if (!set_trust(request->easy, client)) {
        kube_transfer_end(request);
        return nbt_error_set(err, NBT_EUNSUPPORTED,
                             "this libcurl does not take certificates as the kubeconfig has them; "
                             "nbkatib needs one with OpenSSL");
    }
    set_limits(request->easy, request);
    set_callbacks(request->easy, request);
    request->tries++;
    request->generation = kube_auth_generation(client->auth);
    request->heard_ms = clock_monotonic_ms();
    if (curl_multi_add_handle(client->multi, request->easy) != CURLM_OK) {
        kube_transfer_end(request);
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a request");
    }
    return 0;
}

void kube_transfer_end(struct kube_request *request)
{
    if (request->easy) {
        curl_multi_remove_handle(request->client->multi, request->easy);
        curl_easy_cleanup(request->easy);
    }
    request->easy = NULL;
    curl_slist_free_all(request->headers);
    curl_slist_free_all(request->connect_to);
    request->headers = request->connect_to = NULL;
}
