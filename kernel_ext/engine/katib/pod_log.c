#include "engine/katib/pod_log.h"

#include <jansson.h>
#include <string.h>

#include "base/file.h"
#include "base/pack.h"
#include "base/scope.h"

#define PACKED_MAX ((size_t)8 << 20) /* bytes; a pod prints less of one file */

const char *const pod_log_names[POD_LOG_FILES] = {"executed.ipynb", "result.json", "metrics.log"};

struct pod_log pod_log_init(void)
{
    struct pod_log log = {.text = buf_init(POD_LOG_TEXT_MAX)};

    for (size_t i = 0; i < POD_LOG_FILES; i++)
        log.files[i] = buf_init(PACKED_MAX);
    return log;
}

void pod_log_fini(struct pod_log *log)
{
    buf_fini(&log->text);
    for (size_t i = 0; i < POD_LOG_FILES; i++)
        buf_fini(&log->files[i]);
}

static int index_of(const char *name)
{
    for (int i = 0; name && i < POD_LOG_FILES; i++) {
        if (strcmp(pod_log_names[i], name) == 0)
            return i;
    }
    return -1;
}

/* Parts come in order; a container that was started again begins anew. */
static void take_part(struct pod_log *log, const json_t *event)
{
    int i = index_of(json_string_value(json_object_get(event, "name")));
    size_t part = (size_t)json_integer_value(json_object_get(event, "part"));
    size_t parts = (size_t)json_integer_value(json_object_get(event, "parts"));
    const char *data = json_string_value(json_object_get(event, "data"));

    if (i < 0 || !data)
        return;
    if (part == 0) {
        buf_clear(&log->files[i]);
        log->parts[i] = 0;
    }
    if (part != log->parts[i] || !unpack_base64(&log->files[i], data))
        return;
    log->parts[i]++;
    log->whole[i] = log->parts[i] == parts && !buf_failed(&log->files[i]);
}

/* An event of the runner's own, to the end of a line that the trial's output may have begun. */
json_t *pod_log_event(const char *line, size_t *ret_at)
{
    static const char start[] = "{\"event\":\"";
    const char *found = strstr(line, start);
    json_t *event = found ? json_loads(found, 0, NULL) : NULL;

    if (json_is_string(json_object_get(event, "event"))) {
        *ret_at = (size_t)(found - line);
        return event;
    }
    json_decref(event);
    return NULL;
}

void pod_log_line(struct pod_log *log, const char *text, size_t length, bool whole)
{
    size_t at = length;
    auto_json json_t *event = whole ? pod_log_event(text, &at) : NULL;

    buf_add(&log->text, text, at);
    if (event && strcmp(json_string_value(json_object_get(event, "event")), "file") == 0)
        take_part(log, event);
    else if (whole && !event)
        buf_putc(&log->text, '\n');
}

bool pod_log_is_complete(const struct pod_log *log)
{
    return log->whole[POD_LOG_FILES - 1];
}

static int save_text(const struct pod_log *log, const char *path, struct nbt_error *err)
{
    static const char cut[] =
        "\n[nbkatib: the rest of this log is left out here; the pod has it]\n";
    CLEANUP(buf_fini) struct buf text = buf_init(POD_LOG_TEXT_MAX + sizeof(cut));

    buf_add(&text, buf_text(&log->text), log->text.length);
    if (buf_failed(&log->text))
        buf_puts(&text, cut);
    return file_replace(path, buf_text(&text), text.length, 0600, err);
}

static int save_file(const struct buf *packed, const char *path, struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf data = buf_init(POD_LOG_FILE_MAX);
    int result = unpack_gzip(&data, buf_text(packed), packed->length, err);

    return result < 0 ? result : file_replace(path, buf_text(&data), data.length, 0600, err);
}

static int save(const struct pod_log *log, int file, const char *path, struct nbt_error *err)
{
    if (file == POD_LOG_FILES)
        return save_text(log, path, err);
    return log->whole[file] ? save_file(&log->files[file], path, err) : 0;
}

int pod_log_save(const struct pod_log *log, const char *folder, struct nbt_error *err)
{
    for (int i = 0; i <= POD_LOG_FILES; i++) {
        const char *name = i < POD_LOG_FILES ? pod_log_names[i] : POD_LOG_TEXT;
        auto_free char *path = file_join(folder, name);
        int result = path ? save(log, i, path, err)
                          : nbt_error_set(err, NBT_ENOMEM, "no memory for the trial's files");
        if (result < 0)
            return nbt_error_prefix(err, "cannot save %s of the trial", name);
    }
    return 0;
}
