/* remove: under the lock, what is left of its processes is ended, and the folder goes by one
 * rename. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "base/scope.h"
#include "engine/local/home.h"
#include "engine/local/lock.h"
#include "engine/local/start.h"
#include "engine/local/verbs.h"

/* The socket of an engine that was killed may lie outside of the folder. */
static void remove_socket(const struct home_paths *paths, const struct lock_holder *holder)
{
    size_t length = strlen(paths->folder);
    if (holder->socket[0] && strncmp(holder->socket, paths->folder, length) != 0 &&
        unlink(holder->socket) < 0)
        errno = 0; /* gone already */
}

static int take_away(const struct home_paths *paths, struct nbt_error *err)
{
    auto_free char *scratch = NULL;
    int code = home_scratch(&scratch, err);
    if (code < 0)
        return code;
    auto_free char *target = file_join(scratch, paths->name);
    if (!target)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a path");
    if (rename(paths->folder, target) < 0)
        code = nbt_error_errno(err, "cannot remove %s", paths->folder);
    int removed = file_remove_tree(scratch, code == 0 ? err : NULL);
    return code < 0 ? code : removed;
}

int local_remove(const char *experiment, struct nbt_error *err)
{
    CLEANUP(home_paths_fini) struct home_paths paths = {0};
    struct lock_holder holder;
    struct lock lock;
    int code = home_paths_init(&paths, experiment, err);
    if (code < 0 || !home_exists(&paths))
        return code;
    wait_for_end(&paths);
    lock_is_held(paths.lock, &holder);
    if ((code = lock_take(&lock, paths.lock, err)) < 0) {
        if (code == NBT_ESTATE)
            nbt_error_prefix(
                err, "%s is running, only what has ended can be removed (`nbkatib stop %s`)",
                experiment, experiment);
        return code;
    }
    process_sweep(paths.marker);
    remove_socket(&paths, &holder);
    code = take_away(&paths, err);
    lock_drop(&lock);
    return code;
}
