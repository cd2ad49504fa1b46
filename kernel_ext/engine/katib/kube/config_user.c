#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/scope.h"
#include "engine/katib/kube/certificate.h"
#include "engine/katib/kube/config_private.h"
#include "engine/katib/kube/secret.h"

#define DAY_S            INT64_C(86400)
#define SOON_S           (7 * DAY_S)
#define HEADERS_SIZE_MAX 65536

static bool is_header_value(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            return false;
    return true;
}

/* Bytes of a header's name that HTTP allows stay, others are %XX, in lower case: Kubernetes,
 * "User impersonation". */
static void add_escaped(struct buf *out, const char *key)
{
    for (; *key; key++) {
        unsigned char c = (unsigned char)*key;
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                     (c > ' ' && strchr("!#$&'*+-.^_`|~", c));
        if (plain)
            buf_putc(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

struct headers {
    json_t *list;
    struct kube_entry *entry;
};

static void add_header(struct headers *headers, const char *name, const char *extra,
                       const json_t *value)
{
    const char *text = json_string_value(value);
    CLEANUP(buf_fini) struct buf line = buf_init(HEADERS_SIZE_MAX);
    if (!text || !is_header_value(text)) {
        kube_entry_fail(headers->entry, NBT_EINVAL, "%s must be text without control characters",
                        name);
        return;
    }
    buf_puts(&line, name);
    add_escaped(&line, extra);
    buf_printf(&line, ": %s", text);
    if (buf_failed(&line) || json_array_append_new(headers->list, json_string(buf_text(&line))) < 0)
        kube_entry_no_memory(headers->entry);
}

static void add_headers(struct headers *headers, const char *name, const char *extra,
                        const json_t *values)
{
    for (size_t i = 0; i < json_array_size(values); i++)
        add_header(headers, name, extra, json_array_get(values, i));
}

static char **strings_of(const json_t *list)
{
    char **strings = calloc(json_array_size(list) + 1, sizeof(*strings));
    for (size_t i = 0; strings && i < json_array_size(list); i++)
        strings[i] = strdup(json_string_value(json_array_get(list, i)));
    return strings;
}

static void read_impersonation(struct kube_config *config, struct kube_entry *entry)
{
    auto_json json_t *list = json_array();
    struct headers headers = {list, entry};
    const json_t *user = kube_entry_member(entry, entry->value, "as", JSON_STRING);
    const json_t *uid = kube_entry_member(entry, entry->value, "as-uid", JSON_STRING);
    const json_t *groups = kube_entry_member(entry, entry->value, "as-groups", JSON_ARRAY);
    json_t *extra =
        (json_t *)(uintptr_t)kube_entry_member(entry, entry->value, "as-user-extra", JSON_OBJECT);
    const char *key;
    json_t *values;
    bool other = json_string_length(uid) || json_array_size(groups) || json_object_size(extra);
    if (!json_string_length(user)) {
        if (other)
            kube_entry_fail(entry, NBT_EINVAL,
                            "as-uid, as-groups and as-user-extra need as, the user to impersonate");
        return;
    }
    add_header(&headers, "Impersonate-User", "", user);
    if (json_string_length(uid))
        add_header(&headers, "Impersonate-Uid", "", uid);
    add_headers(&headers, "Impersonate-Group", "", groups);
    json_object_foreach(extra, key, values)
        add_headers(&headers, "Impersonate-Extra-", key, values);
    config->impersonation = strings_of(list);
    if (!config->impersonation)
        kube_entry_no_memory(entry);
}

/* What to use instead of a plugin that Kubernetes removed in 1.26. */
static void refuse_provider(struct kube_entry *entry, const json_t *provider)
{
    static const struct {
        const char *name, *cure;
    } cures[] = {
        {"gcp", "run: gcloud container clusters get-credentials CLUSTER (it sets up the plugin "
                "gke-gcloud-auth-plugin)"},
        {"azure", "run: kubelogin convert-kubeconfig"},
        {"oidc", "use an exec plugin, for instance kubectl oidc-login (kubelogin)"},
    };
    const char *name = kube_entry_text(entry, provider, "name");
    const char *cure = "use an exec plugin of your provider, or a token";
    for (size_t i = 0; name && i < COUNT_OF(cures); i++)
        if (strcmp(name, cures[i].name) == 0)
            cure = cures[i].cure;
    kube_entry_fail(entry, NBT_EUNSUPPORTED,
                    "auth-provider \"%.60s\" is a plugin that Kubernetes removed in 1.26; %s",
                    name ? name : "", cure);
}

static void read_secrets(struct kube_config *config, struct kube_entry *entry)
{
    const char *token = kube_entry_text(entry, entry->value, "token");
    const char *password = kube_entry_text(entry, entry->value, "password");
    const char *username = kube_entry_text(entry, entry->value, "username");
    if (token && !is_header_value(token))
        kube_entry_fail(entry, NBT_EINVAL, "token holds a line break or another control character");
    kube_entry_copy(entry, &config->token, token);
    config->token_file = kube_entry_path(entry, "tokenFile");
    kube_entry_copy(entry, &config->username, username);
    kube_entry_copy(entry, &config->password, password);
    if (username && strchr(username, ':'))
        kube_entry_fail(entry, NBT_EINVAL, "username must not hold a colon");
    if ((token || config->token_file) && (username || password))
        kube_entry_fail(entry, NBT_EINVAL,
                        "has a token and a password; only one way to authenticate is allowed");
}

static void check_readable(struct kube_entry *entry, const char *key, const struct kube_pem *pem)
{
    if (pem->path && access(pem->path, R_OK) < 0)
        kube_entry_fail(entry, NBT_ENOTFOUND, "%s: cannot read %s", key, pem->path);
}

static void check_key(struct kube_config *config, struct kube_entry *entry)
{
    char *key = kube_pem_load(&config->key);
    /* PKCS #8 and the older form of OpenSSL. */
    if (key &&
        (strstr(key, "BEGIN ENCRYPTED PRIVATE KEY") || strstr(key, "Proc-Type: 4,ENCRYPTED")))
        kube_entry_fail(entry, NBT_EUNSUPPORTED,
                        "client-key is encrypted; decrypt it with: openssl pkey -in KEY -out NEW");
    kube_secret_free(key);
}

static void tell_end(struct kube_config *config, struct kube_entry *entry)
{
    int64_t now_s = clock_realtime_us() / 1000000;
    auto_free char *pem = kube_pem_load(&config->certificate);
    char date[CLOCK_TEXT_MAX];
    if (!pem || !kube_certificate_end(pem, &config->certificate_ends_s))
        return;
    if (config->certificate_ends_s > now_s + SOON_S)
        return;
    bool over = config->certificate_ends_s <= now_s;
    clock_rfc3339_seconds(date, config->certificate_ends_s * INT64_C(1000000));
    if (kube_config_warn(config, "%s, user \"%s\": the client certificate %s %s; %s", entry->file,
                         entry->name, over ? "expired at" : "expires at", date,
                         over ? "get a new kubeconfig" : "renew it before") < 0)
        kube_entry_no_memory(entry);
}

static void read_certificate(struct kube_config *config, struct kube_entry *entry)
{
    kube_entry_pem(entry, &config->certificate, "client-certificate");
    kube_entry_pem(entry, &config->key, "client-key");
    bool certificate = config->certificate.path || config->certificate.text;
    bool key = config->key.path || config->key.text;
    if (certificate != key)
        kube_entry_fail(entry, NBT_EINVAL, "%s is there without %s; both are needed",
                        certificate ? "client-certificate" : "client-key",
                        certificate ? "client-key" : "client-certificate");
    check_readable(entry, "client-certificate", &config->certificate);
    check_readable(entry, "client-key", &config->key);
    if (entry->code || !certificate)
        return;
    check_key(config, entry);
    tell_end(config, entry);
}

void kube_read_user(struct kube_config *config, struct kube_entry *entry,
                    struct kube_entry *cluster)
{
    const json_t *provider = kube_entry_member(entry, entry->value, "auth-provider", JSON_OBJECT);
    const json_t *exec = kube_entry_member(entry, entry->value, "exec", JSON_OBJECT);
    if (provider)
        refuse_provider(entry, provider);
    read_secrets(config, entry);
    read_certificate(config, entry);
    read_impersonation(config, entry);
    if (exec)
        kube_read_exec(config, entry, exec, cluster);
}
