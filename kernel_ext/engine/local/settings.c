#include "engine/local/settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "experiment/experiment.h"

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the experiment's settings");
}

int settings_read(json_t **ret_object, const json_t *document, struct nbt_error *err)
{
    const char *text = experiment_annotation(document, EXPERIMENT_SETTINGS);
    json_error_t where;
    json_t *object = text ? json_loads(text, 0, &where) : json_object();
    if (!object && !text)
        return no_memory(err);
    if (!json_is_object(object)) {
        json_decref(object);
        nbt_error_path(err, "metadata.annotations[\"%s\"]", EXPERIMENT_SETTINGS);
        return nbt_error_set(err, NBT_EINVAL,
                             "the annotation %s is not a JSON object; remove it, or write one",
                             EXPERIMENT_SETTINGS);
    }
    *ret_object = object;
    return 0;
}

static int read_count(int64_t *ret, const json_t *object, const char *key, struct nbt_error *err)
{
    const json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value))
        return 0;
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return nbt_error_set(err, NBT_EINVAL,
                             "setting %s: expected a whole number from 0, in the annotation %s",
                             key, EXPERIMENT_SETTINGS);
    *ret = json_integer_value(value);
    return 0;
}

static bool read_flag(const json_t *object, const char *key, bool fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

static int add_fixed(json_t *list, const char *name, const json_t *value)
{
    auto_free char *text = json_is_string(value) ? strdup(json_string_value(value))
                                                 : json_dumps(value, JSON_ENCODE_ANY);
    return text ? json_array_append_new(list, json_pack("{ss ss}", "name", name, "value", text))
                : -1;
}

static json_t *fixed_of(const json_t *object)
{
    auto_json json_t *list = json_array();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json_object_get(object, "fixed"), name, value)
    {
        if (add_fixed(list, name, value) < 0)
            return NULL;
    }
    return TAKE(list);
}

static int seed_of(uint64_t *ret, const json_t *document, struct nbt_error *err)
{
    const char *text = experiment_annotation(document, EXPERIMENT_SEED);
    uint64_t seed = 0;
    for (const char *at = text ? text : "0"; *at; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (*at < '0' || *at > '9' || seed > (UINT64_MAX - digit) / 10)
            return nbt_error_set(
                err, NBT_EINVAL,
                "the annotation %s is '%.40s', expected a number from 0 to 2^64 - 1",
                EXPERIMENT_SEED, text);
        seed = seed * 10 + digit;
    }
    *ret = seed;
    return 0;
}

static char *directory_of(const json_t *document, const char *fallback)
{
    const char *notebook = experiment_annotation(document, EXPERIMENT_NOTEBOOK);
    return notebook && strchr(notebook, '/') ? file_folder(notebook) : strdup(fallback);
}

int64_t settings_max_trials(const json_t *document)
{
    return json_integer_value(json_object_get(json_object_get(document, "spec"), "maxTrialCount"));
}

static int fill(struct settings *settings, const json_t *object, const json_t *document,
                struct nbt_error *err)
{
    int64_t budget = settings_max_trials(document);
    int code = read_count(&settings->timeout_s, object, "timeout_s", err);
    if (code == 0)
        code = read_count(&settings->trial_timeout_s, object, "trial_timeout_s", err);
    if (code == 0)
        code = read_count(&settings->cell_timeout_s, object, "cell_timeout_s", err);
    if (code == 0)
        code = read_count(&budget, object, "budget", err);
    if (code == 0)
        code = seed_of(&settings->seed, document, err);
    settings->budget = budget > 0 ? (uint64_t)budget : 0;
    settings->isolate = read_flag(object, "isolate", true);
    settings->snapshots = read_flag(object, "snapshots", false);
    settings->keep = read_flag(object, "keep", false);
    settings->reports = read_flag(object, "reports", false);
    return code;
}

int settings_init(struct settings *ret_settings, const json_t *document, const char *fallback,
                  struct nbt_error *err)
{
    auto_json json_t *object = NULL;
    int code = settings_read(&object, document, err);
    if (code < 0)
        return code;
    struct settings settings = {.fixed = fixed_of(object),
                                .directory = directory_of(document, fallback)};
    const char *kernel = experiment_annotation(document, EXPERIMENT_KERNEL);
    if (!kernel || !*kernel)
        kernel = json_string_value(json_object_get(object, "kernel"));
    if (kernel && *kernel)
        settings.kernel = strdup(kernel);
    code = settings.fixed && settings.directory && (!kernel || !*kernel || settings.kernel)
               ? 0
               : no_memory(err);
    if (code == 0)
        code = fill(&settings, object, document, err);
    if (code < 0) {
        settings_fini(&settings);
        return code;
    }
    *ret_settings = settings;
    return 0;
}

void settings_fini(struct settings *settings)
{
    if (!settings)
        return;
    json_decref(settings->fixed);
    free(settings->kernel);
    free(settings->directory);
    *settings = (struct settings){0};
}
