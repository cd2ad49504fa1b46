#include "engine/katib/translate.h"

#include <string.h>

#include "base/scope.h"
#include "engine/katib/algorithms.h"
#include "engine/katib/choices.h"
#include "engine/katib/cluster.h"
#include "engine/katib/pod.h"
#include "engine/katib/template.h"
#include "engine/katib/volumes.h"

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory to translate the experiment for Katib");
}

int katib_settings(json_t **ret, const json_t *document, struct nbt_error *err)
{
    const char *text = experiment_annotation(document, EXPERIMENT_SETTINGS);
    json_t *settings = text ? json_loads(text, 0, NULL) : json_object();
    if (!json_is_object(settings)) {
        json_decref(settings);
        return nbt_error_set(err, NBT_EINVAL, "the annotation %s is not a JSON object",
                             EXPERIMENT_SETTINGS);
    }
    *ret = settings;
    return 0;
}

static int store_settings(json_t *document, const json_t *settings, struct nbt_error *err)
{
    auto_free char *text = json_dumps(settings, JSON_COMPACT | JSON_SORT_KEYS);
    return text ? experiment_annotate(document, EXPERIMENT_SETTINGS, text, err) : no_memory(err);
}

/* Katib counts failures otherwise than the other engines do (design section 6). */
static void tell_counting(const json_t *spec, struct experiment_problems *problems)
{
    json_int_t failed = json_integer_value(json_object_get(spec, "maxFailedTrialCount"));
    if (json_object_get(spec, "maxFailedTrialCount"))
        experiment_problem(problems, false, "spec.maxFailedTrialCount",
                           "Katib ends the experiment when %lld trial%s failed, not when more "
                           "did, and a failed trial counts towards maxTrialCount",
                           (long long)(failed > 0 ? failed : 1), failed > 1 ? "s have" : " has");
}

static void check_early_stopping(const json_t *spec, const json_t *settings,
                                 struct experiment_problems *problems)
{
    const json_t *collector =
        json_object_get(json_object_get(spec, "metricsCollectorSpec"), "collector");
    const char *kind = json_string_value(json_object_get(collector, "kind"));
    bool ours = !json_object_get(spec, "trialTemplate");
    if (!json_object_get(spec, "earlyStopping"))
        return;
    if (!json_is_true(json_object_get(settings, "reports")))
        experiment_problem(problems, false, "spec.earlyStopping",
                           "early stopping reads what steps print of the objective while they run, "
                           "which is not read without --reports");
    if (!ours && kind && strcmp(kind, "StdOut") != 0 && strcmp(kind, "File") != 0)
        experiment_problem(problems, true, "spec.earlyStopping",
                           "the metrics collectors StdOut and File alone can stop a trial early, "
                           "this one is %s; change metricsCollectorSpec, or leave it out",
                           kind);
}

static void tell_limit(const json_t *settings, struct experiment_problems *problems)
{
    if (json_integer_value(json_object_get(settings, "timeout_s")) > 0)
        experiment_problem(
            problems, false, "--timeout",
            "Katib has no limit of a whole experiment: this one is sent as the limit "
            "of each trial, where that has none that is shorter");
}

static void check_collector(const json_t *spec, struct experiment_problems *problems)
{
    const json_t *collector =
        json_object_get(json_object_get(spec, "metricsCollectorSpec"), "collector");
    const char *kind = json_string_value(json_object_get(collector, "kind"));
    if (kind && strcmp(kind, "PrometheusMetric") == 0)
        experiment_problem(
            problems, false, "spec.metricsCollectorSpec.collector.kind",
            "Katib as it comes has no PrometheusMetric collector in its katib-config "
            "and refuses it; use File or StdOut, unless yours has one");
}

/* What a trial would keep in its pod goes with it. */
static void check_snapshots(const json_t *settings, struct experiment_problems *problems)
{
    if (json_is_true(json_object_get(settings, "snapshots")))
        experiment_problem(problems, true, "--snapshots",
                           "copies of a trial's folder after each step would be lost with its pod; "
                           "leave --snapshots out, or run with --engine local");
}

static int set_collector(json_t *spec, struct nbt_error *err)
{
    json_t *collector =
        json_pack("{s:{s:s}, s:{s:{s:s, s:s, s:s}}}", "collector", "kind", "File", "source",
                  "fileSystemPath", "path", KATIB_METRICS_FILE, "kind", "File", "format", "TEXT");
    return json_object_set_new(spec, "metricsCollectorSpec", collector) < 0 ? no_memory(err) : 0;
}

static int set_metadata(json_t *document, const json_t *cluster, struct nbt_error *err)
{
    json_t *metadata = json_object_get(document, "metadata");
    json_t *labels = json_object_get(metadata, "labels");
    json_t *namespace = json_object_get(cluster, "namespace");
    int failed = 0;
    if (!json_is_object(labels)) {
        labels = json_object();
        failed |= json_object_set_new(metadata, "labels", labels);
    }
    failed |= json_object_set_new(labels, KATIB_MANAGED_BY, json_string("nbkatib"));
    if (json_is_string(namespace))
        failed |= json_object_set(metadata, "namespace", namespace);
    return failed ? no_memory(err) : 0;
}

static void tell_programs(const struct katib_programs *programs,
                          struct experiment_problems *problems)
{
    if (programs->n == 0)
        experiment_problem(problems, false, "spec.trialTemplate",
                           "no program that runs in any image is here, so that the trials lack it "
                           "and this Experiment cannot be submitted: install the wheel, or run "
                           "scripts/portable and name build/portable in NBKATIB_RUNNERS");
}

/* The parts of an Experiment that has no template of its own. */
static int add_template(json_t *document, const struct katib_from *from, json_t *settings,
                        struct experiment_problems *problems, struct nbt_error *err)
{
    json_t *spec = json_object_get(document, "spec");
    auto_json json_t *cluster = NULL;
    auto_json json_t *tags = NULL;
    auto_json json_t *choices = NULL;
    json_t *template = NULL;
    int result = katib_cluster(&cluster, json_object_get(settings, "cluster"), from->notebook,
                               from->found, problems, err);
    if (result == 0)
        result = katib_pod_tags(&tags, from->notebook, cluster, problems, err);
    if (result == 0)
        result = katib_encode_choices(spec, &choices, err);
    if (result < 0)
        return result;
    json_int_t parallel = json_integer_value(json_object_get(spec, "parallelTrialCount"));
    katib_check_volumes(cluster, parallel, problems);
    if (problems->errors > 0)
        return 0;
    struct katib_template parts = {.document = document,
                                   .cluster = cluster,
                                   .tags = tags,
                                   .settings = settings,
                                   .programs = from->programs};
    tell_programs(from->programs, problems);
    result = katib_template(&template, &parts, err);
    if (result < 0)
        return result;
    int failed = json_object_set_new(spec, "trialTemplate", template);
    failed |= json_object_set_new(spec, "resumePolicy", json_string("LongRunning"));
    failed |= json_object_set(settings, "cluster", cluster);
    if (json_object_size(choices) > 0)
        failed |= json_object_set(settings, "choices", choices);
    if (failed)
        return no_memory(err);
    result = set_collector(spec, err);
    return result < 0 ? result : set_metadata(document, cluster, err);
}

/* The user's own template stays as it is; ours, with what the user changed in it, gets what it
 * shares with the objects beside it. */
static int renew_template(json_t *document, const struct katib_from *from, const json_t *settings,
                          struct experiment_problems *problems, struct nbt_error *err)
{
    const json_t *spec = json_object_get(document, "spec");
    struct katib_template parts = {.document = document,
                                   .cluster = json_object_get(settings, "cluster"),
                                   .settings = settings,
                                   .programs = from->programs};
    if (!katib_template_is_ours(document))
        return 0;
    katib_check_volumes(parts.cluster,
                        json_integer_value(json_object_get(spec, "parallelTrialCount")), problems);
    return problems->errors > 0 ? 0 : katib_template_renew(document, &parts, err);
}

int katib_translate(json_t *document, const struct katib_from *from,
                    struct experiment_problems *problems, struct nbt_error *err)
{
    json_t *spec = json_object_get(document, "spec");
    auto_json json_t *settings = NULL;
    int result = katib_settings(&settings, document, err);
    if (result == 0)
        result = katib_adapt(spec, experiment_annotation(document, EXPERIMENT_SEED), problems, err);
    if (result < 0)
        return result;
    tell_counting(spec, problems);
    check_early_stopping(spec, settings, problems);
    tell_limit(settings, problems);
    check_collector(spec, problems);
    check_snapshots(settings, problems);
    if (json_object_get(spec, "trialTemplate"))
        return renew_template(document, from, settings, problems, err);
    result = add_template(document, from, settings, problems, err);
    return result < 0 || problems->errors > 0 ? result : store_settings(document, settings, err);
}
