#include "engine/katib/kube/auth.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "engine/katib/kube/exec.h"
#include "engine/katib/kube/secret.h"

#define FILE_AGE_MS 30000 /* kubelet renews a token at 80 % of its hour or more */
#define EARLY_S     10    /* a plugin runs again so long before its credential ends */

struct kube_auth {
    const struct kube_config *config;
    struct loop *loop;
    int exec_timeout_ms;
    kube_auth_fn fn;
    void *self;
    char *header;
    unsigned generation;
    bool stale;             /* the server refused what we have */
    int64_t read_ms;        /* when the token file was read; 0: never */
    struct kube_exec *exec; /* while it runs */
    struct kube_credential credential;
    struct kube_pem certificate, key; /* borrow from credential */
};

static int set_header(struct kube_auth *auth, const char *scheme, const char *value,
                      struct nbt_error *err)
{
    char *header;
    if (asprintf(&header, "Authorization: %s %s", scheme, value) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for credentials");
    bool same = auth->header && strcmp(auth->header, header) == 0;
    kube_secret_free(auth->header);
    auth->header = header;
    if (!same)
        auth->generation++;
    return 0;
}

static int set_password(struct kube_auth *auth, struct nbt_error *err)
{
    const char *password = auth->config->password ? auth->config->password : "";
    char *pair;
    if (asprintf(&pair, "%s:%s", auth->config->username, password) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for credentials");
    char *base64 = kube_secret_encode(pair, strlen(pair));
    kube_secret_free(pair);
    int code = base64 ? set_header(auth, "Basic", base64, err)
                      : nbt_error_set(err, NBT_ENOMEM, "no memory for credentials");
    kube_secret_free(base64);
    return code;
}

int kube_auth_new(struct kube_auth **ret_auth, const struct kube_config *config, struct loop *loop,
                  int exec_timeout_ms, kube_auth_fn fn, void *self, struct nbt_error *err)
{
    struct kube_auth *auth = calloc(1, sizeof(*auth));
    int code = 0;
    if (!auth)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for credentials");
    *auth = (struct kube_auth){
        .config = config, .loop = loop, .exec_timeout_ms = exec_timeout_ms, .fn = fn, .self = self};
    if (config->token)
        code = set_header(auth, "Bearer", config->token, err);
    else if (config->username)
        code = set_password(auth, err);
    if (code < 0)
        kube_auth_free(auth);
    else
        *ret_auth = auth;
    return code;
}

void kube_auth_free(struct kube_auth *auth)
{
    if (!auth)
        return;
    kube_exec_cancel(auth->exec);
    kube_credential_fini(&auth->credential);
    kube_secret_free(auth->header);
    free(auth);
}

/* A file that cannot be read while it is being replaced leaves the token that we have. */
static int read_token(struct kube_auth *auth, struct nbt_error *err)
{
    int64_t now = clock_monotonic_ms();
    struct nbt_error why = NBT_ERROR_INIT;
    char *text = NULL;
    size_t length = 0;
    if (!auth->stale && auth->read_ms && now - auth->read_ms < FILE_AGE_MS)
        return 0;
    int code = file_read(auth->config->token_file, KUBE_CONFIG_SIZE_MAX, &text, &length, &why);
    if (code == 0) {
        size_t first = strspn(text, " \t\r\n");
        while (length > first && strchr(" \t\r\n", text[length - 1]))
            text[--length] = '\0';
        if (length == first)
            code = nbt_error_set(&why, NBT_EINVAL, "the token file %s is empty",
                                 auth->config->token_file);
        else if (strpbrk(text + first, "\r\n") || strlen(text) != length)
            code = nbt_error_set(&why, NBT_EINVAL, "the token file %s holds several lines",
                                 auth->config->token_file);
        else
            code = set_header(auth, "Bearer", text + first, &why);
    }
    kube_secret_free(text);
    auth->read_ms = now;
    auth->stale = false;
    return code == 0 || auth->header ? 0 : nbt_error_set(err, code, "%s", why.text);
}

static int take(struct kube_auth *auth, struct kube_credential *credential, struct nbt_error *err)
{
    kube_credential_fini(&auth->credential);
    auth->credential = *credential;
    *credential = (struct kube_credential){0};
    auth->certificate = (struct kube_pem){.text = auth->credential.certificate};
    auth->key = (struct kube_pem){.text = auth->credential.key};
    auth->stale = false;
    auth->generation++;
    if (auth->credential.token)
        return set_header(auth, "Bearer", auth->credential.token, err);
    kube_secret_free(auth->header);
    auth->header = NULL;
    return 0;
}

static void on_credential(void *self, int code, struct kube_credential *credential,
                          const struct nbt_error *err)
{
    struct kube_auth *auth = self;
    struct nbt_error own = NBT_ERROR_INIT;
    auth->exec = NULL;
    if (code == 0)
        code = take(auth, credential, &own);
    auth->fn(auth->self, code, own.code ? &own : err);
}

static bool is_good(const struct kube_auth *auth)
{
    const struct kube_credential *credential = &auth->credential;
    int64_t now_s = clock_realtime_us() / 1000000;
    if (auth->stale || (!credential->token && !credential->certificate))
        return false;
    return credential->ends_s == 0 || credential->ends_s > now_s + EARLY_S;
}

static int run_plugin(struct kube_auth *auth, struct nbt_error *err)
{
    if (auth->exec)
        return 1;
    if (is_good(auth))
        return 0;
    int code = kube_exec_start(&auth->exec, auth->config->exec, auth->loop, auth->exec_timeout_ms,
                               on_credential, auth, err);
    return code < 0 ? code : 1;
}

int kube_auth_prepare(struct kube_auth *auth, struct nbt_error *err)
{
    if (auth->config->exec)
        return run_plugin(auth, err);
    return auth->config->token_file ? read_token(auth, err) : 0;
}

const char *kube_auth_header(const struct kube_auth *auth)
{
    return auth->header;
}

const struct kube_pem *kube_auth_certificate(const struct kube_auth *auth)
{
    return auth->certificate.text ? &auth->certificate : &auth->config->certificate;
}

const struct kube_pem *kube_auth_key(const struct kube_auth *auth)
{
    return auth->key.text ? &auth->key : &auth->config->key;
}

unsigned kube_auth_generation(const struct kube_auth *auth)
{
    return auth->generation;
}

bool kube_auth_refused(struct kube_auth *auth, unsigned generation)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    if (generation != auth->generation)
        return true;
    if (auth->exec)
        return true;
    auth->stale = auth->config->exec || auth->config->token_file;
    if (auth->config->token_file)
        return read_token(auth, &ignored) == 0 && generation != auth->generation;
    return auth->stale;
}
