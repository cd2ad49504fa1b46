#include "nbtags/cells.h"

#include "nbtags/diagnostics.h"
#include "nbtags/internal.h"

static int read_cell(struct nbt_cell_reader *reader, const struct nbt_cell_kind *kind,
                     const struct nbt_language *language)
{
    int more, rc = 0;
    reader->base = 0;
    reader->in_block = false;
    reader->lexer = nbt_lexer_begin(language, reader->cell->source, reader->cell->source_length);
    while (rc == 0 && (more = nbt_lexer_statement(&reader->lexer)) != 0)
        rc = more < 0 ? more : kind->statement(reader);
    nbt_lexer_end(&reader->lexer);
    return rc;
}

int nbt_cells_read(struct nbt_notebook *notebook, const struct nbt_cell_kind *kind)
{
    const struct nbt_language *language = nbt_language_find(notebook->language);
    struct nbt_cell_reader reader = {.notebook = notebook};
    const struct nbt_cell *first = NULL;
    for (size_t i = 0; i < notebook->n_cells; i++) {
        reader.cell = &notebook->cells[i];
        if (reader.cell->role != kind->role)
            continue;
        if (!first)
            first = reader.cell;
        if (!language) {
            nbt_diagnose(notebook, NBT_ERROR, NBT_UNKNOWN_LANGUAGE, first->index, 0, 0,
                         "The %s cell is written in '%s', which is not read. Use a notebook "
                         "in " NBT_LANGUAGES,
                         kind->name, notebook->language);
            return 0;
        }
        int rc = read_cell(&reader, kind, language);
        if (rc < 0)
            return rc;
    }
    if (first && *kind->found == 0 && !reader.any_error)
        nbt_diagnose(notebook, NBT_WARNING, kind->empty_code, first->index, 0, 0, "%s",
                     kind->empty_text);
    return 0;
}
