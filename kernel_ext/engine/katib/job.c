/* job.json: what a trial is told (trial/job.h). */
#include "trial/job.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "engine/katib/bundle.h"
#include "engine/katib/member.h"
#include "engine/katib/template.h"
#include "engine/katib/translate.h"

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for a trial's job");
}

static json_t *programs_json(const struct katib_programs *programs)
{
    json_t *all = json_object();
    for (size_t i = 0; i < programs->n; i++)
        json_object_set_new(all, programs->items[i].arch, json_string(programs->items[i].sha256));
    return all;
}

/* Keys of a ConfigMap have letters that paths need not have. */
static json_t *files_json(const struct katib_files *files)
{
    json_t *all = json_array();
    for (size_t i = 0; i < files->n; i++) {
        char key[32];
        snprintf(key, sizeof(key), i == 0 ? "notebook" : "file-%zu", i);
        json_array_append_new(all,
                              json_pack("{s:s, s:s}", "key", key, "path", files->items[i].path));
    }
    return all;
}

static json_t *parameters_json(const json_t *document, const json_t *settings)
{
    const json_t *choices = json_object_get(settings, "choices");
    json_t *all = json_array();
    size_t i;
    json_t *parameter;
    json_array_foreach(json_object_get(json_object_get(document, "spec"), "parameters"), i,
                       parameter)
    {
        char variable[KATIB_NAME_SIZE];
        const char *name = text_at(parameter, "name");
        json_t *values = name ? json_object_get(choices, name) : NULL;
        if (!name)
            continue;
        katib_variable(variable, name, i);
        json_t *row = json_pack("{s:s, s:s}", "name", name, "variable", variable);
        if (values)
            json_object_set(row, "values", values);
        json_array_append_new(all, row);
    }
    return all;
}

static void copy(json_t *job, const char *key, const json_t *settings)
{
    json_t *value = json_object_get(settings, key);
    if (value)
        json_object_set(job, key, value);
}

static void set_text(json_t *job, const char *key, const char *text)
{
    if (text && *text)
        json_object_set_new(job, key, json_string(text));
}

static bool is_around(const char *mount, const char *path)
{
    size_t length = strlen(mount);
    return strncmp(mount, path, length) == 0 && path[length] == '/';
}

/* The innermost volume that can hold the notebook; NULL when it is on none. */
static const json_t *volume_around(const json_t *document, const json_t *cluster)
{
    const char *notebook = experiment_annotation(document, EXPERIMENT_NOTEBOOK);
    const json_t *best = NULL;
    size_t i;
    json_t *volume;
    json_array_foreach(json_object_get(cluster, "volumes"), i, volume)
    {
        const char *mount = text_at(volume, "mount"), *type = text_at(volume, "type");
        if (notebook && mount && type && is_around(mount, notebook) &&
            (!best || strlen(mount) > strlen(text_at(best, "mount"))))
            best = volume;
    }
    /* An empty volume hides what was there. */
    return best && strcmp(text_at(best, "type"), "new") == 0 ? NULL : best;
}

char *katib_directory(const json_t *document, const json_t *cluster)
{
    const char *notebook = experiment_annotation(document, EXPERIMENT_NOTEBOOK);
    return volume_around(document, cluster) ? file_folder(notebook) : NULL;
}

/* Trials that share a volume work in copies of the folder, as those on one machine do. */
static void set_directory(json_t *job, const json_t *document, const json_t *settings)
{
    const json_t *cluster = json_object_get(settings, "cluster");
    const json_t *volume = volume_around(document, cluster);
    auto_free char *directory = katib_directory(document, cluster);
    const char *type = text_at(volume, "type");
    bool shared = type && strcmp(type, "existing") == 0;
    set_text(job, "directory", directory);
    if (shared && !json_is_false(json_object_get(settings, "isolate")))
        json_object_set_new(job, "isolate", json_true());
}

int katib_job(json_t **ret, const struct katib_bundle_from *from, struct nbt_error *err)
{
    static const char *const kept[] = {"trial_timeout_s", "cell_timeout_s", "reports", "fixed"};
    const json_t *objective = json_object_get(json_object_get(from->document, "spec"), "objective");
    auto_json json_t *settings = NULL;
    int result = katib_settings(&settings, from->document, err);
    if (result < 0)
        return result;
    auto_json json_t *job =
        json_pack("{s:i, s:o, s:o, s:s, s:s, s:o}", "version", JOB_VERSION, "programs",
                  programs_json(from->programs), "files", files_json(from->files), "notebook",
                  from->files->items[0].path, "metrics", KATIB_METRICS_FILE, "parameters",
                  parameters_json(from->document, settings));
    if (!job)
        return no_memory(err);
    set_text(job, "objective", text_at(objective, "objectiveMetricName"));
    set_text(job, "kernel", experiment_annotation(from->document, EXPERIMENT_KERNEL));
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        copy(job, kept[i], settings);
    set_directory(job, from->document, settings);
    *ret = TAKE(job);
    return 0;
}
