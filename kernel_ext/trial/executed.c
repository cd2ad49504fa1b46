#include "trial/executed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "trial/inject.h"
#include "trial/json_text.h"

#define TEXT_MAX   ((size_t)2 << 30)
#define CELL_DEPTH 2  /* of a cell in the document */
#define SHARE      32 /* unforced saves may take one part in so many of the run's time */

struct piece {
    struct executed_cell cell;
    char *text; /* owned; NULL: as in the original */
    size_t length;
    bool changed;
};

struct executed {
    const struct nbt_notebook *notebook;
    const struct plan *plan;
    struct outputs *outputs;
    struct piece *pieces; /* one for each entry of the plan */
    char *path;
    char unit[JSON_UNIT_MAX];
    bool dirty;
    int64_t started_us, saving_us;
};

static const struct nbt_cell *cell_of(const struct executed *executed, size_t entry)
{
    return &executed->notebook->cells[executed->plan->entries[entry].cell];
}

int executed_new(struct executed **ret_executed, const struct nbt_notebook *notebook,
                 const struct plan *plan, struct outputs *outputs, const char *path,
                 struct nbt_error *err)
{
    struct executed *executed = calloc(1, sizeof *executed);
    if (executed == NULL)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the executed notebook");
    *executed =
        (struct executed){.notebook = notebook, .plan = plan, .outputs = outputs, .dirty = true};
    executed->started_us = clock_monotonic_us();
    executed->path = strdup(path);
    executed->pieces = calloc(plan->n_entries + 1, sizeof *executed->pieces);
    if (executed->path == NULL || executed->pieces == NULL) {
        executed_free(executed);
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the executed notebook");
    }
    for (size_t i = 0; i < plan->n_entries; i++) {
        executed->pieces[i].cell = (struct executed_cell){.status = "not-run", .count = -1};
        executed->pieces[i].changed =
            cell_of(executed, i)->type == NBT_CODE && !plan->entries[i].dropped;
    }
    json_text_unit(executed->unit, notebook->text, notebook->size);
    *ret_executed = executed;
    return 0;
}

void executed_free(struct executed *executed)
{
    if (executed == NULL)
        return;
    for (size_t i = 0; executed->pieces != NULL && i < executed->plan->n_entries; i++)
        free(executed->pieces[i].text);
    free(executed->pieces);
    free(executed->path);
    free(executed);
}

void executed_mark(struct executed *executed, size_t entry, const struct executed_cell *cell)
{
    executed->pieces[entry].cell = *cell;
    executed->pieces[entry].changed = true;
    executed->dirty = true;
}

static void set_time(json_t *timing, const char *key, int64_t realtime_us)
{
    char text[CLOCK_TEXT_MAX];
    if (realtime_us == 0)
        return;
    clock_rfc3339(text, realtime_us);
    json_object_set_new(timing, key, json_string(text));
}

/* metadata.execution, with the keys that JupyterLab and nbclient give it. */
static char *timing_text(const struct executed_cell *cell, const char *unit)
{
    auto_json json_t *timing = json_object();
    CLEANUP(buf_fini) struct buf text = buf_init(4096);
    set_time(timing, "iopub.status.busy", cell->busy_us);
    set_time(timing, "iopub.execute_input", cell->input_us);
    set_time(timing, "shell.execute_reply", cell->reply_us);
    set_time(timing, "iopub.status.idle", cell->idle_us);
    json_text_value(&text, timing, unit, CELL_DEPTH + 2);
    return buf_take(&text);
}

static char *record_text(const struct executed_cell *cell, const char *unit)
{
    auto_json json_t *record = json_pack("{s:s}", "status", cell->status);
    CLEANUP(buf_fini) struct buf text = buf_init(4096);
    if (strcmp(cell->status, "not-run") != 0 && strcmp(cell->status, "running") != 0)
        json_object_set_new(record, "seconds", json_real(cell->seconds));
    json_text_value(&text, record, unit, CELL_DEPTH + 2);
    return buf_take(&text);
}

/* The cell's metadata with our record and the timing; a cell that is never run keeps its own,
 * unless it claims an old run. */
static char *metadata_text(const struct executed *executed, size_t entry, const char *object,
                           size_t length)
{
    const struct executed_cell *cell = &executed->pieces[entry].cell;
    auto_free char *record = record_text(cell, executed->unit);
    auto_free char *timing = timing_text(cell, executed->unit);
    CLEANUP(buf_fini) struct buf text = buf_init(TEXT_MAX);
    struct json_change changes[2];
    size_t n = 0, offset, size;
    bool runs = executed->plan->entries[entry].runs;
    if (record == NULL || timing == NULL)
        return NULL;
    if (runs || json_text_member(object, length, "nbkatib", &offset, &size))
        changes[n++] = (struct json_change){"nbkatib", record};
    if (cell->busy_us != 0 || json_text_member(object, length, "execution", &offset, &size))
        changes[n++] = (struct json_change){"execution", timing};
    json_text_change(&text, object, length, changes, n, executed->unit, CELL_DEPTH + 1);
    return buf_take(&text);
}

static char *outputs_text(const struct executed *executed, size_t entry)
{
    CLEANUP(buf_fini) struct buf text = buf_init(TEXT_MAX);
    outputs_write(executed->outputs, entry, &text, executed->unit, CELL_DEPTH + 1);
    return buf_take(&text);
}

static bool id_is_used(const struct nbt_notebook *notebook, const char *id)
{
    for (size_t i = 0; i < notebook->n_cells; i++)
        if (strcmp(notebook->cells[i].id, id) == 0)
            return true;
    return false;
}

/* From nbformat 4.5 on every cell has an id; below, none may have one. */
static void add_id(const struct nbt_notebook *notebook, json_t *cell, int index)
{
    char id[40];
    int number = index;
    if (notebook->nbformat == 4 && notebook->nbformat_minor < 5)
        return;
    do
        snprintf(id, sizeof id, "nbkatib-injected-%d", number++);
    while (id_is_used(notebook, id));
    json_object_set_new(cell, "id", json_string(id));
}

/* The text of an injected cell, empty of outputs: what json_text_change then completes. */
static char *injected_text(const struct executed *executed, size_t entry)
{
    const struct plan_entry *plan = &executed->plan->entries[entry];
    auto_json json_t *cell =
        json_pack("{s:s, s:n, s:{s:[s]}, s:[], s:s}", "cell_type", "code", "execution_count",
                  "metadata", "tags", INJECT_TAG, "outputs", "source", plan->injected);
    CLEANUP(buf_fini) struct buf text = buf_init(TEXT_MAX), source = buf_init(TEXT_MAX);
    if (cell == NULL)
        return NULL;
    add_id(executed->notebook, cell, plan->cell);
    json_text_value(&text, cell, executed->unit, CELL_DEPTH);
    json_text_lines(&source, plan->injected, strlen(plan->injected), executed->unit,
                    CELL_DEPTH + 1);
    struct json_change change = {"source", buf_text(&source)};
    CLEANUP(buf_fini) struct buf whole = buf_init(TEXT_MAX);
    json_text_change(&whole, buf_text(&text), text.length, &change, 1, executed->unit, CELL_DEPTH);
    return buf_take(&whole);
}

static int render(struct executed *executed, size_t entry, const char *object, size_t length)
{
    struct piece *piece = &executed->pieces[entry];
    char count[32] = "null";
    size_t offset = 0, size = 0;
    bool has =
        json_text_member(object, length, "metadata", &offset, &size) && object[offset] == '{';
    auto_free char *metadata =
        metadata_text(executed, entry, has ? object + offset : "{}", has ? size : 2);
    auto_free char *outputs = outputs_text(executed, entry);
    CLEANUP(buf_fini) struct buf text = buf_init(TEXT_MAX);
    if (metadata == NULL || outputs == NULL)
        return NBT_ENOMEM;
    if (piece->cell.count >= 0)
        snprintf(count, sizeof count, "%lld", (long long)piece->cell.count);
    struct json_change changes[] = {
        {"execution_count", count}, {"metadata", metadata}, {"outputs", outputs}};
    json_text_change(&text, object, length, changes, COUNT_OF(changes), executed->unit, CELL_DEPTH);
    char *result = buf_take(&text);
    if (result == NULL)
        return NBT_ENOMEM;
    piece->length = strlen(result);
    free(piece->text);
    piece->text = result;
    piece->changed = false;
    return 0;
}

static int refresh(struct executed *executed, size_t entry)
{
    const struct plan_entry *plan = &executed->plan->entries[entry];
    const struct nbt_cell *cell = cell_of(executed, entry);
    if (plan->dropped || cell->type != NBT_CODE)
        return 0;
    if (!executed->pieces[entry].changed && !outputs_changed(executed->outputs, entry))
        return 0;
    if (plan->injected == NULL)
        return render(executed, entry, executed->notebook->text + cell->span.offset,
                      cell->span.length);
    auto_free char *injected = injected_text(executed, entry);
    return injected == NULL ? NBT_ENOMEM : render(executed, entry, injected, strlen(injected));
}

/* What stands between two cells: as before this one; for an injected cell, as before the second one
 * of the notebook. */
static void add_separator(const struct executed *executed, struct buf *text,
                          const struct plan_entry *plan)
{
    const struct nbt_notebook *notebook = executed->notebook;
    int at = plan->injected == NULL ? plan->cell : notebook->n_cells > 1 ? 1 : 0;
    if (at == 0) {
        buf_putc(text, ',');
        json_text_break(text, executed->unit, CELL_DEPTH);
        return;
    }
    const struct nbt_span *before = &notebook->cells[at - 1].span;
    size_t end = before->offset + before->length;
    buf_add(text, notebook->text + end, notebook->cells[at].span.offset - end);
}

static void add_piece(const struct executed *executed, struct buf *text, size_t entry)
{
    const struct piece *piece = &executed->pieces[entry];
    const struct nbt_span *span = &cell_of(executed, entry)->span;
    if (piece->text != NULL)
        buf_add(text, piece->text, piece->length);
    else
        buf_add(text, executed->notebook->text + span->offset, span->length);
}

static int join(struct executed *executed, struct buf *text, struct nbt_error *err)
{
    const struct nbt_notebook *notebook = executed->notebook;
    const struct nbt_span *last =
        notebook->n_cells > 0 ? &notebook->cells[notebook->n_cells - 1].span : NULL;
    bool first = true;
    if (last == NULL) {
        buf_add(text, notebook->text, notebook->size);
        return 0;
    }
    buf_add(text, notebook->text, notebook->cells[0].span.offset);
    for (size_t i = 0; i < executed->plan->n_entries; i++) {
        if (executed->plan->entries[i].dropped)
            continue;
        if (refresh(executed, i) < 0)
            return nbt_error_set(err, NBT_ENOMEM, "no memory for the executed notebook");
        if (!first)
            add_separator(executed, text, &executed->plan->entries[i]);
        first = false;
        add_piece(executed, text, i);
    }
    size_t end = last->offset + last->length;
    buf_add(text, notebook->text + end, notebook->size - end);
    return 0;
}

static bool anything_changed(const struct executed *executed)
{
    bool changed = executed->dirty;
    for (size_t i = 0; i < executed->plan->n_entries && !changed; i++)
        changed = outputs_changed(executed->outputs, i);
    return changed;
}

int executed_save(struct executed *executed, bool now, struct nbt_error *err)
{
    int64_t begin = clock_monotonic_us();
    if (!now && (executed->saving_us > (begin - executed->started_us) / SHARE ||
                 !anything_changed(executed)))
        return 0;
    CLEANUP(buf_fini) struct buf text = buf_init(TEXT_MAX);
    int code = join(executed, &text, err);
    if (code == 0 && buf_failed(&text))
        code = nbt_error_set(err, NBT_ENOMEM, "the executed notebook is larger than 2 GiB");
    if (code == 0)
        code = file_replace(executed->path, buf_text(&text), text.length, 0644, err);
    if (code == 0)
        executed->dirty = false;
    executed->saving_us += clock_monotonic_us() - begin;
    return code;
}
