/*
 * Reads the cells of one role statement by statement: the loop that parameters.c and metrics.c
 * share. Not installed.
 */
#ifndef NBTAGS_CELLS_H
#define NBTAGS_CELLS_H

#include "nbtags/lexer.h"
#include "nbtags/nbtags.h"

struct nbt_cell_reader {
    struct nbt_notebook *notebook;
    const struct nbt_cell *cell;
    struct nbt_lexer lexer;
    int base;       /* indent of the cell's first statement */
    bool in_block;  /* below a statement that has a body */
    bool any_error; /* an error was diagnosed in one of the cells */
};

struct nbt_cell_kind {
    enum nbt_role role;
    const char *name;       /* "parameters" */
    const size_t *found;    /* how many of what the cells hold the notebook has by now */
    const char *empty_code; /* the warning when that stays 0 without an error */
    const char *empty_text;
    int (*statement)(struct nbt_cell_reader *reader); /* negative only without memory */
};

/* Calls kind->statement for every statement of the notebook's cells of that role. Negative only
 * without memory. */
nbt_must_check int nbt_cells_read(struct nbt_notebook *notebook, const struct nbt_cell_kind *kind);

#endif
