#include <string.h>
#include <sys/random.h>

#include "base/file.h"
#include "base/scope.h"
#include "nbtags/number.h"
#include "service/internal.h"

static uint32_t random_number(void)
{
    uint32_t value = 0;

    /* Up to 256 bytes are never short once the kernel's generator is seeded, which it is when users
     * log in. */
    if (getrandom(&value, sizeof(value), 0) != (ssize_t)sizeof(value))
        value = (uint32_t)getpid();
    return value;
}

void random_suffix(char text[6])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";

    for (int i = 0; i < 5; i++)
        text[i] = letters[random_number() % (sizeof(letters) - 1)];
    text[5] = '\0';
}

int settings_load(json_t **ret, const json_t *document, struct nbt_error *err)
{
    const char *text = experiment_annotation(document, EXPERIMENT_SETTINGS);
    json_error_t where;
    json_t *settings = text ? json_loads(text, JSON_REJECT_DUPLICATES, &where) : json_object();

    if (!settings && !text)
        return no_memory(err);
    if (!json_is_object(settings)) {
        json_decref(settings);
        nbt_error_set(
            err, NBT_EINVAL,
            "the annotation is not a JSON object; expected such as {\"trial_timeout_s\": 600}");
        nbt_error_path(err, "metadata.annotations[\"" EXPERIMENT_SETTINGS "\"]");
        return NBT_EINVAL;
    }
    *ret = settings;
    return 0;
}

static int set_duration(json_t *settings, const char *key, const char *text, struct nbt_error *err)
{
    int64_t seconds;

    if (!text)
        return 0;
    int result = service_duration(text, &seconds, err);
    if (result < 0) {
        nbt_error_prefix(err, "%s", key);
        return result;
    }
    return json_object_set_new(settings, key, json_integer(seconds)) < 0 ? no_memory(err) : 0;
}

static int set_flag(json_t *settings, const char *key, bool given, bool value,
                    struct nbt_error *err)
{
    if (given && json_object_set_new(settings, key, json_boolean(value)) < 0)
        return no_memory(err);
    return 0;
}

static int set_fixed(json_t *settings, const json_t *fixed, struct nbt_error *err)
{
    if (json_object_size(fixed) == 0)
        return 0;
    auto_json json_t *copy = json_deep_copy(fixed);
    return !copy || json_object_set(settings, "fixed", copy) < 0 ? no_memory(err) : 0;
}

int annotate_settings(json_t *document, const json_t *fixed, const struct service_run *run,
                      struct nbt_error *err)
{
    auto_json json_t *settings = NULL;
    int result = settings_load(&settings, document, err);

    if (result < 0 || (result = set_duration(settings, "timeout_s", run->timeout, err)) < 0 ||
        (result = set_duration(settings, "trial_timeout_s", run->trial_timeout, err)) < 0 ||
        (result = set_duration(settings, "cell_timeout_s", run->cell_timeout, err)) < 0 ||
        (result = set_flag(settings, "isolate", run->no_isolate, false, err)) < 0 ||
        (result = set_flag(settings, "snapshots", run->snapshots, true, err)) < 0 ||
        (result = set_flag(settings, "keep", run->keep, true, err)) < 0 ||
        (result = set_flag(settings, "reports", run->reports, true, err)) < 0 ||
        (result = set_fixed(settings, fixed, err)) < 0 ||
        (result = cluster_settings(settings, &run->cluster, err)) < 0)
        return result;
    if (json_object_size(settings) == 0)
        return 0;
    auto_free char *text = json_dumps(settings, JSON_COMPACT | JSON_SORT_KEYS);
    return text ? experiment_annotate(document, EXPERIMENT_SETTINGS, text, err) : no_memory(err);
}

static int annotate_seed(json_t *document, struct nbt_error *err)
{
    char text[NBT_NUMBER_MAX];

    if (experiment_annotation(document, EXPERIMENT_SEED))
        return 0;
    nbt_format_int(text, random_number());
    return experiment_annotate(document, EXPERIMENT_SEED, text, err);
}

static int annotate_notebook(json_t *document, const struct nbt_notebook *notebook,
                             struct nbt_error *err)
{
    auto_free char *path = NULL;
    char sha256[65];
    struct nbt_error ignored = NBT_ERROR_INIT;

    /* A live document may not be a file yet; its name stays as given then. */
    if (file_real_path(notebook->path, &path, &ignored) < 0 && !(path = strdup(notebook->path)))
        return no_memory(err);
    auto_json json_t *utf8 = json_string(path);
    if (!utf8)
        return nbt_error_set(err, NBT_EINVAL,
                             "the notebook's path is not UTF-8; rename the file or its folder");
    file_sha256_bytes(notebook->text, notebook->size, sha256);
    int result = experiment_annotate(document, EXPERIMENT_NOTEBOOK, path, err);
    return result < 0 ? result
                      : experiment_annotate(document, EXPERIMENT_NOTEBOOK_SHA256, sha256, err);
}

static int annotate_kernel(json_t *document, const struct nbt_notebook *notebook,
                           const struct service_run *run, struct nbt_error *err)
{
    const char *kernel =
        run->kernel ? run->kernel : experiment_annotation(document, EXPERIMENT_KERNEL);

    if (!kernel)
        kernel = notebook->kernel_name;
    return kernel[0] ? experiment_annotate(document, EXPERIMENT_KERNEL, kernel, err) : 0;
}

int annotate(json_t *document, const struct nbt_notebook *notebook, const json_t *fixed,
             const struct service_run *run, struct nbt_error *err)
{
    int result = annotate_notebook(document, notebook, err);

    if (result == 0)
        result = annotate_kernel(document, notebook, run, err);
    if (result == 0)
        result = annotate_seed(document, err);
    if (result == 0)
        result = annotate_settings(document, fixed, run, err);
    return result;
}
