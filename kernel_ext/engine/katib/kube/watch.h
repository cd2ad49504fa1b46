/*
 * Follows a collection: lists it page by page, then watches it from there (Kubernetes API concepts,
 * "Efficient detection of changes"), and goes on through everything that happens to a stream: ends,
 * cuts, silence, a server that is away, a version that is gone (410). What happened meanwhile is
 * made up for: after each new list the events say what was added, changed and deleted since. The
 * objects are not kept: of each its name, uid and version, about 200 bytes.
 *
 *     struct kube_watch_options options = {.path = path, .events = &events, .self = self};
 *     struct kube_watch *watch = kube_watch_start(client, &options);
 *     ...
 *     kube_watch_stop(watch);
 *
 * An object may be told as modified twice with the same version; never as added while it is known.
 */
#ifndef KUBE_WATCH_H
#define KUBE_WATCH_H

#include "engine/katib/kube/client.h"

#define KUBE_WATCH_OBJECT_MAX 4194304 /* bytes of one event; etcd stores objects up to 1.5 MiB */

struct kube_watch;

/* Any of them may be NULL. Objects are borrowed. Each may stop the watch. */
struct kube_watch_events {
    void (*added)(void *self, const json_t *object);
    void (*modified)(void *self, const json_t *object);
    /* The last state; after a new list only apiVersion, kind and metadata's name, namespace, uid.
     */
    void (*deleted)(void *self, const json_t *object);
    void (*bookmark)(void *self, const char *resource_version);
    /* A list is complete: what is known is what the cluster has. */
    void (*synced)(void *self, const char *resource_version);
    /* It does not go well. ended: and is over, for it was refused before the first list was there
     * (the watch is the caller's to stop still); else it is tried again. */
    void (*trouble)(void *self, const struct nbt_error *err, bool ended);
};

struct kube_watch_options {
    const char *path; /* of the collection, with labelSelector or fieldSelector where wanted */
    const struct kube_watch_events *events; /* borrowed for the watch's life */
    void *self;
    size_t maximum; /* objects; 0: 100 000. More are trouble that ends it */
    int idle_ms;    /* a silent stream is asked for anew; 0: 330 000 */
};

/* The watch is the caller's. NULL without memory. */
struct kube_watch *kube_watch_start(struct kube_client *client,
                                    const struct kube_watch_options *options);
void kube_watch_stop(struct kube_watch *watch); /* NULL is allowed; also from its events */

#endif
