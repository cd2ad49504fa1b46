#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "engine/local/home.h"
#include "jupyter/kernelspec.h"
#include "service/internal.h"

#define ROOM_WARNING ((unsigned long long)1 << 30) /* free bytes below which trials may fail */

static int add(json_t *checks, const char *name, const char *status, const char *text,
               const char *cure)
{
    json_t *row = json_pack("{s:s, s:s, s:s, s:s}", "name", name, "status", status, "text", text,
                            "cure", cure);

    return json_array_append_new(checks, row);
}

static void check_kernels(json_t *checks)
{
    auto_json json_t *list = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    CLEANUP(buf_fini) struct buf text = buf_init(4096);
    size_t i;
    json_t *row;

    if (kernelspec_list(&list, &err) < 0) {
        add(checks, "kernels", "missing", err.text, "check the folders that JUPYTER_PATH names");
        return;
    }
    json_array_foreach(list, i, row)
    {
        const char *name = json_string_value(json_object_get(row, "name"));
        buf_printf(&text, "%s%s", i ? ", " : "", name ? name : "?");
    }
    if (json_array_size(list) == 0)
        add(checks, "kernels", "missing", "no kernel is installed",
            "python3 -m pip install ipykernel");
    else
        add(checks, "kernels", "ok", buf_text(&text), "");
}

/* kernelspec_find stands in for a kernel python3 that no folder has; the list knows whether its
 * ipykernel is there. */
static bool is_listed(const char *name)
{
    auto_json json_t *list = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    size_t i;
    json_t *row;

    if (kernelspec_list(&list, &err) < 0)
        return false;
    json_array_foreach(list, i, row)
    {
        const char *found = json_string_value(json_object_get(row, "name"));
        if (found && strcmp(found, name) == 0)
            return true;
    }
    return false;
}

static void check_python(json_t *checks)
{
    static const char cure[] = "python3 -m pip install ipykernel";
    struct kernelspec *spec = NULL;
    struct nbt_error err = NBT_ERROR_INIT;

    if (kernelspec_find(&spec, "python3", "python", &err) < 0)
        add(checks, "python3 kernel", "warning", err.text, cure);
    else if (!is_listed("python3"))
        add(checks, "python3 kernel", "warning", "no Python with ipykernel is found", cure);
    else
        add(checks, "python3 kernel", "ok", spec->display_name ? spec->display_name : spec->name,
            "");
    kernelspec_free(spec);
}

/* Listing opens the state folder, and makes it when it is not there: what every other verb would
 * meet first. */
static void check_engine(json_t *checks, const struct engine *engine)
{
    CLEANUP(buf_fini) struct buf text = buf_init(4096);
    CLEANUP(buf_fini) struct buf name = buf_init(256);
    auto_json json_t *items = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    size_t i, unreadable = 0;
    json_t *item;

    buf_printf(&name, "engine %s", engine->name);
    if (engine->list(&items, &err) < 0) {
        add(checks, buf_text(&name), "missing", err.text,
            "make the folder writable, or set NBKATIB_HOME to one that is");
        return;
    }
    json_array_foreach(items, i, item) unreadable += json_object_get(item, "error") != NULL;
    buf_printf(&text, "%s; %zu experiment%s", engine->summary, json_array_size(items),
               json_array_size(items) == 1 ? "" : "s");
    if (unreadable == 0) {
        add(checks, buf_text(&name), "ok", buf_text(&text), "");
        return;
    }
    buf_printf(&text, ", %zu of them cannot be read", unreadable);
    add(checks, buf_text(&name), "warning", buf_text(&text),
        "nbkatib list names them; nbkatib delete removes them");
}

static void check_room(json_t *checks)
{
    auto_free char *folder = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    CLEANUP(buf_fini) struct buf text = buf_init(8192);
    struct statvfs room;
    char *slash;

    if (home_experiments(&folder, &err) < 0) {
        add(checks, "state folder", "missing", err.text,
            "set NBKATIB_HOME to a folder that is there");
        return;
    }
    /* Before the first experiment it is not there; the folder above holds the same room. */
    while (statvfs(folder, &room) < 0 && errno == ENOENT && (slash = strrchr(folder, '/')) &&
           slash != folder)
        *slash = '\0';
    if (statvfs(folder, &room) < 0) {
        add(checks, "disk space", "warning", strerror(errno),
            "set NBKATIB_HOME to a folder that is there");
        return;
    }
    unsigned long long bytes = (unsigned long long)room.f_bavail * room.f_frsize;
    buf_printf(&text, "%.1f GiB free at %s", (double)bytes / (double)((unsigned long long)1 << 30),
               folder);
    if (bytes < ROOM_WARNING)
        add(checks, "disk space", "warning", buf_text(&text),
            "free some space, or set NBKATIB_HOME elsewhere");
    else
        add(checks, "disk space", "ok", buf_text(&text), "");
    if (file_is_network(folder))
        add(checks, "state folder", "warning",
            "it is on a network filesystem, where locks and commits are slow",
            "set NBKATIB_HOME to a folder on a local disk");
}

static void check_cores(json_t *checks)
{
    char text[64];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    snprintf(text, sizeof(text), "%ld", cores > 0 ? cores : 1);
    add(checks, "processor cores", "ok", text, "");
}

/* What is asked of others takes its time: only for an engine that was named. */
static int check_named(json_t *checks, const char *name, struct nbt_error *err)
{
    const struct engine *engine = engine_find(name, err);

    if (!engine)
        return err->code;
    return engine->check ? engine->check(checks, err) : 0;
}

int service_doctor(json_t **ret, const char *engine, struct nbt_error *err)
{
    auto_json json_t *checks = json_array();
    int named = checks && engine ? check_named(checks, engine, err) : 0;

    if (named < 0)
        return named;
    if (!checks)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory");
    check_kernels(checks);
    check_python(checks);
    for (size_t i = 0; engines[i]; i++)
        check_engine(checks, engines[i]);
    check_room(checks);
    check_cores(checks);
    json_t *result = json_pack("{s:O}", "checks", checks);
    if (!result)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory");
    *ret = result;
    return 0;
}
