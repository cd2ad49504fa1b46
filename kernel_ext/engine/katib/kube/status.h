/*
 * What the API server answers when it refuses: Kubernetes' `Status` object (API conventions,
 * "Response Status Kind"), or whatever a proxy before it says, as an error.
 *
 *     struct kube_status status;
 *     kube_status_read(&status, 404, body);
 *     return kube_status_error(&status, "GET /api/v1/nodes/x", err);
 */
#ifndef KUBE_STATUS_H
#define KUBE_STATUS_H

#include <jansson.h>
#include <stdbool.h>

#include "nbtags/error.h"

struct kube_status {
    int http;          /* 404; 0 when no answer came */
    char reason[64];   /* "NotFound", "Invalid", ...; "" when it gave none */
    char message[512]; /* for people, without secrets */
    char field[192];   /* the first cause's field, "spec.parameters[0].name"; "" when none */
    int retry_after_s; /* how long the server asks to wait; -1: it does not say */
};

/* `text` is the body, NULL: none. A body that is no Status is shown shortened. */
void kube_status_read(struct kube_status *ret_status, int http, const char *text);

/* The same from a Status that is parsed: a watch's event of type ERROR. Its own code counts. */
void kube_status_of(struct kube_status *ret_status, int http, const json_t *document);

/*
 * Sets err and returns its code. `what` is the request. NBT_ENOTFOUND 404; NBT_EEXIST
 * AlreadyExists; NBT_ESTATE other conflicts and 410; NBT_EINVAL 400, 413, 415, 422, with err->path
 * the field; NBT_EUNSUPPORTED 405, 406; NBT_ETIMEOUT 408, 504; NBT_EPROTO a redirect or no HTTP
 * answer of Kubernetes; NBT_EIO the rest: 401 and 403 (the text says what to do), 429, 5xx.
 */
int kube_status_error(const struct kube_status *status, const char *what, struct nbt_error *err);

/* The server says that our place in a list or watch is lost: list again. */
bool kube_status_is_gone(const struct kube_status *status);

#endif
