#include <sys/stat.h>

#include "base/file.h"
#include "base/scope.h"
#include "service/internal.h"

static const char *name_of(const json_t *document)
{
    return json_string_value(json_object_get(json_object_get(document, "metadata"), "name"));
}

/* A live document's file need not be there, but trials work in its folder. */
static int check_folder(const struct service_source *source, struct nbt_error *err)
{
    struct stat info;
    auto_free char *folder = source->bytes ? file_folder(source->path) : NULL;

    if (!folder || (stat(folder, &info) == 0 && S_ISDIR(info.st_mode)))
        return 0;
    nbt_error_set(err, NBT_ENOTFOUND,
                  "the notebook's folder %s is not there; save the notebook, so that its trials "
                  "have a folder to work in",
                  folder);
    nbt_error_path(err, "notebook");
    return NBT_ENOTFOUND;
}

/* A name stands for one experiment, whichever engine has it. */
static int check_name(const struct prepared *prepared, struct nbt_error *err)
{
    const char *name = name_of(prepared->document);
    const struct engine *engine = engine_of(name);

    if (!engine || engine == prepared->engine) /* which says so itself */
        return 0;
    return nbt_error_set(err, NBT_EEXIST,
                         "there is an experiment '%s' already, of the engine %s; give another name "
                         "(--name), or delete that one",
                         name, engine->name);
}

int service_submit(json_t **ret, json_t **ret_problems, const struct service_run *run,
                   struct nbt_error *err)
{
    CLEANUP(prepared_fini) struct prepared prepared = {0};
    int result = prepare(&prepared, run, err);

    if (result < 0)
        return result;
    if (!prepared.document || problems_have_errors(prepared.problems)) {
        *ret_problems = TAKE(prepared.problems);
        return problems_refuse(*ret_problems, err);
    }
    result = prepared_check_kernel(&prepared, err);
    if (result == 0)
        result = check_name(&prepared, err);
    if (result == 0)
        result = check_folder(&run->source, err);
    if (result < 0)
        return result;
    struct engine_submission submission = {
        .document = prepared.document,
        .notebook_text = prepared.notebook->text,
        .notebook_size = prepared.notebook->size,
        .detach = run->detach,
    };
    auto_json json_t *answer =
        json_pack("{s:s, s:s, s:O}", "name", name_of(prepared.document), "engine",
                  prepared.engine->name, "problems", prepared.problems);
    if (!answer)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory");
    result = prepared.engine->submit(&submission, err);
    if (result < 0)
        return result;
    *ret = TAKE(answer);
    return 0;
}
