/*
 * A trial that is a Job: Katib reads it into its own type, writes it back, and refuses it when
 * anything came out otherwise: a field that the type lacks, an empty list, a false where the type
 * leaves it out, a quantity that is written another way. Placeholders are texts there, so that none
 * may stand where a number does.
 */
#include <string.h>

#include "base/scope.h"
#include "experiment/validate.h"

enum kind {
    ANY,    /* not looked into */
    NUMBER, /* a number, or null */
    TEXT,
    SWITCH, /* true; false is left out by the type */
    LIST,   /* of anything; left out when empty, as the following are */
    TEXTS,  /* a mapping of texts */
    OBJECT, /* a mapping of `fields` */
    ITEMS,  /* a list of mappings of `fields` */
};

struct node {
    const char *name;
    enum kind kind;
    const struct node *fields;
};

static const struct node variable_fields[] = {
    {"name", TEXT, NULL}, {"value", TEXT, NULL}, {"valueFrom", ANY, NULL}, {0}};

static const struct node mount_fields[] = {{"name", TEXT, NULL},
                                           {"mountPath", TEXT, NULL},
                                           {"readOnly", SWITCH, NULL},
                                           {"subPath", TEXT, NULL},
                                           {"subPathExpr", TEXT, NULL},
                                           {"recursiveReadOnly", TEXT, NULL},
                                           {"mountPropagation", TEXT, NULL},
                                           {0}};

static const struct node container_fields[] = {
    {"name", TEXT, NULL},
    {"image", TEXT, NULL},
    {"command", LIST, NULL},
    {"args", LIST, NULL},
    {"workingDir", TEXT, NULL},
    {"ports", LIST, NULL},
    {"envFrom", LIST, NULL},
    {"env", ITEMS, variable_fields},
    {"resources", ANY, NULL},
    {"resizePolicy", LIST, NULL},
    {"restartPolicy", TEXT, NULL},
    {"volumeMounts", ITEMS, mount_fields},
    {"volumeDevices", LIST, NULL},
    {"livenessProbe", ANY, NULL},
    {"readinessProbe", ANY, NULL},
    {"startupProbe", ANY, NULL},
    {"lifecycle", ANY, NULL},
    {"terminationMessagePath", TEXT, NULL},
    {"terminationMessagePolicy", TEXT, NULL},
    {"imagePullPolicy", TEXT, NULL},
    {"securityContext", ANY, NULL},
    {"stdin", SWITCH, NULL},
    {"stdinOnce", SWITCH, NULL},
    {"tty", SWITCH, NULL},
    {0},
};

static const struct node pod_fields[] = {
    {"volumes", LIST, NULL},
    {"initContainers", ITEMS, container_fields},
    {"containers", ITEMS, container_fields},
    {"ephemeralContainers", LIST, NULL},
    {"restartPolicy", TEXT, NULL},
    {"terminationGracePeriodSeconds", NUMBER, NULL},
    {"activeDeadlineSeconds", NUMBER, NULL},
    {"dnsPolicy", TEXT, NULL},
    {"nodeSelector", TEXTS, NULL},
    {"serviceAccountName", TEXT, NULL},
    {"serviceAccount", TEXT, NULL},
    {"automountServiceAccountToken", ANY, NULL},
    {"nodeName", TEXT, NULL},
    {"hostNetwork", SWITCH, NULL},
    {"hostPID", SWITCH, NULL},
    {"hostIPC", SWITCH, NULL},
    {"shareProcessNamespace", ANY, NULL},
    {"securityContext", ANY, NULL},
    {"imagePullSecrets", LIST, NULL},
    {"hostname", TEXT, NULL},
    {"subdomain", TEXT, NULL},
    {"affinity", ANY, NULL},
    {"schedulerName", TEXT, NULL},
    {"tolerations", LIST, NULL},
    {"hostAliases", LIST, NULL},
    {"priorityClassName", TEXT, NULL},
    {"priority", NUMBER, NULL},
    {"dnsConfig", ANY, NULL},
    {"readinessGates", LIST, NULL},
    {"runtimeClassName", ANY, NULL},
    {"enableServiceLinks", ANY, NULL},
    {"preemptionPolicy", ANY, NULL},
    {"overhead", ANY, NULL},
    {"topologySpreadConstraints", LIST, NULL},
    {"setHostnameAsFQDN", ANY, NULL},
    {"os", ANY, NULL},
    {"hostUsers", ANY, NULL},
    {"schedulingGates", LIST, NULL},
    {"resourceClaims", LIST, NULL},
    {"resources", ANY, NULL},
    {0},
};

static const struct node metadata_fields[] = {
    {"labels", TEXTS, NULL},         {"annotations", TEXTS, NULL},     {"name", TEXT, NULL},
    {"namespace", TEXT, NULL},       {"generateName", TEXT, NULL},     {"finalizers", LIST, NULL},
    {"ownerReferences", LIST, NULL}, {"creationTimestamp", ANY, NULL}, {0}};

static const struct node template_fields[] = {
    {"metadata", OBJECT, metadata_fields}, {"spec", OBJECT, pod_fields}, {0}};

static const struct node spec_fields[] = {
    {"parallelism", NUMBER, NULL},
    {"completions", NUMBER, NULL},
    {"activeDeadlineSeconds", NUMBER, NULL},
    {"podFailurePolicy", ANY, NULL},
    {"successPolicy", ANY, NULL},
    {"backoffLimit", NUMBER, NULL},
    {"backoffLimitPerIndex", NUMBER, NULL},
    {"maxFailedIndexes", NUMBER, NULL},
    {"selector", ANY, NULL},
    {"manualSelector", ANY, NULL},
    {"template", OBJECT, template_fields},
    {"ttlSecondsAfterFinished", NUMBER, NULL},
    {"completionMode", ANY, NULL},
    {"suspend", ANY, NULL},
    {"podReplacementPolicy", ANY, NULL},
    {"managedBy", ANY, NULL},
    {0},
};

static const struct node job_fields[] = {
    {"apiVersion", TEXT, NULL},    {"kind", TEXT, NULL},  {"metadata", OBJECT, metadata_fields},
    {"spec", OBJECT, spec_fields}, {"status", ANY, NULL}, {0}};

static void check_mapping(const json_t *object, const struct node *fields, struct place place,
                          struct experiment_problems *problems);

static void check_items(const json_t *list, const struct node *fields, struct place place,
                        struct experiment_problems *problems)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (validate_shape(problems, place_item(place, i), item, SHAPE_MAPPING))
            check_mapping(item, fields, place_item(place, i), problems);
    }
}

static void check_texts(const json_t *object, struct place place,
                        struct experiment_problems *problems)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        validate_shape(problems, place_field(place, name), value, SHAPE_TEXT);
    }
}

static void check_number(const json_t *value, struct place place,
                         struct experiment_problems *problems)
{
    const char *text = json_string_value(value);
    if (text && strstr(text, "${trialParameters."))
        validate_error(problems, place,
                       "holds a parameter, but a number stands here: Katib refuses the text; give "
                       "a number, and pass the parameter by an environment variable");
    else
        validate_shape(problems, place, value, SHAPE_NUMBER);
}

static void refuse_empty(const json_t *value, struct place place,
                         struct experiment_problems *problems)
{
    bool empty = (json_is_array(value) && json_array_size(value) == 0) ||
                 (json_is_object(value) && json_object_size(value) == 0) || json_is_false(value);
    if (empty)
        validate_error(problems, place,
                       json_is_false(value)
                           ? "is false, which Katib refuses to find here; remove it"
                           : "is empty, which Katib refuses; remove it");
}

static void check_value(const json_t *value, const struct node *node, struct place place,
                        struct experiment_problems *problems)
{
    static const enum shape shapes[] = {
        [ANY] = SHAPE_ANY,        [NUMBER] = SHAPE_ANY, [TEXT] = SHAPE_TEXT,
        [SWITCH] = SHAPE_BOOL,    [LIST] = SHAPE_LIST,  [TEXTS] = SHAPE_MAPPING,
        [OBJECT] = SHAPE_MAPPING, [ITEMS] = SHAPE_LIST};
    if (json_is_null(value) || !validate_shape(problems, place, value, shapes[node->kind]))
        return;
    switch (node->kind) {
    case NUMBER: check_number(value, place, problems); break;
    case TEXTS: check_texts(value, place, problems); break;
    case OBJECT: check_mapping(value, node->fields, place, problems); break;
    case ITEMS: check_items(value, node->fields, place, problems); break;
    case SWITCH:
    case LIST:
    case TEXT:
    case ANY: break;
    }
    if (node->kind == SWITCH || node->kind == LIST || node->kind == TEXTS || node->kind == ITEMS)
        refuse_empty(value, place, problems);
}

static void check_mapping(const json_t *object, const struct node *fields, struct place place,
                          struct experiment_problems *problems)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        const struct node *node = fields;
        while (node->name && strcmp(node->name, name) != 0)
            node++;
        if (node->name)
            check_value(value, node, place_field(place, name), problems);
        else
            validate_error(problems, place_field(place, name),
                           "is no field of a Job, which Katib refuses; correct its name or place, "
                           "or remove it");
    }
}

/* Quantities outside of limits and requests must be written as Kubernetes would: 1Gi, not 1024Mi.
 */
static void check_sizes(const json_t *volumes, struct place place,
                        struct experiment_problems *problems)
{
    size_t i;
    json_t *volume;
    json_array_foreach(volumes, i, volume)
    {
        const char *size = validate_text(json_object_get(volume, "emptyDir"), "sizeLimit");
        struct place item = place_field(place_item(place, i), "emptyDir.sizeLimit");
        size_t digits = size ? strspn(size, "0123456789") : 0;
        long number = 0;
        for (size_t k = 0; k < digits && k < 12; k++)
            number = number * 10 + (size[k] - '0');
        if (digits > 0 && number > 0 && size[digits] &&
            number % (size[digits + 1] == 'i' ? 1024 : 1000) == 0)
            validate_error(
                problems, item,
                "found \"%.40s\", which Katib refuses, since Kubernetes writes it with a "
                "larger unit: 1Gi, not 1024Mi",
                size);
    }
}

void validate_job(const json_t *job, struct place place, struct experiment_problems *problems)
{
    const json_t *pod =
        json_object_get(json_object_get(json_object_get(job, "spec"), "template"), "spec");
    check_mapping(job, job_fields, place, problems);
    check_sizes(json_object_get(pod, "volumes"), place_field(place, "spec.template.spec.volumes"),
                problems);
}
