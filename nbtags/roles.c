#include <string.h>

#include "nbtags/diagnostics.h"
#include "nbtags/reader.h"

static bool names_step(const char *tag)
{
    return (strncmp(tag, "step:", 5) == 0 && tag[5]) || (strncmp(tag, "block:", 6) == 0 && tag[6]);
}

static bool is_parameters(const char *tag)
{
    return strcmp(tag, "pipeline-parameters") == 0;
}

static bool any_code_tag(const struct nbt_notebook *notebook, bool (*matches)(const char *tag))
{
    for (size_t i = 0; i < notebook->n_cells; i++) {
        const struct nbt_cell *cell = &notebook->cells[i];
        for (size_t j = 0; cell->type == NBT_CODE && j < cell->n_tags; j++) {
            if (matches(cell->tags[j]))
                return true;
        }
    }
    return false;
}

static bool is_blank(const struct nbt_cell *cell)
{
    return cell->source_length == 0 || strspn(cell->source, " \t\r\n\f\v") == cell->source_length;
}

/*
 * Kale notebooks: an untagged cell joins the group above it; skip and what an earlier run left
 * behind are transparent.
 */

static void join(struct nbt_cell *cell, const struct nbt_cell *head)
{
    cell->role = head->role;
    cell->step = head->step;
    cell->prev = head->prev;
    cell->n_prev = head->n_prev;
    cell->limits = head->limits;
    cell->n_limits = head->n_limits;
    cell->labels = head->labels;
    cell->n_labels = head->n_labels;
    cell->annotations = head->annotations;
    cell->n_annotations = head->n_annotations;
}

static void drop(struct nbt_notebook *notebook, struct nbt_cell *cell)
{
    cell->role = NBT_ROLE_DROPPED;
    nbt_diagnose(notebook, NBT_NOTE, NBT_DROPPED_CELL, cell->index, 0, 0,
                 "This untagged cell stands above the first tagged one: like Kale, a trial does "
                 "not run it. Tag it "
                 "imports, functions or step:NAME if trials need it");
}

static bool joins(const struct nbt_cell *cell)
{
    return cell->type == NBT_CODE && !cell->tagged && !is_blank(cell);
}

static void join_groups(struct nbt_notebook *notebook)
{
    const struct nbt_cell *head = NULL;
    for (size_t i = 0; i < notebook->n_cells; i++) {
        struct nbt_cell *cell = &notebook->cells[i];
        if (cell->tagged && cell->role != NBT_ROLE_SKIP && cell->role != NBT_ROLE_INJECTED)
            head = cell;
        else if (joins(cell) && head)
            join(cell, head);
        else if (joins(cell))
            drop(notebook, cell);
    }
}

static void make_plain(struct nbt_notebook *notebook)
{
    for (size_t i = 0; i < notebook->n_cells; i++) {
        if (joins(&notebook->cells[i]))
            notebook->cells[i].role = NBT_ROLE_PLAIN;
    }
}

/*
 * Steps: `heads` maps a step's name to the index of its first cell.
 */

static void repeat(struct nbt_notebook *notebook, struct nbt_cell *cell,
                   const struct nbt_cell *head, bool adjacent)
{
    bool own = cell->n_prev || cell->n_limits || cell->n_labels || cell->n_annotations;
    if (!adjacent || own)
        nbt_diagnose(notebook, NBT_WARNING, NBT_DUPLICATE_STEP, cell->index, 0, 0,
                     "Step %s stands in cell %d already; this cell belongs to the same step%s. "
                     "Give it a name of its own, "
                     "or leave it untagged right below that step",
                     cell->step, head->index,
                     own ? ", and its own prev:, limit:, label: and annotation: are ignored" : "");
    join(cell, head);
}

static void check_prev(struct nbt_notebook *notebook, const struct nbt_cell *cell,
                       const json_t *heads, const char *prev)
{
    if (strcmp(prev, cell->step) == 0)
        nbt_diagnose(notebook, NBT_ERROR, NBT_BAD_PREV, cell->index, 0, 0,
                     "Step %s names itself as its previous step. Remove prev:%s", prev, prev);
    else if (!json_object_get(heads, prev))
        nbt_diagnose(notebook, NBT_ERROR, NBT_UNKNOWN_PREV, cell->index, 0, 0,
                     "Step %s does not exist. It was defined as previous step of %s, and must "
                     "stand above it. Correct or "
                     "remove prev:%s",
                     prev, cell->step, prev);
}

static int add_head(struct nbt_notebook *notebook, json_t *heads, const struct nbt_cell *cell)
{
    for (size_t i = 0; i < cell->n_prev; i++)
        check_prev(notebook, cell, heads, cell->prev[i]);
    return json_object_set_new(heads, cell->step, json_integer(cell->index));
}

static int collect_steps(struct nbt_notebook *notebook, json_t *heads)
{
    const char *current = "";
    for (size_t i = 0; i < notebook->n_cells; i++) {
        struct nbt_cell *cell = &notebook->cells[i];
        if (!cell->tagged || cell->role == NBT_ROLE_SKIP || cell->role == NBT_ROLE_INJECTED)
            continue;
        const json_t *known =
            cell->role == NBT_ROLE_STEP ? json_object_get(heads, cell->step) : NULL;
        if (known)
            repeat(notebook, cell, &notebook->cells[json_integer_value(known)],
                   strcmp(current, cell->step) == 0);
        else if (cell->role == NBT_ROLE_STEP && add_head(notebook, heads, cell) < 0)
            return NBT_ENOMEM;
        current = cell->step;
    }
    return 0;
}

static int read_steps(struct nbt_notebook *notebook)
{
    json_t *heads = json_object();
    int rc = heads ? collect_steps(notebook, heads) : NBT_ENOMEM;
    json_decref(heads);
    return rc;
}

/*
 * What a notebook must have
 */

static const struct nbt_cell *first_with(const struct nbt_notebook *notebook, enum nbt_role role)
{
    for (size_t i = 0; i < notebook->n_cells; i++) {
        if (notebook->cells[i].role == role && notebook->cells[i].tagged)
            return &notebook->cells[i];
    }
    return NULL;
}

static void check_order(struct nbt_notebook *notebook, const struct nbt_cell *metrics)
{
    for (size_t i = (size_t)metrics->index + 1; i < notebook->n_cells; i++) {
        const struct nbt_cell *cell = &notebook->cells[i];
        if (cell->role != NBT_ROLE_STEP || !cell->tagged)
            continue;
        nbt_diagnose(notebook, NBT_WARNING, NBT_STEP_AFTER_METRICS, cell->index, 0, 0,
                     "Tag pipeline-metrics must be placed on a cell at the end of the Notebook, "
                     "but step %s stands below "
                     "cell %d: the metrics are read before it runs. Move the metrics cell down",
                     cell->step, metrics->index);
        return;
    }
}

static void check_cells(struct nbt_notebook *notebook)
{
    const struct nbt_cell *metrics = first_with(notebook, NBT_ROLE_METRICS);
    if (!first_with(notebook, NBT_ROLE_PARAMETERS))
        nbt_diagnose(notebook, NBT_ERROR, NBT_NO_PARAMETERS_CELL, -1, 0, 0,
                     "No pipeline parameters found. Please tag a cell of the notebook with the "
                     "`pipeline-parameters` tag: "
                     "the code cell that assigns the hyperparameters, as in LEARNING_RATE = 0.01");
    if (!metrics)
        nbt_diagnose(notebook, NBT_ERROR, NBT_NO_METRICS_CELL, -1, 0, 0,
                     "No pipeline metrics found. Please tag a cell of the notebook with the "
                     "`pipeline-metrics` tag: a code "
                     "cell that prints each result, as in print(accuracy)");
    else
        check_order(notebook, metrics);
}

int nbt_roles_read(struct nbt_notebook *notebook, struct nbt_error *err)
{
    notebook->is_kale = any_code_tag(notebook, names_step);
    bool papermill = !any_code_tag(notebook, is_parameters);
    for (size_t i = 0; i < notebook->n_cells; i++)
        nbt_tags_read(notebook, &notebook->cells[i], papermill);
    nbt_steps_defaults_read(notebook);
    if (read_steps(notebook) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the steps of %s", notebook->path);
    if (notebook->is_kale)
        join_groups(notebook);
    else
        make_plain(notebook);
    check_cells(notebook);
    return 0;
}
