#include "engine/local/local.h"

#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"
#include "engine/local/home.h"
#include "engine/local/verbs.h"
#include "search/search.h"

static void check_algorithm(const json_t *spec, void *problems)
{
    search_check(spec, problems);
}

/* The engine's own log, with no trial's name to it. */
static int engine_file(char **ret_path, const char *experiment, const char *file,
                       struct nbt_error *err)
{
    CLEANUP(home_paths_fini) struct home_paths paths = {0};
    struct stat info;
    if (strcmp(file, "engine.log") != 0)
        return nbt_error_set(err, NBT_EINVAL, "an engine has no file '%.64s'; expected engine.log",
                             file);
    int code = home_find(&paths, experiment, err);
    if (code < 0)
        return code;
    if (lstat(paths.log, &info) < 0 || !S_ISREG(info.st_mode))
        return nbt_error_set(err, NBT_ENOTFOUND, "the engine of %s has written no log yet",
                             experiment);
    *ret_path = TAKE(paths.log);
    return 0;
}

int local_file(char **ret_path, const char *experiment, const char *trial, const char *file,
               struct nbt_error *err)
{
    static const char *const files[] = {"trial.log", "executed.ipynb", "metrics.log",
                                        "result.json"};
    bool known = false;
    if (!trial)
        return engine_file(ret_path, experiment, file, err);
    for (size_t i = 0; i < COUNT_OF(files); i++)
        known = known || strcmp(files[i], file) == 0;
    if (!known)
        return nbt_error_set(err, NBT_EINVAL,
                             "a trial has no file '%.64s'; expected trial.log, executed.ipynb, "
                             "metrics.log or result.json",
                             file);
    CLEANUP(home_paths_fini) struct home_paths paths = {0};
    auto_free char *path = NULL;
    int code = home_find(&paths, experiment, err);
    if (code == 0)
        code = home_trial_path(&path, &paths, trial, file, err);
    if (code < 0)
        return code;
    struct stat info;
    if (lstat(path, &info) < 0 || !S_ISREG(info.st_mode))
        return nbt_error_set(err, NBT_ENOTFOUND,
                             "trial %s of %s has no %s; `nbkatib show %s` lists its trials", trial,
                             experiment, file, experiment);
    *ret_path = TAKE(path);
    return 0;
}

const struct engine local_engine = {
    .name = "local",
    .summary = "this machine: each trial is a process",
    .trial_template_required = false,
    .check_algorithm = check_algorithm,
    .submit = local_submit,
    .list = local_list,
    .stamps = local_stamps,
    .has = local_has,
    .item = local_item,
    .show = local_show,
    .watch = local_watch,
    .stop = local_stop,
    .resume = local_resume,
    .remove = local_remove,
    .file = local_file,
};
