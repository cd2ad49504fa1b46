/*
 * Where kernelspecs are searched: the folders of jupyter_core's jupyter_path in their order, and
 * the Python that stands in for jupyter_client's own interpreter. That is the one of $VIRTUAL_ENV,
 * else of $CONDA_PREFIX, else the python3 on PATH (through pyenv's shims). For kernelspec.c and its
 * tests.
 */
#ifndef JUPYTER_KERNELSPEC_PATH_H
#define JUPYTER_KERNELSPEC_PATH_H

#include "nbtags/error.h"

#define KERNELSPEC_FOLDERS_MAX 64

struct kernelspec_paths {
    char *folders[KERNELSPEC_FOLDERS_MAX]; /* each holds <name>/kernel.json; n of them */
    int n;
    char *user;            /* the one of this user's own data, which need not exist */
    char *prefix;          /* sys.prefix of that Python; NULL when there is none */
    char *interpreter_dir; /* its bin folder; NULL when there is none */
};

nbt_must_check int kernelspec_paths_init(struct kernelspec_paths *ret_paths, struct nbt_error *err);
void kernelspec_paths_fini(struct kernelspec_paths *paths);

#endif
