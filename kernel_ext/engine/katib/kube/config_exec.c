#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "engine/katib/kube/config_private.h"
#include "engine/katib/kube/secret.h"

#define GROUP "client.authentication.k8s.io/"

static void check_version(struct kube_entry *entry, const char *version)
{
    if (entry->code ||
        (version && (strcmp(version, GROUP "v1") == 0 || strcmp(version, GROUP "v1beta1") == 0)))
        return;
    kube_entry_fail(entry, NBT_EUNSUPPORTED,
                    "exec.apiVersion is %.80s; expected " GROUP "v1 or " GROUP
                    "v1beta1. Update the plugin and write its kubeconfig anew",
                    version ? version : "missing");
}

static void check_mode(struct kube_entry *entry, const char *version, const char *mode)
{
    if (entry->code)
        return;
    if (!mode && strcmp(version, GROUP "v1") == 0)
        kube_entry_fail(entry, NBT_EINVAL,
                        "exec.interactiveMode is missing; v1 demands it: Never, "
                        "IfAvailable or Always");
    else if (mode && strcmp(mode, "Always") == 0)
        kube_entry_fail(entry, NBT_EUNSUPPORTED,
                        "exec.interactiveMode is Always, but nbkatib runs plugins without a "
                        "terminal; log in with the plugin's own command and set IfAvailable");
    else if (mode && strcmp(mode, "Never") != 0 && strcmp(mode, "IfAvailable") != 0)
        kube_entry_fail(entry, NBT_EINVAL,
                        "exec.interactiveMode is %.40s; expected Never, IfAvailable or Always",
                        mode);
}

/* A command with a slash that is relative starts at the kubeconfig's folder; one without is looked
 * up in PATH. */
static void read_command(struct kube_exec_plugin *plugin, struct kube_entry *entry,
                         const json_t *exec)
{
    const char *command = kube_entry_text(entry, exec, "command");
    if (entry->code)
        return;
    if (!command) {
        kube_entry_fail(entry, NBT_EINVAL, "exec.command is missing");
        return;
    }
    bool relative = command[0] != '/' && strchr(command, '/');
    plugin->command = relative ? file_join(entry->folder, command) : strdup(command);
    if (!plugin->command)
        kube_entry_no_memory(entry);
}

static void read_arguments(struct kube_exec_plugin *plugin, struct kube_entry *entry,
                           const json_t *exec)
{
    const json_t *list = kube_entry_member(entry, exec, "args", JSON_ARRAY);
    if (entry->code)
        return;
    plugin->arguments = calloc(json_array_size(list) + 2, sizeof(char *));
    if (!plugin->arguments) {
        kube_entry_no_memory(entry);
        return;
    }
    kube_entry_copy(entry, &plugin->arguments[0], plugin->command);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!text)
            kube_entry_fail(entry, NBT_EINVAL, "exec.args[%zu] must be a text", i);
        kube_entry_copy(entry, &plugin->arguments[i + 1], text);
    }
}

static void read_environment(struct kube_exec_plugin *plugin, struct kube_entry *entry,
                             const json_t *exec)
{
    const json_t *list = kube_entry_member(entry, exec, "env", JSON_ARRAY);
    if (entry->code)
        return;
    plugin->environment = calloc(json_array_size(list) + 1, sizeof(char *));
    if (!plugin->environment) {
        kube_entry_no_memory(entry);
        return;
    }
    for (size_t i = 0; i < json_array_size(list) && !entry->code; i++) {
        const json_t *item = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(item, "name"));
        const char *value = json_string_value(json_object_get(item, "value"));
        if (!name || !*name || strchr(name, '=') || !value)
            kube_entry_fail(entry, NBT_EINVAL, "exec.env[%zu] must have a name and a value", i);
        else if (asprintf(&plugin->environment[i], "%s=%s", name, value) < 0) {
            plugin->environment[i] = NULL;
            kube_entry_no_memory(entry);
        }
    }
}

/* The extension that client-go hands on to plugins. */
static json_t *extension_of(const json_t *cluster)
{
    const json_t *list = json_object_get(cluster, "extensions");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(item, "name"));
        if (name && strcmp(name, "client.authentication.k8s.io/exec") == 0)
            return json_object_get(item, "extension");
    }
    return NULL;
}

static json_t *cluster_info(const struct kube_config *config, const struct kube_entry *cluster)
{
    auto_free char *pem = kube_pem_load(&config->authority);
    auto_free char *authority = pem && *pem ? kube_secret_encode(pem, strlen(pem)) : NULL;
    return json_pack("{s:s, s:s*, s:b, s:s*, s:s*, s:O*}", "server", config->server,
                     "tls-server-name", config->server_name, "insecure-skip-tls-verify",
                     (int)config->insecure, "certificate-authority-data", authority, "proxy-url",
                     config->proxy, "config", extension_of(cluster->value));
}

static void make_info(struct kube_config *config, struct kube_entry *entry, const json_t *exec,
                      const struct kube_entry *cluster)
{
    bool wanted = kube_entry_bool(entry, exec, "provideClusterInfo");
    if (entry->code)
        return;
    auto_json json_t *info =
        json_pack("{s:s, s:s, s:{s:b, s:o*}}", "apiVersion", config->exec->api_version, "kind",
                  "ExecCredential", "spec", "interactive", 0, "cluster",
                  wanted ? cluster_info(config, cluster) : NULL);
    config->exec->info = info ? json_dumps(info, JSON_COMPACT) : NULL;
    if (!config->exec->info)
        kube_entry_no_memory(entry);
}

void kube_read_exec(struct kube_config *config, struct kube_entry *entry, const json_t *exec,
                    struct kube_entry *cluster)
{
    const char *version = kube_entry_text(entry, exec, "apiVersion");
    const char *mode = kube_entry_text(entry, exec, "interactiveMode");
    check_version(entry, version);
    check_mode(entry, version, mode);
    if (config->token || config->token_file || config->username)
        kube_entry_fail(entry, NBT_EINVAL,
                        "has exec and a token or password; only one way to authenticate is "
                        "allowed");
    if (entry->code)
        return;
    config->exec = calloc(1, sizeof(*config->exec));
    if (!config->exec) {
        kube_entry_no_memory(entry);
        return;
    }
    kube_entry_copy(entry, &config->exec->api_version, version);
    kube_entry_copy(entry, &config->exec->install_hint,
                    kube_entry_text(entry, exec, "installHint"));
    read_command(config->exec, entry, exec);
    read_arguments(config->exec, entry, exec);
    read_environment(config->exec, entry, exec);
    make_info(config, entry, exec, cluster);
}
