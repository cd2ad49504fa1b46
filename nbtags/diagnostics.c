#include "nbtags/diagnostics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nbtags/internal.h"

#define TEXT_MAX 1024

static size_t cut_at_character(const char *text, size_t end)
{
    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--;
    return end;
}

static nbt_printf(2, 0) const
    char *keep_text(struct nbt_notebook *notebook, const char *format, va_list args)
{
    char text[TEXT_MAX];
    int written = vsnprintf(text, sizeof(text), format, args);
    if (written < 0)
        return "";
    size_t length = (size_t)written;
    if (length >= sizeof(text)) {
        length = cut_at_character(text, sizeof(text) - 4);
        memcpy(text + length, "...", 4);
        length += 3;
    }
    const char *kept = nbt_arena_text(notebook, text, length);
    return kept ? kept : "";
}

static const char *id_of(const struct nbt_notebook *notebook, int cell)
{
    if (cell < 0 || (size_t)cell >= notebook->n_cells || !notebook->cells[cell].id)
        return "";
    return notebook->cells[cell].id;
}

void nbt_diagnose(struct nbt_notebook *notebook, enum nbt_severity severity, const char *code,
                  int cell, int line, int column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = keep_text(notebook, format, args);
    va_end(args);
    void *array = notebook->diagnostics;
    struct nbt_diagnostic *diagnostic =
        nbt_arena_push(notebook, &array, &notebook->n_diagnostics, sizeof(*diagnostic));
    if (!diagnostic)
        return;
    notebook->diagnostics = array;
    *diagnostic = (struct nbt_diagnostic){
        .severity = severity,
        .code = code,
        .cell = cell,
        .cell_id = id_of(notebook, cell),
        .line = line,
        .column = column,
        .path = "",
        .text = text,
    };
}

static int by_place(const void *left, const void *right)
{
    const struct nbt_diagnostic *a = left, *b = right;
    if (a->cell != b->cell)
        return a->cell < b->cell ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    int order = strcmp(a->code, b->code);
    return order ? order : strcmp(a->text, b->text);
}

void nbt_diagnostics_sort(struct nbt_notebook *notebook)
{
    if (notebook->n_diagnostics > 1)
        qsort(notebook->diagnostics, notebook->n_diagnostics, sizeof(notebook->diagnostics[0]),
              by_place);
}

bool nbt_has_errors(const struct nbt_notebook *notebook)
{
    for (size_t i = 0; i < notebook->n_diagnostics; i++) {
        if (notebook->diagnostics[i].severity == NBT_ERROR)
            return true;
    }
    return false;
}
