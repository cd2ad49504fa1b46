#include <stdio.h>
#include <string.h>

#include "nbtags/diagnostics.h"
#include "nbtags/number.h"
#include "nbtags/reader.h"

/* The values that stand directly in the document. */
struct document {
    struct nbt_span nbformat, nbformat_minor, metadata, cells, worksheets;
};

static int read_cells(struct nbt_notebook *notebook, struct nbt_scan *scan,
                      struct nbt_span *ret_cells, struct nbt_error *err)
{
    nbt_scan_peek(scan);
    size_t start = scan->at;
    bool first = true;
    int rc;
    notebook->cells = NULL;
    notebook->n_cells = 0;
    while ((rc = nbt_scan_element(scan, &first, err)) > 0) {
        if ((rc = nbt_cell_read(notebook, scan, err)) < 0)
            return rc;
    }
    *ret_cells = (struct nbt_span){.offset = start, .length = scan->at - start};
    return rc;
}

static struct nbt_span *member_of(struct document *document, const char *text, struct nbt_span key)
{
    const struct {
        const char *name;
        struct nbt_span *place;
    } members[] = {
        {"cells", &document->cells},           {"metadata", &document->metadata},
        {"nbformat", &document->nbformat},     {"nbformat_minor", &document->nbformat_minor},
        {"worksheets", &document->worksheets},
    };
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (nbt_scan_is(text, key, members[i].name))
            return members[i].place;
    }
    return NULL;
}

static int read_member(struct nbt_notebook *notebook, struct nbt_scan *scan,
                       struct document *document, struct nbt_span key, struct nbt_error *err)
{
    struct nbt_span ignored;
    struct nbt_span *place = member_of(document, scan->text, key);
    if (!place)
        return nbt_scan_value(scan, &ignored, err);
    if (place->length)
        nbt_diagnose(notebook, NBT_WARNING, NBT_DUPLICATE_KEY, -1, 0, 0,
                     "%.*s stands twice in the notebook; the last one counts, as in Jupyter. "
                     "Remove the other",
                     (int)key.length, scan->text + key.offset);
    if (place == &document->cells && nbt_scan_peek(scan) == '[')
        return read_cells(notebook, scan, place, err);
    return nbt_scan_value(scan, place, err);
}

static int read_members(struct nbt_notebook *notebook, struct nbt_scan *scan,
                        struct document *document, struct nbt_error *err)
{
    struct nbt_span key;
    bool first = true;
    int rc;
    while ((rc = nbt_scan_member(scan, &first, &key, err)) > 0) {
        if ((rc = read_member(notebook, scan, document, key, err)) < 0)
            return rc;
    }
    return rc < 0 ? rc : nbt_scan_end(scan, err);
}

static bool read_int(const char *text, struct nbt_span span, int *ret)
{
    char digits[16];
    int64_t value;
    if (!span.length || span.length >= sizeof(digits))
        return false;
    snprintf(digits, sizeof(digits), "%.*s", (int)span.length, text + span.offset);
    if (!nbt_parse_int(digits, &value) || value < 0 || value > 1000000)
        return false;
    *ret = (int)value;
    return true;
}

static int fail_version(const struct nbt_notebook *notebook, struct nbt_error *err)
{
    if (notebook->nbformat < 4)
        return nbt_error_set(
            err, NBT_EVERSION,
            "%s is written in nbformat %d; nbformat 4 was expected. Convert it: jupyter nbconvert "
            "--to notebook --inplace NOTEBOOK, or open it in Jupyter and save it",
            notebook->path, notebook->nbformat);
    return nbt_error_set(err, NBT_EVERSION,
                         "%s is written in nbformat %d, which is newer than the nbformat 4 that is "
                         "read here. Save it "
                         "as nbformat 4, or use a newer nbkatib",
                         notebook->path, notebook->nbformat);
}

static int check_version(struct nbt_notebook *notebook, const struct document *document,
                         struct nbt_error *err)
{
    if (!read_int(notebook->text, document->nbformat, &notebook->nbformat))
        return nbt_error_set(
            err, NBT_EPARSE,
            "%s is JSON but no notebook: a notebook holds \"nbformat\": 4 and a list of \"cells\"",
            notebook->path);
    if (notebook->nbformat != 4)
        return fail_version(notebook, err);
    if (!document->cells.length || notebook->text[document->cells.offset] != '[')
        return nbt_error_set(
            err, NBT_EPARSE, "%s is no notebook: it has no list of \"cells\"%s", notebook->path,
            document->worksheets.length ? ", but worksheets as nbformat 3 had them" : "");
    read_int(notebook->text, document->nbformat_minor, &notebook->nbformat_minor);
    if (notebook->nbformat_minor > 5)
        nbt_diagnose(notebook, NBT_NOTE, NBT_NEWER_MINOR, -1, 0, 0,
                     "The notebook is nbformat 4.%d; this program knows 4.5. What is new in it is "
                     "kept as it is",
                     notebook->nbformat_minor);
    return 0;
}

static int check_text(const struct nbt_notebook *notebook, struct nbt_scan *scan,
                      struct nbt_error *err)
{
    const char *text = notebook->text;
    if (notebook->size >= 2 &&
        (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        return nbt_scan_fail(scan, 0, err,
                             "this is UTF-16, not valid UTF-8, which every notebook is written in. "
                             "Save it as UTF-8");
    char c = nbt_scan_peek(scan);
    if (scan->at == scan->end)
        return nbt_scan_fail(scan, 0, err, "the file is empty; a notebook was expected");
    if (c != '{' && c >= ' ' && c < 0x7F)
        return nbt_scan_fail(scan, scan->at, err,
                             "this is %s: found '%c' where '{' was expected, since a notebook is a "
                             "JSON object. Is it the right file?",
                             c == '[' || c == '"' ? "no notebook" : "not JSON, so no notebook", c);
    return 0;
}

int nbt_document_read(struct nbt_notebook *notebook, struct nbt_span *ret_metadata,
                      struct nbt_error *err)
{
    struct nbt_scan scan = nbt_scan_document(notebook->path, notebook->text, notebook->size);
    struct document document = {0};
    int rc = check_text(notebook, &scan, err);
    if (rc == 0)
        rc = read_members(notebook, &scan, &document, err);
    if (rc == 0)
        rc = check_version(notebook, &document, err);
    if (rc == 0)
        *ret_metadata = document.metadata;
    return rc;
}
