/*
 * A notebook. No edit leaves every byte; every parameter, the first cell's tags and the metadata
 * edited, the result reads back with the new values and the same cells, and the same edits on it
 * change nothing more.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nbtags/nbtags.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const tags[] = {"pipeline-parameters", "t\"\\\n"};
static const char *const values[] = {
    [NBT_INT] = "77", [NBT_FLOAT] = "0.77", [NBT_STR] = "q'\"\\\n$\xc3\xa9", [NBT_BOOL] = "True"};

static void check(bool holds, const char *what, const char *name)
{
    if (holds)
        return;
    fprintf(stderr, "%s: %s\n", what, name);
    abort();
}

struct bytes {
    char *text;
    size_t size;
};

static struct nbt_edit *begin(const struct nbt_notebook *notebook)
{
    struct nbt_edit *edit;
    check(nbt_edit_new(&edit, notebook, NULL) == 0, "no memory", "");
    return edit;
}

static struct bytes end(struct nbt_edit *edit)
{
    struct bytes bytes;
    struct nbt_error err = NBT_ERROR_INIT;
    check(nbt_edit_apply(edit, &bytes.text, &bytes.size, &err) == 0, "not applied", err.text);
    nbt_edit_free(edit);
    return bytes;
}

static struct bytes edit_all(const struct nbt_notebook *notebook, const json_t *metadata)
{
    struct nbt_edit *edit = begin(notebook);
    struct nbt_error err = NBT_ERROR_INIT;
    for (size_t i = 0; i < notebook->n_parameters; i++) {
        const struct nbt_parameter *parameter = &notebook->parameters[i];
        if (parameter->type == NBT_EXPRESSION)
            continue;
        check(nbt_edit_parameter(edit, parameter->name, values[parameter->type], &err) == 0,
              "not edited", err.text);
    }
    if (notebook->n_cells > 0)
        check(nbt_edit_tags(edit, notebook->cells[0].index, tags, 2, &err) == 0, "no tags",
              err.text);
    check(nbt_edit_metadata(edit, "nbkatib", metadata, &err) == 0, "no metadata", err.text);
    check(nbt_edit_metadata(edit, "kubeflow_notebook", NULL, &err) == 0, "no metadata", err.text);
    return end(edit);
}

/* Tagged otherwise, a notebook may have other parameters; those that stayed where they were have
 * the new value. */
static void check_parameters(const struct nbt_notebook *before, const struct nbt_notebook *after)
{
    for (size_t i = 0; i < before->n_parameters; i++) {
        const struct nbt_parameter *old = &before->parameters[i];
        const struct nbt_parameter *new = nbt_find_parameter(after, old->name);
        if (old->type != NBT_EXPRESSION && new &&new->cell == old->cell)
            check(new->type == old->type &&strcmp(new->value, values[old->type]) == 0,
                  "another value", old->name);
    }
}

static void check_result(const struct nbt_notebook *before, struct bytes edited,
                         const json_t *metadata)
{
    struct nbt_notebook *after;
    struct nbt_error err = NBT_ERROR_INIT;
    check(nbt_read_bytes(&after, "edited.ipynb", edited.text, edited.size, &err) == 0, "not read",
          err.text);
    check(after->n_cells == before->n_cells, "another number of cells", "");
    check(json_equal(after->own, metadata), "another metadata.nbkatib", "");
    check(!after->kale, "kubeflow_notebook is still there", "");
    check_parameters(before, after);
    for (size_t i = 0; i < 2 && after->n_cells > 0; i++)
        check(after->cells[0].n_tags == 2 && strcmp(after->cells[0].tags[i], tags[i]) == 0,
              "another tag", tags[i]);
    nbt_free(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nbt_notebook *notebook;
    if (nbt_read_bytes(&notebook, "fuzz.ipynb", data, size, NULL) < 0)
        return 0;
    struct bytes same = end(begin(notebook));
    check(same.size == size && memcmp(same.text, data, size) == 0, "changed without an edit", "");
    free(same.text);
    json_t *metadata = json_pack("{s:i, s:[f, n, {}], s:{s:s}}", "version", 1, "list", 0.1, "o",
                                 "k", "v\n\xc3\xa9");
    struct bytes edited = edit_all(notebook, metadata);
    check_result(notebook, edited, metadata);
    free(edited.text);
    json_decref(metadata);
    nbt_free(notebook);
    return 0;
}
