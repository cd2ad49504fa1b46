#include "nbtags/edit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nbtags/literal.h"
#include "nbtags/scan.h"

enum kind { PARAMETER, TAGS, METADATA };

/* What one thing shall become; a later change of the same thing takes its place. */
struct change {
    enum kind kind;
    size_t index;  /* PARAMETER, TAGS: into the notebook's arrays */
    char *text;    /* PARAMETER: the literal; METADATA: the key */
    json_t *value; /* TAGS, METADATA; NULL removes */
};

struct nbt_edit {
    const struct nbt_notebook *notebook;
    struct change *changes;
    size_t n;
};

int nbt_edit_new(struct nbt_edit **ret_edit, const struct nbt_notebook *notebook,
                 struct nbt_error *err)
{
    struct nbt_edit *edit = calloc(1, sizeof *edit);
    if (!edit)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for an edit");
    edit->notebook = notebook;
    *ret_edit = edit;
    return 0;
}

static void change_fini(struct change *change)
{
    free(change->text);
    json_decref(change->value);
}

void nbt_edit_free(struct nbt_edit *edit)
{
    if (!edit)
        return;
    for (size_t i = 0; i < edit->n; i++)
        change_fini(&edit->changes[i]);
    free(edit->changes);
    free(edit);
}

static bool is_same_thing(const struct change *a, const struct change *b)
{
    if (a->kind != b->kind)
        return false;
    return a->kind == METADATA ? strcmp(a->text, b->text) == 0 : a->index == b->index;
}

static void forget(struct nbt_edit *edit, const struct change *change)
{
    for (size_t i = 0; i < edit->n; i++) {
        if (!is_same_thing(&edit->changes[i], change))
            continue;
        change_fini(&edit->changes[i]);
        memmove(&edit->changes[i], &edit->changes[i + 1],
                (edit->n - i - 1) * sizeof *edit->changes);
        edit->n--;
        return;
    }
}

/* Takes the change's contents. What stands in the file already is no change: its bytes stay. */
static int add(struct nbt_edit *edit, struct change change, bool differs, struct nbt_error *err)
{
    forget(edit, &change);
    if (!differs) {
        change_fini(&change);
        return 0;
    }
    struct change *larger = realloc(edit->changes, (edit->n + 1) * sizeof *larger);
    if (!larger) {
        change_fini(&change);
        return nbt_error_set(err, NBT_ENOMEM, "no memory for an edit");
    }
    edit->changes = larger;
    larger[edit->n++] = change;
    return 0;
}

static int parameter_differs(const struct nbt_notebook *notebook,
                             const struct nbt_parameter *parameter, const char *literal,
                             struct nbt_error *err)
{
    char *present;
    int rc = nbt_parameter_literal(notebook, parameter, parameter->value, &present, err);
    if (rc < 0)
        return rc;
    rc = strcmp(present, literal) != 0;
    free(present);
    return rc;
}

int nbt_edit_parameter(struct nbt_edit *edit, const char *name, const char *value,
                       struct nbt_error *err)
{
    const struct nbt_notebook *notebook = edit->notebook;
    const struct nbt_parameter *parameter = nbt_find_parameter(notebook, name);
    if (!parameter)
        return nbt_error_set(err, NBT_ENOTFOUND,
                             "%s has no parameter %s. `nbkatib inspect` lists those that it has",
                             notebook->path, name);
    char *literal;
    int rc = nbt_parameter_literal(notebook, parameter, value, &literal, err);
    if (rc < 0) {
        nbt_error_at(err, parameter->cell, parameter->line, parameter->column);
        return rc;
    }
    int differs = parameter_differs(notebook, parameter, literal, err);
    if (differs < 0) {
        free(literal);
        return differs;
    }
    struct change change = {
        .kind = PARAMETER,
        .index = (size_t)(parameter - notebook->parameters),
        .text = literal,
    };
    return add(edit, change, differs, err);
}

static const struct nbt_cell *find_cell(const struct nbt_notebook *notebook, int cell)
{
    for (size_t i = 0; i < notebook->n_cells; i++) {
        if (notebook->cells[i].index == cell)
            return &notebook->cells[i];
    }
    return NULL;
}

static bool tags_differ(const struct nbt_cell *cell, const char *const *tags, size_t n)
{
    if (cell->n_tags != n || (n == 0 && cell->tags_span.length > 0))
        return true;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(cell->tags[i], tags[i]) != 0)
            return true;
    }
    return false;
}

/* NULL without memory, or when a tag is not UTF-8. */
static json_t *tag_list(const char *const *tags, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++) {
        if (json_array_append_new(list, json_string(tags[i])) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

int nbt_edit_tags(struct nbt_edit *edit, int cell, const char *const *tags, size_t n_tags,
                  struct nbt_error *err)
{
    const struct nbt_notebook *notebook = edit->notebook;
    const struct nbt_cell *found = find_cell(notebook, cell);
    if (!found)
        return nbt_error_set(err, NBT_ENOTFOUND, "%s has no cell %d: it has %zu, counted from 0",
                             notebook->path, cell, notebook->n_cells);
    struct change change = {.kind = TAGS, .index = (size_t)(found - notebook->cells)};
    if (n_tags > 0) {
        change.value = tag_list(tags, n_tags);
        if (!change.value)
            return nbt_error_set(err, NBT_EINVAL, "a tag of cell %d is not UTF-8 text", cell);
    }
    return add(edit, change, tags_differ(found, tags, n_tags), err);
}

int nbt_edit_metadata(struct nbt_edit *edit, const char *key, const json_t *value,
                      struct nbt_error *err)
{
    const json_t *present = json_object_get(edit->notebook->metadata, key);
    struct change change = {
        .kind = METADATA,
        .text = strdup(key),
        .value = value ? json_deep_copy(value) : NULL,
    };
    if (!change.text || (value && !change.value)) {
        change_fini(&change);
        return nbt_error_set(err, NBT_ENOMEM, "no memory for an edit");
    }
    bool differs = value ? !present || !json_equal(present, value) : present != NULL;
    return add(edit, change, differs, err);
}

/* The last character's first byte within the decoded source. */
static size_t last_character(const char *source, size_t offset, size_t end)
{
    size_t at = end - 1;
    while (at > offset && ((unsigned char)source[at] & 0xC0) == 0x80)
        at--;
    return at;
}

/* The literal's bytes in the file. A literal over several strings of the source list takes what
 * stands between them along: their rest joins to one string. */
static int literal_span(const struct nbt_notebook *notebook, const struct nbt_parameter *parameter,
                        struct nbt_span *ret_span, struct nbt_error *err)
{
    const struct nbt_cell *cell = find_cell(notebook, parameter->cell);
    size_t last =
        last_character(cell->source, parameter->offset, parameter->offset + parameter->length);
    size_t start = nbt_scan_locate(notebook->text, cell->source_span, parameter->offset);
    size_t end = nbt_scan_locate(notebook->text, cell->source_span, last);
    if (start == SIZE_MAX || end == SIZE_MAX)
        return nbt_error_set(err, NBT_ENOTFOUND, "the literal of %s is not in the file",
                             parameter->name);
    end += nbt_scan_character(notebook->text, end).length;
    *ret_span = (struct nbt_span){start, end - start};
    return 0;
}

static int plan_parameter(struct nbt_plan *plan, const struct nbt_notebook *notebook,
                          const struct change *change, struct nbt_error *err)
{
    struct nbt_span span = {0, 0};
    int rc = literal_span(notebook, &notebook->parameters[change->index], &span, err);
    if (rc < 0)
        return rc;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for an edit");
    nbt_json_string(out, change->text, strlen(change->text));
    if (fclose(out) != 0) {
        free(text);
        return nbt_error_set(err, NBT_ENOMEM, "no memory for an edit");
    }
    return nbt_plan_replace(plan, span, text, length, err);
}

/* Changes keys of the "metadata" of `owner` (a cell, or the document), which gets one where there
 * is no object. */
static int plan_metadata(struct nbt_plan *plan, struct nbt_span owner, struct nbt_span metadata,
                         const struct nbt_key_change *changes, size_t n, struct nbt_error *err)
{
    if (metadata.length > 0 && plan->text[metadata.offset] == '{')
        return nbt_plan_object(plan, metadata, changes, n, err);
    json_t *object = json_object();
    bool failed = !object;
    for (size_t i = 0; i < n && !failed; i++) {
        json_t *copy = changes[i].value ? json_deep_copy(changes[i].value) : NULL;
        failed = changes[i].value && json_object_set_new(object, changes[i].key, copy) < 0;
    }
    struct nbt_key_change change = {"metadata", object};
    int rc = 0;
    if (failed)
        rc = nbt_error_set(err, NBT_ENOMEM, "no memory for an edit");
    else if (json_object_size(object) > 0)
        rc = nbt_plan_object(plan, owner, &change, 1, err);
    json_decref(object);
    return rc;
}

static int plan_tags(struct nbt_plan *plan, const struct nbt_notebook *notebook,
                     const struct change *change, struct nbt_error *err)
{
    const struct nbt_cell *cell = &notebook->cells[change->index];
    struct nbt_key_change tags = {"tags", change->value};
    return plan_metadata(plan, cell->span, cell->metadata_span, &tags, 1, err);
}

/* The whole document's object, and its metadata; the last counts where there are two. */
static int find_document(const struct nbt_notebook *notebook, struct nbt_span *ret_document,
                         struct nbt_span *ret_metadata, struct nbt_error *err)
{
    struct nbt_scan scan = nbt_scan_document(notebook->path, notebook->text, notebook->size);
    struct nbt_span key, value, metadata = {0, 0};
    bool first = true;
    nbt_scan_peek(&scan);
    size_t start = scan.at;
    int more;
    while ((more = nbt_scan_member(&scan, &first, &key, err)) > 0) {
        int rc = nbt_scan_value(&scan, &value, err);
        if (rc < 0)
            return rc;
        if (nbt_scan_is(notebook->text, key, "metadata"))
            metadata = value;
    }
    *ret_document = (struct nbt_span){start, scan.at - start};
    *ret_metadata = metadata;
    return more;
}

static int plan_document(struct nbt_plan *plan, const struct nbt_edit *edit, struct nbt_error *err)
{
    struct nbt_span document, metadata;
    size_t n = 0;
    for (size_t i = 0; i < edit->n; i++)
        n += edit->changes[i].kind == METADATA;
    if (n == 0)
        return 0;
    struct nbt_key_change *changes = calloc(n, sizeof *changes);
    if (!changes)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for an edit");
    n = 0;
    for (size_t i = 0; i < edit->n; i++) {
        if (edit->changes[i].kind == METADATA)
            changes[n++] = (struct nbt_key_change){edit->changes[i].text, edit->changes[i].value};
    }
    int rc = find_document(edit->notebook, &document, &metadata, err);
    if (rc == 0)
        rc = plan_metadata(plan, document, metadata, changes, n, err);
    free(changes);
    return rc;
}

static int plan_all(struct nbt_plan *plan, const struct nbt_edit *edit, struct nbt_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < edit->n; i++) {
        const struct change *change = &edit->changes[i];
        if (change->kind == PARAMETER)
            rc = plan_parameter(plan, edit->notebook, change, err);
        else if (change->kind == TAGS)
            rc = plan_tags(plan, edit->notebook, change, err);
    }
    return rc < 0 ? rc : plan_document(plan, edit, err);
}

int nbt_edit_apply(const struct nbt_edit *edit, char **ret_text, size_t *ret_size,
                   struct nbt_error *err)
{
    struct nbt_plan plan = {.text = edit->notebook->text, .size = edit->notebook->size};
    int rc = plan_all(&plan, edit, err);
    if (rc == 0)
        rc = nbt_plan_run(&plan, ret_text, ret_size, err);
    nbt_plan_fini(&plan);
    return rc;
}

int nbt_edit_save(const struct nbt_edit *edit, struct nbt_error *err)
{
    char *text = NULL;
    size_t size = 0;
    int rc = nbt_edit_apply(edit, &text, &size, err);
    if (rc < 0)
        return rc;
    rc = nbt_save(edit->notebook, text, size, err);
    free(text);
    return rc;
}
