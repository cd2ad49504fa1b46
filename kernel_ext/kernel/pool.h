/*
 * Workers: what may block runs on one of four threads, and its result comes back to the loop.
 *
 *     struct ask { struct pool_job job; ... };
 *     ask->job = (struct pool_job){.work = on_worker, .done = on_loop};
 *     pool_run(pool, &ask->job);
 *
 * Jobs start in order, end in any. A job's memory is its owner's, untouched after `done`.
 */
#ifndef KERNEL_POOL_H
#define KERNEL_POOL_H

#include <stdbool.h>

#include "base/loop.h"
#include "nbtags/error.h"

#define POOL_WORKERS 4

struct pool;

struct pool_job {
    void (*work)(struct pool_job *job); /* on a worker */
    void (*done)(struct pool_job *job); /* on the loop's thread */
    struct pool_job *next;              /* the pool's */
};

nbt_must_check int pool_new(struct pool **ret, struct loop *loop, struct nbt_error *err);

/* Runs `work`, then `done`. Called on the loop's thread. */
void pool_run(struct pool *pool, struct pool_job *job);

/* `done` alone, on the loop's thread, in the order of the posts. Called on any thread. */
void pool_post(struct pool *pool, struct pool_job *job);

/* Lets jobs that began end within that time (-1: for ever); of those that did not begin `done`
 * alone is called, so that owners can free them. False when some still work: the pool must not be
 * freed then. */
bool pool_stop(struct pool *pool, int timeout_ms);
void pool_free(struct pool *pool); /* after a pool_stop that was true */

#endif
