#include "engine/katib/place.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/scope.h"
#include "experiment/experiment.h"

#define PLACE_MAX ((size_t)64 << 10)

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the experiment's place");
}

static int root(char **ret, struct nbt_error *err)
{
    auto_free char *state = NULL;
    int result = file_state_root(&state, err);

    if (result < 0)
        return result;
    *ret = file_join(state, "clusters");
    return *ret ? 0 : no_memory(err);
}

static int folder_of(char **ret, const char *experiment, struct nbt_error *err)
{
    auto_free char *all = NULL;
    int result = root(&all, err);

    if (result < 0)
        return result;
    if (!experiment_name_valid(experiment))
        return nbt_error_set(err, NBT_ENOTFOUND, "there is no experiment '%.80s'", experiment);
    *ret = file_join(all, experiment);
    return *ret ? 0 : no_memory(err);
}

int katib_place_find(struct katib_place *ret, const char *experiment, struct nbt_error *err)
{
    auto_free char *folder = NULL;
    int result = folder_of(&folder, experiment, err);

    if (result < 0)
        return result;
    auto_free char *path = file_join(folder, "place.json");
    auto_free char *text = NULL;
    size_t length;
    struct stat info;
    if (!path)
        return no_memory(err);
    if (lstat(path, &info) < 0)
        return nbt_error_set(err, NBT_ENOTFOUND, "there is no experiment '%s'", experiment);
    result = file_read(path, PLACE_MAX, &text, &length, err);
    if (result < 0)
        return result;
    json_t *facts = json_loadb(text, length, 0, NULL);
    if (!json_is_object(facts)) {
        json_decref(facts);
        return nbt_error_set(err, NBT_EPARSE, "%s is damaged; expected a JSON object", path);
    }
    *ret = (struct katib_place){.folder = TAKE(folder), .facts = facts};
    return 0;
}

void katib_place_fini(struct katib_place *place)
{
    free(place->folder);
    json_decref(place->facts);
}

const char *katib_place_name(const struct katib_place *place)
{
    return file_base_name(place->folder);
}

const char *katib_place_text(const struct katib_place *place, const char *key)
{
    return json_string_value(json_object_get(place->facts, key));
}

static int write_file(const char *folder, const char *name, const void *data, size_t size,
                      struct nbt_error *err)
{
    auto_free char *path = file_join(folder, name);
    return path ? file_write_atomic(path, data, size, 0600, err) : no_memory(err);
}

/* place.json last: without it the folder counts as absent. */
int katib_place_create(const char *experiment, const json_t *facts, const char *notebook,
                       size_t size, struct nbt_error *err)
{
    auto_free char *folder = NULL;
    auto_free char *all = NULL;
    auto_free char *text = json_dumps(facts, JSON_INDENT(2));
    int result = text ? root(&all, err) : no_memory(err);

    if (result == 0)
        result = folder_of(&folder, experiment, err);
    if (result == 0)
        result = file_mkdir_all(all, 0700, err);
    if (result == 0 && mkdir(folder, 0700) < 0)
        result = errno == EEXIST ? nbt_error_set(err, NBT_EEXIST,
                                                 "there is an experiment '%s' already", experiment)
                                 : nbt_error_errno(err, "cannot create %s", folder);
    if (result == 0)
        result = write_file(folder, "notebook.ipynb", notebook, size, err);
    return result < 0 ? result : write_file(folder, "place.json", text, strlen(text), err);
}

int katib_place_remove(const char *experiment, struct nbt_error *err)
{
    auto_free char *folder = NULL;
    int result = folder_of(&folder, experiment, err);

    return result < 0 ? result : file_remove_tree(folder, err);
}

int katib_places(json_t **ret_names, struct nbt_error *err)
{
    auto_free char *all = NULL;
    auto_json json_t *names = json_array();
    int result = root(&all, err);

    if (result < 0)
        return result;
    DIR *folder = opendir(all);
    if (!folder && errno != ENOENT)
        return nbt_error_errno(err, "cannot list the experiments in %s", all);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (experiment_name_valid(entry->d_name))
            json_array_append_new(names, json_string(entry->d_name));
    }
    if (folder)
        closedir(folder);
    *ret_names = TAKE(names);
    return 0;
}

char *katib_place_trial(const struct katib_place *place, const char *trial)
{
    auto_free char *trials = file_join(place->folder, "trials");
    return trials ? file_join(trials, trial) : NULL;
}

static bool is_there(const char *folder, const char *name, struct stat *ret_info)
{
    auto_free char *path = file_join(folder, name);
    return path && stat(path, ret_info) == 0;
}

int64_t katib_place_stamp(const char *experiment, bool *ret_ended)
{
    auto_free char *folder = NULL;
    struct stat info = {0};

    *ret_ended = false;
    if (folder_of(&folder, experiment, NULL) < 0)
        return 0;
    *ret_ended = is_there(folder, "ended", &info);
    return is_there(folder, "facts.jsonl", &info) ? (int64_t)info.st_size : 0;
}
