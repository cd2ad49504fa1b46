/*
 * One place where a trial runs: its process, the events it sends, its end. Decides nothing about
 * the experiment; tells its owner through two callbacks, on the loop's thread.
 *
 *     slot_start(slot, &job, &err);     // on_event for each line, then on_end once
 *     slot_stop(slot, "StoppedByUser"); // asks; on_end follows
 */
#ifndef ENGINE_LOCAL_SLOT_H
#define ENGINE_LOCAL_SLOT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/process.h"
#include "engine/local/state.h"

#define SLOT_GRACE_MS 5000 /* from asking a trial to end to ending it */

struct slot;

struct slot_owner {
    struct loop *loop;
    void (*on_event)(void *self, struct slot *slot, const char *event, const json_t *object);
    void (*on_end)(void *self, struct slot *slot);
    void *self;
};

struct slot {
    const struct slot_owner *owner;
    bool busy;
    uint64_t index;
    char name[STATE_TRIAL_NAME_MAX];
    char marker[160];
    char stop_reason[48]; /* "" until it was asked to stop */
    json_t *result;       /* of the finished event; NULL until then, or when it died before */
    int exit_status;      /* as waitpid; set in on_end */
    int64_t started_ms;   /* monotonic */
    size_t n_reports;     /* for its owner */
    json_t *warnings;     /* texts; for its owner */
    char step[128];       /* for its owner */
    int64_t cell;
    struct process process; /* private from here */
    int status_fd;
    int timer;
    struct buf line;
    bool skipping;
};

struct slot_job {
    uint64_t index;
    const char *name;
    const char *marker; /* of this trial */
    const char *program;
    const char *spec_file;
    int log_fd; /* gets what the trial process prints; borrowed */
};

void slot_init(struct slot *slot, const struct slot_owner *owner);
nbt_must_check int slot_start(struct slot *slot, const struct slot_job *job, struct nbt_error *err);
void slot_stop(struct slot *slot, const char *reason); /* SIGTERM, after SLOT_GRACE_MS SIGKILL */
void slot_abort(struct slot *slot);                    /* ends it at once, without on_end */
void slot_clear(struct slot *slot);                    /* after on_end: free for the next trial */

#endif
