/* The options that say where in a cluster trials run, as the settings that engine/katib/cluster.h
 * has. */
#include <string.h>

#include "base/scope.h"
#include "service/internal.h"

static int refuse(struct nbt_error *err, const char *option, const char *found,
                  const char *expected)
{
    nbt_error_set(err, NBT_EINVAL, "%s is '%s'; expected %s", option, found, expected);
    nbt_error_path(err, "%s", option);
    return NBT_EINVAL;
}

/* The part before `separator`, which *text is moved behind; all of it, and NULL, without one. */
static char *take(const char **text, char separator)
{
    const char *end = strchr(*text, separator);
    char *part = end ? strndup(*text, (size_t)(end - *text)) : strdup(*text);

    *text = end ? end + 1 : NULL;
    return part;
}

static bool is_type(const char *text)
{
    static const char *const types[] = {"new", "existing", "clone", "snapshot"};

    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (strcmp(types[i], text) == 0)
            return true;
    }
    return false;
}

/* "NAME:/PATH[:SIZE]"; the name may be a URL, so that the mount is what follows the last ":/" that
 * is not its "://". */
static json_t *volume_of(const char *type, const char *text)
{
    const char *mount = NULL;

    for (const char *p = text; (p = strstr(p, ":/")) != NULL; p++) {
        if (p[2] != '/')
            mount = p;
    }
    if (!mount || mount == text)
        return NULL;
    auto_free char *name = strndup(text, (size_t)(mount - text));
    const char *rest = mount + 1;
    auto_free char *path = take(&rest, ':');
    if (!name || !path)
        return NULL;
    json_t *volume = json_pack("{s:s, s:s, s:s}", "type", type, "name", name, "mount", path);
    if (volume && rest && *rest)
        json_object_set_new(volume, "size", json_string(rest));
    return volume;
}

static int add_volume(json_t *volumes, const char *text, struct nbt_error *err)
{
    const char *rest = text;
    auto_free char *type = take(&rest, ':');
    bool typed = type && rest && is_type(type);
    json_t *volume = volume_of(typed ? type : "existing", typed ? rest : text);

    if (!volume)
        return refuse(err, "--volume", text,
                      "CLAIM:/PATH, new:NAME:/PATH:SIZE, clone:CLAIM:/PATH:SIZE or "
                      "snapshot:NAME:/PATH:SIZE");
    return json_array_append_new(volumes, volume) < 0 ? no_memory(err) : 0;
}

static int set_volumes(json_t *cluster, const struct service_cluster *given, struct nbt_error *err)
{
    auto_json json_t *volumes = json_array();
    int result = volumes ? 0 : no_memory(err);

    for (size_t i = 0; i < given->n_volumes && result == 0; i++)
        result = add_volume(volumes, given->volumes[i], err);
    if (result == 0 && given->n_volumes && json_object_set(cluster, "volumes", volumes) < 0)
        return no_memory(err);
    return result;
}

static int set_selector(json_t *cluster, const struct service_cluster *given, struct nbt_error *err)
{
    auto_json json_t *selector = json_object();

    for (size_t i = 0; i < given->n_node_selectors; i++) {
        const char *value = given->node_selectors[i];
        auto_free char *key = take(&value, '=');
        if (!key || !*key || !value)
            return refuse(err, "--node-selector", given->node_selectors[i], "KEY=VALUE");
        if (json_object_set_new(selector, key, json_string(value)) < 0)
            return no_memory(err);
    }
    if (given->n_node_selectors && json_object_set(cluster, "node_selector", selector) < 0)
        return no_memory(err);
    return 0;
}

static bool is_effect(const char *text)
{
    static const char *const effects[] = {"NoSchedule", "PreferNoSchedule", "NoExecute"};

    for (size_t i = 0; i < COUNT_OF(effects); i++) {
        if (strcmp(effects[i], text) == 0)
            return true;
    }
    return false;
}

/* "KEY", "KEY=VALUE", either with ":EFFECT", as kubectl taint writes them. */
static int add_toleration(json_t *tolerations, const char *text, struct nbt_error *err)
{
    const char *effect = text;
    auto_free char *taint = take(&effect, ':');
    const char *value = taint;
    auto_free char *key = taint ? take(&value, '=') : NULL;

    if (!key || !*key || (effect && !is_effect(effect)))
        return refuse(err, "--toleration", text,
                      "KEY, KEY=VALUE, or either with :NoSchedule, :PreferNoSchedule or "
                      ":NoExecute");
    json_t *row = json_pack("{s:s, s:s}", "key", key, "operator", value ? "Equal" : "Exists");
    if (value)
        json_object_set_new(row, "value", json_string(value));
    if (effect)
        json_object_set_new(row, "effect", json_string(effect));
    return json_array_append_new(tolerations, row) < 0 ? no_memory(err) : 0;
}

static int set_tolerations(json_t *cluster, const struct service_cluster *given,
                           struct nbt_error *err)
{
    auto_json json_t *tolerations = json_array();
    int result = tolerations ? 0 : no_memory(err);

    for (size_t i = 0; i < given->n_tolerations && result == 0; i++)
        result = add_toleration(tolerations, given->tolerations[i], err);
    if (result == 0 && given->n_tolerations &&
        json_object_set(cluster, "tolerations", tolerations) < 0)
        return no_memory(err);
    return result;
}

static int set_texts(json_t *cluster, const struct service_cluster *given, struct nbt_error *err)
{
    const struct {
        const char *key, *text;
    } rows[] = {
        {"image", given->image},
        {"namespace", given->namespace_name},
        {"context", given->context},
        {"service_account", given->service_account},
        {"storage_class", given->storage_class},
        {"access_mode", given->access_mode},
        {"cpu", given->cpu},
        {"memory", given->memory},
        {"gpu", given->gpu},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].text &&
            json_object_set_new(cluster, rows[i].key, json_string(rows[i].text)) < 0)
            return nbt_error_set(err, NBT_EINVAL, "the %s is not UTF-8", rows[i].key);
    }
    return 0;
}

static int set_others(json_t *cluster, const struct service_cluster *given, struct nbt_error *err)
{
    int64_t seconds = 0;
    int failed = 0;

    if (given->ttl && service_duration(given->ttl, &seconds, err) < 0)
        return nbt_error_prefix(err, "--ttl");
    if (given->ttl)
        failed |= json_object_set_new(cluster, "ttl_s", json_integer(seconds));
    if (given->notebook_volumes)
        failed |= json_object_set_new(cluster, "notebook_volumes", json_true());
    if (given->debug)
        failed |= json_object_set_new(cluster, "debug", json_true());
    return failed ? no_memory(err) : 0;
}

int cluster_settings(json_t *settings, const struct service_cluster *given, struct nbt_error *err)
{
    const json_t *old = json_object_get(settings, "cluster");
    auto_json json_t *cluster = json_is_object(old) ? json_deep_copy(old) : json_object();
    int result = cluster ? set_texts(cluster, given, err) : no_memory(err);

    if (result == 0)
        result = set_volumes(cluster, given, err);
    if (result == 0)
        result = set_selector(cluster, given, err);
    if (result == 0)
        result = set_tolerations(cluster, given, err);
    if (result == 0)
        result = set_others(cluster, given, err);
    if (result < 0 || json_object_size(cluster) == 0)
        return result;
    return json_object_set(settings, "cluster", cluster) < 0 ? no_memory(err) : 0;
}
