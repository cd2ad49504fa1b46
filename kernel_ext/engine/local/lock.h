/*
 * The lock of an experiment: held by its engine for as long as it lives, and by a command that
 * removes it. An OFD lock on the file `lock`, which also says who holds it:
 * {"host","boot","pid","start","build","socket"}. Where the filesystem has no locks these facts
 * decide: a holder counts as dead when its boot is over, its process is gone, or, on another host,
 * when it has not touched the file for LOCK_SILENCE_S.
 *
 *     struct lock lock;
 *     if (lock_take(&lock, paths.lock, &err) < 0) ...   // NBT_ESTATE: held; the text says by whom
 *     lock_describe(&lock, build, socket_path, &err);
 *     lock_drop(&lock);
 */
#ifndef ENGINE_LOCAL_LOCK_H
#define ENGINE_LOCAL_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "nbtags/error.h"

#define LOCK_SILENCE_S   60
#define LOCK_HEARTBEAT_S 15

struct lock {
    int fd;
    char *path; /* owned */
};

/* Who holds it, as the file says. */
struct lock_holder {
    char host[72];
    char boot[64];
    pid_t pid;
    uint64_t start_time;
    char build[80];
    char socket[4096]; /* "" when it has none yet */
};

nbt_must_check int lock_take(struct lock *ret_lock, const char *path, struct nbt_error *err);

/* Adds where the holder listens, and its build. */
nbt_must_check int lock_describe(struct lock *lock, const char *build, const char *socket,
                                 struct nbt_error *err);

void lock_beat(const struct lock *lock); /* touches the file; every LOCK_HEARTBEAT_S */
void lock_drop(struct lock *lock);       /* idempotent */

/* True while a living process holds it; *ret_holder (may be NULL) is what the file says, zeroed
 * when it says nothing. */
bool lock_is_held(const char *path, struct lock_holder *ret_holder);

/* True when the holder is a living process of this host and boot: one that may be signalled. */
bool lock_holder_here(const struct lock_holder *holder);

#endif
