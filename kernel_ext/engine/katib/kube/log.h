/*
 * Follows what a container prints: line by line, from where a cut left off, without a line lost or
 * told twice, until the container has ended. A container that has not begun is waited for.
 *
 *     struct kube_log_options options = {.namespace_ = "team", .pod = "train-x2", .container =
 * "main", .on_line = print, .on_end = end, .self = self};
 *     struct kube_log *log = kube_log_follow(client, &options);
 *
 * The kubelet's log has a time at each line: log_place.h says how the place is found again. Where
 * the kubelet has rotated a log away meanwhile, its lines are gone.
 */
#ifndef KUBE_LOG_H
#define KUBE_LOG_H

#include <stdint.h>

#include "engine/katib/kube/client.h"

#define KUBE_LOG_LINE_MAX 65536 /* bytes of a line; a longer one comes in pieces */

struct kube_log;

/* text is NUL-terminated, without the newline and without the time. whole is false for a piece of a
 * long line: more of it follows. */
typedef void (*kube_log_line_fn)(void *self, int64_t realtime_ns, const char *text, size_t length,
                                 bool whole);

/* Called once: code 0 when the container has ended and its last line is told; else err, as
 * NBT_ENOTFOUND when there is no such pod, or none any more. The log is the caller's to stop. */
typedef void (*kube_log_end_fn)(void *self, int code, const struct nbt_error *err);

struct kube_log_options {
    const char *namespace_, *pod;
    const char *container; /* NULL: the only one */
    int64_t since_ns;      /* realtime; lines of that moment and later; 0: all */
    int tail;              /* lines from the end to begin with; 0: all */
    bool follow;           /* false: what is there now */
    bool previous;         /* of the container before its last restart */
    kube_log_line_fn on_line;
    kube_log_end_fn on_end;
    void (*on_trouble)(void *self, const struct nbt_error *err); /* it is tried again; or NULL */
    void *self;
};

/* NULL without memory. */
struct kube_log *kube_log_follow(struct kube_client *client,
                                 const struct kube_log_options *options);
void kube_log_stop(struct kube_log *log); /* no callback after; NULL is allowed; also from them */

#endif
