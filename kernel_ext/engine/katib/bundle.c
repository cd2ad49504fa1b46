#include "engine/katib/bundle.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/pack.h"
#include "base/scope.h"
#include "engine/katib/member.h"
#include "engine/katib/template.h"
#include "engine/katib/translate.h"
#include "engine/katib/volumes.h"

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for what goes with the experiment");
}

/* Metadata. */

static json_t *owners(const struct katib_bundle_from *from)
{
    return json_pack("[{s:s, s:s, s:s, s:s}]", "apiVersion", "kubeflow.org/v1beta1", "kind",
                     "Experiment", "name", metadata_at(from->document, "name"), "uid", from->uid);
}

/* What every object of an experiment has: its place, its owner, who made it. */
static int complete(json_t *object, const struct katib_bundle_from *from, struct nbt_error *err)
{
    json_t *metadata = json_object_get(object, "metadata");
    const char *namespace = metadata_at(from->document, "namespace");
    int failed =
        json_object_set_new(metadata, "labels",
                            json_pack("{s:s, s:s}", KATIB_MANAGED_BY, "nbkatib",
                                      KATIB_EXPERIMENT_LABEL, metadata_at(from->document, "name")));
    if (namespace)
        failed |= json_object_set_new(metadata, "namespace", json_string(namespace));
    if (from->uid)
        failed |= json_object_set_new(metadata, "ownerReferences", owners(from));
    return failed ? no_memory(err) : 0;
}

static json_t *config_map(const char *name)
{
    return json_pack("{s:s, s:s, s:{s:s}, s:b}", "apiVersion", "v1", "kind", "ConfigMap",
                     "metadata", "name", name, "immutable", true);
}

/* Contents. Text stays readable; bytes are base64. */

static int put_bytes(json_t *map, const char *key, const void *data, size_t size,
                     struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf text = buf_init(size * 2 + 16);
    json_t *binary = json_object_get(map, "binaryData");
    pack_base64(&text, data, size);
    if (!binary) {
        binary = json_object();
        json_object_set_new(map, "binaryData", binary);
    }
    return json_object_set_new(binary, key, json_string(buf_text(&text))) < 0 ? no_memory(err) : 0;
}

static int put_text(json_t *map, const char *key, const char *data, size_t size,
                    struct nbt_error *err)
{
    json_t *texts = json_object_get(map, "data");
    json_t *text = memchr(data, '\0', size) ? NULL : json_stringn(data, size);
    if (!text)
        return put_bytes(map, key, data, size, err);
    if (!texts) {
        texts = json_object();
        json_object_set_new(map, "data", texts);
    }
    return json_object_set_new(texts, key, text) < 0 ? no_memory(err) : 0;
}

static int put_job(json_t *map, const struct katib_bundle_from *from, struct nbt_error *err)
{
    auto_json json_t *job = NULL;
    int result = katib_job(&job, from, err);
    if (result < 0)
        return result;
    auto_free char *text = json_dumps(job, JSON_INDENT(1));
    return text ? put_text(map, "job.json", text, strlen(text), err) : no_memory(err);
}

static int put_files(json_t *map, const struct katib_bundle_from *from, struct nbt_error *err)
{
    int result = put_text(map, "start", katib_start, strlen(katib_start), err);
    if (result == 0)
        result = put_job(map, from, err);
    for (size_t i = 0; i < from->files->n && result == 0; i++) {
        const struct katib_file *file = &from->files->items[i];
        char key[32];
        snprintf(key, sizeof(key), i == 0 ? "notebook" : "file-%zu", i);
        result = put_text(map, key, file->data, file->size, err);
    }
    return result;
}

/* Objects. */

static int add(json_t *objects, json_t *object, const struct katib_bundle_from *from,
               struct nbt_error *err)
{
    if (!object || json_array_append_new(objects, object) < 0)
        return no_memory(err);
    return complete(object, from, err);
}

static int add_files(json_t *objects, const struct katib_bundle_from *from, struct nbt_error *err)
{
    char name[KATIB_NAME_SIZE];
    katib_files_name(name, metadata_at(from->document, "name"));
    json_t *map = config_map(name);
    int result = add(objects, map, from, err);
    return result < 0 ? result : put_files(map, from, err);
}

static int add_part(json_t *objects, const struct katib_bundle_from *from,
                    const struct katib_program *program, size_t part, struct nbt_error *err)
{
    char name[KATIB_NAME_SIZE], key[32];
    size_t at = part * KATIB_PART_SIZE;
    size_t left = program->size - at;
    katib_part_name(name, metadata_at(from->document, "name"), program, part);
    snprintf(key, sizeof(key), "%s.%02zu", program->arch, part);
    json_t *map = config_map(name);
    int result = add(objects, map, from, err);
    return result < 0 ? result
                      : put_bytes(map, key, program->packed + at,
                                  left < KATIB_PART_SIZE ? left : KATIB_PART_SIZE, err);
}

static int add_programs(json_t *objects, const struct katib_bundle_from *from,
                        struct nbt_error *err)
{
    int result = 0;
    for (size_t i = 0; i < from->programs->n; i++) {
        const struct katib_program *program = &from->programs->items[i];
        size_t parts = katib_program_parts(program);
        for (size_t part = 0; part < parts && result == 0; part++)
            result = add_part(objects, from, program, part, err);
    }
    return result;
}

static int add_snapshots(json_t *objects, const struct katib_bundle_from *from,
                         struct nbt_error *err)
{
    auto_json json_t *settings = NULL;
    auto_json json_t *snapshots = json_array();
    size_t i;
    json_t *snapshot;
    int result = katib_settings(&settings, from->document, err);
    if (result == 0)
        result = katib_snapshots(snapshots, json_object_get(settings, "cluster"),
                                 metadata_at(from->document, "name"), err);
    json_array_foreach(snapshots, i, snapshot)
    {
        if (result == 0)
            result = add(objects, json_incref(snapshot), from, err);
    }
    return result;
}

int katib_bundle(json_t **ret, const struct katib_bundle_from *from, struct nbt_error *err)
{
    auto_json json_t *objects = json_array();
    if (!objects)
        return no_memory(err);
    int result = 0;
    if (katib_template_is_ours(from->document)) {
        result = add_snapshots(objects, from, err);
        if (result == 0)
            result = add_files(objects, from, err);
        if (result == 0)
            result = add_programs(objects, from, err);
    }
    if (result == 0)
        *ret = TAKE(objects);
    return result;
}
