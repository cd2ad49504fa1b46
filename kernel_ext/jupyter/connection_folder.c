#include "jupyter/connection_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/scope.h"
#include "jupyter/connection.h"

/* sun_path holds 107 bytes; the name of a folder and of a socket in it take at most 40 of them. */
#define PARENT_MAX 60

/* A folder of this user that nobody else can enter or replace. */
static bool is_private(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
           (info.st_mode & 077) == 0;
}

static bool use_parent(const char *path)
{
    return (mkdir(path, 0700) == 0 || errno == EEXIST) && is_private(path);
}

/* Where the folders of this user's connections are. */
static bool parent_path(char path[PARENT_MAX])
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (runtime && *runtime == '/') {
        int length = snprintf(path, PARENT_MAX, "%s/nbkatib", runtime);
        if (length < PARENT_MAX && use_parent(path))
            return true;
    }
    snprintf(path, PARENT_MAX, "/tmp/nbkatib-%ld", (long)geteuid());
    return use_parent(path);
}

/* A locked descriptor of a folder that is still the one at its path, or -1. */
static int lock_folder(int parent_fd, const char *name)
{
    struct stat opened, named;
    auto_close int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
        return -1;
    /* A sweep may have removed it between our mkdir and our lock. */
    if (fstat(fd, &opened) < 0 || fstatat(parent_fd, name, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
        opened.st_ino != named.st_ino)
        return -1;
    return TAKE_FD(fd);
}

static int create_in(const char *parent, char **ret_path, int *ret_lock_fd)
{
    static atomic_uint count;
    auto_close int parent_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int attempt = 0; attempt < 100; attempt++) {
        char name[32];
        snprintf(name, sizeof(name), "%ld-%u", (long)getpid(), atomic_fetch_add(&count, 1));
        if (parent_fd < 0 || mkdirat(parent_fd, name, 0700) < 0) {
            if (errno == EEXIST)
                continue;
            return -1;
        }
        int fd = lock_folder(parent_fd, name);
        if (fd < 0)
            continue;
        *ret_path = file_join(parent, name);
        *ret_lock_fd = fd;
        return 0;
    }
    errno = EEXIST;
    return -1;
}

int connection_folder_create(char **ret_path, int *ret_lock_fd, struct nbt_error *err)
{
    char parent[PARENT_MAX];
    connection_sweep();
    if (!parent_path(parent))
        return nbt_error_set(err, NBT_EIO,
                             "%s cannot be used for the kernel's sockets: it must be a folder of "
                             "this user with mode "
                             "0700; remove it, or set XDG_RUNTIME_DIR to a folder of yours",
                             parent);
    if (create_in(parent, ret_path, ret_lock_fd) < 0)
        return nbt_error_errno(err, "cannot make a folder for the kernel's sockets in %s", parent);
    return 0;
}

void connection_folder_remove(const char *path, int lock_fd)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    /* What cannot be removed now is removed by the next sweep. */
    if (path && file_remove_tree(path, &ignored) < 0)
        nbt_error_clear(&ignored);
    if (lock_fd >= 0)
        close(lock_fd);
}

static bool sweep_one(int parent_fd, const char *parent, const char *name)
{
    int fd = lock_folder(parent_fd, name);
    if (fd < 0)
        return false;
    auto_free char *path = file_join(parent, name);
    connection_folder_remove(path, fd);
    return true;
}

int connection_sweep(void)
{
    char parent[PARENT_MAX];
    int removed = 0;
    DIR *folder = parent_path(parent) ? opendir(parent) : NULL;
    if (!folder)
        return 0;
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        if (entry->d_name[0] != '.' && sweep_one(dirfd(folder), parent, entry->d_name))
            removed++;
    closedir(folder);
    return removed;
}
