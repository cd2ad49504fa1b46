#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/scope.h"
#include "service/internal.h"
#include "service/trials.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Bytes of the character that begins here, 0 when it is not UTF-8, -1 when it is cut off. */
static int character(const unsigned char *bytes, size_t length)
{
    static const struct {
        unsigned char low, high, second_low, second_high;
        int size;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (bytes[0] < forms[i].low || bytes[0] > forms[i].high)
            continue;
        for (int k = 1; k < forms[i].size; k++) {
            unsigned char low = k == 1 ? forms[i].second_low : 0x80;
            unsigned char high = k == 1 ? forms[i].second_high : 0xbf;
            if ((size_t)k == length)
                return -1;
            if (bytes[k] < low || bytes[k] > high)
                return 0;
        }
        return forms[i].size;
    }
    return 0;
}

/* Appends as UTF-8; returns how many bytes were used: a character that is cut off at the end stays
 * for the next call, unless nothing will follow it. */
static size_t add_text(struct buf *text, const unsigned char *bytes, size_t length, bool last)
{
    size_t at = 0;

    while (at < length) {
        size_t run = at;
        int size = 0;
        while (run < length && (size = character(bytes + run, length - run)) > 0)
            run += (size_t)size;
        buf_add(text, bytes + at, run - at);
        at = run;
        if (at == length || (size < 0 && !last))
            break;
        buf_puts(text, REPLACEMENT);
        at++;
    }
    return at;
}

static int read_at(const char *path, int64_t offset, unsigned char *bytes, size_t *ret_length,
                   int64_t *ret_size, struct nbt_error *err)
{
    struct stat info;
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &info) < 0)
        return nbt_error_errno(err, "cannot open %s", path);
    if (offset < 0 || offset > info.st_size) {
        nbt_error_set(err, NBT_EINVAL,
                      "the offset %lld is outside of the log, which has %lld bytes; begin again "
                      "at 0",
                      (long long)offset, (long long)info.st_size);
        nbt_error_path(err, "offset");
        return NBT_EINVAL;
    }
    size_t length = 0;
    while (length < SERVICE_LOG_MAX) {
        ssize_t n = pread(fd, bytes + length, SERVICE_LOG_MAX - length, offset + (off_t)length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return nbt_error_errno(err, "cannot read %s", path);
        if (n == 0)
            break;
        length += (size_t)n;
    }
    *ret_length = length;
    *ret_size = info.st_size > offset + (int64_t)length ? info.st_size : offset + (int64_t)length;
    return 0;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; text && *words; words++) {
        if (strcmp(text, *words) == 0)
            return true;
    }
    return false;
}

/* Whether anybody may still write the log. */
static bool is_open(const json_t *show, const json_t *trial)
{
    static const char *const engine_states[] = {"Created", "Running", "Stopping", NULL};
    static const char *const trial_states[] = {"Pending", "Running", NULL};
    bool runs = is_one_of(json_string_value(json_object_get(show, "state")), engine_states);

    if (!trial)
        return runs;
    return runs && is_one_of(json_string_value(json_object_get(trial, "state")), trial_states);
}

static int answer(json_t **ret, const char *path, int64_t offset, bool open, struct nbt_error *err)
{
    auto_free unsigned char *bytes = malloc(SERVICE_LOG_MAX);
    CLEANUP(buf_fini) struct buf text = buf_init(3 * SERVICE_LOG_MAX + 1);
    size_t length = 0;
    int64_t size = 0;

    if (!bytes)
        return no_memory(err);
    int result = path ? read_at(path, offset, bytes, &length, &size, err) : 0;
    if (result < 0)
        return result;
    bool last = !open && offset + (int64_t)length == size;
    int64_t next = offset + (int64_t)add_text(&text, bytes, length, last);
    json_t *object =
        json_pack("{s:s%, s:I, s:I, s:b}", "text", buf_text(&text), text.length, "offset",
                  (json_int_t)next, "size", (json_int_t)size, "complete", !open && next >= size);
    if (!object || buf_failed(&text)) {
        json_decref(object);
        return no_memory(err);
    }
    *ret = object;
    return 0;
}

int service_logs(json_t **ret, const char *experiment, const char *trial, int64_t offset,
                 struct nbt_error *err)
{
    struct nbt_error found = NBT_ERROR_INIT;
    auto_json json_t *show = NULL;
    auto_free char *path = NULL;
    const json_t *row = NULL;
    bool of_trial = trial && trial[0];
    int result = service_show(&show, experiment, err);

    if (result < 0)
        return result;
    if (of_trial && !(row = service_find_trial(show, trial)))
        return no_such_trial(experiment, trial, err);
    result = service_file(&path, experiment, of_trial ? trial : NULL,
                          of_trial ? "trial.log" : "engine.log", &found);
    /* It has not been written yet. */
    if (result == NBT_ENOTFOUND)
        offset = 0;
    else if (result < 0)
        return nbt_error_set(err, result, "%s", found.text);
    return answer(ret, path, offset, is_open(show, row), err);
}
