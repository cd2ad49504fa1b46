#include "engine/katib/template.h"

#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/cluster.h"
#include "engine/katib/member.h"
#include "engine/katib/volumes.h"

#define ARCH_LABEL  "kubernetes.io/arch"
#define ISTIO_LABEL "sidecar.istio.io/inject"
#define DEADLINE_MORE                                                                              \
    60 /* seconds after the trial's own limit, so that its message comes first                     \
        */

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the trial template");
}

void katib_variable(char ret_text[KATIB_NAME_SIZE], const char *parameter, size_t index)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    size_t length = strlen(parameter);
    bool word = length > 0 && length < 64 && strspn(parameter, letters) == length &&
                (parameter[0] < '0' || parameter[0] > '9');
    if (word)
        snprintf(ret_text, KATIB_NAME_SIZE, KATIB_VARIABLE "%s", parameter);
    else
        snprintf(ret_text, KATIB_NAME_SIZE, KATIB_VARIABLE "%zu", index);
}

void katib_stop_name(char ret_text[KATIB_NAME_SIZE], const char *experiment)
{
    snprintf(ret_text, KATIB_NAME_SIZE, "%.40s-nbkatib-stop", experiment);
}

void katib_files_name(char ret_text[KATIB_NAME_SIZE], const char *experiment)
{
    snprintf(ret_text, KATIB_NAME_SIZE, "%.40s-nbkatib", experiment);
}

void katib_part_name(char ret_text[KATIB_NAME_SIZE], const char *experiment,
                     const struct katib_program *program, size_t part)
{
    snprintf(ret_text, KATIB_NAME_SIZE, "%.40s-nbkatib-%s-%02zu", experiment, program->kubernetes,
             part);
}

/* Parameters. In the template a parameter goes by the end of its variable's name: letters that no
 * syntax gives a meaning. */

static const char *short_name(const char *variable)
{
    return variable + strlen(KATIB_VARIABLE);
}

static int add_parameter(json_t *list, json_t *environment, const char *name, size_t index,
                         struct nbt_error *err)
{
    char variable[KATIB_NAME_SIZE], value[KATIB_NAME_SIZE + 32];
    katib_variable(variable, name, index);
    snprintf(value, sizeof(value), "${trialParameters.%s}", short_name(variable));
    json_t *row = json_pack("{s:s, s:s}", "name", short_name(variable), "reference", name);
    json_t *entry = json_pack("{s:s, s:s}", "name", variable, "value", value);
    if (json_array_append_new(list, row) < 0 || json_array_append_new(environment, entry) < 0)
        return no_memory(err);
    return 0;
}

static int add_parameters(json_t *list, json_t *environment, const json_t *document,
                          struct nbt_error *err)
{
    size_t i;
    json_t *parameter;
    int result = 0;
    json_array_foreach(json_object_get(json_object_get(document, "spec"), "parameters"), i,
                       parameter)
    {
        if (result == 0)
            result = add_parameter(list, environment,
                                   json_string_value(json_object_get(parameter, "name")), i, err);
    }
    return result;
}

/* Volumes. */

static json_t *source(const char *config_map)
{
    return json_pack("{s:{s:s}}", "configMap", "name", config_map);
}

/* All that the trial reads, in one folder. */
static json_t *projected(const struct katib_template *from)
{
    const char *experiment = metadata_at(from->document, "name");
    json_t *sources = json_array();
    char name[KATIB_NAME_SIZE];
    katib_files_name(name, experiment);
    json_array_append_new(sources, source(name));
    katib_stop_name(name, experiment);
    json_array_append_new(sources, json_pack("{s:{s:s, s:b}}", "configMap", "name", name,
                                             "optional", true));
    for (size_t i = 0; i < from->programs->n; i++) {
        const struct katib_program *program = &from->programs->items[i];
        for (size_t part = 0; part < katib_program_parts(program); part++) {
            katib_part_name(name, experiment, program, part);
            json_array_append_new(sources, source(name));
        }
    }
    return json_pack("{s:s, s:{s:o}}", "name", KATIB_IN_VOLUME, "projected", "sources", sources);
}

static int add_volumes(json_t *volumes, json_t *mounts, const struct katib_template *from,
                       struct nbt_error *err)
{
    json_t *work = json_pack("{s:s, s:{}}", "name", "nbkatib-work", "emptyDir");
    json_t *in_mount = json_pack("{s:s, s:s, s:b}", "name", KATIB_IN_VOLUME, "mountPath", KATIB_IN,
                                 "readOnly", true);
    json_t *work_mount = json_pack("{s:s, s:s}", "name", "nbkatib-work", "mountPath", KATIB_WORK);
    int failed = json_array_append_new(volumes, projected(from));
    failed |= json_array_append_new(volumes, work);
    failed |= json_array_append_new(mounts, in_mount);
    failed |= json_array_append_new(mounts, work_mount);
    return failed ? no_memory(err)
                  : katib_volumes(volumes, mounts, from->cluster,
                                  metadata_at(from->document, "name"), err);
}

/* The pod. */

/* Only where it is not empty: Katib refuses a Job that reads back differently. */
static void set_some(json_t *to, const char *key, const json_t *value)
{
    if (json_object_size(value) > 0 || json_array_size(value) > 0)
        json_object_set_new(to, key, json_deep_copy(value));
}

static void set_text(json_t *to, const char *key, const char *text)
{
    if (text)
        json_object_set_new(to, key, json_string(text));
}

static json_t *container(const struct katib_template *from, const json_t *environment,
                         const json_t *mounts)
{
    bool debug = json_is_true(json_object_get(from->cluster, "debug"));
    const json_t *limits = json_object_get(from->tags, "limits");
    json_t *made = json_pack("{s:s, s:s, s:[s, s], s:[s]}", "name", KATIB_CONTAINER, "image",
                             text_at(from->cluster, "image"), "command", "sh", "-c", "args",
                             debug ? "sh -x " KATIB_IN "/start" : "sh " KATIB_IN "/start");
    set_some(made, "env", environment);
    if (json_object_size(limits) > 0)
        json_object_set_new(made, "resources",
                            json_pack("{s:o}", "limits", json_deep_copy(limits)));
    set_some(made, "volumeMounts", mounts);
    return made;
}

/* A program for one processor alone must not land on another. */
static json_t *node_selector(const struct katib_template *from)
{
    const json_t *given = json_object_get(from->cluster, "node_selector");
    json_t *selector = given ? json_deep_copy(given) : json_object();
    if (from->programs->n == 1 && !json_object_get(selector, ARCH_LABEL))
        json_object_set_new(selector, ARCH_LABEL, json_string(from->programs->items[0].kubernetes));
    return selector;
}

static json_t *pod_spec(const struct katib_template *from, const json_t *environment,
                        const json_t *volumes, const json_t *mounts)
{
    auto_json json_t *selector = node_selector(from);
    json_t *spec = json_pack("{s:s, s:[o]}", "restartPolicy", "Never", "containers",
                             container(from, environment, mounts));
    set_text(spec, "serviceAccountName", text_at(from->cluster, "service_account"));
    set_some(spec, "securityContext", json_object_get(from->cluster, "security_context"));
    set_some(spec, "nodeSelector", selector);
    set_some(spec, "tolerations", json_object_get(from->cluster, "tolerations"));
    set_some(spec, "volumes", volumes);
    return spec;
}

/* Istio's sidecar never ends, and Katib waits for all of a pod's processes. */
static json_t *pod_metadata(const struct katib_template *from)
{
    json_t *labels = json_deep_copy(json_object_get(from->tags, "labels"));
    json_object_set_new(labels, ISTIO_LABEL, json_string("false"));
    json_t *metadata = json_pack("{s:o}", "labels", labels);
    set_some(metadata, "annotations", json_object_get(from->tags, "annotations"));
    return metadata;
}

/* The Job. */

static json_int_t seconds(const json_t *settings, const char *key)
{
    return json_integer_value(json_object_get(settings, key));
}

/* A trial's limit, else that of the whole experiment: no trial may be longer than it. */
static json_int_t deadline(const json_t *settings)
{
    json_int_t trial = seconds(settings, "trial_timeout_s"), all = seconds(settings, "timeout_s");
    json_int_t least = trial > 0 && (all <= 0 || trial < all) ? trial : all;
    return least > 0 ? least + DEADLINE_MORE : 0;
}

static json_t *job(const struct katib_template *from, const json_t *environment,
                   const json_t *volumes, const json_t *mounts)
{
    json_int_t limit = deadline(from->settings), ttl = seconds(from->cluster, "ttl_s");
    json_t *spec =
        json_pack("{s:i, s:{s:o, s:o}}", "backoffLimit", 0, "template", "metadata",
                  pod_metadata(from), "spec", pod_spec(from, environment, volumes, mounts));
    if (limit > 0)
        json_object_set_new(spec, "activeDeadlineSeconds", json_integer(limit));
    if (ttl > 0)
        json_object_set_new(spec, "ttlSecondsAfterFinished", json_integer(ttl));
    return json_pack("{s:s, s:s, s:o}", "apiVersion", "batch/v1", "kind", "Job", "spec", spec);
}

int katib_template(json_t **ret, const struct katib_template *from, struct nbt_error *err)
{
    auto_json json_t *parameters = json_array();
    auto_json json_t *environment = json_array();
    auto_json json_t *volumes = json_array();
    auto_json json_t *mounts = json_array();
    int result = add_parameters(parameters, environment, from->document, err);
    if (result == 0)
        result = add_volumes(volumes, mounts, from, err);
    if (result < 0)
        return result;
    json_t *template = json_pack("{s:b, s:s, s:O, s:o}", "retain", true, "primaryContainerName",
                                 KATIB_CONTAINER, "trialParameters", parameters, "trialSpec",
                                 job(from, environment, volumes, mounts));
    if (!template)
        return no_memory(err);
    *ret = template;
    return 0;
}

/* One that was written before. */

static json_t *pod_volumes(const json_t *document)
{
    const json_t *template = json_object_get(json_object_get(document, "spec"), "trialTemplate");
    const json_t *job_spec = json_object_get(json_object_get(template, "trialSpec"), "spec");
    const json_t *pod = json_object_get(job_spec, "template");
    return json_object_get(json_object_get(pod, "spec"), "volumes");
}

static bool is_named(const json_t *volume, const char *name)
{
    const char *found = text_at(volume, "name");
    return found && strcmp(found, name) == 0;
}

bool katib_template_is_ours(const json_t *document)
{
    size_t i;
    json_t *volume;
    json_array_foreach(pod_volumes(document), i, volume)
    {
        if (is_named(volume, KATIB_IN_VOLUME))
            return true;
    }
    return false;
}

/* `made` takes the place of the volume of its name. */
static int renew(json_t *volumes, json_t *made)
{
    size_t i;
    json_t *volume;
    json_array_foreach(volumes, i, volume)
    {
        if (is_named(volume, text_at(made, "name")))
            return json_array_set(volumes, i, made);
    }
    return 0;
}

int katib_template_renew(json_t *document, const struct katib_template *from, struct nbt_error *err)
{
    auto_json json_t *made = json_array();
    auto_json json_t *mounts = json_array();
    json_t *volumes = pod_volumes(document);
    size_t i;
    json_t *volume;
    int result = add_volumes(made, mounts, from, err);
    json_array_foreach(made, i, volume)
    {
        if (result == 0 && renew(volumes, volume) < 0)
            result = no_memory(err);
    }
    return result;
}
