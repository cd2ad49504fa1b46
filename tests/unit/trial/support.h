/* Notebooks out of cells written in the test. */
#ifndef TESTS_UNIT_TRIAL_SUPPORT_H
#define TESTS_UNIT_TRIAL_SUPPORT_H

#include <stdlib.h>

#include "base/buf.h"
#include "base/scope.h"
#include "check.h"
#include "nbtags/nbtags.h"

#define PARAMETERS "pipeline-parameters"
#define METRICS    "pipeline-metrics"

struct cell_text {
    const char *tag; /* NULL: none */
    const char *source;
};

#define assert_ok(call)                                                                            \
    do {                                                                                           \
        int rc_ = (call);                                                                          \
        if (rc_ < 0)                                                                               \
            fail_msg(#call " gave %d: %s", rc_, err.text);                                         \
    } while (0)

static inline json_t *cell_json(const struct cell_text *cell)
{
    json_t *tags = json_array();
    if (cell->tag != NULL)
        json_array_append_new(tags, json_string(cell->tag));
    return json_pack("{s:s, s:n, s:{s:o}, s:[], s:s}", "cell_type", "code", "execution_count",
                     "metadata", "tags", tags, "outputs", "source", cell->source);
}

/* Cells up to one without a source. */
static inline struct nbt_notebook *notebook_of(const char *language, const struct cell_text *cells)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct nbt_notebook *notebook = NULL;
    json_t *list = json_array();
    for (; cells->source != NULL; cells++)
        json_array_append_new(list, cell_json(cells));
    auto_json json_t *whole =
        json_pack("{s:o, s:{s:{s:s}}, s:i, s:i}", "cells", list, "metadata", "language_info",
                  "name", language, "nbformat", 4, "nbformat_minor", 4);
    auto_free char *text = json_dumps(whole, JSON_INDENT(1));
    assert_non_null(text);
    assert_ok(nbt_read_bytes(&notebook, "test.ipynb", text, strlen(text), &err));
    return notebook;
}

/* "a=1;b=x" as assignments. */
static inline json_t *assignments_of(const char *text)
{
    json_t *list = json_array();
    while (*text != '\0') {
        size_t name = strcspn(text, "="), value = strcspn(text + name, ";");
        json_array_append_new(list, json_pack("{s:s%, s:s%}", "name", text, name, "value",
                                              text + name + 1, value - 1));
        text += name + value;
        text += *text == ';';
    }
    return list;
}

#endif
