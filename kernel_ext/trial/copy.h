/*
 * Copies a folder with everything in it: files by reflink where the filesystem can, links as links,
 * times and modes kept. Sockets, pipes and devices are left out, and what vanishes or may not be
 * read while it is copied.
 *
 *     struct copy_options options = {.max_bytes = 1 << 30, .max_files = 100000};
 *     if (copy_tree("/home/me/nb", "/state/t1/work", &options, &result, &err) < 0) ...
 */
#ifndef TRIAL_COPY_H
#define TRIAL_COPY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "nbtags/error.h"

struct copy_id {
    dev_t device;
    ino_t inode;
};

struct copy_options {
    const struct copy_id *excluded; /* folders that are not copied */
    size_t n_excluded;
    int64_t max_bytes; /* of files that cannot share their blocks */
    int64_t max_files;
};

struct copy_result {
    int64_t files, bytes; /* bytes that were copied, not shared */
    bool reflinked; /* at least one file, and every file that has bytes, shares its blocks with the
                       original */
};

/* `to` must not exist. Virtual environments (pyvenv.cfg, conda-meta) become links to the original:
 * they are read, not written. NBT_EUNSUPPORTED, with the part that was copied removed, when a limit
 * is passed; NBT_EIO. */
nbt_must_check int copy_tree(const char *from, const char *to, const struct copy_options *options,
                             struct copy_result *ret_result, struct nbt_error *err);

#endif
