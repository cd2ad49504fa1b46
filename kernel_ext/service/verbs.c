#include <string.h>

#include "base/scope.h"
#include "nbtags/number.h"
#include "service/internal.h"

static int no_such(const char *experiment, struct nbt_error *err)
{
    nbt_error_set(err, NBT_ENOTFOUND,
                  "there is no experiment '%s'; expected a name that 'nbkatib list' shows",
                  experiment);
    return NBT_ENOTFOUND;
}

int no_such_trial(const char *experiment, const char *trial, struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOTFOUND,
                         "'%s' has no trial '%.80s'; 'nbkatib show %s' lists them", experiment,
                         trial, experiment);
}

const struct engine *engine_of(const char *experiment)
{
    for (size_t i = 0; experiment_name_valid(experiment) && engines[i]; i++) {
        if (engines[i]->has(experiment))
            return engines[i];
    }
    return NULL;
}

static int owner(const struct engine **ret, const char *experiment, struct nbt_error *err)
{
    *ret = engine_of(experiment);
    return *ret ? 0 : no_such(experiment, err);
}

int service_list(json_t **ret, struct nbt_error *err)
{
    auto_json json_t *all = json_array();

    for (size_t i = 0; all && engines[i]; i++) {
        auto_json json_t *items = NULL;
        int result = engines[i]->list(&items, err);
        if (result < 0) {
            nbt_error_prefix(err, "engine %s", engines[i]->name);
            return result;
        }
        if (json_array_extend(all, items) < 0)
            return nbt_error_set(err, NBT_ENOMEM, "out of memory");
    }
    if (!all)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory");
    *ret = TAKE(all);
    return 0;
}

int service_show(json_t **ret, const char *experiment, struct nbt_error *err)
{
    const struct engine *engine;
    int result = owner(&engine, experiment, err);

    if (result != 0 || (result = engine->show(ret, experiment, err)) != 0)
        return result;
    json_object_set_new(*ret, "resolvedAlgorithm",
                        json_string(resolved_algorithm(json_object_get(*ret, "experiment"))));
    return 0;
}

int service_watch(const char *experiment, const struct engine_watch *watch, struct nbt_error *err)
{
    const struct engine *engine;
    int result = owner(&engine, experiment, err);

    return result != 0 ? result : engine->watch(experiment, watch, err);
}

int service_stop(const char *experiment, enum engine_stop how, struct nbt_error *err)
{
    const struct engine *engine;
    int result = owner(&engine, experiment, err);

    return result != 0 ? result : engine->stop(experiment, how, err);
}

int service_resume(const char *experiment, const char *max_trials, bool detach,
                   struct nbt_error *err)
{
    const struct engine *engine;
    int64_t more = 0;
    int result = owner(&engine, experiment, err);

    if (result != 0)
        return result;
    if (max_trials && (!nbt_parse_int(max_trials, &more) || more < 1))
        return nbt_error_set(
            err, NBT_EINVAL,
            "--trials is '%s'; expected how many trials there shall be in all, from 1", max_trials);
    return engine->resume(experiment, more, detach, err);
}

/* One that is not there is as good as deleted. */
int service_delete(const char *experiment, struct nbt_error *err)
{
    const struct engine *engine;
    struct nbt_error found = NBT_ERROR_INIT;
    int result = owner(&engine, experiment, &found);

    if (result == NBT_ENOTFOUND && experiment_name_valid(experiment))
        return 0;
    return result < 0 ? nbt_error_set(err, result, "%s", found.text)
                      : engine->remove(experiment, err);
}

/* "digits-k5jnxqrj" of "k5jnxqrj" or of itself; the caller frees. */
static char *full_name(const char *experiment, const char *trial)
{
    size_t length = strlen(experiment);
    bool full = strncmp(trial, experiment, length) == 0 && trial[length] == '-';
    char *name = NULL;

    if (full)
        return strdup(trial);
    return asprintf(&name, "%s-%s", experiment, trial) < 0 ? NULL : name;
}

int service_file(char **ret_path, const char *experiment, const char *trial, const char *file,
                 struct nbt_error *err)
{
    const struct engine *engine;
    auto_free char *name = trial ? full_name(experiment, trial) : NULL;
    int result = owner(&engine, experiment, err);

    if (trial && !name)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory");
    return result != 0 ? result : engine->file(ret_path, experiment, name, file, err);
}

const json_t *service_find_trial(const json_t *show, const char *trial)
{
    const char *experiment = json_string_value(json_object_get(show, "name"));
    auto_free char *name = full_name(experiment ? experiment : "", trial);
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(show, "trials"), i, row)
    {
        const char *found = json_string_value(json_object_get(row, "name"));
        if (name && found && strcmp(found, name) == 0)
            return row;
    }
    return NULL;
}
