#include "engine/katib/katib.h"

#include "base/file.h"
#include "base/scope.h"
#include "engine/katib/algorithms.h"
#include "engine/katib/bundle.h"
#include "engine/katib/members.h"
#include "engine/katib/preflight.h"
#include "engine/katib/template.h"
#include "engine/katib/translate.h"
#include "engine/katib/verbs.h"

static void check_algorithm(const json_t *spec, void *problems)
{
    katib_check_algorithm(spec, problems);
}

/* Modules beside the notebook are sent where the trials do not have its folder. */
static int collect(struct katib_files *ret, const json_t *document,
                   const struct nbt_notebook *notebook, struct nbt_error *err)
{
    auto_json json_t *settings = NULL;
    const char *path = experiment_annotation(document, EXPERIMENT_NOTEBOOK);
    int result = katib_settings(&settings, document, err);
    if (result < 0)
        return result;
    auto_free char *mounted = katib_directory(document, member(settings, "cluster"));
    auto_free char *folder = mounted || !path ? NULL : file_folder(path);
    return katib_files_collect(ret, notebook, folder, err);
}

static int check_files(const json_t *document, const struct nbt_notebook *notebook,
                       struct experiment_problems *problems, struct nbt_error *err)
{
    CLEANUP(katib_files_fini) struct katib_files files = {0};
    int result = collect(&files, document, notebook, err);
    if (result == 0)
        katib_files_check(&files, problems);
    return result;
}

int katib_objects(json_t **ret, const json_t *document, const struct nbt_notebook *notebook,
                  const char *uid, struct nbt_error *err)
{
    CLEANUP(katib_programs_fini) struct katib_programs programs = {0};
    CLEANUP(katib_files_fini) struct katib_files files = {0};
    int result = katib_programs_load(&programs, err);
    if (result == 0)
        result = collect(&files, document, notebook, err);
    struct katib_bundle_from from = {
        .document = document, .files = &files, .programs = &programs, .uid = uid};
    return result < 0 ? result : katib_bundle(ret, &from, err);
}

static int objects(json_t **ret, const json_t *document, const struct nbt_notebook *notebook,
                   struct nbt_error *err)
{
    return katib_objects(ret, document, notebook, NULL, err);
}

int katib_prepare(json_t *document, const struct nbt_notebook *notebook, const json_t *found,
                  struct experiment_problems *problems, struct nbt_error *err)
{
    CLEANUP(katib_programs_fini) struct katib_programs programs = {0};
    struct nbt_error missing = NBT_ERROR_INIT;
    int result = katib_programs_load(&programs, &missing);
    if (result < 0 && result != NBT_EUNSUPPORTED)
        return nbt_error_set(err, missing.code, "%s", missing.text);
    struct katib_from from = {.notebook = notebook, .found = found, .programs = &programs};
    result = katib_translate(document, &from, problems, err);
    if (result == 0 && katib_template_is_ours(document))
        result = check_files(document, notebook, problems, err);
    return result;
}

static int translate(json_t *document, const struct nbt_notebook *notebook, void *problems,
                     struct nbt_error *err)
{
    return katib_prepare(document, notebook, NULL, problems, err);
}

const struct engine katib_engine = {
    .name = "katib",
    .summary = "a cluster: trials are Jobs that Katib starts",
    .trial_template_required = true,
    .check_algorithm = check_algorithm,
    .translate = translate,
    .objects = objects,
    .check = katib_check,
    .submit = katib_submit,
    .list = katib_list,
    .stamps = katib_stamps,
    .has = katib_has,
    .item = katib_item,
    .show = katib_show,
    .watch = katib_watch,
    .stop = katib_stop,
    .resume = katib_resume,
    .remove = katib_remove,
    .file = katib_file,
};
