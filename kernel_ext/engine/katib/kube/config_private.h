/* What the files of config share: merged kubeconfigs, and typed access to their entries. */
#ifndef KUBE_CONFIG_PRIVATE_H
#define KUBE_CONFIG_PRIVATE_H

#include "engine/katib/kube/config.h"

/* An entry of clusters, users or contexts. The first error stays in err and in code; every later
 * access gives NULL or false. */
struct kube_entry {
    const char *kind;   /* "cluster", "user", "context" */
    const char *name;   /* for messages */
    const char *file;   /* the kubeconfig that it stands in */
    const char *folder; /* where its relative paths start */
    const json_t *value;
    struct nbt_error *err;
    int code;
};

/* Merged: {"current-context": name, "cluster"|"user"|"context": {name: {"file", "folder",
 * "value"}}}. */
nbt_must_check int kube_merge_add(json_t *merged, const char *file, const char *folder,
                                  const char *text, size_t length, struct nbt_error *err);
nbt_must_check int kube_merge_file(json_t *merged, const char *path, struct nbt_error *err);
/* A list with colons; files that are not there are passed over. */
nbt_must_check int kube_merge_files(json_t *merged, const char *path, struct nbt_error *err);

/* NBT_ENOTFOUND names those that are there. Borrows from merged. */
nbt_must_check int kube_entry_find(struct kube_entry *ret_entry, const json_t *merged,
                                   const char *kind, const char *name, const char *wanted_by,
                                   struct nbt_error *err);

/* Sets the entry's error, prefixed with what and where it is. */
void kube_entry_fail(struct kube_entry *entry, int code, const char *format, ...) nbt_printf(3, 4);
void kube_entry_no_memory(struct kube_entry *entry);

/* NULL when absent or "". Borrowed. */
const char *kube_entry_text(struct kube_entry *entry, const json_t *object, const char *key);
bool kube_entry_bool(struct kube_entry *entry, const json_t *object, const char *key);
/* NULL when absent, null or empty; else of `type`. */
const json_t *kube_entry_member(struct kube_entry *entry, const json_t *object, const char *key,
                                json_type type);
/* A copy of text in *place; nothing when text is NULL. */
void kube_entry_copy(struct kube_entry *entry, char **place, const char *text);
/* The path at `key`, made absolute with the entry's folder; NULL when absent. The caller frees. */
char *kube_entry_path(struct kube_entry *entry, const char *key);
/* KEY-data (base64) as text, else KEY as a path. */
void kube_entry_pem(struct kube_entry *entry, struct kube_pem *pem, const char *key);

void kube_read_cluster(struct kube_config *config, struct kube_entry *entry);
void kube_read_user(struct kube_config *config, struct kube_entry *entry,
                    struct kube_entry *cluster);
void kube_read_exec(struct kube_config *config, struct kube_entry *entry, const json_t *exec,
                    struct kube_entry *cluster);
nbt_must_check int kube_read_pod(struct kube_config *config,
                                 const struct kube_config_options *options, struct nbt_error *err);

/* "" when PEM text or file cannot be read. The caller wipes and frees; NULL without memory. */
char *kube_pem_load(const struct kube_pem *pem);

nbt_must_check int kube_config_warn(struct kube_config *config, const char *format, ...)
    nbt_printf(2, 3);

#endif
