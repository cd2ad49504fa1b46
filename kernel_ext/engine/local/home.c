#include "engine/local/home.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "base/scope.h"
#include "experiment/experiment.h"
#include "nbtags/number.h"

#define SCRATCH_PREFIX ".new-"
#define TRIAL_NAME_MAX 63

int home_experiments(char **ret_folder, struct nbt_error *err)
{
    auto_free char *root = NULL;
    int code = file_state_root(&root, err);
    if (code < 0)
        return code;
    /* Documents and the lock name paths, and JSON is UTF-8. */
    auto_json json_t *utf8 = json_string(root);
    if (!utf8)
        return nbt_error_set(err, NBT_EINVAL,
                             "the path of the folder for state is not UTF-8; set NBKATIB_HOME to "
                             "one that is");
    *ret_folder = file_join(root, "experiments");
    return *ret_folder ? 0 : nbt_error_set(err, NBT_ENOMEM, "no memory for a path");
}

int home_create(struct nbt_error *err)
{
    auto_free char *folder = NULL;
    int code = home_experiments(&folder, err);
    if (code == 0 && (code = file_mkdir_all(folder, 0700, err)) < 0)
        nbt_error_prefix(err, "state cannot be kept (NBKATIB_HOME names another folder)");
    return code;
}

static void mark(struct home_paths *paths, const char *experiments)
{
    char hex[65];
    auto_free char *real = NULL;
    const char *home = file_real_path(experiments, &real, NULL) < 0 ? experiments : real;
    file_sha256_bytes(home, strlen(home), hex);
    snprintf(paths->marker, sizeof(paths->marker), "%s@%.8s", paths->name, hex);
}

static bool complete(const struct home_paths *paths)
{
    return paths->name && paths->folder && paths->database && paths->lock && paths->socket &&
           paths->notebook && paths->log && paths->trials && paths->reserve;
}

int home_paths_in(struct home_paths *ret_paths, const char *folder, const char *name,
                  struct nbt_error *err)
{
    struct home_paths paths = {
        .name = strdup(name),
        .folder = strdup(folder),
        .database = file_join(folder, "experiment.db"),
        .lock = file_join(folder, "lock"),
        .socket = file_join(folder, "socket"),
        .notebook = file_join(folder, "notebook.ipynb"),
        .log = file_join(folder, "engine.log"),
        .trials = file_join(folder, "trials"),
        .reserve = file_join(folder, "reserve"),
    };
    if (!complete(&paths)) {
        home_paths_fini(&paths);
        return nbt_error_set(err, NBT_ENOMEM, "no memory for paths");
    }
    *ret_paths = paths;
    return 0;
}

int home_paths_init(struct home_paths *ret_paths, const char *name, struct nbt_error *err)
{
    *ret_paths = (struct home_paths){0};
    if (!experiment_name_valid(name)) {
        auto_free char *shown = file_printable(name);
        return nbt_error_set(err, NBT_EINVAL,
                             "'%.80s' is not an experiment's name: expected at most %d lower case "
                             "letters, digits and '-', "
                             "a letter first; `nbkatib list` shows the names",
                             shown ? shown : "", EXPERIMENT_NAME_MAX);
    }
    auto_free char *experiments = NULL;
    int code = home_experiments(&experiments, err);
    if (code < 0)
        return code;
    auto_free char *folder = file_join(experiments, name);
    if (!folder)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a path");
    if ((code = home_paths_in(ret_paths, folder, name, err)) == 0)
        mark(ret_paths, experiments);
    return code;
}

void home_paths_fini(struct home_paths *paths)
{
    if (!paths)
        return;
    free(paths->name);
    free(paths->folder);
    free(paths->database);
    free(paths->lock);
    free(paths->socket);
    free(paths->notebook);
    free(paths->log);
    free(paths->trials);
    free(paths->reserve);
    *paths = (struct home_paths){0};
}

bool home_exists(const struct home_paths *paths)
{
    struct stat info;
    return lstat(paths->folder, &info) == 0 && S_ISDIR(info.st_mode);
}

int home_find(struct home_paths *ret_paths, const char *name, struct nbt_error *err)
{
    int code = home_paths_init(ret_paths, name, err);
    if (code < 0 || home_exists(ret_paths))
        return code;
    return nbt_error_set(
        err, NBT_ENOTFOUND,
        "there is no experiment '%s' on this machine; `nbkatib list` shows what there is", name);
}

static bool trial_name_valid(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return length > 0 && length <= TRIAL_NAME_MAX && name[length] == '\0' && name[0] != '-';
}

int home_trial_path(char **ret_path, const struct home_paths *paths, const char *trial,
                    const char *file, struct nbt_error *err)
{
    if (!trial_name_valid(trial)) {
        auto_free char *shown = file_printable(trial);
        return nbt_error_set(err, NBT_EINVAL,
                             "'%.80s' is not a trial's name; `nbkatib show %s` lists its trials",
                             shown ? shown : "", paths->name);
    }
    auto_free char *folder = file_join(paths->trials, trial);
    char *path = folder && file ? file_join(folder, file) : TAKE(folder);
    if (!path)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a path");
    *ret_path = path;
    return 0;
}

/* True for a scratch folder whose process is gone: ".new-<pid>-<start>-<n>". */
static bool abandoned(const char *name)
{
    if (strncmp(name, SCRATCH_PREFIX, strlen(SCRATCH_PREFIX)) != 0)
        return false;
    char text[64];
    snprintf(text, sizeof(text), "%s", name + strlen(SCRATCH_PREFIX));
    char *start = strchr(text, '-');
    char *end = start ? strchr(start + 1, '-') : NULL;
    if (!end)
        return false;
    *start++ = *end = '\0';
    int64_t pid, time;
    if (!nbt_parse_int(text, &pid) || !nbt_parse_int(start, &time) || pid <= 0)
        return false;
    return process_start_time((pid_t)pid) != (uint64_t)time;
}

/* On a shared home the process may live on another machine: only what is an hour old counts as left
 * behind. */
static void clean(const char *experiments)
{
    DIR *folder = opendir(experiments);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        auto_free char *path =
            abandoned(entry->d_name) ? file_join(experiments, entry->d_name) : NULL;
        struct stat info;
        if (!path || lstat(path, &info) < 0 || time(NULL) - info.st_mtime < 3600)
            continue;
        if (file_remove_tree(path, NULL) < 0)
            continue;
    }
    if (folder)
        closedir(folder);
}

int home_scratch(char **ret_folder, struct nbt_error *err)
{
    auto_free char *experiments = NULL;
    int code = home_experiments(&experiments, err);
    if (code < 0)
        return code;
    clean(experiments);
    for (int i = 0; i < 1000; i++) {
        auto_free char *path = NULL;
        if (asprintf(&path, "%s/" SCRATCH_PREFIX "%d-%llu-%d", experiments, (int)getpid(),
                     (unsigned long long)process_start_time(getpid()), i) < 0) {
            path = NULL;
            return nbt_error_set(err, NBT_ENOMEM, "no memory for a path");
        }
        if (mkdir(path, 0700) == 0) {
            *ret_folder = TAKE(path);
            return 0;
        }
        if (errno != EEXIST)
            return nbt_error_errno(
                err, "cannot create a folder in %s (NBKATIB_HOME names another one)", experiments);
    }
    return nbt_error_set(err, NBT_EEXIST,
                         "no free name for a folder in %s; remove its " SCRATCH_PREFIX "* folders",
                         experiments);
}
