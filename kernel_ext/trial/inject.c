#include "trial/inject.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "nbtags/number.h"

const char *inject_value(const json_t *assignments, const char *name)
{
    size_t i;
    const json_t *item;
    json_array_foreach(assignments, i, item)
    {
        const char *given = json_string_value(json_object_get(item, "name"));
        if (given != NULL && strcmp(given, name) == 0)
            return json_string_value(json_object_get(item, "value"));
    }
    return NULL;
}

static bool among(const struct inject_line *lines, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(lines[i].parameter->name, name) == 0)
            return true;
    return false;
}

static bool reads_any(const struct nbt_parameter *parameter, const struct inject_line *lines,
                      size_t n)
{
    for (size_t i = 0; i < parameter->n_reads; i++)
        if (among(lines, n, parameter->reads[i]))
            return true;
    return false;
}

/* A name that is assigned again keeps its first place among the parameters, so their order is not
 * the cell's. */
static int by_place(const void *left, const void *right)
{
    const struct nbt_parameter *a = *(const struct nbt_parameter *const *)left;
    const struct nbt_parameter *b = *(const struct nbt_parameter *const *)right;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return (a->column > b->column) - (a->column < b->column);
}

static size_t of_cell(const struct nbt_parameter **places, const struct nbt_notebook *notebook,
                      int cell)
{
    size_t n = 0;
    for (size_t i = 0; i < notebook->n_parameters; i++)
        if (notebook->parameters[i].cell == cell)
            places[n++] = &notebook->parameters[i];
    qsort(places, n, sizeof(const struct nbt_parameter *), by_place);
    return n;
}

int inject_lines(struct inject_line **ret_lines, const struct nbt_notebook *notebook, int cell,
                 const json_t *assignments, struct nbt_error *err)
{
    size_t room = notebook->n_parameters + 1, n = 0;
    auto_free const struct nbt_parameter **places = calloc(room, sizeof(struct nbt_parameter *));
    auto_free struct inject_line *lines = calloc(room, sizeof *lines);
    if (places == NULL || lines == NULL)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the injected cell");
    size_t n_places = of_cell(places, notebook, cell);
    for (size_t i = 0; i < n_places; i++) {
        const char *value = inject_value(assignments, places[i]->name);
        if (value != NULL)
            lines[n++] = (struct inject_line){.parameter = places[i], .value = value};
    }
    for (size_t i = 0; i < n_places; i++)
        if (places[i]->type == NBT_EXPRESSION && !among(lines, n, places[i]->name) &&
            reads_any(places[i], lines, n))
            lines[n++] = (struct inject_line){.parameter = places[i]};
    *ret_lines = n == 0 ? NULL : TAKE(lines);
    return (int)n;
}

static enum nbt_type type_of(const char *value)
{
    int64_t integer;
    double number;
    if (nbt_parse_int(value, &integer))
        return NBT_INT;
    if (nbt_parse_double(value, &number))
        return NBT_FLOAT;
    return strcmp(value, "True") == 0 || strcmp(value, "False") == 0 ? NBT_BOOL : NBT_STR;
}

int inject_literal(char **ret_text, const struct nbt_notebook *notebook,
                   const struct nbt_parameter *parameter, const char *value, struct nbt_error *err)
{
    enum nbt_type type = parameter->type == NBT_EXPRESSION ? type_of(value) : parameter->type;
    int code = nbt_literal(notebook->language, type, value, ret_text, err);
    if (code < 0) {
        nbt_error_prefix(err, "parameter %s", parameter->name);
        nbt_error_at(err, parameter->cell, parameter->line, parameter->column);
    }
    return code;
}

static int add_line(struct buf *source, const struct nbt_notebook *notebook,
                    const struct inject_line *line, struct nbt_error *err)
{
    const char *arrow = strcmp(notebook->language, "r") == 0 ? "<-" : "=";
    if (line->value == NULL) {
        buf_printf(source, "\n%s %s %s", line->parameter->name, arrow, line->parameter->value);
        return 0;
    }
    auto_free char *literal = NULL;
    int code = inject_literal(&literal, notebook, line->parameter, line->value, err);
    if (code == 0)
        buf_printf(source, "\n%s %s %s", line->parameter->name, arrow, literal);
    return code;
}

int inject_source(char **ret_source, const struct nbt_notebook *notebook, int cell,
                  const json_t *assignments, struct nbt_error *err)
{
    auto_free struct inject_line *lines = NULL;
    int n = inject_lines(&lines, notebook, cell, assignments, err);
    if (n <= 0 || lines == NULL) {
        if (n == 0)
            *ret_source = NULL;
        return n;
    }
    CLEANUP(buf_fini) struct buf source = buf_init((size_t)4 << 20);
    buf_puts(&source, "# Parameters");
    for (int i = 0; i < n; i++) {
        int code = add_line(&source, notebook, &lines[i], err);
        if (code < 0)
            return code;
    }
    if (buf_failed(&source))
        return nbt_error_set(err, NBT_ENOMEM,
                             "the injected cell is larger than 4 MiB; use shorter values");
    *ret_source = buf_take(&source);
    return 0;
}
