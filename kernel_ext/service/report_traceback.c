/* What Jupyter stored where a trial failed. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "service/internal.h"
#include "service/report.h"
#include "service/values.h"

#define OUTPUTS_MAX   ((size_t)8 << 20) /* of one cell */
#define TRACEBACK_MAX ((size_t)64 << 10)

/* Without the sequences that colour it: ESC [ ... up to a letter. */
static void put_plain(struct buf *out, const char *text)
{
    while (*text) {
        size_t plain = strcspn(text, "\033");
        buf_add(out, text, plain);
        text += plain;
        if (*text == '\033') {
            text += strspn(text, "\033[");
            text += strspn(text, "0123456789;?");
            text += *text != '\0';
        }
    }
}

static const json_t *error_of(const json_t *outputs)
{
    for (size_t i = json_array_size(outputs); i-- > 0;) {
        const json_t *output = json_array_get(outputs, i);
        if (strcmp(text_of(output, "output_type"), "error") == 0)
            return output;
    }
    return NULL;
}

static char *frames_of(const json_t *error)
{
    CLEANUP(buf_fini) struct buf out = buf_init(TRACEBACK_MAX);
    size_t i;
    json_t *frame;

    json_array_foreach(json_object_get(error, "traceback"), i, frame)
    {
        put_plain(&out, json_is_string(frame) ? json_string_value(frame) : "");
        buf_putc(&out, '\n');
    }
    /* Of one that is too long its beginning is kept. */
    return out.length ? strdup(buf_text(&out)) : NULL;
}

static char *traceback_in(const struct nbt_notebook *notebook)
{
    for (size_t i = notebook->n_cells; i-- > 0;) {
        struct nbt_span span = notebook->cells[i].outputs_span;
        if (span.length == 0 || span.length > OUTPUTS_MAX)
            continue;
        auto_json json_t *outputs = json_loadb(notebook->text + span.offset, span.length, 0, NULL);
        const json_t *error = error_of(outputs);
        if (error)
            return frames_of(error);
    }
    return NULL;
}

char *report_traceback(const char *experiment, const char *trial)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    struct nbt_notebook *notebook = NULL;
    auto_free char *path = NULL;

    if (service_file(&path, experiment, trial, "executed.ipynb", &ignored) < 0 ||
        nbt_read(&notebook, path, &ignored) < 0)
        return NULL;
    char *text = traceback_in(notebook);
    nbt_free(notebook);
    return text;
}
