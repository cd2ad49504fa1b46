/*
 * The kernels that Jupyter servers of this user run, by the id that their interface knows: where
 * the connection file is (kernel-ID.json beside that of another kernel of the same server, else in
 * jupyter_core's jupyter_runtime_dir), and whether anybody still listens there. Nothing is started
 * or ended.
 *
 *     auto_free char *path = NULL;
 *     if (runtime_connection_file(&path, "5d1e0d8c-...", own_file, &err) == 0 &&
 *         runtime_listens(path)) ...
 */
#ifndef JUPYTER_RUNTIME_H
#define JUPYTER_RUNTIME_H

#include <stdbool.h>

#include "nbtags/error.h"

/* `beside`: a connection file that the server wrote, whose folder its configuration may have set;
 * NULL or "": none. NBT_EINVAL when the id is no id, or the file is not this user's; NBT_ENOTFOUND
 * when no kernel has it. The caller frees. */
nbt_must_check int runtime_connection_file(char **ret_path, const char *kernel_id,
                                           const char *beside, struct nbt_error *err);

/* True when a process listens at the kernel's shell channel. A kernel that is busy does, one that
 * was killed does not. */
bool runtime_listens(const char *connection_file);

#endif
