#include <string.h>

#include "nbtags/diagnostics.h"
#include "nbtags/reader.h"

#define TAGS_MAX 1000

struct members {
    struct nbt_span id, type, source, metadata, outputs;
};

static bool is_string(const struct nbt_notebook *notebook, struct nbt_span value)
{
    return value.length && notebook->text[value.offset] == '"';
}

const char *nbt_decoded(struct nbt_notebook *notebook, struct nbt_span string)
{
    if (!is_string(notebook, string))
        return "";
    char *text = nbt_arena(notebook, string.length + 1);
    if (text)
        nbt_scan_decode(notebook->text, string, text);
    return text;
}

static struct nbt_span *member_of(struct members *members, const char *text, struct nbt_span key)
{
    const struct {
        const char *name;
        struct nbt_span *place;
    } table[] = {
        {"source", &members->source},
        {"outputs", &members->outputs},
        {"metadata", &members->metadata},
        {"cell_type", &members->type},
        {"id", &members->id},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (nbt_scan_is(text, key, table[i].name))
            return table[i].place;
    }
    return NULL;
}

static int read_members(struct nbt_notebook *notebook, struct nbt_scan *scan, int cell,
                        struct members *members, struct nbt_error *err)
{
    struct nbt_span key, ignored;
    bool first = true;
    int rc;
    while ((rc = nbt_scan_member(scan, &first, &key, err)) > 0) {
        struct nbt_span *place = member_of(members, scan->text, key);
        if (place && place->length)
            nbt_diagnose(notebook, NBT_WARNING, NBT_DUPLICATE_KEY, cell, 0, 0,
                         "%.*s stands twice in the cell; the last one counts, as in Jupyter. "
                         "Remove the other",
                         (int)key.length, scan->text + key.offset);
        rc = nbt_scan_value(scan, place ? place : &ignored, err);
        if (rc < 0)
            return rc;
    }
    return rc;
}

static enum nbt_cell_type type_of(const struct nbt_notebook *notebook, struct nbt_span type)
{
    static const struct {
        const char *name;
        enum nbt_cell_type type;
    } types[] = {{"code", NBT_CODE}, {"markdown", NBT_MARKDOWN}, {"raw", NBT_RAW}};
    for (size_t i = 0; is_string(notebook, type) && i < sizeof(types) / sizeof(types[0]); i++) {
        if (nbt_scan_is(notebook->text, type, types[i].name))
            return types[i].type;
    }
    return NBT_OTHER;
}

/* The value passed the scanner already, so that walking it again cannot fail. */
static bool next_element(struct nbt_scan *scan, bool *first, struct nbt_span *ret_item)
{
    return nbt_scan_element(scan, first, NULL) > 0 && nbt_scan_value(scan, ret_item, NULL) == 0;
}

static bool decode_list(struct nbt_notebook *notebook, struct nbt_span list, char *out,
                        size_t *ret_length)
{
    struct nbt_scan scan = nbt_scan_within(notebook->text, list);
    struct nbt_span item;
    bool first = true, clean = true;
    size_t length = 0;
    while (next_element(&scan, &first, &item)) {
        if (is_string(notebook, item))
            length += nbt_scan_decode(notebook->text, item, out + length);
        else
            clean = false;
    }
    *ret_length = length;
    return clean;
}

static void read_source(struct nbt_notebook *notebook, struct nbt_cell *cell)
{
    struct nbt_span span = cell->source_span;
    char *source = nbt_arena(notebook, span.length + 1);
    bool clean = true;
    if (!source)
        return;
    if (is_string(notebook, span))
        cell->source_length = nbt_scan_decode(notebook->text, span, source);
    else if (span.length && notebook->text[span.offset] == '[')
        clean = decode_list(notebook, span, source, &cell->source_length);
    else
        clean = span.length == 0;
    cell->source = source;
    if (!clean)
        nbt_diagnose(notebook, NBT_WARNING, NBT_BAD_SOURCE, cell->index, 0, 0,
                     "The cell's source is neither a string nor a list of strings; what is not a "
                     "string was left out");
}

static void push_tag(struct nbt_notebook *notebook, struct nbt_cell *cell, struct nbt_span tag)
{
    void *array = cell->tags;
    const char *text = nbt_decoded(notebook, tag);
    const char **place =
        text ? nbt_arena_push(notebook, &array, &cell->n_tags, sizeof(*place)) : NULL;
    if (!place)
        return;
    cell->tags = array;
    *place = text;
}

static void read_tag_list(struct nbt_notebook *notebook, struct nbt_cell *cell)
{
    struct nbt_scan scan = nbt_scan_within(notebook->text, cell->tags_span);
    struct nbt_span item;
    bool first = true, clean = true;
    while (cell->n_tags < TAGS_MAX && next_element(&scan, &first, &item)) {
        if (is_string(notebook, item))
            push_tag(notebook, cell, item);
        else
            clean = false;
    }
    if (!clean)
        nbt_diagnose(
            notebook, NBT_WARNING, NBT_BAD_TAGS, cell->index, 0, 0,
            "Tags must be strings; the others were left out. Correct the cell's tags in Jupyter");
    if (cell->n_tags == TAGS_MAX)
        nbt_diagnose(notebook, NBT_WARNING, NBT_BAD_TAGS, cell->index, 0, 0,
                     "The cell has %d tags or more; only the first %d were read. Remove some",
                     TAGS_MAX, TAGS_MAX);
}

static struct nbt_span find_tags(const char *text, struct nbt_span metadata)
{
    struct nbt_scan scan = nbt_scan_within(text, metadata);
    struct nbt_span key, value, tags = {0};
    bool first = true;
    if (!metadata.length || text[metadata.offset] != '{')
        return tags;
    while (nbt_scan_member(&scan, &first, &key, NULL) > 0 &&
           nbt_scan_value(&scan, &value, NULL) == 0) {
        if (nbt_scan_is(text, key, "tags"))
            tags = value;
    }
    return tags;
}

static void read_tags(struct nbt_notebook *notebook, struct nbt_cell *cell)
{
    cell->tags_span = find_tags(notebook->text, cell->metadata_span);
    if (!cell->tags_span.length)
        return;
    if (notebook->text[cell->tags_span.offset] == '[')
        read_tag_list(notebook, cell);
    else
        nbt_diagnose(notebook, NBT_WARNING, NBT_BAD_TAGS, cell->index, 0, 0,
                     "The cell's tags are no list of strings and were ignored. Remove them, and "
                     "tag the cell in Jupyter");
}

static void fill(struct nbt_notebook *notebook, struct nbt_cell *cell,
                 const struct members *members)
{
    cell->type = type_of(notebook, members->type);
    cell->source_span = members->source;
    cell->metadata_span = members->metadata;
    cell->outputs_span = members->outputs;
    const char *id = nbt_decoded(notebook, members->id);
    cell->id = id ? id : "";
    read_source(notebook, cell);
    read_tags(notebook, cell);
}

static struct nbt_cell *push_cell(struct nbt_notebook *notebook)
{
    void *array = notebook->cells;
    struct nbt_cell *cell = nbt_arena_push(notebook, &array, &notebook->n_cells, sizeof(*cell));
    if (!cell)
        return NULL;
    notebook->cells = array;
    *cell = (struct nbt_cell){.index = (int)(notebook->n_cells - 1),
                              .type = NBT_OTHER,
                              .id = "",
                              .step = "",
                              .source = ""};
    return cell;
}

int nbt_cell_read(struct nbt_notebook *notebook, struct nbt_scan *scan, struct nbt_error *err)
{
    struct members members = {0};
    struct nbt_cell *cell = push_cell(notebook);
    if (!cell)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for cell %zu of %s", notebook->n_cells,
                             notebook->path);
    bool object = nbt_scan_peek(scan) == '{';
    size_t start = scan->at;
    struct nbt_span ignored;
    int rc = object ? read_members(notebook, scan, cell->index, &members, err)
                    : nbt_scan_value(scan, &ignored, err);
    if (rc < 0)
        return rc;
    cell->span = (struct nbt_span){.offset = start, .length = scan->at - start};
    if (object)
        fill(notebook, cell, &members);
    else
        nbt_diagnose(
            notebook, NBT_WARNING, NBT_BAD_CELL, cell->index, 0, 0,
            "This is no cell: an object was expected. It is passed over; remove it from the file");
    return 0;
}
