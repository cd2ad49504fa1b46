/* An Experiment for Katib: whatever the document, what is translated without an error is valid as
 * what Katib takes, names nothing that its admission refuses, and translates to itself. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/algorithms.h"
#include "engine/katib/bundle.h"
#include "engine/katib/translate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char notebook_text[] =
    "{\"cells\":[],\"metadata\":{\"kubeflow_notebook\":{\"docker_image\":\"i:1\"}},\"nbformat\":4,"
    "\"nbformat_minor\":4}";

static struct katib_programs programs(char *packed)
{
    return (struct katib_programs){
        .items = {{.arch = "x86_64", .kubernetes = "amd64", .packed = packed, .size = 1}}, .n = 1};
}

/* Validates, translates, validates; true when it may be submitted. */
static bool prepare(json_t *document, const struct katib_from *from)
{
    CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
    struct nbt_error err = NBT_ERROR_INIT;
    struct experiment_rules plain = {.trial_template_required = false};
    struct experiment_rules whole = {.trial_template_required = true};
    if (experiment_default(document, &err) < 0)
        return false;
    experiment_validate(document, &plain, &problems);
    if (problems.errors > 0 || katib_translate(document, from, &problems, &err) < 0 ||
        problems.errors > 0)
        return false;
    if (experiment_default(document, &err) < 0)
        abort();
    experiment_validate(document, &whole, &problems);
    return problems.errors == 0;
}

/* The second time nothing changes but what is told. */
static void check_again(const json_t *document, const struct katib_from *from)
{
    auto_json json_t *again = json_deep_copy(document);
    if (!prepare(again, from) || !json_equal(again, document))
        abort();
}

static void check_bundle(const json_t *document, const struct katib_from *from)
{
    struct nbt_error err = NBT_ERROR_INIT;
    CLEANUP(katib_files_fini) struct katib_files files = {0};
    auto_json json_t *objects = NULL;
    struct katib_bundle_from bundle = {
        .document = document, .files = &files, .programs = from->programs, .uid = "u"};
    if (katib_files_collect(&files, from->notebook, NULL, &err) < 0 ||
        katib_bundle(&objects, &bundle, &err) < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct nbt_notebook *notebook = NULL;
    auto_json json_t *document = NULL;
    char packed[] = "x";
    struct katib_programs sent = programs(packed);
    if (experiment_parse(&document, "input", (const char *)data, size, &err) < 0 ||
        nbt_read_bytes(&notebook, "n.ipynb", notebook_text, strlen(notebook_text), &err) < 0)
        return 0;
    struct katib_from from = {.notebook = notebook, .programs = &sent};
    if (prepare(document, &from)) {
        check_again(document, &from);
        check_bundle(document, &from);
    }
    nbt_free(notebook);
    return 0;
}
