#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"

static int empty(int dirfd, int depth, struct nbt_error *err);

static int remove_entry(int dirfd, const char *name, int depth, struct nbt_error *err)
{
    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return nbt_error_errno(err, "cannot remove %s", name);
    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : nbt_error_errno(err, "cannot open %s", name);
    int code = empty(fd, depth + 1, err);
    if (code < 0)
        return code;
    if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return nbt_error_errno(err, "cannot remove the folder %s", name);
    return 0;
}

/* Takes the descriptor. A folder that its owner made unwritable is opened up first. */
static int empty(int dirfd, int depth, struct nbt_error *err)
{
    fchmod(dirfd, 0700);
    DIR *folder = fdopendir(dirfd);
    if (!folder || depth > 256) {
        int code = folder ? nbt_error_set(err, NBT_EINVAL, "folders are nested more than 256 deep")
                          : nbt_error_errno(err, "cannot list a folder");
        folder ? closedir(folder) : close(dirfd);
        return code;
    }
    int code = 0;
    for (struct dirent *entry; code == 0 && (entry = readdir(folder));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            code = remove_entry(dirfd, entry->d_name, depth, err);
    closedir(folder);
    return code;
}

int file_remove_tree(const char *path, struct nbt_error *err)
{
    int code = remove_entry(AT_FDCWD, path, 0, err);
    if (code < 0)
        nbt_error_prefix(err, "%s", path);
    return code;
}
