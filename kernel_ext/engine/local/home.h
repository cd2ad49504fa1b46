/*
 * Where the local engine keeps its state, as paths beneath file_state_root. Folders are 0700. A
 * name becomes a path only after its pattern was checked.
 *
 *     CLEANUP(home_paths_fini) struct home_paths paths;
 *     if (home_paths_init(&paths, "digits-x7k2", &err) < 0) ...
 *     store_open(&store, paths.database, STORE_READ, &err);
 */
#ifndef ENGINE_LOCAL_HOME_H
#define ENGINE_LOCAL_HOME_H

#include <stdbool.h>

#include "nbtags/error.h"

#define HOME_MARKER_MAX 64

/* All owned; zeroed is valid to finish. */
struct home_paths {
    char *name;
    char *folder;
    char *database;
    char *lock;
    char *socket;
    char *notebook;
    char *log;
    char *trials;
    char *reserve;                /* space set aside for the last facts when the disk is full */
    char marker[HOME_MARKER_MAX]; /* PROCESS_MARKER of all that the experiment starts: "NAME@<8 hex
                                     of the home>" */
};

/* The folder of all experiments; it need not exist yet. The caller frees. */
nbt_must_check int home_experiments(char **ret_folder, struct nbt_error *err);

/* Creates it. */
nbt_must_check int home_create(struct nbt_error *err);

/* NBT_EINVAL when `name` is not an experiment's name. */
nbt_must_check int home_paths_init(struct home_paths *ret_paths, const char *name,
                                   struct nbt_error *err);
/* The same paths beneath `folder` instead (one that is being built). */
nbt_must_check int home_paths_in(struct home_paths *ret_paths, const char *folder, const char *name,
                                 struct nbt_error *err);
void home_paths_fini(struct home_paths *paths);

bool home_exists(const struct home_paths *paths);

/* home_paths_init of an experiment that exists; NBT_ENOTFOUND, with what to do, when it does not.
 */
nbt_must_check int home_find(struct home_paths *ret_paths, const char *name, struct nbt_error *err);

/* Path of a trial's folder (its name is of lower case letters, digits and '-', at most 63 bytes),
 * or of `file` in it when not NULL. The caller frees. */
nbt_must_check int home_trial_path(char **ret_path, const struct home_paths *paths,
                                   const char *trial, const char *file, struct nbt_error *err);

/* A new empty folder beside the experiments (".new-<pid>-<start time>-<n>"): what is built or
 * removed there is never listed. Folders of that kind whose process is gone are removed. The caller
 * frees. */
nbt_must_check int home_scratch(char **ret_folder, struct nbt_error *err);

#endif
