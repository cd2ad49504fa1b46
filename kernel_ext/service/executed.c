#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "nbtags/reader.h"
#include "service/internal.h"
#include "service/trials.h"

#define ERROR_OUTPUT_MAX ((size_t)1 << 20) /* bytes of one error output that is decoded */

static int read_executed(struct nbt_notebook **ret, const char *experiment, const char *trial,
                         struct nbt_error *err)
{
    auto_free char *path = NULL;
    int result = service_file(&path, experiment, trial, "executed.ipynb", err);

    return result < 0 ? result : nbt_read(ret, path, err);
}

/* ---- the error ---- */

/* Our record of how the cell ended: metadata.nbkatib.status (trial/executed.h). */
static bool ended_badly(const struct nbt_notebook *notebook, const struct nbt_cell *cell)
{
    static const char *const bad[] = {"failed", "timeout", "died", "interrupted"};
    auto_json json_t *metadata =
        cell->metadata_span.length ? nbt_json_load(notebook->text, cell->metadata_span) : NULL;
    const json_t *record = json_object_get(metadata, "nbkatib");
    const char *status = json_string_value(json_object_get(record, "status"));

    for (size_t i = 0; status && i < COUNT_OF(bad); i++) {
        if (strcmp(status, bad[i]) == 0)
            return true;
    }
    return false;
}

static bool is_error(const json_t *output)
{
    const char *type = json_string_value(json_object_get(output, "output_type"));

    return type && strcmp(type, "error") == 0;
}

/* The last error among the outputs of a cell; NULL when there is none. New reference. */
static json_t *error_output(const struct nbt_notebook *notebook, const struct nbt_cell *cell)
{
    struct nbt_scan scan = nbt_scan_within(notebook->text, cell->outputs_span);
    struct nbt_span span;
    bool first = true;
    json_t *found = NULL;

    if (!cell->outputs_span.length)
        return NULL;
    while (nbt_scan_element(&scan, &first, NULL) > 0 && nbt_scan_value(&scan, &span, NULL) == 0) {
        json_t *output =
            span.length <= ERROR_OUTPUT_MAX ? nbt_json_load(notebook->text, span) : NULL;
        if (is_error(output)) {
            json_decref(found);
            found = output;
        } else {
            json_decref(output);
        }
    }
    return found;
}

static json_t *text_member(const json_t *object, const char *key, const char *otherwise)
{
    json_t *value = json_object_get(object, key);

    return json_is_string(value) ? json_incref(value) : json_string(otherwise ? otherwise : "");
}

static json_t *traceback_of(const json_t *output)
{
    json_t *lines = json_array();
    size_t i;
    json_t *line;

    json_array_foreach(json_object_get(output, "traceback"), i, line)
    {
        if (json_is_string(line))
            json_array_append(lines, line);
    }
    return lines;
}

static const struct nbt_cell *last_bad_cell(const struct nbt_notebook *notebook)
{
    for (size_t i = notebook->n_cells; i > 0; i--) {
        if (ended_badly(notebook, &notebook->cells[i - 1]))
            return &notebook->cells[i - 1];
    }
    return NULL;
}

/* The cell's index in the notebook that was tuned: without the cells that were injected. */
static int original_index(const struct nbt_notebook *notebook, const struct nbt_cell *cell)
{
    int index = cell->index;

    for (int i = 0; i < cell->index; i++)
        index -= notebook->cells[i].role == NBT_ROLE_INJECTED;
    return index;
}

static json_t *error_of(const json_t *trial, const struct nbt_notebook *notebook)
{
    const char *reason = json_string_value(json_object_get(trial, "reason"));
    const char *message = json_string_value(json_object_get(trial, "message"));
    const struct nbt_cell *cell = notebook ? last_bad_cell(notebook) : NULL;
    auto_json json_t *output = cell ? error_output(notebook, cell) : NULL;
    json_t *index = json_object_get(trial, "cell");

    if (!cell && !(reason && reason[0]))
        return json_null();
    json_t *place = cell && !json_is_integer(index) ? json_integer(original_index(notebook, cell))
                                                    : json_incref(index);
    return json_pack("{s:o?, s:o, s:o, s:o}", "cell", place, "ename",
                     text_member(output, "ename", reason), "evalue",
                     text_member(output, "evalue", message), "traceback", traceback_of(output));
}

static json_t *files_of(const char *experiment, const char *trial)
{
    static const char *const names[] = {"executed.ipynb", "trial.log", "metrics.log",
                                        "result.json"};
    json_t *files = json_array();

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct nbt_error ignored = NBT_ERROR_INIT;
        auto_free char *path = NULL;
        if (service_file(&path, experiment, trial, names[i], &ignored) == 0)
            json_array_append_new(files, json_string(names[i]));
    }
    return files;
}

int service_trial_document(json_t **ret, const char *experiment, const char *trial,
                           struct nbt_error *err)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    struct nbt_notebook *notebook = NULL;
    auto_json json_t *show = NULL;
    int result = service_show(&show, experiment, err);

    if (result < 0)
        return result;
    const json_t *row = service_find_trial(show, trial);
    if (!row)
        return no_such_trial(experiment, trial, err);
    /* A trial that never ran, or runs for the first time, has no notebook; its record is enough. */
    if (read_executed(&notebook, experiment, trial, &ignored) < 0)
        notebook = NULL;
    auto_json json_t *document = json_copy((json_t *)(uintptr_t)row);
    int failed = json_object_set_new(document, "error", error_of(row, notebook));
    failed |= json_object_set_new(document, "files", files_of(experiment, trial));
    nbt_free(notebook);
    if (failed)
        return no_memory(err);
    *ret = TAKE(document);
    return 0;
}

/* ---- the notebook ---- */

static void add_note(struct buf *text, size_t bytes)
{
    buf_printf(text,
               "[{\"output_type\": \"stream\", \"name\": \"stderr\", \"text\": \"[nbkatib: %zu "
               "bytes of output are left out here; executed.ipynb in the trial's folder holds "
               "them]\\n\"}]",
               bytes);
}

/* The notebook's text with the outputs that fit, in order; what does not fit is a note. */
static bool bounded(struct buf *text, const struct nbt_notebook *notebook)
{
    size_t at = 0, kept = 0;
    bool partial = false;

    for (size_t i = 0; i < notebook->n_cells; i++) {
        const struct nbt_span *outputs = &notebook->cells[i].outputs_span;
        if (kept + outputs->length <= SERVICE_OUTPUTS_MAX) {
            kept += outputs->length;
            continue;
        }
        buf_add(text, notebook->text + at, outputs->offset - at);
        add_note(text, outputs->length);
        at = outputs->offset + outputs->length;
        partial = true;
    }
    buf_add(text, notebook->text + at, notebook->size - at);
    return partial;
}

static int notebook_json(json_t **ret, const struct nbt_notebook *notebook, const char *name,
                         struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf text = buf_init(SERVICE_NOTEBOOK_MAX);
    bool partial = bounded(&text, notebook);
    auto_free char *file = NULL;

    if (buf_failed(&text))
        return nbt_error_set(err, NBT_EUNSUPPORTED,
                             "the executed notebook is larger than %zu MiB even without its "
                             "outputs; open %s itself",
                             SERVICE_NOTEBOOK_MAX >> 20, notebook->path);
    auto_json json_t *content =
        nbt_json_load(buf_text(&text), (struct nbt_span){.offset = 0, .length = text.length});
    if (!content || asprintf(&file, "%s.ipynb", name) < 0)
        return no_memory(err);
    json_t *answer =
        json_pack("{s:O, s:s, s:b}", "content", content, "name", file, "partial", partial);
    if (!answer)
        return no_memory(err);
    *ret = answer;
    return 0;
}

int service_notebook(json_t **ret, const char *experiment, const char *trial, struct nbt_error *err)
{
    struct nbt_notebook *notebook = NULL;
    auto_json json_t *show = NULL;
    int result = service_show(&show, experiment, err);

    if (result < 0)
        return result;
    const json_t *row = service_find_trial(show, trial);
    if (!row)
        return no_such_trial(experiment, trial, err);
    result = read_executed(&notebook, experiment, trial, err);
    if (result == 0)
        result = notebook_json(ret, notebook, json_string_value(json_object_get(row, "name")), err);
    nbt_free(notebook);
    return result;
}
