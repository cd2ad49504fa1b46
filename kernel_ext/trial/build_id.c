#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "trial/trial.h"

static char build_id[65];
static pthread_once_t build_id_once = PTHREAD_ONCE_INIT;

/* The GNU build id in one segment of notes; "" stays when it is not there. */
static void from_notes(const char *notes, size_t size)
{
    for (size_t at = 0; at + sizeof(ElfW(Nhdr)) <= size;) {
        ElfW(Nhdr) note;
        memcpy(&note, notes + at, sizeof note);
        const char *name = notes + at + sizeof note;
        const unsigned char *bytes = (const unsigned char *)name + ((note.n_namesz + 3u) & ~3u);
        size_t whole = sizeof note + ((note.n_namesz + 3u) & ~3u) + ((note.n_descsz + 3u) & ~3u);
        if (at + whole > size)
            return;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(name, "GNU", 4) == 0)
            for (size_t i = 0; i < note.n_descsz && 2 * i + 2 < sizeof build_id; i++)
                snprintf(build_id + 2 * i, 3, "%02x", bytes[i]);
        at += whole;
    }
}

/* The first object is the program itself. */
static int on_object(struct dl_phdr_info *info, size_t size, void *self)
{
    (void)size;
    (void)self;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_NOTE)
            from_notes((const char *)(info->dlpi_addr + segment->p_vaddr),
                       segment->p_memsz); /* NOLINT */
    }
    return 1;
}

/* A linker that leaves no build id is answered by the program's own bytes. */
static void find_build_id(void)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    dl_iterate_phdr(on_object, NULL);
    if (build_id[0] == '\0' && file_sha256("/proc/self/exe", build_id, &ignored) < 0)
        snprintf(build_id, sizeof build_id, "unknown");
}

const char *trial_build_id(void)
{
    pthread_once(&build_id_once, find_build_id);
    return build_id;
}
