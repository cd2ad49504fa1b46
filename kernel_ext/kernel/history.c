#include "kernel/history.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "kernel/internal.h"
#include "service/values.h"

#define FILE_BYTES ((size_t)4 << 20) /* a larger file is begun anew with its newest half */
#define ENTRIES    10000             /* kept in memory */
#define FOUND_MAX  1000

struct history {
    pthread_mutex_t lock;
    json_t *entries; /* [[session, line, code]], the oldest first */
    json_int_t session;
    char *path; /* NULL: nowhere */
    bool loaded;
};

struct history *history_new(void)
{
    struct history *history = calloc(1, sizeof(*history));

    if (!history)
        return NULL;
    pthread_mutex_init(&history->lock, NULL);
    history->entries = json_array();
    history->session = 1;
    if (history->entries)
        return history;
    history_free(history);
    return NULL;
}

void history_free(struct history *history)
{
    if (!history)
        return;
    pthread_mutex_destroy(&history->lock);
    json_decref(history->entries);
    free(history->path);
    free(history);
}

/* ---- the file ---- */

static json_int_t number(const json_t *entry, size_t at)
{
    return json_integer_value(json_array_get(entry, at));
}

static const char *code_of(const json_t *entry)
{
    return json_string_value(json_array_get(entry, 2));
}

/* A line that is no entry is left out. */
static void load_line(struct history *history, const char *line, size_t length)
{
    auto_json json_t *entry = json_loadb(line, length, 0, NULL);

    if (json_array_size(entry) != 3 || !json_is_integer(json_array_get(entry, 0)) ||
        !json_is_integer(json_array_get(entry, 1)) || !code_of(entry))
        return;
    json_array_append(history->entries, entry);
    if (number(entry, 0) >= history->session)
        history->session = number(entry, 0) + 1;
}

static void load_lines(struct history *history, const char *text, size_t length)
{
    const char *end = text + length;

    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t size = stop ? (size_t)(stop - text) : (size_t)(end - text);
        load_line(history, text, size);
        text += size + 1;
    }
    size_t n = json_array_size(history->entries);
    for (; n > ENTRIES; n--)
        json_array_remove(history->entries, 0);
}

/* From a line's start near the middle. */
static void shorten(const struct history *history, const char *text, size_t length)
{
    const char *half = memchr(text + length / 2, '\n', length - length / 2);
    struct nbt_error ignored = NBT_ERROR_INIT;

    if (half && file_replace(history->path, half + 1, (size_t)(text + length - half - 1), 0600,
                             &ignored) < 0)
        nbt_error_clear(&ignored);
}

static char *own_path(void)
{
    auto_free char *root = NULL;
    auto_free char *folder = NULL;
    struct nbt_error ignored = NBT_ERROR_INIT;

    if (file_state_root(&root, &ignored) < 0)
        return NULL;
    folder = file_join(root, "kernel");
    if (!folder || file_mkdir_all(folder, 0700, &ignored) < 0)
        return NULL;
    return file_join(folder, "history");
}

static void load(struct history *history)
{
    auto_free char *text = NULL;
    size_t length = 0;
    struct nbt_error ignored = NBT_ERROR_INIT;

    if (history->loaded)
        return;
    history->loaded = true;
    history->path = own_path();
    if (!history->path || file_read(history->path, 2 * FILE_BYTES, &text, &length, &ignored) < 0)
        return;
    load_lines(history, text, length);
    if (length > FILE_BYTES)
        shorten(history, text, length);
}

static void append(const struct history *history, const json_t *entry)
{
    auto_free char *line = json_dumps(entry, JSON_COMPACT);
    struct nbt_error ignored = NBT_ERROR_INIT;
    CLEANUP(buf_fini) struct buf text = buf_init(FILE_BYTES);

    if (!history->path || !line)
        return;
    auto_close int fd =
        open(history->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    buf_printf(&text, "%s\n", line);
    if (fd >= 0 && !buf_failed(&text) &&
        file_write_all(fd, buf_text(&text), text.length, &ignored) < 0)
        nbt_error_clear(&ignored);
}

void history_add(struct history *history, int line, const char *code)
{
    pthread_mutex_lock(&history->lock);
    load(history);
    auto_json json_t *entry = json_pack("[I, i, s]", history->session, line, code);
    if (entry && json_array_append(history->entries, entry) == 0)
        append(history, entry);
    if (json_array_size(history->entries) > ENTRIES)
        json_array_remove(history->entries, 0);
    pthread_mutex_unlock(&history->lock);
}

/* ---- questions ---- */

static json_int_t wanted(const json_t *content, const char *name, json_int_t missing)
{
    const json_t *value = json_object_get(content, name);

    return json_is_integer(value) ? json_integer_value(value) : missing;
}

/* The newest n, in order. */
static json_t *newest(const json_t *entries, json_int_t n)
{
    size_t size = json_array_size(entries);
    size_t count = n < 0 ? 0 : (size_t)n < size ? (size_t)n : size;
    json_t *found = json_array();

    for (size_t i = size - count; i < size; i++)
        json_array_append(found, json_array_get(entries, i));
    return found;
}

/* Session 0 is this one, -1 the one before; lines from start, before stop. */
static json_t *range(const struct history *history, const json_t *content)
{
    json_int_t session = wanted(content, "session", 0);
    json_int_t start = wanted(content, "start", 1);
    json_int_t stop = wanted(content, "stop", INT32_MAX);
    json_t *found = json_array();
    size_t i;
    json_t *entry;

    if (session <= 0)
        session += history->session;
    json_array_foreach(history->entries, i, entry)
    {
        if (number(entry, 0) == session && number(entry, 1) >= start && number(entry, 1) < stop)
            json_array_append(found, entry);
    }
    return found;
}

static bool holds(const json_t *entries, const char *code)
{
    size_t i;
    json_t *entry;

    json_array_foreach(entries, i, entry)
    {
        if (strcmp(code_of(entry), code) == 0)
            return true;
    }
    return false;
}

/* A glob over whole cells, as IPython has it. */
static json_t *search(const struct history *history, const json_t *content)
{
    const char *pattern = text_of(content, "pattern");
    bool unique = json_is_true(json_object_get(content, "unique"));
    auto_json json_t *found = json_array();
    size_t i;
    json_t *entry;

    json_array_foreach(history->entries, i, entry)
    {
        if (fnmatch(pattern[0] ? pattern : "*", code_of(entry), 0) == 0 &&
            !(unique && holds(found, code_of(entry))))
            json_array_append(found, entry);
    }
    return newest(found, wanted(content, "n", FOUND_MAX));
}

json_t *history_find(struct history *history, const json_t *content)
{
    const char *how = text_of(content, "hist_access_type");

    pthread_mutex_lock(&history->lock);
    load(history);
    json_t *found = strcmp(how, "range") == 0 ? range(history, content)
                    : strcmp(how, "search") == 0
                        ? search(history, content)
                        : newest(history->entries, wanted(content, "n", FOUND_MAX));
    pthread_mutex_unlock(&history->lock);
    return found;
}

/* With `output` each entry holds its input and its output; outputs are not kept. */
static json_t *with_outputs(const json_t *found)
{
    json_t *list = json_array();
    size_t i;
    json_t *entry;

    json_array_foreach(found, i, entry)
        json_array_append_new(list, json_pack("[O, O, [O, n]]", json_array_get(entry, 0),
                                              json_array_get(entry, 1), json_array_get(entry, 2)));
    return list;
}

json_t *history_answer(struct kernel *kernel, const json_t *content)
{
    auto_json json_t *found = history_find(kernel->history, content);
    bool output = json_is_true(json_object_get(content, "output"));

    return json_pack("{s:s, s:o}", "status", "ok", "history",
                     output ? with_outputs(found) : json_incref(found));
}
