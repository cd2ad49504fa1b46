/*
 * Requests that wait for their answer: the verbs of the API over client.h. They turn the client's
 * loop until the answer is there, so timers and watches go on; never from one of its callbacks.
 *
 *     auto_json json_t *pod = NULL;
 *     if (kube_get(client, "/api/v1/namespaces/a/pods/b", &pod, &err) == NBT_ENOTFOUND) ...
 *
 * Errors are those of kube_status_error, and NBT_EIO, NBT_ETIMEOUT, NBT_EPROTO of the way there,
 * NBT_ECANCELED by the client's cancel_fd. A ret_ that is NULL drops the answer; what is given is a
 * new reference.
 */
#ifndef KUBE_CALL_H
#define KUBE_CALL_H

#include "engine/katib/kube/client.h"

#define KUBE_PAGE 200 /* objects a page of a list */

/* Any request. *ret_status (NULL: not wanted) is filled on failure too: its http and reason tell
 * what err's code does not. */
nbt_must_check int kube_call(struct kube_client *client, const struct kube_request_options *options,
                             json_t **ret_body, struct kube_status *ret_status,
                             struct nbt_error *err);

/* The status of the last call of this header: http 0 when no answer came, 403 apart from 401. */
const struct kube_status *kube_last_status(const struct kube_client *client);

nbt_must_check int kube_get(struct kube_client *client, const char *path, json_t **ret_object,
                            struct nbt_error *err);

/* The whole list, page by page, as one list object (kind, metadata.resourceVersion, items). When a
 * page is gone (410) it begins anew. Beyond `maximum` items (0: 100 000): NBT_ENOMEM. */
nbt_must_check int kube_list(struct kube_client *client, const char *path, size_t maximum,
                             json_t **ret_list, struct nbt_error *err);

/* Creates object in the collection at path. With `label`, the name of a label that the object
 * carries and whose value no other creation has, it is safe to repeat: where the name is taken by
 * an object with the same value, that one is given. Without, a taken name is NBT_EEXIST. */
nbt_must_check int kube_create(struct kube_client *client, const char *path, const json_t *object,
                               const char *label, json_t **ret_object, struct nbt_error *err);

/* Replaces it; with metadata.resourceVersion only that version, else NBT_ESTATE. */
nbt_must_check int kube_replace(struct kube_client *client, const char *path, const json_t *object,
                                json_t **ret_object, struct nbt_error *err);

/* Server-side apply by field manager `manager`; force takes fields over from other managers. */
nbt_must_check int kube_apply(struct kube_client *client, const char *path, const json_t *object,
                              const char *manager, bool force, json_t **ret_object,
                              struct nbt_error *err);

/* RFC 7386; safe to repeat. */
nbt_must_check int kube_patch_merge(struct kube_client *client, const char *path,
                                    const json_t *patch, json_t **ret_object,
                                    struct nbt_error *err);

/* RFC 6902; repeated only after a refusal that did nothing. */
nbt_must_check int kube_patch_json(struct kube_client *client, const char *path,
                                   const json_t *patch, json_t **ret_object, struct nbt_error *err);

/* propagation is "Foreground", "Background", "Orphan" or NULL; uid, when given, must be the
 * object's, else NBT_ESTATE. NBT_ENOTFOUND when it was not there. */
nbt_must_check int kube_delete(struct kube_client *client, const char *path,
                               const char *propagation, const char *uid, struct nbt_error *err);

#endif
