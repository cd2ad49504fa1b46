/* stamps: what stat and the lock say of each experiment, without opening a database. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "engine/local/home.h"
#include "engine/local/lock.h"
#include "engine/local/verbs.h"
#include "experiment/experiment.h"

#define SETTLED_US 50000 /* times of files are that coarse, at most */

static uint64_t mix(uint64_t stamp, uint64_t value)
{
    stamp ^= value + 0x9e3779b97f4a7c15u + (stamp << 6) + (stamp >> 2);
    return stamp * 0xff51afd7ed558ccdu;
}

/* A file that was written just now may be written again without its time or size showing it: then
 * the stamp is another one each time. An empty file is as good as none: readers leave one. */
static uint64_t mix_file(uint64_t stamp, const char *path)
{
    struct stat info;
    if (stat(path, &info) < 0 || info.st_size == 0)
        return mix(stamp, 0);
    int64_t now = clock_realtime_us();
    int64_t written = info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000;
    stamp = mix(stamp, (uint64_t)info.st_ino);
    stamp = mix(stamp, (uint64_t)info.st_size);
    stamp = mix(stamp, (uint64_t)written);
    return now - written < SETTLED_US ? mix(stamp, (uint64_t)now) : stamp;
}

/* The lock: an engine that died leaves its files as they were. */
static int add_stamp(json_t *stamps, const char *experiments, const char *name)
{
    CLEANUP(home_paths_fini) struct home_paths paths = {0};
    auto_free char *folder = file_join(experiments, name);
    auto_free char *wal = NULL;
    if (!folder || home_paths_in(&paths, folder, name, NULL) < 0 ||
        asprintf(&wal, "%s-wal", paths.database) < 0)
        return NBT_ENOMEM;
    uint64_t stamp = lock_is_held(paths.lock, NULL) ? 1 : 2;
    stamp = mix_file(stamp, paths.database);
    stamp = mix_file(stamp, wal);
    return json_object_set_new(stamps, name, json_integer((json_int_t)(stamp >> 1)));
}

int local_stamps(json_t *stamps, struct nbt_error *err)
{
    auto_free char *experiments = NULL;
    int code = home_experiments(&experiments, err);
    if (code < 0)
        return code;
    DIR *folder = opendir(experiments);
    if (!folder && errno != ENOENT)
        return nbt_error_errno(err, "cannot list the experiments in %s", experiments);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (experiment_name_valid(entry->d_name) &&
            add_stamp(stamps, experiments, entry->d_name) < 0)
            code = nbt_error_set(err, NBT_ENOMEM, "no memory for the list of experiments");
    if (folder)
        closedir(folder);
    return code;
}
