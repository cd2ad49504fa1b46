/* What can be said of an assignment before anything runs. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "trial/inject.h"
#include "trial/trial.h"
#include "trial/uses.h"

struct check {
    const struct nbt_notebook *notebook;
    const json_t *assignments;
    json_t *diagnostics;
    bool values_only;
};

struct place {
    int cell, line, column;
};

static void add(struct check *check, const char *severity, const char *code, struct place place,
                const char *format, ...) nbt_printf(5, 6);

static void add(struct check *check, const char *severity, const char *code, struct place place,
                const char *format, ...)
{
    struct nbt_error text = NBT_ERROR_INIT;
    va_list args;
    va_start(args, format);
    nbt_error_vset(&text, NBT_EINVAL, format, args);
    va_end(args);
    auto_free char *printable = file_printable(text.text);
    json_array_append_new(check->diagnostics,
                          json_pack("{s:s, s:s, s:s, s:i, s:i, s:i}", "severity", severity, "code",
                                    code, "text", printable == NULL ? "" : printable, "cell",
                                    place.cell, "line", place.line, "column", place.column));
}

static struct place place_of(const struct nbt_parameter *parameter)
{
    return (struct place){parameter->cell, parameter->line, parameter->column};
}

static const struct place nowhere = {.cell = -1};

static void unknown(struct check *check, const char *name)
{
    CLEANUP(buf_fini) struct buf names = buf_init(512);
    for (size_t i = 0; i < check->notebook->n_parameters; i++)
        buf_printf(&names, "%s%s", i == 0 ? "" : ", ", check->notebook->parameters[i].name);
    if (check->notebook->n_parameters == 0)
        buf_puts(&names, "none");
    add(check, "error", "unknown-parameter", nowhere,
        "the notebook has no parameter %s; its parameters are: %s%s", name, buf_text(&names),
        buf_failed(&names) ? ", ..." : "");
}

/* ---- Is the value read by anything? ---- */

struct reading {
    bool read;
    struct place
        assigned; /* where the name is given another value before it is read; line 0: nowhere */
};

/* A metrics cell only prints: a value that goes nowhere else changes nothing. */
static bool may_read(const struct nbt_cell *cell)
{
    return nbt_cell_runs(cell) && cell->role != NBT_ROLE_METRICS;
}

static int after_cell(struct reading *reading, const struct check *check, const char *name,
                      int cell)
{
    for (size_t i = (size_t)cell + 1; i < check->notebook->n_cells; i++) {
        const struct nbt_cell *later = &check->notebook->cells[i];
        struct uses uses = {0};
        if (!may_read(later))
            continue;
        if (uses_find(&uses, check->notebook->language, later->source, name) < 0)
            return NBT_ENOMEM;
        if (uses.read)
            reading->read = true;
        else if (uses.assigned_line > 0)
            reading->assigned =
                (struct place){later->index, uses.assigned_line, uses.assigned_column};
        if (uses.read || uses.assigned_line > 0)
            return 0;
        reading->read = reading->read || uses.read_later;
    }
    return 0;
}

/* Functions that stand before it read the name when they are called. By words alone, a cell's own
 * assignment would look like such a reading. */
static int up_to_cell(struct reading *reading, const struct check *check, const char *name,
                      int cell)
{
    bool python = strcmp(check->notebook->language, "python") == 0;
    for (int i = 0; i < cell + python && !reading->read; i++) {
        const struct nbt_cell *earlier = &check->notebook->cells[i];
        struct uses uses = {0};
        if (!may_read(earlier))
            continue;
        if (uses_find(&uses, check->notebook->language, earlier->source, name) < 0)
            return NBT_ENOMEM;
        reading->read = uses.read_later;
    }
    return 0;
}

/* The name itself and every expression that is repeated because it reads it. */
static int look_for_readers(struct reading *reading, const struct check *check,
                            const struct nbt_parameter *parameter, struct nbt_error *err)
{
    auto_json json_t *alone = json_pack("[{s:s, s:s}]", "name", parameter->name, "value", "");
    auto_free struct inject_line *lines = NULL;
    int n = inject_lines(&lines, check->notebook, parameter->cell, alone, err);
    for (int i = 0; i < n && !reading->read; i++) {
        struct reading one = {0};
        const char *name = lines[i].parameter->name;
        if (after_cell(&one, check, name, parameter->cell) < 0 ||
            (one.assigned.line == 0 && up_to_cell(&one, check, name, parameter->cell) < 0))
            return nbt_error_set(err, NBT_ENOMEM, "no memory to read the notebook's cells");
        reading->read = one.read;
        if (i == 0)
            reading->assigned = one.assigned;
    }
    return n < 0 ? n : 0;
}

static int check_use(struct check *check, const struct nbt_parameter *parameter,
                     struct nbt_error *err)
{
    struct reading reading = {0};
    int code = look_for_readers(&reading, check, parameter, err);
    if (code < 0 || reading.read)
        return code;
    if (reading.assigned.line > 0)
        add(check, "warning", "parameter-reassigned", reading.assigned,
            "cell %d assigns %s again before anything reads it, so tuning it changes nothing; "
            "remove that "
            "assignment or use another name",
            reading.assigned.cell, parameter->name);
    else
        add(check, "warning", "parameter-never-read", place_of(parameter),
            "no later cell that runs reads %s, so tuning it changes nothing; use it, or do not "
            "tune it",
            parameter->name);
    return 0;
}

/* ---- One assignment ---- */

static bool given_before(const struct check *check, size_t index, const char *name)
{
    for (size_t i = 0; i < index; i++) {
        const char *other =
            json_string_value(json_object_get(json_array_get(check->assignments, i), "name"));
        if (other != NULL && strcmp(other, name) == 0)
            return true;
    }
    return false;
}

static bool converts(struct check *check, const struct nbt_parameter *parameter, const char *value)
{
    struct nbt_error why = NBT_ERROR_INIT;
    auto_free char *literal = NULL;
    int code = inject_literal(&literal, check->notebook, parameter, value, &why);
    if (code < 0)
        add(check, "error",
            code == NBT_EUNSUPPORTED ? "language-unsupported" : "value-does-not-convert",
            place_of(parameter), "%s", why.text);
    return code == 0;
}

static int check_one(struct check *check, size_t index, struct nbt_error *err)
{
    const json_t *item = json_array_get(check->assignments, index);
    const char *name = json_string_value(json_object_get(item, "name"));
    const char *value = json_string_value(json_object_get(item, "value"));
    if (name == NULL || value == NULL) {
        add(check, "error", "assignment-malformed", nowhere,
            "assignment %zu is not {\"name\": text, \"value\": text}; give both as text", index);
        return 0;
    }
    const struct nbt_parameter *parameter = nbt_find_parameter(check->notebook, name);
    if (parameter == NULL) {
        unknown(check, name);
    } else if (given_before(check, index, name)) {
        add(check, "error", "duplicate-assignment", place_of(parameter),
            "%s is assigned twice; give it one value", name);
    } else if (converts(check, parameter, value) && !check->values_only) {
        return check_use(check, parameter, err);
    }
    return 0;
}

static int check_all(json_t **ret_diagnostics, const struct nbt_notebook *notebook,
                     const json_t *assignments, bool values_only, struct nbt_error *err)
{
    auto_json json_t *diagnostics = json_array();
    struct check check = {notebook, assignments, diagnostics, values_only};
    if (diagnostics == NULL)
        return nbt_error_set(err, NBT_ENOMEM, "no memory to check the assignments");
    for (size_t i = 0; i < json_array_size(assignments); i++) {
        int code = check_one(&check, i, err);
        if (code < 0)
            return code;
    }
    *ret_diagnostics = TAKE(diagnostics);
    return 0;
}

int trial_check(json_t **ret_diagnostics, const struct nbt_notebook *notebook,
                const json_t *assignments, struct nbt_error *err)
{
    return check_all(ret_diagnostics, notebook, assignments, false, err);
}

int trial_check_values(json_t **ret_diagnostics, const struct nbt_notebook *notebook,
                       const json_t *assignments, struct nbt_error *err)
{
    return check_all(ret_diagnostics, notebook, assignments, true, err);
}
