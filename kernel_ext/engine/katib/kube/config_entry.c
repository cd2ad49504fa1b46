#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "engine/katib/kube/config_private.h"
#include "engine/katib/kube/secret.h"

static int not_there(const json_t *entries, const char *kind, const char *name,
                     const char *wanted_by, struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf names = buf_init(400);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)entries, key, value)
        buf_printf(&names, "%s%s", names.length ? ", " : "", key);
    return nbt_error_set(err, NBT_ENOTFOUND, "%s: there is no %s \"%s\" in the kubeconfig%s%s%s",
                         wanted_by, kind, name, names.length ? "; there are: " : ", and no other",
                         buf_text(&names), names.failed ? ", ..." : "");
}

int kube_entry_find(struct kube_entry *ret_entry, const json_t *merged, const char *kind,
                    const char *name, const char *wanted_by, struct nbt_error *err)
{
    const json_t *entries = json_object_get(merged, kind);
    const json_t *found = json_object_get(entries, name);
    if (!found)
        return not_there(entries, kind, name, wanted_by, err);
    *ret_entry = (struct kube_entry){
        .kind = kind,
        .name = name,
        .file = json_string_value(json_object_get(found, "file")),
        .folder = json_string_value(json_object_get(found, "folder")),
        .value = json_object_get(found, "value"),
        .err = err,
    };
    return 0;
}

void kube_entry_fail(struct kube_entry *entry, int code, const char *format, ...)
{
    if (entry->code)
        return;
    va_list args;
    va_start(args, format);
    entry->code = nbt_error_vset(entry->err, code, format, args);
    va_end(args);
    nbt_error_prefix(entry->err, "%s, %s \"%s\"", entry->file, entry->kind, entry->name);
}

void kube_entry_no_memory(struct kube_entry *entry)
{
    kube_entry_fail(entry, NBT_ENOMEM, "no memory");
}

const json_t *kube_entry_member(struct kube_entry *entry, const json_t *object, const char *key,
                                json_type type)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "a mapping",       [JSON_ARRAY] = "a list",  [JSON_STRING] = "a text",
        [JSON_INTEGER] = "a whole number", [JSON_REAL] = "a number", [JSON_TRUE] = "true or false",
        [JSON_FALSE] = "true or false",
    };
    const json_t *value = json_object_get(object, key);
    if (entry->code || !value || json_is_null(value))
        return NULL;
    bool fits = type == JSON_TRUE ? json_is_boolean(value) : json_typeof(value) == type;
    if (fits)
        return value;
    kube_entry_fail(entry, NBT_EINVAL, "%s must be %s; put it in quotes if it is one", key,
                    names[type]);
    return NULL;
}

const char *kube_entry_text(struct kube_entry *entry, const json_t *object, const char *key)
{
    const json_t *value = kube_entry_member(entry, object, key, JSON_STRING);
    if (!value || json_string_length(value) == 0)
        return NULL;
    if (strlen(json_string_value(value)) != json_string_length(value)) {
        kube_entry_fail(entry, NBT_EINVAL, "%s holds a zero byte", key);
        return NULL;
    }
    return json_string_value(value);
}

bool kube_entry_bool(struct kube_entry *entry, const json_t *object, const char *key)
{
    return json_is_true(kube_entry_member(entry, object, key, JSON_TRUE));
}

void kube_entry_copy(struct kube_entry *entry, char **place, const char *text)
{
    if (entry->code || !text)
        return;
    *place = strdup(text);
    if (!*place)
        kube_entry_no_memory(entry);
}

char *kube_entry_path(struct kube_entry *entry, const char *key)
{
    const char *path = kube_entry_text(entry, entry->value, key);
    if (!path)
        return NULL;
    char *absolute = path[0] == '/' ? strdup(path) : file_join(entry->folder, path);
    if (!absolute)
        kube_entry_no_memory(entry);
    return absolute;
}

void kube_entry_pem(struct kube_entry *entry, struct kube_pem *pem, const char *key)
{
    auto_free char *data_key = NULL;
    if (asprintf(&data_key, "%s-data", key) < 0) {
        data_key = NULL;
        kube_entry_no_memory(entry);
        return;
    }
    const char *data = kube_entry_text(entry, entry->value, data_key);
    size_t length = 0;
    if (!data) {
        pem->path = kube_entry_path(entry, key);
        return;
    }
    pem->text = kube_secret_decode(data, &length);
    if (!pem->text)
        kube_entry_fail(entry, NBT_EINVAL, "%s is not base64", data_key);
    else if (strlen(pem->text) != length || !strstr(pem->text, "-----BEGIN "))
        kube_entry_fail(entry, NBT_EINVAL, "%s, once its base64 is decoded, is not PEM", data_key);
}

char *kube_pem_load(const struct kube_pem *pem)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    char *text = NULL;
    size_t length;
    if (pem->text)
        return strdup(pem->text);
    if (!pem->path || file_read(pem->path, KUBE_CONFIG_SIZE_MAX, &text, &length, &ignored) < 0)
        return strdup("");
    return text;
}
