#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/user.h"

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static int absolute(char **ret_path, const char *path, struct nbt_error *err)
{
    auto_free char *here = NULL;
    if (path[0] != '/' && !(here = getcwd(NULL, 0)))
        return nbt_error_errno(err, "cannot find the current folder");
    *ret_path = here ? file_join(here, path) : strdup(path);
    return *ret_path ? 0 : nbt_error_set(err, NBT_ENOMEM, "no memory for a path");
}

int file_state_root(char **ret_root, struct nbt_error *err)
{
    const char *home = variable("NBKATIB_HOME");
    if (home)
        return absolute(ret_root, home, err);
    const char *base = variable("XDG_DATA_HOME");
    if (base && base[0] == '/') {
        *ret_root = file_join(base, "nbkatib");
        return *ret_root ? 0 : nbt_error_set(err, NBT_ENOMEM, "no memory for a path");
    }
    auto_free char *folder = user_home();
    if (!folder)
        return nbt_error_set(
            err, NBT_ENOTFOUND,
            "no folder for state: this user has no home folder and HOME is not set; "
            "set NBKATIB_HOME to a folder that you can write");
    *ret_root = file_join(folder, ".local/share/nbkatib");
    return *ret_root ? 0 : nbt_error_set(err, NBT_ENOMEM, "no memory for a path");
}
