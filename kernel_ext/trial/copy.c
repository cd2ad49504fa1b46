#include "trial/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"

#define DEPTH_MAX 128

struct copy {
    const struct copy_options *options;
    struct copy_result result;
    const char *root; /* absolute path of the original */
    struct buf path;  /* of the folder at hand, below root, "" or "a/b/" */
    bool no_reflink;  /* the filesystem said so once: not asked again */
    struct nbt_error *err;
};

static int copy_folder(struct copy *copy, int from, int to, int depth);

/* Vanished or unreadable: the kernel could not have read it either. */
static bool passed_over(int error)
{
    return error == ENOENT || error == EACCES || error == ESTALE || error == ELOOP;
}

static int too_large(const struct copy *copy)
{
    const struct copy_options *options = copy->options;
    if (copy->result.files > options->max_files)
        return nbt_error_set(copy->err, NBT_EUNSUPPORTED, "the folder holds more than %lld files",
                             (long long)options->max_files);
    if (copy->result.bytes > options->max_bytes)
        return nbt_error_set(copy->err, NBT_EUNSUPPORTED, "the folder holds more than %lld MiB",
                             (long long)(options->max_bytes >> 20));
    return 0;
}

static int copy_by_hand(int from, int to, struct nbt_error *err)
{
    char block[65536];
    for (;;) {
        ssize_t n = read(from, block, sizeof block);
        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return nbt_error_errno(err, "cannot read a file");
        int code = file_write_all(to, block, (size_t)n, err);
        if (code < 0)
            return code;
    }
}

static int copy_bytes(int from, int to, struct nbt_error *err)
{
    for (;;) {
        ssize_t n = copy_file_range(from, NULL, to, NULL, (size_t)1 << 30, 0);
        if (n == 0)
            return 0;
        if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
            return nbt_error_errno(err, "cannot copy a file");
        if (n < 0 && errno != EINTR)
            return copy_by_hand(from, to, err);
    }
}

static int copy_content(struct copy *copy, int from, int to, const struct stat *stat)
{
    if (!copy->no_reflink && stat->st_size > 0) {
        copy->no_reflink = ioctl(to, FICLONE, from) != 0;
        copy->result.reflinked = !copy->no_reflink;
        if (!copy->no_reflink)
            return 0;
    }
    copy->result.bytes += stat->st_size;
    int code = too_large(copy);
    return code < 0 ? code : copy_bytes(from, to, copy->err);
}

static int copy_file(struct copy *copy, int from_dir, int to_dir, const char *name)
{
    struct stat stat;
    auto_close int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (from < 0 && passed_over(errno))
        return 0;
    if (from < 0 || fstat(from, &stat) < 0)
        return nbt_error_errno(copy->err, "cannot read %s%s", buf_text(&copy->path), name);
    auto_close int to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0)
        return nbt_error_errno(copy->err, "cannot create %s%s", buf_text(&copy->path), name);
    int code = copy_content(copy, from, to, &stat);
    if (code < 0)
        return nbt_error_prefix(copy->err, "%s%s", buf_text(&copy->path), name);
    const struct timespec times[2] = {stat.st_atim, stat.st_mtim};
    fchmod(to, stat.st_mode & 0777);
    futimens(to, times);
    return 0;
}

/* How many folders deep a relative link climbs above the copied tree; such a link would miss its
 * target from elsewhere. */
static bool climbs_out(const char *target, int depth)
{
    while (*target != '\0') {
        size_t length = strcspn(target, "/");
        if (length == 2 && target[0] == '.' && target[1] == '.')
            depth--;
        else if (length > 0 && !(length == 1 && target[0] == '.'))
            depth++;
        if (depth < 0)
            return true;
        target += length;
        target += *target == '/';
    }
    return false;
}

static int make_link(struct copy *copy, int to_dir, const char *name, const char *target)
{
    if (symlinkat(target, to_dir, name) < 0)
        return nbt_error_errno(copy->err, "cannot create the link %s%s", buf_text(&copy->path),
                               name);
    return 0;
}

static int copy_link(struct copy *copy, int from_dir, int to_dir, const char *name, int depth)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(from_dir, name, target, sizeof target - 1);
    if (length < 0)
        return passed_over(errno) ? 0 : nbt_error_errno(copy->err, "cannot read the link %s", name);
    target[length] = '\0';
    if (target[0] == '/' || !climbs_out(target, depth))
        return make_link(copy, to_dir, name, target);
    CLEANUP(buf_fini) struct buf absolute = buf_init(4 * (size_t)PATH_MAX);
    buf_printf(&absolute, "%s/%s%s", copy->root, buf_text(&copy->path), target);
    return make_link(copy, to_dir, name, buf_text(&absolute));
}

static bool is_excluded(const struct copy *copy, const char *name, const struct stat *stat)
{
    if (strcmp(name, ".ipynb_checkpoints") == 0)
        return true;
    for (size_t i = 0; i < copy->options->n_excluded; i++)
        if (copy->options->excluded[i].device == stat->st_dev &&
            copy->options->excluded[i].inode == stat->st_ino)
            return true;
    return false;
}

static bool is_environment(int folder)
{
    return faccessat(folder, "pyvenv.cfg", F_OK, 0) == 0 ||
           faccessat(folder, "conda-meta", F_OK, 0) == 0;
}

static int enter(struct copy *copy, int from, int to_dir, const char *name, const struct stat *stat,
                 int depth)
{
    if (mkdirat(to_dir, name, 0700) < 0)
        return nbt_error_errno(copy->err, "cannot create %s%s", buf_text(&copy->path), name);
    int to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (to < 0)
        return nbt_error_errno(copy->err, "cannot open %s%s", buf_text(&copy->path), name);
    size_t length = copy->path.length;
    buf_printf(&copy->path, "%s/", name);
    int code = copy_folder(copy, from, to, depth + 1);
    if (copy->path.data != NULL && code == 0) {
        copy->path.data[length] = '\0';
        copy->path.length = length;
    }
    fchmod(to, (stat->st_mode & 0777) | 0700);
    close(to);
    return code;
}

static int copy_subfolder(struct copy *copy, int from_dir, int to_dir, const char *name,
                          const struct stat *stat, int depth)
{
    auto_close int from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0)
        return passed_over(errno)
                   ? 0
                   : nbt_error_errno(copy->err, "cannot open %s%s", buf_text(&copy->path), name);
    if (depth >= DEPTH_MAX)
        return nbt_error_set(copy->err, NBT_EUNSUPPORTED,
                             "its folders are nested more than %d deep", DEPTH_MAX);
    if (!is_environment(from))
        return enter(copy, from, to_dir, name, stat, depth);
    CLEANUP(buf_fini) struct buf original = buf_init(4 * (size_t)PATH_MAX);
    buf_printf(&original, "%s/%s%s", copy->root, buf_text(&copy->path), name);
    return make_link(copy, to_dir, name, buf_text(&original));
}

static int copy_entry(struct copy *copy, int from, int to, const char *name, int depth)
{
    struct stat stat;
    if (fstatat(from, name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
        return passed_over(errno) ? 0 : nbt_error_errno(copy->err, "cannot read %s", name);
    if (is_excluded(copy, name, &stat))
        return 0;
    copy->result.files++;
    int code = too_large(copy);
    if (code < 0)
        return code;
    if (S_ISREG(stat.st_mode))
        return copy_file(copy, from, to, name);
    if (S_ISLNK(stat.st_mode))
        return copy_link(copy, from, to, name, depth);
    if (S_ISDIR(stat.st_mode))
        return copy_subfolder(copy, from, to, name, &stat, depth);
    return 0;
}

static int copy_folder(struct copy *copy, int from, int to, int depth)
{
    int code = 0;
    DIR *folder = fdopendir(dup(from));
    if (folder == NULL)
        return nbt_error_errno(copy->err, "cannot list %s/%s", copy->root, buf_text(&copy->path));
    for (struct dirent *entry; code == 0 && (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            code = copy_entry(copy, from, to, entry->d_name, depth);
    closedir(folder);
    return code;
}

/* -1 when it is none, or its files are not copied. */
static int open_to_copy(const struct copy *copy, int parent, const char *name)
{
    struct stat stat;
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return -1;
    if (fstat(folder, &stat) == 0 && !is_excluded(copy, name, &stat) && !is_environment(folder))
        return folder;
    close(folder);
    return -1;
}

/* A folder of too many files is told before the first of them is copied, in vain, for each trial. */
static int count_files(struct copy *copy, int from, int depth)
{
    int code = 0;
    DIR *folder = fdopendir(from);
    for (struct dirent *entry; folder && code == 0 && (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        copy->result.files++;
        code = too_large(copy);
        bool deeper = entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN;
        int below = code == 0 && deeper ? open_to_copy(copy, dirfd(folder), entry->d_name) : -1;
        if (below >= 0 && depth < DEPTH_MAX)
            code = count_files(copy, below, depth + 1);
        else if (below >= 0)
            close(below);
    }
    if (folder)
        closedir(folder);
    else
        close(from);
    return code;
}

static int count_and_copy(struct copy *copy, int from, int to)
{
    int again = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = again < 0 ? 0 : count_files(copy, again, 0);
    copy->result.files = 0;
    return code < 0 ? code : copy_folder(copy, from, to, 0);
}

int copy_tree(const char *from, const char *to, const struct copy_options *options,
              struct copy_result *ret_result, struct nbt_error *err)
{
    auto_free char *root = NULL;
    int code = file_real_path(from, &root, err);
    if (code < 0)
        return code;
    auto_close int source = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (source < 0)
        return nbt_error_errno(err, "cannot open the folder %s", root);
    if (mkdir(to, 0700) < 0)
        return nbt_error_errno(err, "cannot create %s", to);
    auto_close int target = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (target < 0)
        return nbt_error_errno(err, "cannot open %s", to);
    struct stat made;
    struct copy_id ids[16];
    struct copy_options own = *options;
    size_t n = options->n_excluded < COUNT_OF(ids) - 1 ? options->n_excluded : COUNT_OF(ids) - 1;
    for (size_t i = 0; i < n; i++)
        ids[i] = options->excluded[i];
    /* A copy below its original must not copy itself. */
    if (fstat(target, &made) == 0)
        ids[n++] = (struct copy_id){made.st_dev, made.st_ino};
    own.excluded = ids;
    own.n_excluded = n;
    struct copy copy = {.options = &own, .root = root, .err = err};
    copy.path = buf_init((size_t)DEPTH_MAX * 512);
    code = count_and_copy(&copy, source, target);
    buf_fini(&copy.path);
    if (code < 0) {
        struct nbt_error ignored = NBT_ERROR_INIT;
        if (file_remove_tree(to, &ignored) < 0)
            nbt_error_prefix(err, "%s is left behind", to);
        return code;
    }
    *ret_result = copy.result;
    return 0;
}
