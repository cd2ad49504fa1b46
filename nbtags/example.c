/*
 * Prints what a notebook says: its cells that run, parameters, metrics and problems.
 *
 *     cc example.c -lnbkatib_nbtags -ljansson -lm -o example && ./example model.ipynb
 */
#include <stdio.h>

#include "nbtags/nbtags.h"

static void print_cells(const struct nbt_notebook *notebook)
{
    for (size_t i = 0; i < notebook->n_cells; i++) {
        const struct nbt_cell *cell = &notebook->cells[i];
        if (nbt_cell_runs(cell))
            printf("cell %d: %s %s\n", cell->index, nbt_role_name(cell->role), cell->step);
    }
}

static void print_values(const struct nbt_notebook *notebook)
{
    for (size_t i = 0; i < notebook->n_parameters; i++)
        printf("parameter %s = %s (%s)\n", notebook->parameters[i].name,
               notebook->parameters[i].literal, nbt_type_name(notebook->parameters[i].type));
    for (size_t i = 0; i < notebook->n_metrics; i++)
        printf("metric %s\n", notebook->metrics[i].name);
}

static void print_problems(const struct nbt_notebook *notebook)
{
    for (size_t i = 0; i < notebook->n_diagnostics; i++) {
        const struct nbt_diagnostic *problem = &notebook->diagnostics[i];
        printf("%s [%s] cell %d: %s\n", nbt_severity_name(problem->severity), problem->code,
               problem->cell, problem->text);
    }
}

int main(int argc, char **argv)
{
    struct nbt_notebook *notebook;
    struct nbt_error err = NBT_ERROR_INIT;
    if (argc != 2) {
        fprintf(stderr, "usage: %s NOTEBOOK\n", argv[0]);
        return 2;
    }
    if (nbt_read(&notebook, argv[1], &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    print_cells(notebook);
    print_values(notebook);
    print_problems(notebook);
    int status = nbt_has_errors(notebook) ? 1 : 0;
    nbt_free(notebook);
    return status;
}
