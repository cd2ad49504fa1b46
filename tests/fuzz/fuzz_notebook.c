/*
 * A notebook. What is read is read the same again; every span lies in the text and is one JSON
 * value; every byte of a source has its place in the text; what jansson also reads, the reader does
 * not refuse as malformed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nbtags/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void check_span(const struct nbt_notebook *notebook, struct nbt_span span)
{
    struct nbt_span value;
    if (!span.length)
        return;
    check(span.offset <= notebook->size && span.length <= notebook->size - span.offset,
          "a span beyond the text");
    struct nbt_scan scan = nbt_scan_within(notebook->text, span);
    check(nbt_scan_value(&scan, &value, NULL) == 0, "a span that is no value");
    check(value.offset == span.offset && value.length == span.length, "a span with more in it");
}

static void check_source(const struct nbt_notebook *notebook, const struct nbt_cell *cell)
{
    size_t step = cell->source_length / 64 + 1;
    check(strlen(cell->source) == cell->source_length, "a NUL in a source");
    for (size_t at = 0; at < cell->source_length; at += step) {
        size_t place = nbt_scan_locate(notebook->text, cell->source_span, at);
        check(place > cell->source_span.offset &&
                  place < cell->source_span.offset + cell->source_span.length,
              "a byte of the source stands nowhere");
    }
}

static void check_cell(const struct nbt_notebook *notebook, const struct nbt_cell *cell)
{
    check_span(notebook, cell->span);
    check_span(notebook, cell->source_span);
    check_span(notebook, cell->metadata_span);
    check_span(notebook, cell->tags_span);
    check_span(notebook, cell->outputs_span);
    check_source(notebook, cell);
    check(cell->role != NBT_ROLE_STEP || *cell->step, "a step without a name");
    check(cell->type == NBT_CODE || !nbt_cell_runs(cell), "a text cell that runs");
}

static void check_same(const struct nbt_notebook *a, const struct nbt_notebook *b)
{
    check(a->n_cells == b->n_cells && a->n_diagnostics == b->n_diagnostics &&
              a->n_parameters == b->n_parameters && a->n_metrics == b->n_metrics,
          "read otherwise the second time");
    for (size_t i = 0; i < a->n_diagnostics; i++)
        check(strcmp(a->diagnostics[i].text, b->diagnostics[i].text) == 0,
              "diagnosed otherwise the second time");
    check(json_equal(a->katib, b->katib) || !a->katib, "other stored settings the second time");
}

/* jansson takes a subset of the JSON that is read here, but nests deeper and stops at a NUL. */
static void check_refused(const uint8_t *data, size_t size, const struct nbt_error *err)
{
    check(err->code < 0 && *err->text, "refused without a reason");
    if (err->code != NBT_EPARSE || err->line == 0 || strstr(err->text, "nested deeper") ||
        strstr(err->text, "no notebook") || memchr(data, 0, size))
        return;
    json_t *json = json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
    check(!json, "refused what is JSON");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nbt_notebook *notebook = NULL, *again = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    if (nbt_read_bytes(&notebook, "fuzz.ipynb", data, size, &err) < 0) {
        check_refused(data, size, &err);
        return 0;
    }
    check(nbt_read_bytes(&again, "fuzz.ipynb", notebook->text, notebook->size, NULL) == 0,
          "not read the second time");
    check_same(notebook, again);
    for (size_t i = 0; i < notebook->n_cells; i++)
        check_cell(notebook, &notebook->cells[i]);
    nbt_free(again);
    nbt_free(notebook);
    return 0;
}
