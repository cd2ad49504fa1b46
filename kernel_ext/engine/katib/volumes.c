#include "engine/katib/volumes.h"

#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/cluster.h"
#include "engine/katib/member.h"
#include "engine/katib/quantity.h"

#define SNAPSHOT_GROUP "snapshot.storage.k8s.io"
#define ROK_ORIGIN     "rok/origin"
#define ROK_CLASS      "rok"
#define NAME_MAX_BYTES 253

enum type { NEW, EXISTING, CLONE, SNAPSHOT, TYPES };
static const char *const type_names[TYPES] = {"new", "existing", "clone", "snapshot"};

static enum type type_of(const json_t *volume)
{
    const char *name = text_at(volume, "type");
    for (int i = 0; name && i < TYPES; i++) {
        if (strcmp(type_names[i], name) == 0)
            return (enum type)i;
    }
    return TYPES;
}

/* Rok's snapshots are named by URL; its storage class makes volumes of them. */
static bool is_rok(const json_t *volume)
{
    const char *name = text_at(volume, "name");
    return type_of(volume) == SNAPSHOT && name && strstr(name, "://");
}

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the volumes of a trial");
}

/* Checks. */

static bool is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    static const char inner[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    size_t length = strlen(name);
    return length <= NAME_MAX_BYTES && strspn(name, inner) == length && strchr(letters, name[0]) &&
           strchr(letters, name[length - 1]);
}

static bool is_under(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static void check_mount(const json_t *volumes, size_t index, const char *path,
                        struct experiment_problems *problems)
{
    const char *mount = text_at(json_array_get(volumes, index), "mount");
    if (!mount || *mount != '/' || !mount[1] || strchr(mount, ':')) {
        experiment_problem(problems, true, path,
                           "is mounted at '%.60s'; expected an absolute path, without ':', such as "
                           "/data",
                           mount ? mount : "");
        return;
    }
    if (is_under(mount, KATIB_FOLDER) || is_under(mount, KATIB_METRICS_FOLDER))
        experiment_problem(problems, true, path,
                           "is mounted at %.60s, where the trial's own files are; choose another "
                           "place than %s and %s",
                           mount, KATIB_FOLDER, KATIB_METRICS_FOLDER);
    for (size_t i = 0; i < index; i++) {
        const char *other = text_at(json_array_get(volumes, i), "mount");
        if (other && strcmp(other, mount) == 0)
            experiment_problem(problems, true, path,
                               "two volumes are mounted at %.60s; choose another place for one",
                               mount);
    }
}

static void check_size(const json_t *volume, enum type type, const char *path,
                       struct experiment_problems *problems)
{
    const char *size = text_at(volume, "size");
    double bytes;
    if (type == EXISTING)
        return;
    if (!size)
        experiment_problem(
            problems, true, path,
            "volume %.60s has no size; add one, such as :10Gi, at least that of what "
            "it is made of",
            text_at(volume, "name"));
    else if (!quantity_parse(size, &bytes))
        experiment_problem(problems, true, path,
                           "the size is '%.60s'; expected a quantity such as 10Gi", size);
}

static void check_shared(const json_t *volume, json_int_t parallel, const char *path,
                         struct experiment_problems *problems)
{
    const char *mode = text_at(volume, "access_mode");
    if (parallel > 1 && mode && strncmp(mode, "ReadWriteOnce", 13) == 0)
        experiment_problem(problems, true, path,
                           "claim %.60s is %s, and %lld trials run side by side; clone it for each "
                           "(--volume clone:%.60s:...), or run one at a time (--parallel 1)",
                           text_at(volume, "name"), mode, (long long)parallel,
                           text_at(volume, "name"));
    else if (parallel > 1 && !mode)
        experiment_problem(problems, false, path,
                           "claim %.60s is shared by %lld trials side by side: it must be "
                           "ReadWriteMany or ReadOnlyMany, and they see each other's files",
                           text_at(volume, "name"), (long long)parallel);
}

static void check_volume(const json_t *cluster, size_t index, json_int_t parallel,
                         struct experiment_problems *problems)
{
    const json_t *volumes = json_object_get(cluster, "volumes");
    const json_t *volume = json_array_get(volumes, index);
    enum type type = type_of(volume);
    const char *name = text_at(volume, "name");
    char path[192];
    snprintf(path, sizeof(path), "%s.volumes[%zu]", KATIB_CLUSTER_PATH, index);
    if (type == TYPES) {
        experiment_problem(
            problems, true, path,
            "the volume's type is '%.60s'; expected new, existing, clone or snapshot",
            text_at(volume, "type") ? text_at(volume, "type") : "");
        return;
    }
    if (!name || (!is_rok(volume) && !is_name(name))) {
        experiment_problem(problems, true, path,
                           "the volume's name is '%.60s'; expected lower-case letters, digits, '-' "
                           "and '.'",
                           name ? name : "");
        return;
    }
    check_mount(volumes, index, path, problems);
    check_size(volume, type, path, problems);
    if (type == EXISTING)
        check_shared(volume, parallel, path, problems);
}

void katib_check_volumes(const json_t *cluster, json_int_t parallel,
                         struct experiment_problems *problems)
{
    const json_t *volumes = json_object_get(cluster, "volumes");
    if (volumes && !json_is_array(volumes))
        experiment_problem(problems, true, KATIB_CLUSTER_PATH ".volumes",
                           "is not a list; expected one of {type, name, mount, size}");
    for (size_t i = 0; i < json_array_size(json_object_get(cluster, "volumes")); i++)
        check_volume(cluster, i, parallel, problems);
}

/* Documents. */

static void snapshot_name(char text[NAME_MAX_BYTES + 1], const char *experiment, size_t index)
{
    snprintf(text, NAME_MAX_BYTES + 1, "%s-volume-%zu", experiment, index);
}

/* What a claim's content is made of, or NULL. */
static json_t *data_source(const json_t *volume, const char *experiment, size_t index)
{
    char name[NAME_MAX_BYTES + 1];
    if (type_of(volume) == NEW || is_rok(volume))
        return NULL;
    snapshot_name(name, experiment, index);
    return json_pack("{s:s, s:s, s:s}", "apiGroup", SNAPSHOT_GROUP, "kind", "VolumeSnapshot",
                     "name", type_of(volume) == CLONE ? name : text_at(volume, "name"));
}

static json_t *claim_annotations(const json_t *volume)
{
    json_t *annotations = json_object_get(volume, "annotations")
                              ? json_deep_copy(json_object_get(volume, "annotations"))
                              : json_object();
    if (is_rok(volume))
        json_object_set_new(annotations, ROK_ORIGIN, json_string(text_at(volume, "name")));
    return annotations;
}

static const char *storage_class(const json_t *volume, const json_t *cluster)
{
    const char *own = text_at(volume, "storage_class"), *all = text_at(cluster, "storage_class");
    if (own || all)
        return own ? own : all;
    return is_rok(volume) ? ROK_CLASS : NULL;
}

/* The claim of each trial; Kubernetes makes and removes it with the pod. */
static json_t *claim(const json_t *volume, const json_t *cluster, const char *experiment,
                     size_t index)
{
    const char *own = text_at(volume, "access_mode"), *all = text_at(cluster, "access_mode");
    const char *mode = own ? own : all ? all : "ReadWriteOnce";
    const char *class = storage_class(volume, cluster);
    json_t *source = data_source(volume, experiment, index);
    auto_json json_t *annotations = claim_annotations(volume);
    json_t *spec = json_pack("{s:[s], s:{s:{s:s}}}", "accessModes", mode, "resources", "requests",
                             "storage", text_at(volume, "size"));
    if (class)
        json_object_set_new(spec, "storageClassName", json_string(class));
    if (source)
        json_object_set_new(spec, "dataSource", source);
    json_t *template = json_pack("{s:o}", "spec", spec);
    if (json_object_size(annotations) > 0)
        json_object_set_new(template, "metadata", json_pack("{s:O}", "annotations", annotations));
    return template;
}

static json_t *volume_json(const json_t *volume, const json_t *cluster, const char *experiment,
                           const char *name, size_t index)
{
    if (type_of(volume) == EXISTING)
        return json_pack("{s:s, s:{s:s}}", "name", name, "persistentVolumeClaim", "claimName",
                         text_at(volume, "name"));
    return json_pack("{s:s, s:{s:o}}", "name", name, "ephemeral", "volumeClaimTemplate",
                     claim(volume, cluster, experiment, index));
}

int katib_volumes(json_t *volumes, json_t *mounts, const json_t *cluster, const char *experiment,
                  struct nbt_error *err)
{
    size_t i;
    json_t *volume;
    json_array_foreach(json_object_get(cluster, "volumes"), i, volume)
    {
        char name[32];
        snprintf(name, sizeof(name), "volume-%zu", i);
        json_t *mount =
            json_pack("{s:s, s:s}", "name", name, "mountPath", text_at(volume, "mount"));
        json_t *made = volume_json(volume, cluster, experiment, name, i);
        if (json_array_append_new(volumes, made) < 0 || json_array_append_new(mounts, mount) < 0)
            return no_memory(err);
    }
    return 0;
}

int katib_snapshots(json_t *objects, const json_t *cluster, const char *experiment,
                    struct nbt_error *err)
{
    size_t i;
    json_t *volume;
    json_array_foreach(json_object_get(cluster, "volumes"), i, volume)
    {
        char name[NAME_MAX_BYTES + 1];
        if (type_of(volume) != CLONE)
            continue;
        snapshot_name(name, experiment, i);
        json_t *snapshot =
            json_pack("{s:s, s:s, s:{s:s}, s:{s:{s:s}}}", "apiVersion", SNAPSHOT_GROUP "/v1",
                      "kind", "VolumeSnapshot", "metadata", "name", name, "spec", "source",
                      "persistentVolumeClaimName", text_at(volume, "name"));
        if (json_array_append_new(objects, snapshot) < 0)
            return no_memory(err);
    }
    return 0;
}
