/*
 * Where the cluster is and who we are there: a kubeconfig as kubectl reads it, or the service
 * account of the pod that we run in. Reads files, talks to nobody; what changes with time (rotated
 * tokens, exec plugins) is auth.h's.
 *
 *     struct kube_config *config;
 *     if (kube_config_load(&config, &(struct kube_config_options){0}, &err) < 0) ...
 *     for (size_t i = 0; i < config->n_warnings; i++) ... config->warnings[i] ...
 *     kube_config_free(config);
 *
 * Which one: a path that is given; the files of KUBECONFIG; the pod's service account; else
 * ~/.kube/config. Rules of merging, relative paths and precedence are those of Kubernetes'
 * documentation "Organizing Cluster Access Using kubeconfig Files" and "client-go credential
 * plugins". One difference: auth-provider plugins, which Kubernetes removed, are refused with what
 * to use instead.
 *
 * No text that is made here (errors, warnings, origin) holds a secret.
 */
#ifndef KUBE_CONFIG_H
#define KUBE_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nbtags/error.h"

#define KUBE_CONFIG_SIZE_MAX 4194304 /* bytes of one kubeconfig, token or certificate file */
#define KUBE_ACCOUNT_FOLDER  "/var/run/secrets/kubernetes.io/serviceaccount"

/* A certificate or key: a file, read at each connection so that rotation is followed, or PEM text.
 * At most one of both; neither: absent. */
struct kube_pem {
    char *path;
    char *text;
};

/* A credential plugin (client.authentication.k8s.io). */
struct kube_exec_plugin {
    char *api_version; /* ".../v1" or ".../v1beta1" */
    char *command;
    char **arguments;   /* NULL-terminated, command first */
    char **environment; /* NULL-terminated "K=V" in addition to ours */
    char *install_hint; /* or NULL */
    char *info;         /* KUBERNETES_EXEC_INFO, as JSON */
};

struct kube_config {
    char *origin;     /* for people: "the pod's service account", "/home/me/.kube/config" */
    char *context;    /* its name; NULL in a pod */
    char *user;       /* its name; "" when the context has none */
    char *namespace_; /* never NULL */
    char *server;     /* "https://host:port/prefix", without a slash at its end */

    bool insecure;     /* the server's certificate is not checked (a warning says so) */
    bool uncompressed; /* disable-compression */
    char *server_name; /* tls-server-name, or NULL */
    char *proxy;       /* proxy-url, or NULL: HTTPS_PROXY and NO_PROXY decide */
    struct kube_pem authority;

    struct kube_pem certificate, key;
    char *token;      /* or NULL */
    char *token_file; /* read again as it rotates; wins over token; or NULL */
    char *username, *password;
    struct kube_exec_plugin *exec;
    char **impersonation; /* NULL-terminated headers "Impersonate-User: x", or NULL */

    int64_t certificate_ends_s; /* end of the client certificate, since 1970; 0: none or unknown */
    char **warnings;
    size_t n_warnings;
};

struct kube_config_options {
    const char *path;           /* this kubeconfig alone; NULL: as above */
    const char *context;        /* instead of current-context; looks into kubeconfigs only */
    const char *namespace_;     /* instead of the context's */
    const char *account_folder; /* NULL: KUBE_ACCOUNT_FOLDER */
};

/* NBT_ENOTFOUND: no cluster is configured, or a named file, context, cluster or user is not there;
 * NBT_EPARSE, NBT_EINVAL: a file is not a kubeconfig; NBT_EUNSUPPORTED: auth-provider, plugins of
 * other versions, encrypted keys. */
nbt_must_check int kube_config_load(struct kube_config **ret_config,
                                    const struct kube_config_options *options,
                                    struct nbt_error *err);

/* The same from one text; relative paths start at `folder`. `name` stands in messages. */
nbt_must_check int kube_config_parse(struct kube_config **ret_config, const char *name,
                                     const char *folder, const char *text, size_t length,
                                     const struct kube_config_options *options,
                                     struct nbt_error *err);

/* True where a pod's service account is there: KUBERNETES_SERVICE_HOST and a token file. */
bool kube_config_in_pod(const struct kube_config_options *options);

void kube_config_free(struct kube_config *config); /* secrets are wiped; NULL is allowed */

#endif
