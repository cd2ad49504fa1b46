/*
 * Where a trial's kernel works: a copy of the notebook's folder, so that trials side by side do not
 * overwrite each other's files, or the folder itself, with the reason, when a copy is not possible
 * or not wanted.
 *
 *     struct workspace workspace;
 *     if (workspace_open(&workspace, &request, &err) < 0) ...
 *     // workspace.directory is the kernel's; workspace.isolation says "reflink", "copy" or
 * "shared: why" workspace_close(&workspace, keep);
 */
#ifndef TRIAL_WORKSPACE_H
#define TRIAL_WORKSPACE_H

#include <stdbool.h>

#include "nbtags/nbtags.h"
#include "trial/copy.h"

#define WORKSPACE_MAX_BYTES ((int64_t)1 << 30)
#define WORKSPACE_MAX_FILES 20000 /* about a second of copying, for each trial */

struct workspace {
    char *directory; /* the kernel's working directory */
    char *copy;      /* the same when it is ours, else NULL */
    char *snapshots; /* folder of snapshots */
    char *isolation;
    char *warning; /* why it is not isolated though asked to, else NULL */
    int n_snapshots;
    struct copy_id excluded[2]; /* the trial's folder, the state folder */
    size_t n_excluded;
};

struct workspace_request {
    const char *directory; /* the notebook's folder */
    const char *output;    /* the trial's folder; exists */
    bool isolate;
    const struct nbt_notebook *notebook; /* asked whether its cells reach above their folder */
    int64_t max_bytes, max_files;        /* 0: the defaults */
};

nbt_must_check int workspace_open(struct workspace *ret_workspace,
                                  const struct workspace_request *request, struct nbt_error *err);

/* Copies the workspace as it is now to snapshots/NN-step. NBT_ESTATE when it is shared. */
nbt_must_check int workspace_snapshot(struct workspace *workspace, const char *step,
                                      struct nbt_error *err);

/* Ends it; the copy is removed unless it is kept. Half-opened and empty ones too. */
void workspace_close(struct workspace *workspace, bool keep);

#endif
