#include "trial/plan.h"

#include <stdlib.h>
#include <string.h>

#include "trial/inject.h"

static bool has_tag(const struct nbt_cell *cell, const char *tag)
{
    for (size_t i = 0; i < cell->n_tags; i++)
        if (strcmp(cell->tags[i], tag) == 0)
            return true;
    return false;
}

static struct plan_entry entry_of(const struct nbt_cell *cell)
{
    struct plan_entry entry = {.cell = cell->index, .source = cell->source};
    entry.runs = nbt_cell_runs(cell);
    entry.dropped = cell->role == NBT_ROLE_INJECTED;
    entry.metrics = cell->role == NBT_ROLE_METRICS;
    entry.label = cell->role == NBT_ROLE_STEP && cell->step[0] != '\0' ? cell->step
                                                                       : nbt_role_name(cell->role);
    entry.may_fail = has_tag(cell, "raises-exception");
    return entry;
}

static int add_injected(struct plan *plan, const struct nbt_notebook *notebook, int cell,
                        const json_t *assignments, struct nbt_error *err)
{
    char *source;
    int code = inject_source(&source, notebook, cell, assignments, err);
    if (code < 0 || source == NULL)
        return code;
    plan->entries[plan->n_entries++] = (struct plan_entry){
        .cell = cell, .injected = source, .source = source, .label = INJECT_TAG, .runs = true};
    return 0;
}

/* A step's last cell is known when the next step's first one is. Steps and untagged code change
 * files; others only define. */
static void mark_ends(struct plan *plan, const struct nbt_notebook *notebook)
{
    struct plan_entry *last = NULL;
    for (size_t i = 0; i < plan->n_entries; i++) {
        struct plan_entry *entry = &plan->entries[i];
        if (!entry->runs || entry->injected != NULL)
            continue;
        if (last != NULL && strcmp(last->label, entry->label) != 0)
            last->ends_step = true;
        enum nbt_role role = notebook->cells[entry->cell].role;
        last = role == NBT_ROLE_STEP || role == NBT_ROLE_PLAIN ? entry : NULL;
    }
    if (last != NULL)
        last->ends_step = true;
}

int plan_make(struct plan *ret_plan, const struct nbt_notebook *notebook, const json_t *assignments,
              struct nbt_error *err)
{
    struct plan plan = {.entries = calloc(2 * notebook->n_cells + 1, sizeof *plan.entries)};
    if (plan.entries == NULL)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for %zu cells", notebook->n_cells);
    for (size_t i = 0; i < notebook->n_cells; i++) {
        const struct nbt_cell *cell = &notebook->cells[i];
        plan.entries[plan.n_entries++] = entry_of(cell);
        plan.cells += nbt_cell_runs(cell);
        int code = cell->role == NBT_ROLE_PARAMETERS
                       ? add_injected(&plan, notebook, cell->index, assignments, err)
                       : 0;
        if (code < 0) {
            plan_fini(&plan);
            return code;
        }
    }
    mark_ends(&plan, notebook);
    *ret_plan = plan;
    return 0;
}

void plan_fini(struct plan *plan)
{
    for (size_t i = 0; i < plan->n_entries; i++)
        free(plan->entries[i].injected);
    free(plan->entries);
    *plan = (struct plan){0};
}
