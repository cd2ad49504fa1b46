/*
 * Notebooks made of one parameters and one metrics cell, and what is read from them as text, for
 * the tests of nbtags.
 */
#ifndef TESTS_MADE_NOTEBOOK_H
#define TESTS_MADE_NOTEBOOK_H

/* cmocka.h wants these three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* clang-format off */
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nbtags/nbtags.h"

static inline struct nbt_notebook *made_notebook(const char *language, const char *parameters,
                                                 const char *metrics)
{
    json_t *document = json_pack(
        "{s:i, s:i, s:{s:{s:s}}, s:[{s:s, s:{s:[s]}, s:s}, {s:s, s:{s:[s]}, s:s}]}", "nbformat", 4,
        "nbformat_minor", 4, "metadata", "language_info", "name", language, "cells", "cell_type",
        "code", "metadata", "tags", "pipeline-parameters", "source", parameters, "cell_type",
        "code", "metadata", "tags", "pipeline-metrics", "source", metrics);
    char *text = json_dumps(document, 0);
    struct nbt_notebook *notebook = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    if (!text || nbt_read_bytes(&notebook, "made.ipynb", text, strlen(text), &err) < 0)
        fail_msg("cannot read the notebook of \"%s\": %s", parameters, err.text);
    free(text);
    json_decref(document);
    return notebook;
}

/* Diagnostics of one cell: "error bad-syntax 1:5\n". */
static inline void print_diagnostics(FILE *out, const struct nbt_notebook *notebook, int cell)
{
    for (size_t i = 0; i < notebook->n_diagnostics; i++) {
        const struct nbt_diagnostic *diagnostic = &notebook->diagnostics[i];
        if (diagnostic->cell == cell)
            fprintf(out, "%s %s %d:%d\n", nbt_severity_name(diagnostic->severity), diagnostic->code,
                    diagnostic->line, diagnostic->column);
    }
}

#endif
