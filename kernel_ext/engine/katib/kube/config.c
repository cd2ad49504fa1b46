#include "engine/katib/kube/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/user.h"
#include "engine/katib/kube/config_private.h"
#include "engine/katib/kube/secret.h"

static void strings_free(char **strings)
{
    for (size_t i = 0; strings && strings[i]; i++)
        kube_secret_free(strings[i]);
    free(strings);
}

static void pem_fini(struct kube_pem *pem)
{
    free(pem->path);
    kube_secret_free(pem->text);
}

static void plugin_free(struct kube_exec_plugin *plugin)
{
    if (!plugin)
        return;
    free(plugin->api_version);
    free(plugin->command);
    strings_free(plugin->arguments);
    strings_free(plugin->environment);
    free(plugin->install_hint);
    free(plugin->info);
    free(plugin);
}

void kube_config_free(struct kube_config *config)
{
    if (!config)
        return;
    free(config->origin);
    free(config->context);
    free(config->user);
    free(config->namespace_);
    free(config->server);
    free(config->server_name);
    kube_secret_free(config->proxy);
    pem_fini(&config->authority);
    pem_fini(&config->certificate);
    pem_fini(&config->key);
    kube_secret_free(config->token);
    free(config->token_file);
    free(config->username);
    kube_secret_free(config->password);
    plugin_free(config->exec);
    strings_free(config->impersonation);
    strings_free(config->warnings);
    free(config);
}

int kube_config_warn(struct kube_config *config, const char *format, ...)
{
    char **list = realloc(config->warnings, (config->n_warnings + 2) * sizeof(*list));
    if (!list)
        return NBT_ENOMEM;
    config->warnings = list;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&list[config->n_warnings], format, args);
    va_end(args);
    if (length < 0) {
        list[config->n_warnings] = NULL;
        return NBT_ENOMEM;
    }
    list[++config->n_warnings] = NULL;
    return 0;
}

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory to read the kubeconfig");
}

/* Credentials go over TLS alone, as kubectl does; an http server is for kubectl proxy. */
static int read_identity(struct kube_config *config, const json_t *merged,
                         struct kube_entry *context, struct kube_entry *cluster,
                         struct nbt_error *err)
{
    const char *name = kube_entry_text(context, context->value, "user");
    struct kube_entry user;
    config->user = strdup(name ? name : "");
    if (!config->user)
        return no_memory(err);
    if (context->code || !name || strncasecmp(config->server, "http://", 7) == 0)
        return context->code;
    int code = kube_entry_find(&user, merged, "user", name, context->file, err);
    if (code < 0)
        return code;
    kube_read_user(config, &user, cluster);
    return user.code;
}

static int read_context(struct kube_config *config, const json_t *merged,
                        struct kube_entry *context, struct nbt_error *err)
{
    const char *name = kube_entry_text(context, context->value, "cluster");
    const char *namespace_ = kube_entry_text(context, context->value, "namespace");
    struct kube_entry cluster;
    kube_entry_copy(context, &config->origin, context->file);
    kube_entry_copy(context, &config->context, context->name);
    kube_entry_copy(context, &config->namespace_, namespace_ ? namespace_ : "default");
    if (!name)
        kube_entry_fail(context, NBT_EINVAL, "names no cluster");
    if (context->code)
        return context->code;
    int code = kube_entry_find(&cluster, merged, "cluster", name, context->file, err);
    if (code < 0)
        return code;
    kube_read_cluster(config, &cluster);
    return cluster.code ? cluster.code : read_identity(config, merged, context, &cluster, err);
}

static int read_merged(struct kube_config *config, const json_t *merged, const char *from,
                       const struct kube_config_options *options, struct nbt_error *err)
{
    const char *current = json_string_value(json_object_get(merged, "current-context"));
    const char *name = options->context ? options->context : current;
    struct kube_entry context;
    if (!name && json_object_size(json_object_get(merged, "context")) == 0)
        return nbt_error_set(err, NBT_ENOTFOUND,
                             "%s names no cluster. Write one with your cluster's own tool (aws eks "
                             "update-kubeconfig, gcloud container clusters get-credentials, kind "
                             "export kubeconfig, ...)",
                             from);
    if (!name)
        return nbt_error_set(err, NBT_ENOTFOUND,
                             "%s has no current-context; run: kubectl config use-context NAME, or "
                             "name a context",
                             from);
    int code = kube_entry_find(&context, merged, "context", name, from, err);
    return code < 0 ? code : read_context(config, merged, &context, err);
}

static int finish(struct kube_config **ret_config, struct kube_config *config, int code,
                  const struct kube_config_options *options, struct nbt_error *err)
{
    if (code == 0 && options->namespace_) {
        free(config->namespace_);
        config->namespace_ = strdup(options->namespace_);
        if (!config->namespace_)
            code = no_memory(err);
    }
    if (code < 0)
        kube_config_free(config);
    else
        *ret_config = config;
    return code;
}

int kube_config_parse(struct kube_config **ret_config, const char *name, const char *folder,
                      const char *text, size_t length, const struct kube_config_options *options,
                      struct nbt_error *err)
{
    struct kube_config *config = calloc(1, sizeof(*config));
    auto_json json_t *merged = json_object();
    if (!config || !merged) {
        free(config);
        return no_memory(err);
    }
    int code = kube_merge_add(merged, name, folder, text, length, err);
    if (code == 0)
        code = read_merged(config, merged, name, options, err);
    return finish(ret_config, config, code, options, err);
}

/* `merge` is kube_merge_file or kube_merge_files. */
static int load(struct kube_config *config, const char *path,
                int (*merge)(json_t *, const char *, struct nbt_error *),
                const struct kube_config_options *options, struct nbt_error *err)
{
    auto_json json_t *merged = json_object();
    if (!merged)
        return no_memory(err);
    int code = merge(merged, path, err);
    return code < 0 ? code : read_merged(config, merged, path, options, err);
}

static int load_home(struct kube_config *config, const struct kube_config_options *options,
                     struct nbt_error *err)
{
    auto_free char *home = user_home();
    auto_free char *path = home ? file_join(home, ".kube/config") : NULL;
    if (!path || access(path, F_OK) < 0)
        return nbt_error_set(
            err, NBT_ENOTFOUND,
            "no cluster is configured: KUBECONFIG is not set, %s is not there, and "
            "this is no pod with a service account. Write a kubeconfig with your "
            "cluster's own tool",
            path ? path : "~/.kube/config");
    return load(config, path, kube_merge_file, options, err);
}

int kube_config_load(struct kube_config **ret_config, const struct kube_config_options *options,
                     struct nbt_error *err)
{
    struct kube_config *config = calloc(1, sizeof(*config));
    const char *list = getenv("KUBECONFIG");
    int code;
    if (!config)
        return no_memory(err);
    if (options->path)
        code = load(config, options->path, kube_merge_file, options, err);
    else if (list && *list)
        code = load(config, list, kube_merge_files, options, err);
    else if (!options->context && kube_config_in_pod(options))
        code = kube_read_pod(config, options, err);
    else
        code = load_home(config, options, err);
    return finish(ret_config, config, code, options, err);
}
