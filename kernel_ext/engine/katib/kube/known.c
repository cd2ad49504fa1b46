#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/kube/watch_private.h"

int kube_known_init(struct kube_known *known)
{
    *known = (struct kube_known){.now = json_object()};
    return known->now ? 0 : NBT_ENOMEM;
}

void kube_known_fini(struct kube_known *known)
{
    json_decref(known->now);
    json_decref(known->before);
    *known = (struct kube_known){0};
}

int kube_known_abandon(struct kube_known *known)
{
    if (!known->before)
        return 0;
    if (json_object_update_missing(known->now, known->before) < 0)
        return NBT_ENOMEM;
    json_decref(TAKE(known->before));
    return 0;
}

int kube_known_begin(struct kube_known *known)
{
    json_t *now = json_object();
    if (!now || kube_known_abandon(known) < 0) {
        json_decref(now);
        return NBT_ENOMEM;
    }
    known->before = known->now;
    known->now = now;
    return 0;
}

static size_t uid_length(const char *entry)
{
    return strcspn(entry, " ");
}

int kube_known_finish(struct kube_known *known,
                      void (*gone)(void *self, const char *key, const char *uid), void *self)
{
    auto_json json_t *before = TAKE(known->before);
    const char *key;
    json_t *value;
    json_object_foreach(before, key, value)
    {
        const char *entry = json_string_value(value);
        auto_free char *uid = strndup(entry, uid_length(entry));
        if (!uid)
            return NBT_ENOMEM;
        gone(self, key, uid);
    }
    return 0;
}

static const char *metadata_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(json_object_get(object, "metadata"), key));
    return text ? text : "";
}

static char *key_of(const json_t *object)
{
    char *key;
    return asprintf(&key, "%s/%s", metadata_text(object, "namespace"),
                    metadata_text(object, "name")) < 0
               ? NULL
               : key;
}

static bool has_uid(const char *entry, const char *uid)
{
    size_t length = uid_length(entry);
    return strlen(uid) == length && memcmp(entry, uid, length) == 0;
}

enum kube_change kube_known_put(struct kube_known *known, const json_t *object, char **ret_uid)
{
    const char *uid = metadata_text(object, "uid");
    auto_free char *key = key_of(object);
    auto_free char *entry = NULL;
    if (!key || asprintf(&entry, "%s %s", uid, metadata_text(object, "resourceVersion")) < 0) {
        entry = NULL;
        return KUBE_NO_MEMORY;
    }
    auto_json json_t *held = json_incref(json_object_get(known->now, key));
    if (!held && known->before) {
        held = json_incref(json_object_get(known->before, key));
        json_object_del(known->before, key);
    }
    const char *old = json_string_value(held);
    if (json_object_set_new(known->now, key, json_string(entry)) < 0)
        return KUBE_NO_MEMORY;
    if (!old)
        return KUBE_ADDED;
    if (has_uid(old, uid))
        return strcmp(old, entry) == 0 ? KUBE_SAME : KUBE_MODIFIED;
    *ret_uid = strndup(old, uid_length(old));
    return *ret_uid ? KUBE_REPLACED : KUBE_NO_MEMORY;
}

void kube_known_drop(struct kube_known *known, const json_t *object)
{
    auto_free char *key = key_of(object);
    if (key)
        json_object_del(known->now, key);
}

size_t kube_known_count(const struct kube_known *known)
{
    return json_object_size(known->now) + json_object_size(known->before);
}

json_t *kube_tombstone(const char *key, const char *uid, const char *api_version, const char *kind)
{
    size_t length = strcspn(key, "/");
    const char *name = key[length] ? key + length + 1 : key + length;
    return json_pack("{s:s*, s:s*, s:{s:s#, s:s, s:s}}", "apiVersion", api_version, "kind", kind,
                     "metadata", "namespace", key, length, "name", name, "uid", uid);
}
