#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nbtags/reader.h"

#define FILE_MAX  ((size_t)2 << 30)
#define FILE_MIN  ((size_t)64 << 10)
#define HUGE_PAGE ((size_t)2 << 20)
#define SILENCE_S 10

static int grow(char **bytes, size_t *capacity, const char *path, struct nbt_error *err)
{
    if (*capacity >= FILE_MAX)
        return nbt_error_set(err, NBT_ENOMEM,
                             "%s is larger than 2 GiB, the most that is read. Clear its outputs",
                             path);
    size_t wanted = *capacity < FILE_MIN ? FILE_MIN : 2 * *capacity;
    char *larger = realloc(*bytes, wanted);
    if (!larger)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for %s (%zu bytes so far)", path,
                             *capacity);
    *bytes = larger;
    *capacity = wanted;
    return 0;
}

/* A pipe's bytes may be long in coming, or never come: one that nobody writes to must not hang the
 * reader. */
static int wait_for_bytes(int fd, const char *path, struct nbt_error *err)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int ready;
    do
        ready = poll(&wait, 1, SILENCE_S * 1000);
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return nbt_error_set(err, NBT_EIO,
                             "cannot read %s: it is a pipe, and nothing came in %d seconds. Give "
                             "the path of a notebook file",
                             path, SILENCE_S);
    return ready > 0 ? 0 : nbt_error_errno(err, "cannot read %s", path);
}

static int read_all(int fd, const char *path, char **bytes, size_t capacity, size_t *ret_size,
                    struct nbt_error *err)
{
    size_t size = 0;
    for (;;) {
        if (size == capacity && grow(bytes, &capacity, path, err) < 0)
            return err ? err->code : NBT_ENOMEM;
        if (wait_for_bytes(fd, path, err) < 0)
            return err ? err->code : NBT_EIO;
        ssize_t got = read(fd, *bytes + size, capacity - size);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            return nbt_error_errno(err, "cannot read %s", path);
        if (got == 0)
            break;
        size += (size_t)got;
    }
    *ret_size = size;
    return 0;
}

/* Faulting in 50 MB page by page takes longer than scanning it: large buffers ask for huge pages.
 */
static char *buffer_new(size_t *capacity)
{
    if (*capacity < 2 * HUGE_PAGE)
        return malloc(*capacity);
    *capacity = (*capacity + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    char *bytes = aligned_alloc(HUGE_PAGE, *capacity);
    if (bytes)
        madvise(bytes, *capacity, MADV_HUGEPAGE);
    return bytes;
}

/* Reads rather than maps: Jupyter saves in place, and a mapped file that is cut short while it is
 * read kills the reader. */
static int load(struct nbt_notebook *notebook, int fd, const char *path, struct nbt_error *err)
{
    struct nbt_private *priv = nbt_private(notebook);
    if (fstat(fd, &priv->file) < 0)
        return nbt_error_errno(err, "cannot read %s", path);
    if (!S_ISREG(priv->file.st_mode) && !S_ISFIFO(priv->file.st_mode))
        return nbt_error_set(err, NBT_EIO, "cannot read %s: %s. Give the path of a notebook file",
                             path, S_ISDIR(priv->file.st_mode) ? "Is a directory" : "Not a file");
    size_t expected = priv->file.st_size > 0 ? (size_t)priv->file.st_size + 1 : FILE_MIN;
    if (expected > FILE_MAX)
        return nbt_error_set(err, NBT_ENOMEM,
                             "%s is larger than 2 GiB, the most that is read. Clear its outputs",
                             path);
    priv->bytes = buffer_new(&expected);
    if (!priv->bytes)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for %s (%zu bytes)", path, expected);
    notebook->text = priv->bytes;
    int rc = read_all(fd, path, &priv->bytes, expected, &notebook->size, err);
    notebook->text = priv->bytes;
    return rc;
}

static int load_file(struct nbt_notebook *notebook, const char *path, struct nbt_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return nbt_error_errno(err, "cannot open the notebook %s", path);
    int rc = load(notebook, fd, path, err);
    close(fd);
    return rc;
}

static int interpret(struct nbt_notebook *notebook, struct nbt_error *err)
{
    struct nbt_span metadata = {0};
    int rc = nbt_document_read(notebook, &metadata, err);
    if (rc == 0)
        rc = nbt_metadata_read(notebook, metadata, err);
    if (rc == 0)
        rc = nbt_katib_read(notebook, err);
    if (rc == 0)
        rc = nbt_roles_read(notebook, err);
    if (rc == 0)
        rc = nbt_parameters_read(notebook, err);
    if (rc == 0)
        rc = nbt_metrics_read(notebook, err);
    if (rc == 0 && nbt_private(notebook)->failed)
        rc = nbt_error_set(err, NBT_ENOMEM, "no memory to read %s", notebook->path);
    nbt_diagnostics_sort(notebook);
    return rc;
}

static int finish(struct nbt_notebook **ret_notebook, struct nbt_notebook *notebook, int rc,
                  struct nbt_error *err)
{
    if (rc == 0)
        rc = interpret(notebook, err);
    if (rc < 0)
        nbt_free(notebook);
    else
        *ret_notebook = notebook;
    return rc;
}

static struct nbt_notebook *begin(const char *name, struct nbt_error *err)
{
    struct nbt_notebook *notebook = nbt_notebook_new();
    if (notebook && !(notebook->path = nbt_arena_text(notebook, name, strlen(name)))) {
        nbt_free(notebook);
        notebook = NULL;
    }
    if (!notebook)
        nbt_error_set(err, NBT_ENOMEM, "no memory to read %s", name);
    return notebook;
}

int nbt_read(struct nbt_notebook **ret_notebook, const char *path, struct nbt_error *err)
{
    struct nbt_error own = NBT_ERROR_INIT;
    err = err ? err : &own;
    struct nbt_notebook *notebook = begin(path, err);
    if (!notebook)
        return NBT_ENOMEM;
    return finish(ret_notebook, notebook, load_file(notebook, path, err), err);
}

int nbt_read_bytes(struct nbt_notebook **ret_notebook, const char *name, const void *data,
                   size_t size, struct nbt_error *err)
{
    struct nbt_error own = NBT_ERROR_INIT;
    err = err ? err : &own;
    struct nbt_notebook *notebook = begin(name, err);
    if (!notebook)
        return NBT_ENOMEM;
    struct nbt_private *priv = nbt_private(notebook);
    int rc = 0;
    priv->bytes = malloc(size + 1);
    if (!priv->bytes)
        rc = nbt_error_set(err, NBT_ENOMEM, "no memory to read %s", name);
    else if (size)
        memcpy(priv->bytes, data, size);
    notebook->text = priv->bytes;
    notebook->size = size;
    return finish(ret_notebook, notebook, rc, err);
}
