/* What a notebook says, as JSON that tests compare: one line of text for each code cell, one for
 * each diagnostic. */
#ifndef TESTS_NBTAGS_SUMMARY_H
#define TESTS_NBTAGS_SUMMARY_H

#include <stdlib.h>

#include "check.h"
#include "nbtags/nbtags.h"

struct line {
    char text[1024];
    size_t length;
};

__attribute__((format(printf, 2, 3))) static inline void line_add(struct line *line,
                                                                  const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int written =
        vsnprintf(line->text + line->length, sizeof(line->text) - line->length, format, args);
    va_end(args);
    assert_true(written >= 0 && (size_t)written < sizeof(line->text) - line->length);
    line->length += (size_t)written;
}

static inline void line_pairs(struct line *line, const char *kind, const struct nbt_pair *pairs,
                              size_t count)
{
    for (size_t i = 0; i < count; i++)
        line_add(line, " %s:%s=%s", kind, pairs[i].key, pairs[i].value);
}

/* "step* train <load limit:nvidia.com/gpu=1"; the star: by its own tags. */
static inline void cell_line(struct line *line, const struct nbt_cell *cell)
{
    line_add(line, "%s%s", nbt_role_name(cell->role), cell->tagged ? "*" : "");
    if (*cell->step)
        line_add(line, " %s", cell->step);
    for (size_t i = 0; i < cell->n_prev; i++)
        line_add(line, " <%s", cell->prev[i]);
    line_pairs(line, "limit", cell->limits, cell->n_limits);
    line_pairs(line, "label", cell->labels, cell->n_labels);
    line_pairs(line, "annotation", cell->annotations, cell->n_annotations);
}

static inline json_t *cells_summary(const struct nbt_notebook *notebook)
{
    json_t *list = json_array();
    for (size_t i = 0; i < notebook->n_cells; i++) {
        struct line line = {.length = 0};
        if (notebook->cells[i].type != NBT_CODE && notebook->cells[i].role == NBT_ROLE_NONE)
            continue;
        line_add(&line, "%zu ", i);
        cell_line(&line, &notebook->cells[i]);
        json_array_append_new(list, json_string(line.text));
    }
    return list;
}

static inline json_t *parameters_summary(const struct nbt_notebook *notebook)
{
    json_t *list = json_array();
    for (size_t i = 0; i < notebook->n_parameters; i++) {
        const struct nbt_parameter *p = &notebook->parameters[i];
        struct line line = {.length = 0};
        line_add(&line, "%s %s %s", p->name, nbt_type_name(p->type), p->value);
        json_array_append_new(list, json_string(line.text));
    }
    return list;
}

static inline json_t *metrics_summary(const struct nbt_notebook *notebook)
{
    json_t *list = json_array();
    for (size_t i = 0; i < notebook->n_metrics; i++)
        json_array_append_new(list, json_string(notebook->metrics[i].name));
    return list;
}

static inline json_t *diagnostics_summary(const struct nbt_notebook *notebook)
{
    json_t *list = json_array();
    for (size_t i = 0; i < notebook->n_diagnostics; i++) {
        const struct nbt_diagnostic *d = &notebook->diagnostics[i];
        struct line line = {.length = 0};
        line_add(&line, "%s %s %d", nbt_severity_name(d->severity), d->code, d->cell);
        json_array_append_new(list, json_string(line.text));
    }
    return list;
}

static inline json_t *defaults_summary(const struct nbt_notebook *notebook)
{
    struct line line = {.length = 0};
    line_pairs(&line, "limit", notebook->steps_limits, notebook->n_steps_limits);
    line_pairs(&line, "label", notebook->steps_labels, notebook->n_steps_labels);
    line_pairs(&line, "annotation", notebook->steps_annotations, notebook->n_steps_annotations);
    return json_string(line.text);
}

static inline json_t *summary_of(const struct nbt_notebook *notebook)
{
    json_t *all =
        json_pack("{s:b, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:O?}", "is_kale",
                  notebook->is_kale, "language", notebook->language, "kernel",
                  notebook->kernel_name, "n_cells", (int)notebook->n_cells, "cells",
                  cells_summary(notebook), "parameters", parameters_summary(notebook), "metrics",
                  metrics_summary(notebook), "diagnostics", diagnostics_summary(notebook),
                  "defaults", defaults_summary(notebook), "katib", notebook->katib);
    assert_non_null(all);
    return all;
}

/* Members of `want` that differ in the summary; each is printed with both sides. */
static inline int differences(const char *name, const json_t *got, const json_t *want)
{
    const char *key;
    json_t *value;
    int count = 0;
    json_object_foreach((json_t *)want, key, value)
    {
        const json_t *other = json_object_get(got, key);
        if (json_equal(other, value))
            continue;
        char *left = json_dumps(other, JSON_ENCODE_ANY | JSON_INDENT(1));
        char *right = json_dumps(value, JSON_ENCODE_ANY | JSON_INDENT(1));
        print_error("%s: %s\ngot %s\nwant %s\n", name, key, left ? left : "nothing", right);
        free(left);
        free(right);
        count++;
    }
    return count;
}

#endif
