#include "engine/katib/files.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"

#define MODULE_MAX     ((size_t)1 << 20)
#define FILES_MAX      500
#define DEPTH_MAX      8
#define MODULE_NAME    128
#define NAME_MAX_BYTES 255

struct collecting {
    struct katib_files *files;
    const char *folder;
    struct nbt_error *err;
};

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the notebook's files");
}

/* Takes path and data. */
static int add(struct katib_files *files, char *path, char *data, size_t size,
               struct nbt_error *err)
{
    struct katib_file *items =
        path && data ? realloc(files->items, (files->n + 1) * sizeof(*items)) : NULL;
    if (!items) {
        free(path);
        free(data);
        return no_memory(err);
    }
    items[files->n++] = (struct katib_file){path, data, size};
    files->items = items;
    files->size += size;
    return 0;
}

/* Outputs are not what a trial reads, and often most of the file. */
static int add_notebook(struct katib_files *files, const struct nbt_notebook *notebook,
                        struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf text = buf_init(notebook->size + notebook->n_cells * 2 + 1);
    size_t at = 0;
    for (size_t i = 0; i < notebook->n_cells; i++) {
        struct nbt_span span = notebook->cells[i].outputs_span;
        if (span.length == 0 || span.offset < at)
            continue;
        buf_add(&text, notebook->text + at, span.offset - at);
        buf_puts(&text, "[]");
        at = span.offset + span.length;
    }
    buf_add(&text, notebook->text + at, notebook->size - at);
    size_t size = text.length;
    return add(files, strdup(file_base_name(notebook->path)), buf_take(&text), size, err);
}

/* Modules. */

static bool has(const struct katib_files *files, const char *path)
{
    for (size_t i = 0; i < files->n; i++) {
        if (strcmp(files->items[i].path, path) == 0)
            return true;
    }
    return false;
}

static int add_module(const struct collecting *c, const char *path)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_free char *whole = file_join(c->folder, path);
    char *data = NULL;
    size_t size;
    if (!whole)
        return no_memory(c->err);
    if (has(c->files, path) || c->files->n >= FILES_MAX ||
        file_read(whole, MODULE_MAX, &data, &size, &ignored) < 0)
        return 0;
    return add(c->files, strdup(path), data, size, c->err);
}

static bool is_python(const char *name)
{
    size_t length = strlen(name);
    return length > 3 && strcmp(name + length - 3, ".py") == 0;
}

/* All of a package: what of it is used is not to be seen from outside. */
static int add_package(const struct collecting *c, const char *path, int depth)
{
    auto_free char *whole = file_join(c->folder, path);
    DIR *folder = whole && depth < DEPTH_MAX ? opendir(whole) : NULL;
    int result = 0;
    for (struct dirent *entry; folder && result == 0 && (entry = readdir(folder));) {
        auto_free char *inner = file_join(path, entry->d_name);
        if (entry->d_name[0] == '.' || !inner)
            continue;
        if (is_python(entry->d_name))
            result = add_module(c, inner);
        else if (entry->d_type == DT_DIR && strcmp(entry->d_name, "__pycache__") != 0)
            result = add_package(c, inner, depth + 1);
    }
    if (folder)
        closedir(folder);
    return result;
}

static int add_import(const struct collecting *c, const char *name)
{
    CLEANUP(buf_fini) struct buf path = buf_init(MODULE_NAME + 8);
    buf_printf(&path, "%s.py", name);
    int result = add_module(c, buf_text(&path));
    return result < 0 ? result : add_package(c, name, 0);
}

/* The first part of a dotted name at `at`; "" when none is there (a relative import, a call). */
static const char *take_name(const char *at, const char *end, char ret_name[MODULE_NAME])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    size_t n = 0;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (at + n < end && n < MODULE_NAME - 1 && strchr(letters, at[n]))
        n++;
    memcpy(ret_name, at, n);
    ret_name[n] = '\0';
    return at + n;
}

/* "import a.b as x, c" names a and c. */
static int scan_import(const struct collecting *c, const char *at, const char *end)
{
    int result = 0;
    while (at && at < end && result == 0) {
        char name[MODULE_NAME];
        at = take_name(at, end, name);
        if (*name)
            result = add_import(c, name);
        at = memchr(at, ',', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    return result;
}

static int scan_line(const struct collecting *c, const char *line, const char *end)
{
    char name[MODULE_NAME];
    while (line < end && (*line == ' ' || *line == '\t'))
        line++;
    if (end - line > 7 && memcmp(line, "import ", 7) == 0)
        return scan_import(c, line + 7, end);
    if (end - line <= 5 || memcmp(line, "from ", 5) != 0)
        return 0;
    take_name(line + 5, end, name);
    return *name ? add_import(c, name) : 0;
}

static int scan(const struct collecting *c, const char *text, size_t size)
{
    int result = 0;
    for (const char *line = text, *end = text + size; line < end && result == 0;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        result = scan_line(c, line, newline ? newline : end);
        line = newline ? newline + 1 : end;
    }
    return result;
}

/* Data. */

/* A path that is read from the notebook's folder; what leads elsewhere is not sent. */
static bool is_beside(const char *path)
{
    return *path && *path != '/' && *path != '~' && !strstr(path, "..") && !strchr(path, '\n');
}

/* A name that is no file is a text like any other. */
static int add_data(const struct collecting *c, const char *path)
{
    struct stat info;
    auto_free char *whole = file_join(c->folder, path);
    auto_free char *name = strncmp(path, "./", 2) == 0 ? strdup(path + 2) : strdup(path);
    char *data = NULL;
    size_t size;
    struct nbt_error ignored = NBT_ERROR_INIT;
    if (!whole || !name)
        return no_memory(c->err);
    if (has(c->files, name) || c->files->n >= FILES_MAX || stat(whole, &info) < 0 ||
        !S_ISREG(info.st_mode))
        return 0;
    size_t room = KATIB_FILES_MAX > c->files->size ? KATIB_FILES_MAX - c->files->size : 0;
    if ((size_t)info.st_size > room || file_read(whole, room, &data, &size, &ignored) < 0) {
        free(c->files->left_out);
        c->files->left_out = TAKE(name);
        return 0;
    }
    return add(c->files, TAKE(name), data, size, c->err);
}

/* Texts between two quotes of a line; more need not be known of the language, since only names of
 * files count. */
static int scan_names(const struct collecting *c, const char *text, size_t size)
{
    int result = 0;
    for (const char *p = text, *end = text + size; p < end && result == 0; p++) {
        if (*p != '"' && *p != '\'')
            continue;
        const char *newline = memchr(p + 1, '\n', (size_t)(end - p - 1));
        const char *stop = newline ? newline : end;
        const char *close = memchr(p + 1, *p, (size_t)(stop - p - 1));
        if (!close)
            continue;
        auto_free char *name = strndup(p + 1, (size_t)(close - p - 1));
        if (name && strlen(name) <= NAME_MAX_BYTES && is_beside(name))
            result = add_data(c, name);
    }
    return result;
}

static int scan_data(const struct collecting *c, const struct nbt_notebook *notebook)
{
    int result = 0;
    for (size_t i = 0; c->folder && i < notebook->n_cells && result == 0; i++) {
        const struct nbt_cell *cell = &notebook->cells[i];
        if (nbt_cell_runs(cell))
            result = scan_names(c, cell->source, cell->source_length);
    }
    return result;
}

int katib_files_collect(struct katib_files *ret, const struct nbt_notebook *notebook,
                        const char *folder, struct nbt_error *err)
{
    struct katib_files files = {0};
    struct collecting c = {.files = &files, .folder = folder, .err = err};
    int result = add_notebook(&files, notebook, err);
    bool modules = folder && strcmp(notebook->language, "python") == 0;
    for (size_t i = 0; modules && i < notebook->n_cells && result == 0; i++) {
        if (nbt_cell_runs(&notebook->cells[i]))
            result = scan(&c, notebook->cells[i].source, notebook->cells[i].source_length);
    }
    for (size_t i = 1; i < files.n && result == 0; i++)
        result = scan(&c, files.items[i].data, files.items[i].size);
    if (result == 0)
        result = scan_data(&c, notebook);
    if (result < 0)
        katib_files_fini(&files);
    else
        *ret = files;
    return result;
}

void katib_files_fini(struct katib_files *files)
{
    for (size_t i = 0; i < files->n; i++) {
        free(files->items[i].path);
        free(files->items[i].data);
    }
    free(files->items);
    free(files->left_out);
    *files = (struct katib_files){0};
}

void katib_files_check(const struct katib_files *files, struct experiment_problems *problems)
{
    if (files->left_out)
        experiment_problem(problems, false, "spec.trialTemplate",
                           "%.100s, which the notebook names, is too large to be sent with an "
                           "experiment; put it on a volume that is mounted where the notebook is, "
                           "such as --volume CLAIM:/PATH",
                           files->left_out);
    if (files->size <= KATIB_FILES_MAX)
        return;
    experiment_problem(problems, true, "spec.trialTemplate",
                       "the notebook without its outputs has %zu KiB%s, more than the %zu KiB that "
                       "can be sent with an experiment; put them on a volume that is mounted where "
                       "the notebook is, such as --volume CLAIM:/PATH",
                       files->items[0].size >> 10,
                       files->n > 1 ? " and with the modules that it imports still more" : "",
                       KATIB_FILES_MAX >> 10);
}
