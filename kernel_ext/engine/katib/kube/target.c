#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "engine/katib/kube/client_private.h"

void kube_target_fini(struct kube_target *target)
{
    free(target->base);
    free(target->connect_to);
    free(target->host);
    free(target->authority);
    *target = (struct kube_target){0};
}

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for a client of Kubernetes");
}

/* Where systems keep the authorities that they trust: a static program does not know it from its
 * build. */
static const char *system_authorities(void)
{
    static const char *const places[] = {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/cert.pem",
    };
    const char *named = getenv("SSL_CERT_FILE");
    if (named && *named)
        return named;
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (access(places[i], R_OK) == 0)
            return places[i];
    return NULL;
}

/* The URL parts of a server that has another name in its certificate. */
static int rename_server(struct kube_target *target, CURLU *url, const char *name,
                         struct nbt_error *err)
{
    char *host = NULL, *port = NULL, *whole = NULL;
    int code = 0;
    if (curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
        code = no_memory(err);
    else if (curl_url_set(url, CURLUPART_HOST, name, 0) != CURLUE_OK ||
             curl_url_get(url, CURLUPART_URL, &whole, 0) != CURLUE_OK)
        code =
            nbt_error_set(err, NBT_EINVAL, "tls-server-name %.80s is not the name of a host", name);
    else {
        free(target->base);
        target->base = strdup(whole);
        if (asprintf(&target->connect_to, "::%s:%s", host, port) < 0)
            target->connect_to = NULL;
        if (asprintf(&target->host, "Host: %s:%s", host, port) < 0)
            target->host = NULL;
        if (!target->base || !target->connect_to || !target->host)
            code = no_memory(err);
    }
    curl_free(host);
    curl_free(port);
    curl_free(whole);
    return code;
}

static int trim_base(struct kube_target *target, struct nbt_error *err)
{
    size_t length = target->base ? strlen(target->base) : 0;
    if (!target->base)
        return no_memory(err);
    while (length > 0 && target->base[length - 1] == '/')
        target->base[--length] = '\0';
    return 0;
}

int kube_target_init(struct kube_target *target, const struct kube_config *config,
                     struct nbt_error *err)
{
    CURLU *url = curl_url();
    int code = 0;
    const char *authorities =
        config->authority.path || config->authority.text ? NULL : system_authorities();
    target->base = strdup(config->server);
    target->authority = authorities ? strdup(authorities) : NULL;
    if (!url)
        code = no_memory(err);
    else if (curl_url_set(url, CURLUPART_URL, config->server, 0) != CURLUE_OK)
        code = nbt_error_set(err, NBT_EINVAL,
                             "%s: server %.80s is not a URL; expected "
                             "https://HOST:PORT",
                             config->origin, config->server);
    else if (config->server_name)
        code = rename_server(target, url, config->server_name, err);
    curl_url_cleanup(url);
    return code < 0 ? code : trim_base(target, err);
}
