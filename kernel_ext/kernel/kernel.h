/*
 * The Jupyter kernel `nbkatib`: the verbs of the product over comms (JSON-RPC 2.0) and as a small
 * command language in cells.
 *
 * The loop's thread owns the channels and all state; what may block runs on workers (pool.h) and
 * comes back as a job. So the kernel answers at once, whatever runs.
 */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include "nbtags/error.h"

/* Serves until it is shut down or its starter ends; experiments outlive it. */
nbt_must_check int kernel_main(const char *connection_file, const char *version,
                               struct nbt_error *err);

#endif
