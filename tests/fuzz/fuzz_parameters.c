/*
 * A parameters and a metrics cell in one of the languages. Whatever stands there is read; each
 * literal stands where it is said to; each value written as a literal reads back as the same value
 * of the same type. The first byte picks the language.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nbtags/nbtags.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds, const char *what, const char *name)
{
    if (holds)
        return;
    fprintf(stderr, "%s: %s\n", what, name);
    abort();
}

/* NULL when `source` is not UTF-8. */
static struct nbt_notebook *make(const char *language, const char *source, size_t length)
{
    json_t *code = json_stringn(source, length);
    if (!code)
        return NULL;
    json_t *document = json_pack(
        "{s:i, s:i, s:{s:{s:s}}, s:[{s:s, s:{s:[s]}, s:O}, {s:s, s:{s:[s]}, s:o}]}", "nbformat", 4,
        "nbformat_minor", 4, "metadata", "language_info", "name", language, "cells", "cell_type",
        "code", "metadata", "tags", "pipeline-parameters", "source", code, "cell_type", "code",
        "metadata", "tags", "pipeline-metrics", "source", code);
    char *text = json_dumps(document, 0);
    struct nbt_notebook *notebook = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    check(nbt_read_bytes(&notebook, "fuzz.ipynb", text, strlen(text), &err) == 0, "not read",
          err.text);
    free(text);
    json_decref(document);
    return notebook;
}

static void check_place(const struct nbt_notebook *notebook, const struct nbt_parameter *parameter)
{
    const struct nbt_cell *cell = &notebook->cells[parameter->cell];
    check(parameter->offset + parameter->length <= cell->source_length, "outside", parameter->name);
    check(memcmp(cell->source + parameter->offset, parameter->literal, parameter->length) == 0,
          "misplaced", parameter->name);
}

static void check_round_trip(const struct nbt_notebook *notebook,
                             const struct nbt_parameter *parameter)
{
    char *literal, *source;
    struct nbt_error err = NBT_ERROR_INIT;
    check(nbt_parameter_literal(notebook, parameter, parameter->value, &literal, &err) == 0,
          "not written", err.text);
    int length = asprintf(&source, "x = %s", literal);
    check(length > 0, "no memory", "");
    struct nbt_notebook *again = make(notebook->language, source, (size_t)length);
    const struct nbt_parameter *got = again ? nbt_find_parameter(again, "x") : NULL;
    check(got && got->type == parameter->type && strcmp(got->value, parameter->value) == 0,
          "read back as another value", source);
    nbt_free(again);
    free(source);
    free(literal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const languages[] = {"python", "r", "julia"};
    if (size == 0)
        return 0;
    struct nbt_notebook *notebook = make(languages[data[0] % 3], (const char *)data + 1, size - 1);
    for (size_t i = 0; notebook && i < notebook->n_parameters; i++) {
        check_place(notebook, &notebook->parameters[i]);
        if (notebook->parameters[i].type != NBT_EXPRESSION)
            check_round_trip(notebook, &notebook->parameters[i]);
    }
    nbt_free(notebook);
    return 0;
}
