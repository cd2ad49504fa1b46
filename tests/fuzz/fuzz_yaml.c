#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "experiment/experiment.h"
#include "experiment/yamldoc.h"

/* What is read must be written so that it reads the same again, in the same order; an Experiment
 * must survive the whole way through defaults, validation and its own YAML. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *dump(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}

static void must_be_equal(const json_t *want, const json_t *got, const char *yaml)
{
    auto_free char *a = dump(want);
    auto_free char *b = dump(got);
    if (a && b && strcmp(a, b) == 0)
        return;
    fprintf(stderr, "want %s\n got %s\n by\n%s\n", a ? a : "?", b ? b : "?", yaml);
    abort();
}

static void check_document(const json_t *value)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_free char *yaml = NULL;
    auto_json json_t *back = NULL;
    if (yamldoc_write(value, &yaml, &err) < 0 ||
        yamldoc_read(&back, "back", yaml, strlen(yaml), &err) < 0) {
        /* Escapes may make a text that is near the limit longer than it. */
        if (yamldoc_weigh(value).bytes > YAMLDOC_SIZE_MAX / 8)
            return;
        fprintf(stderr, "%s\n%s\n", err.text, yaml ? yaml : "(not written)");
        abort();
    }
    must_be_equal(value, back, yaml);
}

static void check_experiment(json_t *document)
{
    CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
    struct nbt_error err = NBT_ERROR_INIT;
    struct experiment_spec spec;
    auto_free char *yaml = NULL;
    if (experiment_default(document, &err) < 0 || experiment_to_yaml(document, &yaml, &err) < 0)
        abort();
    experiment_validate(document, NULL, &problems);
    for (size_t i = 0; i < problems.count; i++) {
        auto_json json_t *text = json_string(problems.items[i].text);
        if (!text)
            abort();
    }
    if (experiment_spec_init(&spec, document, &err) == 0)
        experiment_spec_fini(&spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *value = NULL;
    auto_json json_t *document = NULL;
    if (yamldoc_read(&value, "input", (const char *)data, size, &err) == 0)
        check_document(value);
    nbt_error_clear(&err);
    if (experiment_parse(&document, "input", (const char *)data, size, &err) == 0)
        check_experiment(document);
    return 0;
}
