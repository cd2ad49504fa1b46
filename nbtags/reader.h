/*
 * The parts of the reader, in the order in which nbt_read calls them. Each fills its share of the
 * notebook and diagnoses what is wrong there. Negative: the document cannot be read (NBT_EPARSE,
 * NBT_EVERSION), or memory is short.
 */
#ifndef NBTAGS_READER_H
#define NBTAGS_READER_H

#include "nbtags/internal.h"
#include "nbtags/scan.h"

/* document.c: nbformat, cells, and where the notebook's metadata stands. */
nbt_must_check int nbt_document_read(struct nbt_notebook *notebook, struct nbt_span *ret_metadata,
                                     struct nbt_error *err);

/* cell.c: the cell object where the scan stands becomes notebook->cells[n_cells], without a role.
 */
nbt_must_check int nbt_cell_read(struct nbt_notebook *notebook, struct nbt_scan *scan,
                                 struct nbt_error *err);

/* stored.c: metadata, kernel_name, language, kale, own. */
nbt_must_check int nbt_metadata_read(struct nbt_notebook *notebook, struct nbt_span metadata,
                                     struct nbt_error *err);

/* katib.c: notebook->katib from notebook->kale. */
nbt_must_check int nbt_katib_read(struct nbt_notebook *notebook, struct nbt_error *err);

/* tags.c: what one cell's tags say, into the cell: role, tagged, step, prev, limits, labels,
 * annotations. `papermill`: the tag "parameters" counts. Also steps_defaults of the notebook. */
void nbt_tags_read(struct nbt_notebook *notebook, struct nbt_cell *cell, bool papermill);
void nbt_steps_defaults_read(struct nbt_notebook *notebook);

/* roles.c: effective roles, steps and dependencies of all cells. */
nbt_must_check int nbt_roles_read(struct nbt_notebook *notebook, struct nbt_error *err);

/* tolerant.c: a scanned value as jansson's; what jansson cannot hold (NaN, Infinity, numbers beyond
 * a double, lone surrogates) becomes the text of it, or U+FFFD. The caller owns the result; NULL
 * without memory. */
json_t *nbt_json_load(const char *text, struct nbt_span value);

/* An arena copy of a scanned string, decoded. "" when the span is absent or no string; NULL without
 * memory. */
const char *nbt_decoded(struct nbt_notebook *notebook, struct nbt_span string);

#endif
