#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/kube/certificate.h"
#include "engine/katib/kube/moment.h"
#include "engine/katib/kube/secret.h"
#include "engine/katib/kube/status.h"
#include "engine/katib/kube/watch_private.h"

/* The lines of a watch, in pieces: they are cut the same way wherever the pieces end, and what a
 * server says becomes a text that JSON can hold. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PIECE_MAX 4096

static bool on_line(void *self, const char *line, size_t length, bool whole)
{
    struct buf *told = self;
    buf_add(told, line, length);
    buf_putc(told, whole ? '\n' : '\r');
    return true;
}

static void cut(struct buf *told, const char *data, size_t size, size_t piece)
{
    CLEANUP(kube_lines_fini) struct kube_lines lines = kube_lines_init(PIECE_MAX, on_line, told);
    for (size_t at = 0; at < size; at += piece)
        if (!kube_lines_add(&lines, data + at, size - at < piece ? size - at : piece))
            abort();
    if (!kube_lines_end(&lines))
        abort();
}

static void check_lines(const char *data, size_t size)
{
    CLEANUP(buf_fini) struct buf once = buf_init(8 * size + 64);
    CLEANUP(buf_fini) struct buf often = buf_init(8 * size + 64);
    cut(&once, data, size, size ? size : 1);
    cut(&often, data, size, 7);
    if (strcmp(buf_text(&once), buf_text(&often)) != 0 || once.length != often.length)
        abort();
}

static void quiet(void *self, const json_t *object)
{
    size_t *count = self;
    if (!json_is_object(object))
        abort();
    ++*count;
}

/* Line by line into a watch that has no client. */
static void check_events(const char *data, size_t size)
{
    static const struct kube_watch_events events = {
        .added = quiet, .modified = quiet, .deleted = quiet};
    size_t count = 0;
    struct kube_watch watch = {.options = {.events = &events, .self = &count, .maximum = 100},
                               .path = (char[]){"/x"},
                               .broken = NBT_ERROR_INIT};
    if (kube_known_init(&watch.known) < 0)
        return;
    watch.lines = kube_lines_init(PIECE_MAX, kube_watch_line, &watch);
    bool went_on = kube_lines_add(&watch.lines, data, size);
    auto_json json_t *text = json_string(watch.broken.text);
    if (!text || went_on != (watch.broken.code == 0) || kube_known_count(&watch.known) > 101)
        abort();
    kube_lines_fini(&watch.lines);
    kube_known_fini(&watch.known);
    free(watch.version);
}

static void check_texts(const char *data, size_t size)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct kube_status status;
    int64_t number;
    auto_free char *text = strndup(data, size);
    if (!text)
        return;
    kube_status_read(&status, 422, text);
    kube_status_error(&status, "GET /x", &err);
    auto_json json_t *value = json_string(err.text);
    auto_json json_t *path = json_string(err.path);
    auto_free char *shown = kube_secret_hide(text, 100);
    if (!value || !path || !shown || strlen(shown) > 100 || strpbrk(shown, "\r\n\x1b"))
        abort();
    kube_moment_parse(text, strlen(text), &number);
    kube_certificate_end(text, &number);
    kube_certificate_end_der((const unsigned char *)data, size, &number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_lines((const char *)data, size);
    check_events((const char *)data, size);
    check_texts((const char *)data, size);
    return 0;
}
