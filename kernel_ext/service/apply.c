#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "service/internal.h"

#define DIFF_MAX ((size_t)16 << 20)

struct apply {
    struct nbt_notebook *notebook;
    struct nbt_edit *edit;
    json_t *values;  /* {name: text} */
    json_t *changes; /* array */
    const char *trial;
};

static void apply_fini(struct apply *apply)
{
    nbt_edit_free(apply->edit);
    nbt_free(apply->notebook);
    json_decref(apply->values);
    json_decref(apply->changes);
}

static const json_t *optimal(const json_t *show)
{
    const json_t *status = json_object_get(json_object_get(show, "experiment"), "status");

    return json_object_get(status, "currentOptimalTrial");
}

/* The assignments to write: a named trial's, else the best one's. */
static int choose(struct apply *apply, const json_t *show, const char *experiment,
                  const char *trial, const json_t **ret_assignments, struct nbt_error *err)
{
    const json_t *best = optimal(show);
    const char *name = trial ? trial : json_string_value(json_object_get(best, "bestTrialName"));

    if (!name || !name[0])
        return nbt_error_set(err, NBT_ESTATE,
                             "'%s' has no best trial, because none has succeeded yet; "
                             "'nbkatib show %s' tells how they fare",
                             experiment, experiment);
    const json_t *found = service_find_trial(show, name);
    if (!found && trial)
        return no_such_trial(experiment, trial, err);
    apply->trial = found ? json_string_value(json_object_get(found, "name")) : name;
    *ret_assignments = found ? json_object_get(found, "assignments")
                             : json_object_get(best, "parameterAssignments");
    return 0;
}

static int collect(struct apply *apply, const json_t *show, const json_t *assignments,
                   struct nbt_error *err)
{
    auto_json json_t *settings = NULL;
    size_t i;
    json_t *row;
    int result = settings_load(&settings, json_object_get(show, "experiment"), err);

    if (result < 0)
        return result;
    /* The trial ran with the fixed values too: without them its result would not come again. */
    json_t *fixed = json_object_get(settings, "fixed");
    apply->values = json_is_object(fixed) ? json_copy(fixed) : json_object();
    json_array_foreach(assignments, i, row)
    {
        const char *name = json_string_value(json_object_get(row, "name"));
        if (name && json_object_set(apply->values, name, json_object_get(row, "value")) < 0)
            return no_memory(err);
    }
    return apply->values ? 0 : no_memory(err);
}

static int edit_value(struct apply *apply, const char *name, const char *value,
                      struct nbt_error *err)
{
    const struct nbt_parameter *parameter = nbt_find_parameter(apply->notebook, name);

    if (!parameter)
        return nbt_error_set(err, NBT_EINVAL,
                             "%s has no parameter '%s' any more; put it back into the "
                             "pipeline-parameters cell, or apply to "
                             "the notebook that was tuned",
                             apply->notebook->path, name);
    int result = nbt_edit_parameter(apply->edit, name, value, err);
    if (result < 0)
        return result;
    json_t *change = json_pack("{s:s, s:s, s:s, s:i, s:s, s:i}", "name", name, "from",
                               parameter->value, "to", value, "cell", parameter->cell, "cellId",
                               apply->notebook->cells[parameter->cell].id, "line", parameter->line);
    return !change || json_array_append_new(apply->changes, change) < 0 ? no_memory(err) : 0;
}

/* In the notebook's order, so that changes and diff read from top to bottom. */
static int edit_values(struct apply *apply, struct nbt_error *err)
{
    const char *name;
    json_t *value;

    json_object_foreach(apply->values, name, value)
    {
        const char *text = json_string_value(value);
        int result = text ? edit_value(apply, name, text, err) : 0;
        if (result < 0)
            return result;
    }
    return 0;
}

static int diff_cells(struct buf *out, const struct nbt_notebook *before,
                      const struct nbt_notebook *after, struct nbt_error *err)
{
    for (size_t i = 0; i < before->n_cells && i < after->n_cells; i++) {
        CLEANUP(buf_fini) struct buf title = buf_init(32768);
        auto_free char *path = file_printable(before->path); /* a header is one line */
        buf_printf(&title, "%s (cell %zu)", path ? path : "?", i);
        diff_unified(out, buf_text(&title), before->cells[i].source, after->cells[i].source);
    }
    return buf_failed(out) ? nbt_error_set(err, NBT_ENOMEM, "the diff is larger than 16 MiB") : 0;
}

/* The whole new source of each cell that changes. */
static json_t *new_cells(const struct nbt_notebook *before, const struct nbt_notebook *after)
{
    json_t *cells = json_array();

    for (size_t i = 0; i < before->n_cells && i < after->n_cells; i++) {
        const struct nbt_cell *cell = &after->cells[i];
        if (strcmp(before->cells[i].source, cell->source) != 0)
            json_array_append_new(cells, json_pack("{s:i, s:s, s:s}", "cell", cell->index, "cellId",
                                                   cell->id, "source", cell->source));
    }
    return cells;
}

static int compare(struct apply *apply, struct buf *diff, json_t **ret_cells, struct nbt_error *err)
{
    auto_free char *text = NULL;
    size_t size = 0;
    struct nbt_notebook *edited = NULL;
    int result = nbt_edit_apply(apply->edit, &text, &size, err);

    if (result == 0)
        result = nbt_read_bytes(&edited, apply->notebook->path, text, size, err);
    if (result == 0)
        result = diff_cells(diff, apply->notebook, edited, err);
    if (result == 0)
        *ret_cells = new_cells(apply->notebook, edited);
    nbt_free(edited);
    return result;
}

static int load(struct apply *apply, const struct service_source *source, struct nbt_error *err)
{
    apply->changes = json_array();
    if (!apply->changes)
        return no_memory(err);
    int result = source_notebook(&apply->notebook, source, err);
    return result < 0 ? result : nbt_edit_new(&apply->edit, apply->notebook, err);
}

static int finish(json_t **ret, struct apply *apply, bool write, struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf diff = buf_init(DIFF_MAX);
    auto_json json_t *cells = NULL;
    int result = compare(apply, &diff, &cells, err);

    write = write && diff.length > 0;
    if (result == 0 && write)
        result = nbt_edit_save(apply->edit, err);
    if (result != 0)
        return result;
    json_t *answer =
        json_pack("{s:s, s:O, s:O, s:s, s:b}", "trial", apply->trial, "changes", apply->changes,
                  "cells", cells, "diff", buf_text(&diff), "written", write);
    if (!answer)
        return no_memory(err);
    *ret = answer;
    return 0;
}

int service_apply(json_t **ret, const struct service_source *source, const char *experiment,
                  const char *trial, bool dry_run, struct nbt_error *err)
{
    CLEANUP(apply_fini) struct apply apply = {0};
    auto_json json_t *show = NULL;
    const json_t *assignments = NULL;
    int result = service_show(&show, experiment, err);

    /* Stored state is none of the input: its damage must not read as a bad notebook. */
    if (result == NBT_EPARSE || result == NBT_EVERSION)
        result = err->code = NBT_EIO;
    if (result == 0)
        result = choose(&apply, show, experiment, trial, &assignments, err);
    if (result == 0)
        result = collect(&apply, show, assignments, err);
    if (result == 0)
        result = load(&apply, source, err);
    if (result == 0)
        result = edit_values(&apply, err);
    return result != 0 ? result : finish(ret, &apply, !dry_run && !source->bytes, err);
}
