#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nbtags/edit.h"
#include "nbtags/internal.h"

struct file {
    char *path;      /* past symbolic links */
    char *temporary; /* beside it */
    int fd;          /* of the temporary one */
    struct stat before;
    struct nbt_error *err;
};

static int changed(const struct file *file)
{
    return nbt_error_set(
        file->err, NBT_ESTATE,
        "%s changed since it was read, so nothing was written. Read it again, then "
        "repeat the change",
        file->path);
}

static bool same_bytes(int fd, const char *text, size_t size)
{
    char buffer[64 * 1024];
    size_t at = 0;
    for (;;) {
        ssize_t n = read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 && at == size;
        if ((size_t)n > size - at || memcmp(buffer, text + at, (size_t)n) != 0)
            return false;
        at += (size_t)n;
    }
}

/* Compares contents, not times: a file that was only touched may be written. */
static int check_unchanged(struct file *file, const struct nbt_notebook *notebook)
{
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return nbt_error_errno(file->err, "cannot read %s", file->path);
    int rc = 0;
    if (fstat(fd, &file->before) < 0)
        rc = nbt_error_errno(file->err, "cannot read %s", file->path);
    else if (!S_ISREG(file->before.st_mode) || !same_bytes(fd, notebook->text, notebook->size))
        rc = changed(file);
    close(fd);
    return rc;
}

/* Just before the rename: nobody wrote while we did. */
static int check_untouched(const struct file *file)
{
    struct stat now;
    if (stat(file->path, &now) < 0)
        return nbt_error_errno(file->err, "cannot read %s", file->path);
    const struct stat *before = &file->before;
    bool same = now.st_dev == before->st_dev && now.st_ino == before->st_ino &&
                now.st_size == before->st_size && now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
                now.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
    return same ? 0 : changed(file);
}

static int open_temporary(struct file *file)
{
    const char *slash = strrchr(file->path, '/');
    int folder = (int)(slash - file->path);
    if (asprintf(&file->temporary, "%.*s/.nbkatib-XXXXXX", folder, file->path) < 0) {
        file->temporary = NULL;
        return nbt_error_set(file->err, NBT_ENOMEM, "no memory to save %s", file->path);
    }
    file->fd = mkostemp(file->temporary, O_CLOEXEC);
    if (file->fd >= 0)
        return 0;
    int rc = nbt_error_errno(file->err, "cannot write into the folder of %s", file->path);
    free(file->temporary);
    file->temporary = NULL;
    return rc;
}

static int write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        text += n;
        size -= (size_t)n;
    }
    return 0;
}

/* The owner is kept where we may give files away; who may not, owns what they write. */
static int keep_mode_and_owner(const struct file *file)
{
    const struct stat *before = &file->before;
    if (fchown(file->fd, before->st_uid, before->st_gid) < 0 &&
        fchown(file->fd, (uid_t)-1, before->st_gid) < 0 && errno != EPERM)
        return -1;
    return fchmod(file->fd, before->st_mode & 07777);
}

static int fill_temporary(struct file *file, const char *text, size_t size)
{
    if (write_all(file->fd, text, size) < 0 || keep_mode_and_owner(file) < 0 || fsync(file->fd) < 0)
        return nbt_error_errno(file->err, "cannot write %s", file->path);
    return 0;
}

/* So that the rename outlives a power cut. Some file systems cannot; the file itself is safe there
 * too. */
static void sync_folder(struct file *file)
{
    char *slash = strrchr(file->path, '/');
    *slash = '\0';
    int fd = open(*file->path ? file->path : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    *slash = '/';
}

static int replace(struct file *file)
{
    int rc = check_untouched(file);
    if (rc < 0)
        return rc;
    if (rename(file->temporary, file->path) < 0)
        return nbt_error_errno(file->err, "cannot replace %s", file->path);
    sync_folder(file);
    free(file->temporary);
    file->temporary = NULL;
    return 0;
}

static void file_fini(struct file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    if (file->temporary)
        unlink(file->temporary);
    free(file->temporary);
    free(file->path);
}

int nbt_save(const struct nbt_notebook *notebook, const char *text, size_t size,
             struct nbt_error *err)
{
    struct file file = {.fd = -1, .err = err};
    if (nbt_private(notebook)->file.st_nlink == 0)
        return nbt_error_set(
            err, NBT_EINVAL,
            "%s was not read from a file and cannot be saved. Read it from its file",
            notebook->path);
    file.path = realpath(notebook->path, NULL);
    if (!file.path)
        return nbt_error_errno(err, "cannot save %s", notebook->path);
    int rc = check_unchanged(&file, notebook);
    if (rc == 0)
        rc = open_temporary(&file);
    if (rc == 0)
        rc = fill_temporary(&file, text, size);
    if (rc == 0)
        rc = replace(&file);
    file_fini(&file);
    return rc;
}
