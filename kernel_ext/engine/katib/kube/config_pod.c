#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "engine/katib/kube/config_private.h"

static char *account_file(const struct kube_config_options *options, const char *name)
{
    return file_join(options->account_folder ? options->account_folder : KUBE_ACCOUNT_FOLDER, name);
}

bool kube_config_in_pod(const struct kube_config_options *options)
{
    const char *host = getenv("KUBERNETES_SERVICE_HOST");
    auto_free char *token = account_file(options, "token");
    return host && *host && token && access(token, F_OK) == 0;
}

static int read_namespace(struct kube_config *config, const struct kube_config_options *options,
                          struct nbt_error *err)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_free char *path = account_file(options, "namespace");
    auto_free char *text = NULL;
    size_t length;
    if (!path)
        return nbt_error_set(err, NBT_ENOMEM, "no memory");
    if (file_read(path, 4096, &text, &length, &ignored) == 0)
        text[strcspn(text, " \t\r\n")] = '\0';
    config->namespace_ = strdup(text && *text ? text : "default");
    return config->namespace_ ? 0 : nbt_error_set(err, NBT_ENOMEM, "no memory");
}

int kube_read_pod(struct kube_config *config, const struct kube_config_options *options,
                  struct nbt_error *err)
{
    const char *host = getenv("KUBERNETES_SERVICE_HOST");
    const char *port = getenv("KUBERNETES_SERVICE_PORT");
    bool six = host && strchr(host, ':');
    if (!host || asprintf(&config->server, "https://%s%s%s:%s", six ? "[" : "", host,
                          six ? "]" : "", port && *port ? port : "443") < 0) {
        config->server = NULL;
        return nbt_error_set(err, NBT_ENOMEM, "no memory");
    }
    config->origin = strdup("the pod's service account");
    config->user = strdup("service account");
    config->token_file = account_file(options, "token");
    config->authority.path = account_file(options, "ca.crt");
    if (!config->origin || !config->user || !config->token_file || !config->authority.path)
        return nbt_error_set(err, NBT_ENOMEM, "no memory");
    if (access(config->token_file, R_OK) < 0)
        return nbt_error_errno(err, "cannot read the service account's token %s",
                               config->token_file);
    if (access(config->authority.path, R_OK) < 0)
        return nbt_error_errno(err, "cannot read the cluster's certificate authority %s",
                               config->authority.path);
    return read_namespace(config, options, err);
}
