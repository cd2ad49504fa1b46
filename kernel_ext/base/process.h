/*
 * Child processes: started in a session of their own, watched by pidfd, ended as a group, always
 * reaped; and processes that lost their parent, found by a marker in their environment.
 *
 *     struct process_options options = {.argv = argv, .marker = "exp/trial-1"};
 *     struct process process;
 *     if (process_start(&process, &options, &err) < 0) ...
 *     poll process.pidfd; process_reap(&process, &status);
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "nbtags/error.h"

#define PROCESS_MARKER                                                                             \
    "NBKATIB_MARKER" /* environment variable that names the owner of a process, "experiment/trial" \
                      */

struct process_map {
    int child_fd;  /* number in the child */
    int parent_fd; /* borrowed; -1: /dev/null */
};

struct process_options {
    const char *const
        *argv; /* NULL-terminated; argv[0] looked up in PATH of the child's environment */
    const char *const
        *environment;      /* whole environment, NULL-terminated "K=V"; NULL: the caller's */
    const char *directory; /* working directory; NULL: the caller's */
    const struct process_map
        *maps; /* descriptors of the child; 0, 1, 2 default to /dev/null; all others are closed */
    size_t n_maps;
    const char *marker;   /* value of PROCESS_MARKER, or NULL to inherit */
    bool new_session;     /* setsid, so that pid is also its process group */
    bool die_with_parent; /* PR_SET_PDEATHSIG SIGKILL, re-checked against the parent after fork */
};

struct process {
    pid_t pid; /* 0 when not running */
    int pidfd; /* readable when it ended; owned */
    uint64_t
        start_time; /* /proc/PID/stat field 22: tells this process from a later one with its pid */
};

/* Fails with NBT_ENOTFOUND when argv[0] is not found, NBT_EIO with the reason of exec (reported
 * through a pipe). */
nbt_must_check int process_start(struct process *ret_process, const struct process_options *options,
                                 struct nbt_error *err);

/* Waits up to timeout_ms (-1: for ever); 0 and *ret_status (as waitpid) when it ended, NBT_ETIMEOUT
 * otherwise. Closes pidfd. */
int process_reap(struct process *process, int timeout_ms, int *ret_status);

int process_signal(const struct process *process, int signal);       /* the process */
int process_signal_group(const struct process *process, int signal); /* its group */
void process_kill(struct process *process); /* SIGKILL to the group, reap; NULL-safe, idempotent */

/* "exited with status 3", "was killed by signal 9 (Killed)". */
void process_describe(int status, char text[64]);

uint64_t process_start_time(pid_t pid); /* 0 when there is no such process */
const char *process_boot_id(void);      /* /proc/sys/kernel/random/boot_id; "" when unknown */

/* How many processes here have their parent outside of this PID namespace, the first one not counted: in a pod whose containers
 * share their processes, one for each container. */
int process_roots(void);

/* Ends (SIGKILL) every process of this user whose environment holds PROCESS_MARKER=marker, or a
 * value that starts with "marker/"; children that left their session are found too. Repeats until
 * none is left; never the caller. Returns how many were ended. */
int process_sweep(const char *marker);

/* From now on what a child leaves running when it ends becomes the caller's child, also where it
 * has no marker, because it was started with an environment of its own. */
void process_adopt(void);

/* Ends (SIGKILL) and reaps every child of the caller, and what those leave running to a caller that
 * has adopted it. Returns how many were ended. */
int process_end_children(void);

#endif
