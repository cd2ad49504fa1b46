#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/scope.h"
#include "engine/katib/kube/config_private.h"
#include "engine/katib/kube/secret.h"
#include "experiment/yamldoc.h"

/* The lists of a kubeconfig and what an entry of them is called. */
static const struct {
    const char *list, *kind;
} lists[] = {
    {"clusters", "cluster"},
    {"users", "user"},
    {"contexts", "context"},
};

static int refuse(struct nbt_error *err, const char *file, const char *what)
{
    return nbt_error_set(err, NBT_EPARSE, "%s is not a kubeconfig: %s", file, what);
}

static int wrap(json_t *into, const char *name, const json_t *value, const char *file,
                const char *folder, struct nbt_error *err)
{
    json_t *wrapped = json_pack("{s:s, s:s, s:O}", "file", file, "folder", folder, "value", value);
    if (json_object_set_new(into, name, wrapped) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "no memory to read %s", file);
    return 0;
}

/* The first file that has an entry of a name wins, with the whole entry. */
static int add_list(json_t *merged, size_t row, const json_t *document, const char *file,
                    const char *folder, struct nbt_error *err)
{
    const json_t *list = json_object_get(document, lists[row].list);
    json_t *into = json_object_get(merged, lists[row].kind);
    auto_json json_t *seen = json_object();
    if (!list || json_is_null(list))
        return 0;
    if (!json_is_array(list))
        return nbt_error_set(err, NBT_EPARSE, "%s is not a kubeconfig: %s must be a list", file,
                             lists[row].list);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(item, "name"));
        const json_t *value = json_object_get(item, lists[row].kind);
        if (!name)
            return nbt_error_set(err, NBT_EPARSE, "%s: %s[%zu] has no name", file, lists[row].list,
                                 i);
        if (json_object_get(seen, name))
            return nbt_error_set(err, NBT_EPARSE, "%s: %s has two entries named \"%s\"; remove one",
                                 file, lists[row].list, name);
        if (value && !json_is_object(value) && !json_is_null(value))
            return nbt_error_set(err, NBT_EPARSE, "%s: %s of \"%s\" must be a mapping", file,
                                 lists[row].kind, name);
        auto_json json_t *empty = json_object();
        json_object_set_new(seen, name, json_true());
        if (!json_object_get(into, name) &&
            wrap(into, name, json_is_object(value) ? value : empty, file, folder, err) < 0)
            return NBT_ENOMEM;
    }
    return 0;
}

static int add_document(json_t *merged, const json_t *document, const char *file,
                        const char *folder, struct nbt_error *err)
{
    const char *kind = json_string_value(json_object_get(document, "kind"));
    json_t *current = json_object_get(document, "current-context");
    int code = 0;
    if (json_is_null(document))
        return 0;
    if (!json_is_object(document))
        return refuse(err, file, "it must be a mapping with clusters, users and contexts");
    if (kind && *kind && strcmp(kind, "Config") != 0)
        return nbt_error_set(err, NBT_EPARSE,
                             "%s is not a kubeconfig: its kind is %.80s, not Config", file, kind);
    if (current && !json_is_null(current) && !json_is_string(current))
        return refuse(err, file, "current-context must be a text");
    if (json_string_length(current) && !json_object_get(merged, "current-context"))
        json_object_set(merged, "current-context", current);
    for (size_t row = 0; code == 0 && row < COUNT_OF(lists); row++)
        code = add_list(merged, row, document, file, folder, err);
    return code;
}

static int prepare(json_t *merged)
{
    for (size_t row = 0; row < COUNT_OF(lists); row++)
        if (!json_object_get(merged, lists[row].kind) &&
            json_object_set_new(merged, lists[row].kind, json_object()) < 0)
            return NBT_ENOMEM;
    return 0;
}

/* libyaml's own complaints quote nothing; others quote what may be a secret. */
static int read_yaml(json_t **ret_document, const char *file, const char *text, size_t length,
                     struct nbt_error *err)
{
    struct nbt_error own = NBT_ERROR_INIT;
    int code = yamldoc_read(ret_document, file, text, length, &own);
    if (code == 0)
        return 0;
    if (code != NBT_EPARSE || strstr(own.text, "not valid YAML"))
        code = nbt_error_set(err, own.code, "%s", own.text);
    else
        code =
            nbt_error_set(err, code,
                          "%s: line %d, column %d: an alias, a tag, a key twice or a number that "
                          "a kubeconfig cannot have there (what, is not shown, for it may be "
                          "secret); put the value in quotes",
                          file, own.line, own.column);
    nbt_error_at(err, -1, own.line, own.column);
    return code;
}

int kube_merge_add(json_t *merged, const char *file, const char *folder, const char *text,
                   size_t length, struct nbt_error *err)
{
    auto_json json_t *document = NULL;
    if (prepare(merged) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "no memory to read %s", file);
    /* An empty file is an empty kubeconfig: tools touch it before they write it. */
    if (strspn(text, " \t\r\n") == length)
        return 0;
    int code = read_yaml(&document, file, text, length, err);
    return code < 0 ? code : add_document(merged, document, file, folder, err);
}

/* Relative paths start where the file is named, not where a link leads. */
int kube_merge_file(json_t *merged, const char *path, struct nbt_error *err)
{
    auto_free char *folder = file_folder(path);
    auto_free char *place = NULL;
    char *text = NULL;
    size_t length = 0;
    if (!folder)
        return nbt_error_set(err, NBT_ENOMEM, "no memory to read %s", path);
    int code = file_read(path, KUBE_CONFIG_SIZE_MAX, &text, &length, err);
    if (code == 0)
        code = file_real_path(folder, &place, err);
    if (code == 0)
        code = kube_merge_add(merged, path, place, text, length, err);
    kube_secret_free(text);
    return code;
}

/* Files of KUBECONFIG that are not there are passed over, as kubectl does. */
int kube_merge_files(json_t *merged, const char *path, struct nbt_error *err)
{
    if (!path || !*path)
        return 0;
    auto_free char *list = strdup(path);
    char *rest = list;
    size_t found = 0;
    int code = list && prepare(merged) == 0
                   ? 0
                   : nbt_error_set(err, NBT_ENOMEM, "no memory to read %s", path);
    while (code == 0 && rest) {
        const char *one = strsep(&rest, ":");
        struct stat info;
        if (!*one || (stat(one, &info) < 0 && errno == ENOENT))
            continue;
        code = kube_merge_file(merged, one, err);
        found++;
    }
    if (code == 0 && !found)
        return nbt_error_set(err, NBT_ENOTFOUND,
                             "KUBECONFIG is %s, and no such file is there; correct or unset it",
                             path);
    return code;
}
