#include "engine/katib/cluster.h"

#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "engine/katib/member.h"
#include "engine/katib/quantity.h"
#include "nbtags/number.h"

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the settings of the cluster");
}

/* What Kale stored. */

static const char *access_mode_of(const char *stored)
{
    static const char *const modes[][2] = {
        {"rwo", "ReadWriteOnce"}, {"rom", "ReadOnlyMany"}, {"rwm", "ReadWriteMany"}};
    for (size_t i = 0; stored && i < COUNT_OF(modes); i++) {
        if (strcmp(modes[i][0], stored) == 0)
            return modes[i][1];
    }
    return NULL;
}

/* Kale's size is a number, in older files a text, and its unit another member. */
static json_t *size_of(const json_t *stored)
{
    char text[NBT_NUMBER_MAX] = "";
    CLEANUP(buf_fini) struct buf whole = buf_init(128);
    const json_t *size = json_object_get(stored, "size");
    const char *unit = json_string_value(json_object_get(stored, "size_type"));
    if (json_is_integer(size))
        nbt_format_int(text, json_integer_value(size));
    else if (json_is_real(size))
        nbt_format_double(text, json_real_value(size));
    buf_printf(&whole, "%s%s", json_is_string(size) ? json_string_value(size) : text,
               unit ? unit : "");
    return json_string(buf_text(&whole));
}

static json_t *annotations_of(const json_t *stored)
{
    json_t *annotations = json_object();
    size_t i;
    json_t *pair;
    json_array_foreach(json_object_get(stored, "annotations"), i, pair)
    {
        const char *key = text_at(pair, "key"), *value = text_at(pair, "value");
        if (key && value)
            json_object_set_new(annotations, key, json_string(value));
    }
    return annotations;
}

static const char *type_of(const json_t *stored)
{
    static const char *const types[][2] = {
        {"new_pvc", "new"}, {"pvc", "existing"}, {"snap", "snapshot"}};
    const char *type = text_at(stored, "type");
    for (size_t i = 0; type && i < COUNT_OF(types); i++) {
        if (strcmp(types[i][0], type) == 0)
            return types[i][1];
    }
    return NULL;
}

static json_t *volume_at(const json_t *found, const char *mount)
{
    size_t i;
    json_t *volume;
    json_array_foreach(json_object_get(found, "volumes"), i, volume)
    {
        const char *other = text_at(volume, "mount");
        if (mount && other && strcmp(other, mount) == 0)
            return json_deep_copy(volume);
    }
    return NULL;
}

/* A clone is one of the notebook's own volumes, and as such found anew, as Kale does. NULL for what
 * is not there. */
static json_t *volume_of(const json_t *stored, const json_t *found)
{
    const char *kale = text_at(stored, "type"), *type = type_of(stored);
    const char *name = text_at(stored, "name"), *mount = text_at(stored, "mount_point");
    if (kale && strcmp(kale, "clone") == 0)
        return volume_at(found, mount);
    if (!type || !name || !mount)
        return NULL;
    json_t *volume = json_pack("{s:s, s:s, s:s}", "type", type, "name", name, "mount", mount);
    auto_json json_t *annotations = annotations_of(stored);
    if (strcmp(type, "existing") != 0 && json_object_get(stored, "size"))
        json_object_set_new(volume, "size", size_of(stored));
    if (json_object_size(annotations) > 0)
        json_object_set(volume, "annotations", annotations);
    return volume;
}

#define STORED_VOLUMES "metadata.kubeflow_notebook.volumes"

/* All of the notebook's own come by themselves where "Use this notebook's volumes" is on. */
static json_t *volumes_of(const json_t *kale, const json_t *found,
                          struct experiment_problems *problems)
{
    bool all = json_is_true(json_object_get(kale, "snapshot_volumes"));
    json_t *list = json_array();
    size_t i;
    json_t *stored;
    json_array_foreach(json_object_get(kale, "volumes"), i, stored)
    {
        const char *type = text_at(stored, "type");
        bool own = type && strcmp(type, "clone") == 0;
        json_t *volume = own && all ? NULL : volume_of(stored, found);
        if (volume)
            json_array_append_new(list, volume);
        else if (!(own && all))
            experiment_problem(problems, false, STORED_VOLUMES,
                               "the stored volume %.60s is left out: %s",
                               text_at(stored, "name") ? text_at(stored, "name") : "without a name",
                               own ? "it is a clone of one of the notebook's own, which are known "
                                     "inside its pod only"
                                   : "it has no type, name or mount point that is known");
    }
    return list;
}

/* What Kale does between steps has no place in a trial, which is one pod. */
static void tell_snapshots(const json_t *kale, struct experiment_problems *problems)
{
    if (json_is_true(json_object_get(kale, "autosnapshot")))
        experiment_problem(problems, false, "metadata.kubeflow_notebook.autosnapshot",
                           "the notebook asks for a snapshot after each step, which trials of a "
                           "cluster do not take");
}

static void take_text(json_t *to, const char *key, const char *text)
{
    if (text && *text)
        json_object_set_new(to, key, json_string(text));
}

/* Kale 2's run_as_user and its like, in Kubernetes' words. */
static json_t *security_of(const json_t *stored)
{
    static const char *const keys[][2] = {{"run_as_user", "runAsUser"},
                                          {"run_as_group", "runAsGroup"},
                                          {"fs_group", "fsGroup"},
                                          {"run_as_non_root", "runAsNonRoot"}};
    json_t *context = json_object();
    const json_t *enabled = json_object_get(stored, "enabled");
    for (size_t i = 0; i < COUNT_OF(keys) && !json_is_false(enabled); i++) {
        json_t *value = json_object_get(stored, keys[i][0]);
        if (json_is_integer(value) || json_is_true(value))
            json_object_set(context, keys[i][1], value);
    }
    return context;
}

static json_t *stored_cluster(const json_t *kale, const json_t *found,
                              struct experiment_problems *problems)
{
    json_t *stored = json_object();
    const char *image = text_at(kale, "docker_image");
    auto_json json_t *volumes = volumes_of(kale, found, problems);
    auto_json json_t *security = security_of(json_object_get(kale, "security_context"));
    take_text(stored, "image", image ? image : text_at(kale, "base_image"));
    take_text(stored, "storage_class", text_at(kale, "storage_class_name"));
    take_text(stored, "access_mode", access_mode_of(text_at(kale, "volume_access_mode")));
    if (json_array_size(volumes) > 0)
        json_object_set(stored, "volumes", volumes);
    if (json_object_size(security) > 0)
        json_object_set(stored, "security_context", security);
    if (json_is_true(json_object_get(kale, "snapshot_volumes")))
        json_object_set_new(stored, "notebook_volumes", json_true());
    tell_snapshots(kale, problems);
    return stored;
}

/* Checks. */

static void check_quantity(const json_t *cluster, const char *member,
                           struct experiment_problems *problems)
{
    const char *text = text_at(cluster, member);
    double value;
    if (text && !quantity_parse(text, &value))
        experiment_problem(problems, true, member[0] == 'c' ? "--cpu" : "--memory",
                           "found '%.60s'; expected a quantity such as %s", text,
                           member[0] == 'c' ? "2 or 500m" : "4Gi");
}

static void check_image(const json_t *cluster, struct experiment_problems *problems)
{
    const char *image = text_at(cluster, "image");
    if (!image)
        experiment_problem(problems, true, "--image",
                           "no container image is named, and none could be found, since this is "
                           "not a notebook's pod; name one that has the notebook's kernel: "
                           "--image NAME");
    else if (strpbrk(image, " \t\n\"'\\$`"))
        experiment_problem(problems, true, "--image",
                           "found '%.100s'; expected an image's name such as "
                           "jupyter/scipy-notebook:latest",
                           image);
}

static void check_mode(const json_t *cluster, struct experiment_problems *problems)
{
    static const char *const modes[] = {"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany",
                                        "ReadWriteOncePod"};
    const char *mode = text_at(cluster, "access_mode");
    for (size_t i = 0; mode && i < COUNT_OF(modes); i++) {
        if (strcmp(modes[i], mode) == 0)
            return;
    }
    if (mode)
        experiment_problem(problems, true, "--access-mode",
                           "found '%.60s'; expected ReadWriteOnce, ReadOnlyMany, ReadWriteMany or "
                           "ReadWriteOncePod",
                           mode);
}

/* Volumes of the notebook itself are cloned, each with its own size. */
static int add_notebook_volumes(json_t *cluster, const json_t *given, const json_t *found,
                                struct experiment_problems *problems, struct nbt_error *err)
{
    const json_t *mounted = json_object_get(found, "volumes");
    json_t *volumes = json_object_get(cluster, "volumes");
    bool asked = json_is_true(json_object_get(given, "notebook_volumes"));
    if (!json_is_true(json_object_get(cluster, "notebook_volumes")))
        return 0;
    json_object_del(cluster, "notebook_volumes");
    if (!mounted) {
        if (asked)
            experiment_problem(problems, true, "--notebook-volumes",
                               "this is not a notebook's pod, so that its volumes are not known; "
                               "name them: --volume clone:CLAIM:/PATH:SIZE");
        else
            experiment_problem(problems, false, "metadata.kubeflow_notebook.snapshot_volumes",
                               "the notebook is to be run with its own volumes, but this is not "
                               "its pod: trials have none of them");
        return 0;
    }
    if (!json_is_array(volumes)) {
        volumes = json_array();
        if (json_object_set_new(cluster, "volumes", volumes) < 0)
            return no_memory(err);
    }
    return json_array_extend(volumes, (json_t *)mounted) < 0 ? no_memory(err) : 0;
}

int katib_cluster(json_t **ret, const json_t *given, const struct nbt_notebook *notebook,
                  const json_t *found, struct experiment_problems *problems, struct nbt_error *err)
{
    auto_json json_t *cluster = found ? json_deep_copy(found) : json_object();
    auto_json json_t *stored = stored_cluster(notebook->kale, found, problems);
    if (given && !json_is_object(given)) {
        experiment_problem(problems, true, KATIB_CLUSTER_PATH,
                           "is not a mapping; expected such as {\"image\": \"NAME\"}");
        given = NULL;
    }
    json_object_del(cluster, "volumes");
    if (!cluster || json_object_update(cluster, stored) < 0)
        return no_memory(err);
    auto_json json_t *own = given ? json_deep_copy(given) : json_object();
    if (!own || json_object_update(cluster, own) < 0)
        return no_memory(err);
    int result = add_notebook_volumes(cluster, given, found, problems, err);
    if (result < 0)
        return result;
    check_image(cluster, problems);
    check_quantity(cluster, "cpu", problems);
    check_quantity(cluster, "memory", problems);
    check_mode(cluster, problems);
    *ret = TAKE(cluster);
    return 0;
}
