/*
 * What a trial reads besides its program: the notebook, without outputs, and the Python modules
 * beside it that it imports, with those that they import.
 */
#ifndef ENGINE_KATIB_FILES_H
#define ENGINE_KATIB_FILES_H

#include <jansson.h>
#include <stddef.h>

#include "experiment/experiment.h"
#include "nbtags/nbtags.h"

#define KATIB_FILES_MAX ((size_t)900 << 10) /* bytes in all: what one ConfigMap holds */

struct katib_file {
    char *path; /* owned; relative to the notebook's folder */
    char *data; /* owned */
    size_t size;
};

struct katib_files {
    struct katib_file *items; /* owned; the notebook first */
    size_t n;
    size_t size;    /* bytes in all */
    char *left_out; /* owned; a file that the notebook names and that is too large, or NULL */
};

/* `folder` is the notebook's; NULL: only the notebook. Reads files; one that is not there is no
 * module. */
nbt_must_check int katib_files_collect(struct katib_files *ret, const struct nbt_notebook *notebook,
                                       const char *folder, struct nbt_error *err);
void katib_files_fini(struct katib_files *files);

/* Problems: too large for a ConfigMap; something was left out. */
void katib_files_check(const struct katib_files *files, struct experiment_problems *problems);

#endif
