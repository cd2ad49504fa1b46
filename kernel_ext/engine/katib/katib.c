#include "engine/katib/katib.h"

#include "base/scope.h"
#include "engine/katib/algorithms.h"
#include "engine/katib/translate.h"

static void check_algorithm(const json_t *spec, void *problems)
{
    katib_check_algorithm(spec, problems);
}

static int translate(json_t *document, const struct nbt_notebook *notebook, void *problems,
                     struct nbt_error *err)
{
    CLEANUP(katib_programs_fini) struct katib_programs programs = {0};
    struct nbt_error missing = NBT_ERROR_INIT;
    int result = katib_programs_load(&programs, &missing);
    if (result < 0 && result != NBT_EUNSUPPORTED)
        return nbt_error_set(err, missing.code, "%s", missing.text);
    struct katib_from from = {.notebook = notebook, .programs = &programs};
    return katib_translate(document, &from, problems, err);
}

const struct engine katib_engine = {
    .name = "katib",
    .summary = "a cluster: trials are Jobs that Katib starts",
    .trial_template_required = true,
    .check_algorithm = check_algorithm,
    .translate = translate,
};
