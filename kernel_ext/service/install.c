/* The kernelspec `nbkatib`: written where Jupyter looks for it, and removed again. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "jupyter/kernelspec_path.h"
#include "service/internal.h"
#include "service/spec.h"

#define KERNEL_NAME "nbkatib"

static int below(char **ret, const char *prefix, struct nbt_error *err)
{
    auto_free char *whole = file_join(prefix, "share/jupyter/kernels/" KERNEL_NAME);

    if (!whole)
        return no_memory(err);
    *ret = TAKE(whole);
    return 0;
}

static int in_environment(char **ret, const struct kernelspec_paths *paths, struct nbt_error *err)
{
    if (!paths->prefix)
        return nbt_error_set(err, NBT_ENOTFOUND,
                             "there is no Python environment: VIRTUAL_ENV and CONDA_PREFIX are not "
                             "set and no python3 is on PATH; give --user or --prefix DIR");
    return below(ret, paths->prefix, err);
}

static int folder_of(char **ret, const struct service_install *install, struct nbt_error *err)
{
    struct kernelspec_paths paths;

    if ((install->user ? 1 : 0) + (install->sys_prefix ? 1 : 0) + (install->prefix ? 1 : 0) > 1)
        return nbt_error_set(
            err, NBT_EINVAL,
            "--user, --sys-prefix and --prefix name three places; expected one of them");
    if (install->prefix)
        return below(ret, install->prefix, err);
    int result = kernelspec_paths_init(&paths, err);
    if (result < 0)
        return result;
    if (install->sys_prefix)
        result = in_environment(ret, &paths, err);
    else if (!(*ret = paths.user ? file_join(paths.user, KERNEL_NAME) : NULL))
        result = no_memory(err);
    kernelspec_paths_fini(&paths);
    return result;
}

/* A package that is moved to where it is used names the program alone: Jupyter finds it on PATH. */
static int program_of(char **ret, bool bare, struct nbt_error *err)
{
    char path[PATH_MAX];
    ssize_t length = bare ? 0 : readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (length < 0)
        return nbt_error_errno(err, "cannot find this program's own file");
    path[length] = '\0';
    *ret = strdup(bare ? KERNEL_NAME : path);
    return *ret ? 0 : no_memory(err);
}

static int write_member(const char *folder, const char *name, const void *bytes, size_t size,
                        struct nbt_error *err)
{
    auto_free char *path = file_join(folder, name);

    return path ? file_write_atomic(path, bytes, size, 0644, err) : no_memory(err);
}

/* kernel.json with the program's own name. */
static int write_spec(const char *folder, const struct spec_file *file, const char *program,
                      struct nbt_error *err)
{
    auto_json json_t *spec = json_loadb((const char *)file->bytes, file->size, 0, NULL);
    json_t *name = json_string(program);

    if (!name)
        return nbt_error_set(err, NBT_EINVAL, "this program's path is not UTF-8: %s", program);
    if (json_array_set_new(json_object_get(spec, "argv"), 0, name) < 0)
        return no_memory(err);
    auto_free char *text = json_dumps(spec, JSON_INDENT(2));
    return text ? write_member(folder, file->name, text, strlen(text), err) : no_memory(err);
}

static int write_all(const char *folder, const char *program, struct nbt_error *err)
{
    int result = file_mkdir_all(folder, 0755, err);

    for (const struct spec_file *file = spec_files; result == 0 && file->name; file++)
        result = strcmp(file->name, "kernel.json") == 0
                     ? write_spec(folder, file, program, err)
                     : write_member(folder, file->name, file->bytes, file->size, err);
    return result;
}

static int remove_all(const char *folder, bool *ret_removed, struct nbt_error *err)
{
    auto_free char *spec = file_join(folder, "kernel.json");

    if (!spec)
        return no_memory(err);
    *ret_removed = access(folder, F_OK) == 0;
    /* What has no kernel.json is no kernelspec: it is not ours to delete. */
    if (*ret_removed && access(spec, F_OK) < 0)
        return nbt_error_set(err, NBT_ESTATE, "%s holds no kernel.json; it was left as it is",
                             folder);
    return file_remove_tree(folder, err);
}

int service_install(json_t **ret, const struct service_install *install, struct nbt_error *err)
{
    auto_free char *folder = NULL;
    auto_free char *program = NULL;
    bool removed = false;
    int result = folder_of(&folder, install, err);

    if (result == 0)
        result = program_of(&program, install->bare, err);
    if (result == 0)
        result =
            install->remove ? remove_all(folder, &removed, err) : write_all(folder, program, err);
    if (result < 0)
        return result;
    json_t *answer =
        json_pack("{s:s, s:s, s:s, s:b, s:b}", "name", KERNEL_NAME, "folder", folder, "program",
                  program, "installed", !install->remove, "removed", removed);
    if (!answer)
        return nbt_error_set(err, NBT_EINVAL, "the folder's path is not UTF-8: %s", folder);
    *ret = answer;
    return 0;
}
