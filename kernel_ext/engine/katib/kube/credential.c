#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/kube/certificate.h"
#include "engine/katib/kube/exec.h"
#include "engine/katib/kube/moment.h"
#include "engine/katib/kube/secret.h"

void kube_credential_fini(struct kube_credential *credential)
{
    kube_secret_free(credential->token);
    kube_secret_free(credential->certificate);
    kube_secret_free(credential->key);
    *credential = (struct kube_credential){0};
}

static int check_kind(const json_t *document, const char *api_version, struct nbt_error *err)
{
    const char *kind = json_string_value(json_object_get(document, "kind"));
    const char *version = json_string_value(json_object_get(document, "apiVersion"));
    if (!kind || strcmp(kind, "ExecCredential") != 0)
        return nbt_error_set(err, NBT_EINVAL, "it printed no ExecCredential");
    if (!version || strcmp(version, api_version) != 0)
        return nbt_error_set(err, NBT_EUNSUPPORTED,
                             "it printed another apiVersion than %s, which the kubeconfig asks "
                             "for; write the kubeconfig anew with the plugin's tool",
                             api_version);
    return 0;
}

/* A text of status that is absent, or fit for a header or PEM. */
static int take(char **place, const json_t *status, const char *key, bool lines,
                struct nbt_error *err)
{
    const json_t *value = json_object_get(status, key);
    if (!value || json_is_null(value) || json_string_length(value) == 0)
        return json_is_string(value) || !value || json_is_null(value)
                   ? 0
                   : nbt_error_set(err, NBT_EINVAL, "status.%s must be a text", key);
    const char *text = json_string_value(value);
    for (const char *at = text; at < text + json_string_length(value); at++)
        if ((unsigned char)*at < ' ' && !(lines && *at && strchr("\r\n\t", *at)))
            return nbt_error_set(err, NBT_EINVAL, "status.%s holds a control character", key);
    *place = strdup(text);
    return *place ? 0 : nbt_error_set(err, NBT_ENOMEM, "no memory");
}

static int take_end(struct kube_credential *credential, const json_t *status, struct nbt_error *err)
{
    const json_t *value = json_object_get(status, "expirationTimestamp");
    int64_t ns;
    if (!value || json_is_null(value))
        return 0;
    if (!json_is_string(value) ||
        !kube_moment_parse(json_string_value(value), json_string_length(value), &ns))
        return nbt_error_set(err, NBT_EINVAL, "status.expirationTimestamp is no RFC 3339 time");
    credential->ends_s = ns / 1000000000;
    return 0;
}

static int take_status(struct kube_credential *credential, const json_t *status,
                       struct nbt_error *err)
{
    int code = take(&credential->token, status, "token", false, err);
    if (code == 0)
        code = take(&credential->certificate, status, "clientCertificateData", true, err);
    if (code == 0)
        code = take(&credential->key, status, "clientKeyData", true, err);
    if (code == 0)
        code = take_end(credential, status, err);
    if (code < 0)
        return code;
    if (!credential->token && !credential->certificate)
        return nbt_error_set(err, NBT_EINVAL, "status has neither token nor clientCertificateData");
    if (!credential->certificate != !credential->key)
        return nbt_error_set(
            err, NBT_EINVAL,
            "status must have clientCertificateData and clientKeyData, or neither");
    /* A certificate ends by itself, whatever the plugin says. */
    int64_t end;
    if (credential->certificate && kube_certificate_end(credential->certificate, &end) &&
        (credential->ends_s == 0 || end < credential->ends_s))
        credential->ends_s = end;
    return 0;
}

int kube_credential_parse(struct kube_credential *ret_credential, const char *text, size_t length,
                          const char *api_version, struct nbt_error *err)
{
    auto_json json_t *document = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    CLEANUP(kube_credential_fini) struct kube_credential credential = {0};
    if (!document)
        return nbt_error_set(err, NBT_EPARSE, "what it printed is not JSON");
    int code = check_kind(document, api_version, err);
    if (code == 0)
        code = take_status(&credential, json_object_get(document, "status"), err);
    if (code < 0)
        return code;
    *ret_credential = credential;
    credential = (struct kube_credential){0};
    return 0;
}
