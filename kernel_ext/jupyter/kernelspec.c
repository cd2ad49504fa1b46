#include "jupyter/kernelspec.h"

#include <dirent.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "jupyter/kernelspec_path.h"

#define SPEC_MAX ((size_t)1 << 20)

static struct kernelspec *spec_free(struct kernelspec *spec)
{
    kernelspec_free(spec);
    return NULL;
}

void kernelspec_free(struct kernelspec *spec)
{
    if (!spec)
        return;
    free(spec->name);
    free(spec->resource_dir);
    free(spec->display_name);
    free(spec->language);
    free(spec->interpreter_dir);
    free(spec->prefix);
    json_decref(spec->argv);
    json_decref(spec->env);
    json_decref(spec->metadata);
    free(spec);
}

static char *copy_or_null(const char *text)
{
    return text ? strdup(text) : NULL;
}

/* ---- kernel.json ---- */

static bool is_texts(const json_t *value)
{
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!json_is_string(json_array_get(value, i)))
            return false;
    return json_is_array(value) && json_array_size(value) > 0;
}

static bool is_text_object(json_t *value)
{
    const char *name;
    json_t *member;
    json_object_foreach(value, name, member)
    {
        if (!json_is_string(member))
            return false;
    }
    return json_is_object(value);
}

static int check_document(const json_t *document, struct nbt_error *err)
{
    json_t *env = json_object_get(document, "env");
    const json_t *mode = json_object_get(document, "interrupt_mode");
    const json_t *metadata = json_object_get(document, "metadata");
    if (!is_texts(json_object_get(document, "argv")))
        return nbt_error_set(
            err, NBT_EPARSE,
            "its \"argv\" is not a list of texts, the command that starts the kernel");
    if (env && !is_text_object(env))
        return nbt_error_set(err, NBT_EPARSE,
                             "its \"env\" is not an object whose members are all texts");
    if (metadata && !json_is_object(metadata))
        return nbt_error_set(err, NBT_EPARSE, "its \"metadata\" is not an object");
    const char *text = mode ? json_string_value(mode) : "signal";
    if (!text || (strcasecmp(text, "signal") != 0 && strcasecmp(text, "message") != 0))
        return nbt_error_set(err, NBT_EPARSE,
                             "its \"interrupt_mode\" is neither \"signal\" nor \"message\"");
    return 0;
}

static char *text_member(const json_t *document, const char *name, const char *missing)
{
    const char *text = json_string_value(json_object_get(document, name));
    return strdup(text ? text : missing);
}

static json_t *object_member(const json_t *document, const char *name)
{
    json_t *member = json_object_get(document, name);
    return member ? json_incref(member) : json_object();
}

static struct kernelspec *spec_new(const char *name, const char *resource_dir,
                                   const json_t *document, const struct kernelspec_paths *paths)
{
    struct kernelspec *spec = calloc(1, sizeof(*spec));
    if (!spec)
        return NULL;
    const char *mode = json_string_value(json_object_get(document, "interrupt_mode"));
    *spec = (struct kernelspec){
        .name = strdup(name),
        .resource_dir = strdup(resource_dir),
        .display_name = text_member(document, "display_name", name),
        .language = text_member(document, "language", ""),
        .interpreter_dir = copy_or_null(paths->interpreter_dir),
        .prefix = copy_or_null(paths->prefix),
        .interrupt_by_message = mode && strcasecmp(mode, "message") == 0,
        .argv = json_incref(json_object_get(document, "argv")),
        .env = object_member(document, "env"),
        .metadata = object_member(document, "metadata"),
    };
    bool whole = spec->name && spec->resource_dir && spec->display_name && spec->language &&
                 spec->env && spec->metadata;
    return whole ? spec : spec_free(spec);
}

static int read_document(json_t **ret_document, const char *folder, struct nbt_error *err)
{
    auto_free char *path = file_join(folder, "kernel.json");
    auto_free char *text = NULL;
    size_t length = 0;
    json_error_t problem;
    int rc = path ? file_read(path, SPEC_MAX, &text, &length, err) : NBT_ENOMEM;
    if (rc < 0)
        return rc;
    auto_json json_t *document = json_loadb(text, length, 0, &problem);
    if (!json_is_object(document))
        rc = nbt_error_set(err, NBT_EPARSE, "it is not a JSON object (line %d: %s)",
                           document ? 1 : problem.line, document ? "another value" : problem.text);
    else
        rc = check_document(document, err);
    if (rc < 0)
        return nbt_error_prefix(err, "%s", path), rc;
    *ret_document = TAKE(document);
    return 0;
}

static int read_spec(struct kernelspec **ret_spec, const char *name, const char *folder,
                     const struct kernelspec_paths *paths, struct nbt_error *err)
{
    auto_json json_t *document = NULL;
    int rc = read_document(&document, folder, err);
    if (rc < 0)
        return rc;
    *ret_spec = spec_new(name, folder, document, paths);
    return *ret_spec ? 0 : nbt_error_set(err, NBT_ENOMEM, "out of memory for kernelspec %s", name);
}

static int check_provisioner(const struct kernelspec *spec, struct nbt_error *err)
{
    const json_t *provisioner = json_object_get(spec->metadata, "kernel_provisioner");
    const char *name = json_string_value(json_object_get(provisioner, "provisioner_name"));
    if (!provisioner || (name && strcmp(name, "local-provisioner") == 0))
        return 0;
    return nbt_error_set(
        err, NBT_EUNSUPPORTED,
        "kernel \"%s\" is started by the provisioner \"%s\" (%s/kernel.json); only kernels that "
        "start "
        "on this machine (\"local-provisioner\") can be used: choose another with --kernel",
        spec->name, name ? name : "?", spec->resource_dir);
}

/* ---- search ---- */

static bool is_valid_name(const char *name)
{
    return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-")];
}

static void lower(char *text)
{
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
}

static bool has_spec(const char *folder)
{
    auto_free char *path = file_join(folder, "kernel.json");
    return path && access(path, R_OK) == 0;
}

typedef int (*spec_fn)(void *self, const char *name, const char *folder,
                       const struct kernelspec_paths *paths);

/* Calls fn for every <folder>/<name>/kernel.json until it gives something other than 0. */
static int each_in(const struct kernelspec_paths *paths, const char *folder, spec_fn fn, void *self)
{
    struct dirent **entries = NULL;
    int rc = 0;
    int n = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char *name = entries[i]->d_name;
        auto_free char *path = name[0] == '.' ? NULL : file_join(folder, name);
        lower(name);
        if (rc == 0 && path && is_valid_name(name) && has_spec(path))
            rc = fn(self, name, path, paths);
        free(entries[i]);
    }
    free(entries);
    return rc;
}

static int each_spec(const struct kernelspec_paths *paths, spec_fn fn, void *self)
{
    int rc = 0;
    for (int i = 0; i < paths->n && rc == 0; i++)
        rc = each_in(paths, paths->folders[i], fn, self);
    return rc;
}

struct search {
    const char *name; /* "" : by language */
    const char *language;
    struct kernelspec *spec;
    struct nbt_error *err;
};

static int match(void *self, const char *name, const char *folder,
                 const struct kernelspec_paths *paths)
{
    struct search *search = self;
    if (*search->name && strcmp(name, search->name) != 0)
        return 0;
    /* A broken spec that nobody asked for by name is passed over. */
    int rc = read_spec(&search->spec, name, folder, paths, *search->name ? search->err : NULL);
    if (*search->name)
        return rc < 0 ? rc : 1;
    if (rc == 0 && strcasecmp(search->spec->language, search->language) == 0)
        return 1;
    search->spec = rc == 0 ? spec_free(search->spec) : NULL;
    return 0;
}

static struct kernelspec *native_spec(const struct kernelspec_paths *paths)
{
    auto_json json_t *document = json_pack(
        "{s:[s,s,s,s,s], s:s, s:s}", "argv", "python3", "-m", "ipykernel_launcher", "-f",
        "{connection_file}", "display_name", "Python 3 (ipykernel)", "language", "python");
    return document ? spec_new("python3", "", document, paths) : NULL;
}

static int collect_name(void *self, const char *name, const char *folder,
                        const struct kernelspec_paths *paths)
{
    (void)folder;
    (void)paths;
    json_object_set_new(self, name, json_true());
    return 0;
}

static int not_found(const struct search *search, const struct kernelspec_paths *paths,
                     struct nbt_error *err)
{
    auto_json json_t *names = json_object();
    struct buf list = buf_init(400);
    const char *name;
    json_t *ignored;
    each_spec(paths, collect_name, names);
    json_object_foreach(names, name, ignored)
    {
        buf_printf(&list, "%s%s", list.length ? ", " : "", name);
    }
    nbt_error_set(err, NBT_ENOTFOUND,
                  "no kernel named \"%s\"%s%s; found: %s. Install it (for Python: python3 -m pip "
                  "install ipykernel; for "
                  "others: jupyter kernelspec install), or choose one with --kernel "
                  "(in JupyterLab: Advanced Settings, Kernel)",
                  search->name, *search->language ? " for " : "", search->language,
                  list.length ? buf_text(&list) : "none");
    buf_fini(&list);
    return NBT_ENOTFOUND;
}

static int find(struct search *search, const struct kernelspec_paths *paths, struct nbt_error *err)
{
    bool python = strcmp(search->name, "python3") == 0 || strcmp(search->name, "python") == 0;
    if (!*search->name && (!*search->language || strcasecmp(search->language, "python") == 0)) {
        search->name = "python3";
        python = true;
    }
    int rc = each_spec(paths, match, search);
    if (rc == 0 && python) {
        search->name = "python3";
        rc = each_spec(paths, match, search);
    }
    if (rc == 0 && python)
        search->spec = native_spec(paths);
    if (rc < 0)
        return rc;
    if (search->spec)
        return check_provisioner(search->spec, err);
    return python ? nbt_error_set(err, NBT_ENOMEM, "out of memory for a kernelspec")
                  : not_found(search, paths, err);
}

int kernelspec_find(struct kernelspec **ret_spec, const char *name, const char *language,
                    struct nbt_error *err)
{
    struct kernelspec_paths paths;
    auto_free char *lowered = strdup(name ? name : "");
    int rc = kernelspec_paths_init(&paths, err);
    if (rc < 0)
        return rc;
    if (lowered)
        lower(lowered);
    struct search search = {
        .name = lowered ? lowered : "", .language = language ? language : "", .err = err};
    rc = find(&search, &paths, err);
    if (rc < 0)
        kernelspec_free(search.spec);
    else
        *ret_spec = search.spec;
    kernelspec_paths_fini(&paths);
    return rc < 0 ? rc : 0;
}

/* ---- list ---- */

struct listing {
    json_t *list;
    json_t *seen;
};

static int append(struct listing *listing, const struct kernelspec *spec)
{
    json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:O}", "name", spec->name, "display_name",
                            spec->display_name, "language", spec->language, "resource_dir",
                            spec->resource_dir, "argv", spec->argv);
    if (!row || json_object_set_new(listing->seen, spec->name, json_true()) < 0 ||
        json_array_append_new(listing->list, row) < 0)
        return NBT_ENOMEM;
    return 0;
}

static int list_one(void *self, const char *name, const char *folder,
                    const struct kernelspec_paths *paths)
{
    struct listing *listing = self;
    struct kernelspec *spec = NULL;
    if (json_object_get(listing->seen, name) || read_spec(&spec, name, folder, paths, NULL) < 0)
        return 0;
    int rc = append(listing, spec);
    kernelspec_free(spec);
    return rc;
}

static bool has_ipykernel(const struct kernelspec_paths *paths)
{
    auto_free char *pattern = NULL;
    glob_t found = {0};
    if (!paths->prefix ||
        asprintf(&pattern, "%s/lib/python3*/*-packages/ipykernel_launcher.py", paths->prefix) < 0)
        return false;
    bool there = glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc > 0;
    globfree(&found);
    return there;
}

static int list_native(struct listing *listing, const struct kernelspec_paths *paths)
{
    if (json_object_get(listing->seen, "python3") || !has_ipykernel(paths))
        return 0;
    struct kernelspec *spec = native_spec(paths);
    int rc = spec ? append(listing, spec) : NBT_ENOMEM;
    kernelspec_free(spec);
    return rc;
}

int kernelspec_list(json_t **ret_list, struct nbt_error *err)
{
    struct kernelspec_paths paths;
    auto_json json_t *list = json_array();
    auto_json json_t *seen = json_object();
    struct listing listing = {.list = list, .seen = seen};
    int rc = kernelspec_paths_init(&paths, err);
    if (rc < 0)
        return rc;
    rc = each_spec(&paths, list_one, &listing);
    if (rc == 0)
        rc = list_native(&listing, &paths);
    kernelspec_paths_fini(&paths);
    if (rc < 0)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory for the list of kernels");
    *ret_list = TAKE(list);
    return 0;
}
