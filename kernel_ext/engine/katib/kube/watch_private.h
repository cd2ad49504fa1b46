/* What the files of watch share. */
#ifndef KUBE_WATCH_PRIVATE_H
#define KUBE_WATCH_PRIVATE_H

#include <stdint.h>

#include "engine/katib/kube/lines.h"
#include "engine/katib/kube/watch.h"

/* What the cluster is known to have: "namespace/name" -> "uid version". */
struct kube_known {
    json_t *now;
    json_t *before; /* while a list is read: what has not come again yet; else NULL */
};

enum kube_change { KUBE_SAME, KUBE_ADDED, KUBE_MODIFIED, KUBE_REPLACED, KUBE_NO_MEMORY };

nbt_must_check int kube_known_init(struct kube_known *known);
void kube_known_fini(struct kube_known *known);

/* A list begins, is broken off (what was known before counts again), is complete. */
nbt_must_check int kube_known_begin(struct kube_known *known);
nbt_must_check int kube_known_abandon(struct kube_known *known);
nbt_must_check int kube_known_finish(struct kube_known *known,
                                     void (*gone)(void *self, const char *key, const char *uid),
                                     void *self);

/* An object is there. KUBE_REPLACED: another object had its name; *ret_uid is that one's, the
 * caller's to free. */
enum kube_change kube_known_put(struct kube_known *known, const json_t *object, char **ret_uid);
void kube_known_drop(struct kube_known *known, const json_t *object);
size_t kube_known_count(const struct kube_known *known);

/* A tombstone: apiVersion, kind and metadata alone. New reference. */
json_t *kube_tombstone(const char *key, const char *uid, const char *api_version, const char *kind);

struct kube_watch {
    struct kube_client *client;
    struct kube_watch_options options;
    char *path;
    char *api_version, *kind; /* of the items, from the list */
    char *version;            /* where the watch stands; NULL: list */
    char *next;               /* continue token of the list that is being read */
    struct kube_known known;
    struct kube_lines lines;
    struct kube_request *request;
    int timer;
    int failures;     /* in a row, for the pauses */
    int64_t began_ms; /* the stream */
    int page;         /* objects a page; 0: all */
    int gone;         /* 410 in a row while listing */
    bool synced;
    bool inside;             /* an event is being told */
    bool stopped;            /* by an event: freed when it returns */
    struct nbt_error broken; /* why the stream is ended by us */
};

void kube_watch_list(void *self);   /* asks for the next page */
void kube_watch_stream(void *self); /* asks for events */

void kube_watch_after(struct kube_watch *watch, void (*fn)(void *self), int delay_ms);
/* After a pause that grows with the failures, or as long as the server asked. */
void kube_watch_later(struct kube_watch *watch, void (*fn)(void *self), int asked_s);
void kube_watch_trouble(struct kube_watch *watch, const struct nbt_error *err, bool ended);

/* Tells of an object; false when the watch was stopped by it, or memory is out. */
bool kube_watch_put(struct kube_watch *watch, const json_t *object);
bool kube_watch_gone(struct kube_watch *watch, const json_t *object);

/* Handling of a done request: releases a watch that stopped itself. False: it is freed. */
bool kube_watch_leave(struct kube_watch *watch);

bool kube_watch_set(struct kube_watch *watch, char **place, const char *text);

/* The line of a stream. */
bool kube_watch_line(void *self, const char *line, size_t length, bool whole);

#endif
