/*
 * A client of one Kubernetes API server: requests over libcurl on our event loop, kept alive and
 * shared (HTTP/2 where the server speaks it). Knows the API's conventions (paths, Status, retries,
 * credentials), no kind of object. One thread; call.h has the functions that wait for an answer.
 *
 *     struct kube_client *client;
 *     if (kube_client_new(&client, config, &(struct kube_client_options){.loop = loop}, &err) < 0)
 *         ...
 *     struct kube_request_options get = {.method = "GET", .path = "/version", .on_done = done};
 *     kube_send(client, &get);
 *
 * Repeated, with growing pauses, jitter and the server's Retry-After: what surely was not carried
 * out (no connection, 429), and what does no harm twice (GET, PUT, DELETE, `repeatable`) after a
 * cut, a 5xx. After a 401 credentials are renewed once. Redirects are refused. Nothing here writes
 * a secret anywhere: not to errors, logs or arguments of processes.
 */
#ifndef KUBE_CLIENT_H
#define KUBE_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/loop.h"
#include "engine/katib/kube/config.h"
#include "engine/katib/kube/status.h"
#include "nbtags/error.h"

#define KUBE_ANSWER_MAX 16777216 /* bytes of one answer, decompressed */

struct kube_client;
struct kube_request;

struct kube_client_options {
    struct loop *loop;      /* borrowed; NULL: one of its own, for call.h */
    int connect_timeout_ms; /* one try: name, connection, TLS; 0: 10 000 */
    int timeout_ms;         /* a request with all its tries; 0: 30 000 */
    int exec_timeout_ms;    /* a credential plugin; 0: 60 000 */
    int tries;              /* at most; 0: 5 */
    int cancel_fd;          /* call.h gives up with NBT_ECANCELED when it is readable; 0: none */
    const char *user_agent; /* NULL: "nbkatib" */
};

/* Borrows config. */
nbt_must_check int kube_client_new(struct kube_client **ret_client,
                                   const struct kube_config *config,
                                   const struct kube_client_options *options,
                                   struct nbt_error *err);
void kube_client_free(
    struct kube_client *client); /* ends its requests without callbacks; not from one */

const struct kube_config *kube_client_config(const struct kube_client *client);
struct loop *kube_client_loop(const struct kube_client *client);

/* What a request came to. Borrowed by the callback. */
struct kube_answer {
    int code;                    /* 0, or as err */
    const struct nbt_error *err; /* set when code is negative */
    struct kube_status status;   /* http is 0 when no answer came; 200 for a stream that was cut */
    bool hopeless;               /* the failure will not pass by itself: refused, not found, ... */
    json_t *body;                /* the answer; NULL on failure, for streams and empty answers */
};
typedef void (*kube_done_fn)(void *self, const struct kube_answer *answer);

/* A piece of a stream. Returns false to end it (on_done is called with NBT_ECANCELED). */
typedef bool (*kube_data_fn)(void *self, const char *data, size_t length);

struct kube_request_options {
    const char *method;       /* "GET", "POST", "PUT", "PATCH", "DELETE" */
    const char *path;         /* "/api/v1/...?query", as query.h makes it */
    const json_t *body;       /* or NULL */
    const char *content_type; /* of the body; NULL: application/json */
    bool repeatable;          /* a POST or PATCH that does no harm twice */
    int timeout_ms;           /* 0: the client's; -1: none (streams) */
    int idle_ms;              /* silence of so long is a cut; 0: 15 000 for a GET, else none */
    size_t maximum;           /* bytes of the answer; 0: KUBE_ANSWER_MAX */
    kube_data_fn on_data;     /* streams: not repeated by the client */
    kube_done_fn on_done;     /* called once, from the loop, unless it is canceled */
    void *self;
};

/* The request is the client's; it ends with on_done. NULL without memory. */
struct kube_request *kube_send(struct kube_client *client,
                               const struct kube_request_options *options);

/* No callback after. Also from callbacks, of other requests and of itself; not after on_done. */
void kube_cancel(struct kube_request *request);

/* A pause in milliseconds before try number `attempt` (1: the second try): doubling from base_ms to
 * most_ms, half of it by chance, so that many clients do not come back at once. */
int kube_backoff_ms(int attempt, int base_ms, int most_ms);

#endif
