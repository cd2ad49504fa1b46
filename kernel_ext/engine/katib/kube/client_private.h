/* What the files of client share. */
#ifndef KUBE_CLIENT_PRIVATE_H
#define KUBE_CLIENT_PRIVATE_H

#include <curl/curl.h>
#include <stdint.h>

#include "base/buf.h"
#include "engine/katib/kube/auth.h"
#include "engine/katib/kube/client.h"

/* The server as curl is told of it: with tls-server-name the URL holds that name, which goes into
 * SNI and is verified, and connect_to leads to the real address. */
struct kube_target {
    char *base;       /* "https://name:port/prefix" */
    char *connect_to; /* "::host:port", or NULL */
    char *host;       /* "Host: host:port", or NULL */
    char *authority;  /* file of the system's certificate authorities, or NULL: curl's */
};

struct kube_client {
    const struct kube_config *config;
    struct kube_client_options options;
    struct loop *loop;
    bool own_loop;
    CURLM *multi;
    int timer; /* curl's */
    struct kube_auth *auth;
    struct kube_target target;
    struct kube_request *requests;
    bool inside;             /* curl is running: its handles may not be removed now */
    struct kube_status last; /* of the last call that waited */
    int64_t heard_ms;        /* the last byte of any request */
    int *sockets;            /* of all its connections */
    size_t n_sockets;
};

enum kube_state { KUBE_WAITING, KUBE_AUTHENTICATING, KUBE_RUNNING, KUBE_CANCELED };

struct kube_request {
    struct kube_client *client;
    struct kube_request *next;
    struct kube_request_options options; /* strings below are its own copies */
    char *method, *path, *content_type, *text;
    enum kube_state state;
    int64_t deadline_ms; /* -1: none */
    int timer;           /* the next try, or the check for silence */
    int64_t heard_ms;    /* the last byte */
    int idle_ms;         /* silence of so long is a cut; 0: never */
    int tries;
    bool renewed;  /* credentials have been renewed for it */
    bool doubtful; /* an earlier try may have been carried out */
    bool stopped;  /* on_data returned false */
    unsigned generation;
    CURL *easy;
    struct curl_slist *headers, *connect_to;
    struct buf answer;
    char reason[CURL_ERROR_SIZE];
};

/* transfer.c: one try. */
nbt_must_check int kube_transfer_start(struct kube_request *request, struct nbt_error *err);
void kube_transfer_end(struct kube_request *request); /* removes it from curl; idempotent */
void kube_client_sever(struct kube_client *client);   /* its connections, when all are silent */
bool kube_is_stream(const struct kube_request *request, int http);

/* outcome.c: what a try came to. KUBE_AGAIN after *ret_delay_ms, KUBE_RENEW credentials first. */
enum kube_outcome { KUBE_DONE, KUBE_AGAIN, KUBE_RENEW };
enum kube_outcome kube_judge(struct kube_request *request, CURLcode result,
                             struct kube_answer *answer, struct nbt_error *err, int *ret_delay_ms);

/* target.c */
nbt_must_check int kube_target_init(struct kube_target *target, const struct kube_config *config,
                                    struct nbt_error *err);
void kube_target_fini(struct kube_target *target);

#endif
