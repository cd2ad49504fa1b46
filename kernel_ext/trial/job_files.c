/* The trial's files on the pod's log. */
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/pack.h"
#include "base/scope.h"
#include "trial/job.h"

static void tell(int fd, json_t *event)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_free char *text = event ? json_dumps(event, JSON_COMPACT) : NULL;
    size_t length = text ? strlen(text) : 0;
    json_decref(event);
    if (!text)
        return;
    text[length] = '\n';
    if (file_write_all(fd, text, length + 1, &ignored) < 0)
        nbt_error_clear(&ignored); /* a log that cannot be written must not end a trial */
}

static void tell_size(int fd, const char *path, const char *name)
{
    struct stat info;
    if (stat(path, &info) == 0)
        tell(fd, json_pack("{s:s, s:s, s:i, s:I}", "event", "file", "name", name, "parts", 0,
                           "size", (json_int_t)info.st_size));
}

void job_tell_file(int fd, const char *path, const char *name)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    CLEANUP(buf_fini) struct buf packed = buf_init(JOB_FILE_MAX);
    if (pack_gzip(&packed, path, &ignored) < 0) {
        tell_size(fd, path, name);
        return;
    }
    size_t parts = (packed.length + JOB_LINE_DATA - 1) / JOB_LINE_DATA;
    for (size_t part = 0; part < parts; part++) {
        CLEANUP(buf_fini) struct buf data = buf_init((size_t)2 * JOB_LINE_DATA);
        size_t at = part * JOB_LINE_DATA;
        size_t n = packed.length - at < JOB_LINE_DATA ? packed.length - at : JOB_LINE_DATA;
        pack_base64(&data, packed.data + at, n);
        tell(fd, json_pack("{s:s, s:s, s:I, s:I, s:s}", "event", "file", "name", name, "part",
                           (json_int_t)part, "parts", (json_int_t)parts, "data", buf_text(&data)));
    }
}
