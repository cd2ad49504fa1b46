#include <string.h>

#include "nbtags/diagnostics.h"
#include "nbtags/reader.h"

#define MEMBER_MAX ((size_t)1 << 20)

static bool wanted(struct nbt_notebook *notebook, struct nbt_span key, struct nbt_span value)
{
    return value.length <= MEMBER_MAX || nbt_scan_is(notebook->text, key, "kubeflow_notebook") ||
           nbt_scan_is(notebook->text, key, "nbkatib");
}

static int load_member(struct nbt_notebook *notebook, struct nbt_span key, struct nbt_span value)
{
    const char *name = nbt_decoded(notebook, key);
    json_t *json =
        name && wanted(notebook, key, value) ? nbt_json_load(notebook->text, value) : NULL;
    if (!name || (json && json_object_set_new(nbt_private(notebook)->metadata, name, json) < 0))
        return NBT_ENOMEM;
    return 0;
}

static int load_members(struct nbt_notebook *notebook, struct nbt_span metadata)
{
    struct nbt_scan scan = nbt_scan_within(notebook->text, metadata);
    struct nbt_span key, value;
    bool first = true;
    while (nbt_scan_member(&scan, &first, &key, NULL) > 0 &&
           nbt_scan_value(&scan, &value, NULL) == 0) {
        if (load_member(notebook, key, value) < 0)
            return NBT_ENOMEM;
    }
    return 0;
}

static const char *text_at(const json_t *json, const char *object, const char *key)
{
    const char *text = json_string_value(json_object_get(json_object_get(json, object), key));
    return text && *text ? text : NULL;
}

static void set_language(struct nbt_notebook *notebook)
{
    const char *name = text_at(notebook->metadata, "language_info", "name");
    if (!name)
        name = text_at(notebook->metadata, "kernelspec", "language");
    if (!name)
        return;
    size_t length = strlen(name);
    char *lower = nbt_arena(notebook, length + 1);
    for (size_t i = 0; lower && i < length; i++)
        lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20 : name[i]);
    if (lower)
        notebook->language = lower;
}

static const json_t *object_named(struct nbt_notebook *notebook, const char *key)
{
    const json_t *value = json_object_get(notebook->metadata, key);
    if (value && !json_is_object(value)) {
        nbt_diagnose(
            notebook, NBT_WARNING, NBT_BAD_METADATA, -1, 0, 0,
            "The notebook's metadata holds \"%s\" that is no object; it was ignored. Remove it",
            key);
        return NULL;
    }
    return value;
}

int nbt_metadata_read(struct nbt_notebook *notebook, struct nbt_span metadata,
                      struct nbt_error *err)
{
    struct nbt_private *priv = nbt_private(notebook);
    bool object = metadata.length && notebook->text[metadata.offset] == '{';
    priv->metadata = json_object();
    if (!priv->metadata || (object && load_members(notebook, metadata) < 0))
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the metadata of %s", notebook->path);
    if (metadata.length && !object)
        nbt_diagnose(notebook, NBT_WARNING, NBT_BAD_METADATA, -1, 0, 0,
                     "The notebook's metadata is no object; it was ignored. Open the notebook in "
                     "Jupyter and save it");
    notebook->metadata = priv->metadata;
    const char *kernel = text_at(notebook->metadata, "kernelspec", "name");
    notebook->kernel_name = kernel ? kernel : "";
    set_language(notebook);
    notebook->kale = object_named(notebook, "kubeflow_notebook");
    notebook->own = object_named(notebook, "nbkatib");
    return 0;
}
