#include "base/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "base/scope.h"

#define BLOCK 49152 /* bytes that are encoded at once; a multiple of 3 */

static int drain(int fd, struct buf *out, struct nbt_error *err)
{
    char block[65536];
    for (;;) {
        ssize_t n = read(fd, block, sizeof(block));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return nbt_error_errno(err, "cannot read what gzip wrote");
        if (n == 0)
            return buf_failed(out) ? nbt_error_set(err, NBT_ENOMEM, "gzip wrote too much") : 0;
        buf_add(out, block, (size_t)n);
    }
}

static int reap(struct process *process, struct nbt_error *err)
{
    int status = 0;
    char text[64];
    if (process_reap(process, -1, &status) == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    process_describe(status, text);
    return nbt_error_set(err, NBT_EIO, "gzip %s", text);
}

static int run_gzip(struct buf *out, const char *flags, int input, struct nbt_error *err)
{
    const char *const argv[] = {"gzip", flags, NULL};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return nbt_error_errno(err, "cannot make a pipe");
    struct process_map maps[] = {{0, input}, {1, ends[1]}};
    struct process_options options = {.argv = argv, .maps = maps, .n_maps = COUNT_OF(maps)};
    struct process process = {0};
    int result = process_start(&process, &options, err);
    close(ends[1]);
    if (result == 0) {
        int read = drain(ends[0], out, err);
        result = reap(&process, err);
        result = read < 0 ? read : result;
    }
    close(ends[0]);
    return result;
}

int pack_gzip(struct buf *out, const char *path, struct nbt_error *err)
{
    auto_close int input = open(path, O_RDONLY | O_CLOEXEC);
    if (input < 0)
        return nbt_error_errno(err, "cannot open %s", path);
    return run_gzip(out, "-9nc", input, err);
}

/* By way of memory that is a file, so that neither side waits for the other. */
int unpack_gzip(struct buf *out, const void *data, size_t length, struct nbt_error *err)
{
    auto_close int input = memfd_create("nbkatib", MFD_CLOEXEC);
    if (input < 0)
        return nbt_error_errno(err, "cannot make a file in memory");
    int result = file_write_all(input, data, length, err);
    if (result == 0 && lseek(input, 0, SEEK_SET) < 0)
        result = nbt_error_errno(err, "cannot seek in a file in memory");
    return result < 0 ? result : run_gzip(out, "-dc", input, err);
}

void pack_base64(struct buf *out, const void *data, size_t length)
{
    const unsigned char *bytes = data;
    char text[sodium_base64_ENCODED_LEN(BLOCK, sodium_base64_VARIANT_ORIGINAL)];
    for (size_t at = 0; at < length; at += BLOCK) {
        size_t n = length - at < BLOCK ? length - at : BLOCK;
        sodium_bin2base64(text, sizeof(text), bytes + at, n, sodium_base64_VARIANT_ORIGINAL);
        buf_puts(out, text);
    }
}

bool unpack_base64(struct buf *out, const char *text)
{
    size_t room = strlen(text) / 4 * 3 + 3, length = 0;
    auto_free unsigned char *bytes = malloc(room);
    if (!bytes || sodium_base642bin(bytes, room, text, strlen(text), NULL, &length, NULL,
                                    sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    buf_add(out, bytes, length);
    return true;
}
