/*
 * The program that runs a trial in any image: the static nbkatib (scripts/portable), one for each
 * processor, compressed by gzip and cut into parts that fit a ConfigMap.
 *
 * Looked for, for each processor, in this order:
 *
 *     $NBKATIB_RUNNERS/ARCH/nbkatib
 *     the running program, when it is such a one
 *     ../portable/ARCH/nbkatib from its folder (a checkout's build folder)
 *     ../share/nbkatib/portable/ARCH/nbkatib from its folder
 */
#ifndef ENGINE_KATIB_PROGRAMS_H
#define ENGINE_KATIB_PROGRAMS_H

#include <stddef.h>

#include "nbtags/error.h"

#define KATIB_PROGRAMS  2
#define KATIB_PART_SIZE ((size_t)688 << 10) /* bytes; under 1 MiB as base64 too */

struct katib_program {
    const char *arch;       /* as uname -m has it: "x86_64", "aarch64" */
    const char *kubernetes; /* as the label kubernetes.io/arch has it: "amd64", "arm64" */
    char sha256[65];        /* of the program, hex */
    char *packed;           /* owned; gzip */
    size_t size;            /* of packed, bytes */
};

struct katib_programs {
    struct katib_program items[KATIB_PROGRAMS];
    size_t n;
};

/* At least one; NBT_EUNSUPPORTED, with what to do, when there is none. Runs gzip. */
nbt_must_check int katib_programs_load(struct katib_programs *ret, struct nbt_error *err);
void katib_programs_fini(struct katib_programs *programs);

size_t katib_program_parts(const struct katib_program *program);

#endif
