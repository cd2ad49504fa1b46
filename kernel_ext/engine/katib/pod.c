#include "engine/katib/pod.h"

#include <string.h>

#include "base/scope.h"
#include "engine/katib/quantity.h"

#define NVIDIA "nvidia.com/gpu"

struct tags {
    json_t *labels, *annotations, *limits;
    struct experiment_problems *problems;
};

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* Kubernetes' rule for the part of a key after its prefix, and for a label's value. */
static bool is_word(const char *text, size_t length)
{
    return length > 0 && length <= 63 && strspn(text, LETTERS "-_.") >= length &&
           strchr(LETTERS, text[0]) && strchr(LETTERS, text[length - 1]);
}

static bool is_key(const char *key)
{
    const char *slash = strchr(key, '/');
    size_t prefix = slash ? (size_t)(slash - key) : 0;
    const char *name = slash ? slash + 1 : key;
    if (slash && (prefix == 0 || prefix > 253 ||
                  strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-.") != prefix))
        return false;
    return is_word(name, strlen(name));
}

static void check_label(const struct tags *tags, const struct nbt_pair *pair, bool label)
{
    const char *kind = label ? "label" : "annotation";
    if (!is_key(pair->key))
        experiment_problem(tags->problems, true, "spec.trialTemplate.trialSpec",
                           "the tag %s:%.60s has a key that Kubernetes refuses; expected letters, "
                           "digits, '-', '_' and '.', with at most one '/'",
                           kind, pair->key);
    else if (label && *pair->value && !is_word(pair->value, strlen(pair->value)))
        experiment_problem(tags->problems, true, "spec.trialTemplate.trialSpec",
                           "the tag label:%.60s:%.60s has a value that Kubernetes refuses; "
                           "expected at most 63 letters, digits, '-', '_' and '.'",
                           pair->key, pair->value);
}

/* The first step's value stands: all steps share one pod. */
static void add_texts(const struct tags *tags, json_t *to, const struct nbt_pair *pairs, size_t n,
                      bool label)
{
    for (size_t i = 0; i < n; i++) {
        const char *old = json_string_value(json_object_get(to, pairs[i].key));
        check_label(tags, &pairs[i], label);
        if (old && strcmp(old, pairs[i].value) != 0)
            experiment_problem(tags->problems, false, "spec.trialTemplate.trialSpec",
                               "steps differ in %s %.60s ('%.60s' and '%.60s'), but run in one "
                               "pod: the first counts",
                               label ? "label" : "annotation", pairs[i].key, old, pairs[i].value);
        else if (!old)
            json_object_set_new(to, pairs[i].key, json_string(pairs[i].value));
    }
}

static void add_limits(const struct tags *tags, const struct nbt_pair *pairs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double value, old_value;
        const char *old = json_string_value(json_object_get(tags->limits, pairs[i].key));
        if (!quantity_parse(pairs[i].value, &value))
            experiment_problem(tags->problems, true, "spec.trialTemplate.trialSpec",
                               "the tag limit:%.60s:%.60s is no quantity; expected such as "
                               "limit:memory:4Gi or limit:" NVIDIA ":1",
                               pairs[i].key, pairs[i].value);
        else if (!old || !quantity_parse(old, &old_value) || value > old_value)
            json_object_set_new(tags->limits, pairs[i].key, json_string(pairs[i].value));
    }
}

static void add_cells(const struct tags *tags, const struct nbt_notebook *notebook)
{
    for (size_t i = 0; i < notebook->n_cells; i++) {
        const struct nbt_cell *cell = &notebook->cells[i];
        if (!cell->tagged || !nbt_cell_runs(cell))
            continue;
        add_texts(tags, tags->labels, cell->labels, cell->n_labels, true);
        add_texts(tags, tags->annotations, cell->annotations, cell->n_annotations, false);
        add_limits(tags, cell->limits, cell->n_limits);
    }
}

/* steps_defaults hold for what no step says. */
static void add_defaults(const struct tags *tags, const struct nbt_notebook *notebook)
{
    for (size_t i = 0; i < notebook->n_steps_labels; i++) {
        check_label(tags, &notebook->steps_labels[i], true);
        if (!json_object_get(tags->labels, notebook->steps_labels[i].key))
            json_object_set_new(tags->labels, notebook->steps_labels[i].key,
                                json_string(notebook->steps_labels[i].value));
    }
    for (size_t i = 0; i < notebook->n_steps_annotations; i++) {
        check_label(tags, &notebook->steps_annotations[i], false);
        if (!json_object_get(tags->annotations, notebook->steps_annotations[i].key))
            json_object_set_new(tags->annotations, notebook->steps_annotations[i].key,
                                json_string(notebook->steps_annotations[i].value));
    }
    for (size_t i = 0; i < notebook->n_steps_limits; i++) {
        if (!json_object_get(tags->limits, notebook->steps_limits[i].key))
            add_limits(tags, &notebook->steps_limits[i], 1);
    }
}

static void set_limit(const struct tags *tags, const char *key, const char *value)
{
    if (value && *value)
        json_object_set_new(tags->limits, key, json_string(value));
}

/* "2", or "amd.com/gpu=1"; 0 takes the tags' devices away. */
static void set_gpu(const struct tags *tags, const char *text)
{
    const char *equals = text ? strchr(text, '=') : NULL;
    auto_free char *key = equals ? strndup(text, (size_t)(equals - text)) : NULL;
    const char *count = equals ? equals + 1 : text;
    if (!text || !*text)
        return;
    if (strspn(count, "0123456789") != strlen(count) || !*count || (key && !is_key(key))) {
        experiment_problem(tags->problems, true, "--gpu",
                           "found '%.60s'; expected a number of devices, such as 1 or "
                           "amd.com/gpu=1",
                           text);
        return;
    }
    if (strspn(count, "0") == strlen(count))
        json_object_del(tags->limits, key ? key : NVIDIA);
    else
        set_limit(tags, key ? key : NVIDIA, count);
}

int katib_pod_tags(json_t **ret, const struct nbt_notebook *notebook, const json_t *cluster,
                   struct experiment_problems *problems, struct nbt_error *err)
{
    json_t *all = json_pack("{s:{}, s:{}, s:{}}", "labels", "annotations", "limits");
    struct tags tags = {.labels = json_object_get(all, "labels"),
                        .annotations = json_object_get(all, "annotations"),
                        .limits = json_object_get(all, "limits"),
                        .problems = problems};
    if (!all)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the labels and limits of a trial");
    add_cells(&tags, notebook);
    add_defaults(&tags, notebook);
    set_limit(&tags, "cpu", json_string_value(json_object_get(cluster, "cpu")));
    set_limit(&tags, "memory", json_string_value(json_object_get(cluster, "memory")));
    set_gpu(&tags, json_string_value(json_object_get(cluster, "gpu")));
    *ret = all;
    return 0;
}
