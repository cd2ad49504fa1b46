#include "engine/katib/programs.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/pack.h"
#include "base/scope.h"

#define PROGRAM_MAX ((size_t)64 << 20)

static const struct {
    const char *arch, *kubernetes;
    uint16_t machine; /* of ELF */
} processors[KATIB_PROGRAMS] = {
    {"x86_64", "amd64", EM_X86_64},
    {"aarch64", "arm64", EM_AARCH64},
};

/* A program that asks for no dynamic loader runs whatever C library the image has. */
static bool is_static(const char *data, size_t size, uint16_t machine)
{
    Elf64_Ehdr head;
    if (size < sizeof(head))
        return false;
    memcpy(&head, data, sizeof(head));
    if (memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64 ||
        head.e_machine != machine)
        return false;
    for (size_t i = 0; i < head.e_phnum; i++) {
        Elf64_Phdr part;
        size_t at = head.e_phoff + i * sizeof(part);
        if (at > size || size - at < sizeof(part))
            return false;
        memcpy(&part, data + at, sizeof(part));
        if (part.p_type == PT_INTERP)
            return false;
    }
    return true;
}

/* Takes the file when it is a static program for the processor; 0 also when it is not. */
static int take(struct katib_programs *programs, size_t processor, const char *path,
                struct nbt_error *err)
{
    struct katib_program program = {.arch = processors[processor].arch,
                                    .kubernetes = processors[processor].kubernetes};
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_free char *data = NULL;
    size_t size = 0;
    if (file_read(path, PROGRAM_MAX, &data, &size, &ignored) < 0 ||
        !is_static(data, size, processors[processor].machine))
        return 0;
    CLEANUP(buf_fini) struct buf packed = buf_init(PROGRAM_MAX);
    int result = pack_gzip(&packed, path, err);
    if (result < 0)
        return result;
    file_sha256_bytes(data, size, program.sha256);
    program.size = packed.length;
    program.packed = buf_take(&packed);
    programs->items[programs->n++] = program;
    return 0;
}

/* The places, in order; the first that serves. */
static int find(struct katib_programs *programs, size_t processor, const char *folder,
                struct nbt_error *err)
{
    const char *given = getenv("NBKATIB_RUNNERS");
    const char *arch = processors[processor].arch;
    size_t before = programs->n;
    int result = 0;
    for (int place = 0; place < 4 && programs->n == before && result == 0; place++) {
        char *path = NULL;
        int made = -1;
        if (place == 0 && given && *given)
            made = asprintf(&path, "%s/%s/nbkatib", given, arch);
        else if (place == 1)
            made = asprintf(&path, "/proc/self/exe");
        else if (place > 1)
            made = asprintf(&path, "%s/../%s/%s/nbkatib", folder,
                            place == 2 ? "portable" : "share/nbkatib/portable", arch);
        if (made < 0)
            continue;
        result = take(programs, processor, path, err);
        free(path);
    }
    return result;
}

int katib_programs_load(struct katib_programs *ret, struct nbt_error *err)
{
    struct katib_programs programs = {0};
    auto_free char *self = NULL;
    int result = file_real_path("/proc/self/exe", &self, err);
    if (result < 0)
        return result;
    auto_free char *folder = file_folder(self);
    for (size_t i = 0; i < KATIB_PROGRAMS && result == 0; i++)
        result = folder ? find(&programs, i, folder, err) : NBT_ENOMEM;
    if (result == 0 && programs.n == 0)
        result = nbt_error_set(
            err, NBT_EUNSUPPORTED,
            "this nbkatib uses libraries of this machine, which a container image may lack, so "
            "that it cannot be sent to a cluster; install the wheel, or make static programs with "
            "scripts/portable and name their folder in NBKATIB_RUNNERS");
    if (result < 0) {
        katib_programs_fini(&programs);
        return result;
    }
    *ret = programs;
    return 0;
}

void katib_programs_fini(struct katib_programs *programs)
{
    for (size_t i = 0; i < programs->n; i++)
        free(programs->items[i].packed);
    *programs = (struct katib_programs){0};
}

size_t katib_program_parts(const struct katib_program *program)
{
    return (program->size + KATIB_PART_SIZE - 1) / KATIB_PART_SIZE;
}
