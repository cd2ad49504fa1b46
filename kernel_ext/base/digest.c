#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"

static void to_hex(char ret_hex[65], const unsigned char digest[crypto_hash_sha256_BYTES])
{
    sodium_bin2hex(ret_hex, 65, digest, crypto_hash_sha256_BYTES);
}

void file_sha256_bytes(const void *data, size_t length, char ret_hex[65])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, data, length);
    to_hex(ret_hex, digest);
}

int file_sha256(const char *path, char ret_hex[65], struct nbt_error *err)
{
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return nbt_error_errno(err, "cannot open %s", path);
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    unsigned char block[65536];
    for (;;) {
        ssize_t n = read(fd, block, sizeof(block));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return nbt_error_errno(err, "cannot read %s", path);
        if (n == 0)
            break;
        crypto_hash_sha256_update(&state, block, (size_t)n);
    }
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&state, digest);
    to_hex(ret_hex, digest);
    return 0;
}
