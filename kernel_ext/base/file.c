#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/scope.h"

static int read_all(int fd, const char *path, size_t maximum, char **ret_data, size_t *ret_length,
                    struct nbt_error *err)
{
    size_t capacity = 4096;
    struct stat info;
    if (fstat(fd, &info) == 0 && info.st_size > 0 && (size_t)info.st_size < maximum)
        capacity = (size_t)info.st_size + 2;
    auto_free char *data = malloc(capacity);
    size_t length = 0;
    while (data) {
        ssize_t n = read(fd, data + length, capacity - length - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return nbt_error_errno(err, "cannot read %s", path);
        if (n == 0)
            break;
        length += (size_t)n;
        if (length > maximum)
            return nbt_error_set(err, NBT_EINVAL,
                                 "%s is larger than the %zu bytes that it may have", path, maximum);
        if (length + 1 < capacity)
            continue;
        char *more = realloc(data, capacity *= 2);
        if (!more)
            return nbt_error_set(err, NBT_ENOMEM, "no memory to read %s", path);
        data = more;
    }
    if (!data)
        return nbt_error_set(err, NBT_ENOMEM, "no memory to read %s", path);
    data[length] = '\0';
    *ret_data = TAKE(data);
    *ret_length = length;
    return 0;
}

int file_read(const char *path, size_t maximum, char **ret_data, size_t *ret_length,
              struct nbt_error *err)
{
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return nbt_error_errno(err, "cannot open %s", path);
    struct stat info;
    if (fstat(fd, &info) < 0)
        return nbt_error_errno(err, "cannot look at %s", path);
    if (!S_ISREG(info.st_mode))
        return nbt_error_set(err, NBT_EINVAL, "cannot read %s: %s. Give the path of a file", path,
                             S_ISDIR(info.st_mode) ? "Is a directory" : "Not a file");
    return read_all(fd, path, maximum, ret_data, ret_length, err);
}

int file_write_all(int fd, const void *data, size_t length, struct nbt_error *err)
{
    const char *at = data;
    while (length > 0) {
        ssize_t n = write(fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return nbt_error_errno(err, "cannot write");
        at += n;
        length -= (size_t)n;
    }
    return 0;
}

char *file_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

int file_sync_folder(const char *path, struct nbt_error *err)
{
    auto_free char *folder = file_folder(path);
    if (!folder)
        return nbt_error_set(err, NBT_ENOMEM, "no memory to write %s", path);
    auto_close int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some filesystems refuse fsync on folders; the rename has happened all the same. */
    if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL && errno != EROFS))
        return nbt_error_errno(err, "cannot make the change of %s durable", path);
    return 0;
}

static int fill(int fd, const void *data, size_t length, mode_t mode, bool durable,
                struct nbt_error *err)
{
    int code = file_write_all(fd, data, length, err);
    if (code < 0)
        return code;
    if (fchmod(fd, mode) < 0)
        return nbt_error_errno(err, "cannot set the mode");
    if (durable && fsync(fd) < 0)
        return nbt_error_errno(err, "cannot make it durable");
    return 0;
}

static int replace(const char *path, const void *data, size_t length, mode_t mode, bool durable,
                   struct nbt_error *err)
{
    struct stat info;
    if (stat(path, &info) == 0)
        mode = info.st_mode & 07777;
    auto_free char *temporary = NULL;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
        temporary = NULL;
        return nbt_error_set(err, NBT_ENOMEM, "no memory to write %s", path);
    }
    auto_close int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return nbt_error_errno(err, "cannot write %s", path);
    int code = fill(fd, data, length, mode, durable, err);
    if (code == 0 && rename(temporary, path) < 0)
        code = nbt_error_errno(err, "cannot replace it");
    if (code < 0) {
        unlink(temporary);
        nbt_error_prefix(err, "%s", path);
        return code;
    }
    return durable ? file_sync_folder(path, err) : 0;
}

int file_write_atomic(const char *path, const void *data, size_t length, mode_t mode,
                      struct nbt_error *err)
{
    return replace(path, data, length, mode, true, err);
}

int file_replace(const char *path, const void *data, size_t length, mode_t mode,
                 struct nbt_error *err)
{
    return replace(path, data, length, mode, false, err);
}

int file_mkdir_all(const char *path, mode_t mode, struct nbt_error *err)
{
    auto_free char *copy = strdup(path);
    if (!copy)
        return nbt_error_set(err, NBT_ENOMEM, "no memory to make %s", path);
    for (char *at = copy + 1;; at++) {
        char c = *at;
        if (c != '/' && c != '\0')
            continue;
        *at = '\0';
        if (mkdir(copy, mode) < 0 && errno != EEXIST)
            return nbt_error_errno(err, "cannot make the folder %s", copy);
        *at = c;
        if (c == '\0')
            break;
    }
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISDIR(info.st_mode))
        return nbt_error_set(err, NBT_EEXIST, "%s is there and is not a folder", path);
    return 0;
}

int file_real_path(const char *path, char **ret_path, struct nbt_error *err)
{
    char *real = realpath(path, NULL);
    if (!real)
        return nbt_error_errno(err, "cannot find %s", path);
    *ret_path = real;
    return 0;
}

char *file_join(const char *folder, const char *name)
{
    char *path;
    size_t length = strlen(folder);
    const char *slash = length > 0 && folder[length - 1] == '/' ? "" : "/";
    return asprintf(&path, "%s%s%s", folder, slash, name) < 0 ? NULL : path;
}

const char *file_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool file_is_network(const char *path)
{
    static const unsigned long magics[] = {
        0x6969,     0xFF534D42, 0xFE534D42, 0x517B,     0x65735546, 0x01021997,
        0x5346414F, 0x73757245, 0x00C36400, 0x0BD00BD0, 0x47504653, 0x7461636F,
    };
    struct statfs info;
    if (statfs(path, &info) < 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(magics); i++)
        if (((unsigned long)info.f_type & 0xFFFFFFFFUL) == magics[i])
            return true;
    return false;
}
