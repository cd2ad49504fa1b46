#include <stdlib.h>

#include "base/scope.h"
#include "check.h"
#include "experiment/experiment.h"

static const char local_document[] =
    "apiVersion: kubeflow.org/v1beta1\n"
    "kind: Experiment\n"
    "metadata: {name: wine}\n"
    "spec:\n"
    "  objective: {type: maximize, goal: 0.99, objectiveMetricName: accuracy,\n"
    "    additionalMetricNames: [loss], metricStrategies: [{name: loss, value: latest}]}\n"
    "  algorithm: {algorithmName: random, algorithmSettings: [{name: random_state, value: '7'}]}\n"
    "  maxTrialCount: 12\n"
    "  parallelTrialCount: 3\n"
    "  maxFailedTrialCount: 3\n"
    "  resumePolicy: Never\n"
    "  parameters:\n"
    "  - {name: lr, parameterType: double, feasibleSpace: {min: '0.001', max: '0.1',\n"
    "      distribution: logUniform}}\n"
    "  - {name: layers, parameterType: int, feasibleSpace: {min: '2', max: '5'}}\n"
    "  - {name: opt, parameterType: categorical, feasibleSpace: {list: [adam, sgd]}}\n"
    "  - {name: batch, parameterType: discrete, feasibleSpace: {list: ['16', '32']}}\n"
    "  metricsCollectorSpec: {collector: {kind: File}, source: {fileSystemPath:\n"
    "      {kind: File, path: /var/log/katib/metrics.log, format: TEXT}}}\n";

static const char cluster_document[] =
    "apiVersion: kubeflow.org/v1beta1\n"
    "kind: Experiment\n"
    "metadata: {name: wine}\n"
    "spec:\n"
    "  objective: {type: minimize, objectiveMetricName: loss}\n"
    "  algorithm: {algorithmName: random}\n"
    "  parallelTrialCount: 1\n"
    "  parameters:\n"
    "  - {name: lr, parameterType: double, feasibleSpace: {min: '0.001', max: '0.1'}}\n"
    "  - {name: opt, parameterType: categorical, feasibleSpace: {list: [adam, sgd]}}\n"
    "  trialTemplate:\n"
    "    retain: true\n"
    "    primaryContainerName: main\n"
    "    trialParameters:\n"
    "    - {name: rate, reference: lr}\n"
    "    - {name: optimizer, description: the optimizer, reference: opt}\n"
    "    - {name: trial, reference: '${trialSpec.Name}'}\n"
    "    trialSpec:\n"
    "      apiVersion: batch/v1\n"
    "      kind: Job\n"
    "      spec:\n"
    "        template:\n"
    "          spec:\n"
    "            restartPolicy: Never\n"
    "            containers:\n"
    "            - name: main\n"
    "              args: ['${trialParameters.rate}', '${trialParameters.optimizer}',\n"
    "                '${trialParameters.trial}']\n";

static json_t *parse(const char *yaml)
{
    struct nbt_error err = NBT_ERROR_INIT;
    json_t *document = NULL;
    if (experiment_parse(&document, "test", yaml, strlen(yaml), &err) < 0)
        fail_msg("%s", err.text);
    return document;
}

static json_t *step_into(json_t *value, const char *step)
{
    if (!json_is_array(value))
        return json_object_get(value, step);
    return json_array_get(value, (size_t)(step[0] - '0'));
}

static void set_in(json_t *parent, const char *step, json_t *value)
{
    if (json_is_array(parent))
        value ? json_array_set_new(parent, (size_t)(step[0] - '0'), value)
              : json_array_remove(parent, (size_t)(step[0] - '0'));
    else
        value ? json_object_set_new(parent, step, value) : json_object_del(parent, step);
}

/* Puts the JSON text at "spec.parameters.0.name"; removes what is there when the text is NULL. */
static void edit(json_t *document, const char *path, const char *text)
{
    auto_free char *copy = strdup(path);
    json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    json_t *at = document;
    char *step = copy, *dot;
    if (text && !value)
        fail_msg("%s: the test's own JSON is wrong: %s", path, text);
    while ((dot = strchr(step, '.')) != NULL) {
        *dot = '\0';
        at = step_into(at, step);
        step = dot + 1;
    }
    if (!json_is_object(at) && !json_is_array(at))
        fail_msg("%s: the test's own path is wrong", path);
    set_in(at, step, value);
}

/* One edit of a valid document, and the one problem that it makes: its path and a part of its text.
 */
struct row {
    const char *path, *value;
    const char *place, *text;
};

static const struct row local_errors[] = {
    {"apiVersion", NULL, "apiVersion", "is missing"},
    {"apiVersion", "\"kubeflow.org/v1alpha3\"", "apiVersion",
     "expected one of kubeflow.org/v1beta1"},
    {"kind", "\"Trial\"", "kind", "expected one of Experiment"},
    {"metadata", NULL, "metadata", "is missing"},
    {"metadata", "[]", "metadata", "found a list where a mapping"},
    {"metadata.name", NULL, "metadata.name", "is missing"},
    {"metadata.name", "5", "metadata.name", "write \"5\" in quotes"},
    {"metadata.name", "\"a.b\"", "metadata.name", "found \"a.b\""},
    {"metadata.name", "\"Wine\"", "metadata.name", "lower-case"},
    {"metadata.name", "\"a\\n\"", "metadata.name", "lower-case"},
    {"metadata.name", "\"1a\"", "metadata.name", "starts with a letter"},
    {"metadata.name", "\"a-\"", "metadata.name", "ends with a letter or digit"},
    {"metadata.name", "\"a123456789a123456789a123456789a123456789b\"", "metadata.name",
     "at most 40"},
    {"metadata.labels", "{\"a\":1}", "metadata.labels.a", "write \"1\" in quotes"},
    {"metadata.annotations", "{\"a\":true}", "metadata.annotations.a", "write \"true\" in quotes"},
    {"metadata.annotations", "{\"nbkatib.dev/seed\":\"-1\"}",
     "metadata.annotations.nbkatib.dev/seed", "whole number from 0"},
    {"metadata.annotations", "{\"nbkatib.dev/seed\":\"18446744073709551616\"}",
     "metadata.annotations.nbkatib.dev/seed", "whole number from 0"},
    {"metadata.annotations", "{\"nbkatib.dev/settings\":\"[1]\"}",
     "metadata.annotations.nbkatib.dev/settings", "JSON object"},
    {"spec", NULL, "spec", "is missing"},
    {"spec", "\"x\"", "spec", "found the text \"x\" where a mapping"},
    {"spec.maxTrialCount", "0", "spec.maxTrialCount", "at least 1"},
    {"spec.maxTrialCount", "12.5", "spec.maxTrialCount", "found the number 12.5"},
    {"spec.maxTrialCount", "\"12\"", "spec.maxTrialCount", "write it without quotes"},
    {"spec.maxTrialCount", "4294967296", "spec.maxTrialCount", "at most 2147483647"},
    {"spec.parallelTrialCount", "0", "spec.parallelTrialCount", "at least 1"},
    {"spec.parallelTrialCount", "13", "spec.parallelTrialCount",
     "more than maxTrialCount, which is 12"},
    {"spec.maxFailedTrialCount", "-1", "spec.maxFailedTrialCount", "at least 0"},
    {"spec.maxFailedTrialCount", "13", "spec.maxFailedTrialCount", "more than maxTrialCount"},
    {"spec.resumePolicy", "\"Always\"", "spec.resumePolicy", "Never, LongRunning, FromVolume"},
    {"spec.objective", NULL, "spec.objective", "is missing"},
    {"spec.objective", "\"accuracy\"", "spec.objective", "where a mapping is expected"},
    {"spec.objective.type", NULL, "spec.objective.type", "minimize or maximize"},
    {"spec.objective.type", "\"max\"", "spec.objective.type", "expected one of minimize, maximize"},
    {"spec.objective.goal", "\"nan\"", "spec.objective.goal",
     "found the text \"nan\" where a number"},
    {"spec.objective.goal", "\"0.9\"", "spec.objective.goal", "write it without quotes"},
    {"spec.objective.goal", "\"\"", "spec.objective.goal", "where a number is expected"},
    {"spec.objective.goal", "true", "spec.objective.goal", "found the truth value true"},
    {"spec.objective.objectiveMetricName", NULL, "spec.objective.objectiveMetricName",
     "is missing"},
    {"spec.objective.objectiveMetricName", "\"val.loss\"", "spec.objective.objectiveMetricName",
     "letters, digits"},
    {"spec.objective.objectiveMetricName", "7", "spec.objective.objectiveMetricName", "in quotes"},
    {"spec.objective.additionalMetricNames", "\"loss\"", "spec.objective.additionalMetricNames",
     "where a list"},
    {"spec.objective.additionalMetricNames", "[\"loss\",\"accuracy\"]",
     "spec.objective.additionalMetricNames[1]", "is the objective already"},
    {"spec.objective.additionalMetricNames", "[\"loss\",\"loss\"]",
     "spec.objective.additionalMetricNames[1]", "stands twice"},
    {"spec.objective.additionalMetricNames", "[\"loss\",\"\"]",
     "spec.objective.additionalMetricNames[1]", "is empty"},
    {"spec.objective.additionalMetricNames", "[\"loss\",\"a;b\"]",
     "spec.objective.additionalMetricNames[1]", "letters, digits"},
    {"spec.objective.additionalMetricNames", "[\"loss\",1]",
     "spec.objective.additionalMetricNames[1]", "write \"1\" in quotes"},
    {"spec.objective.metricStrategies.0.value", "\"mean\"",
     "spec.objective.metricStrategies[0].value", "min, max, latest"},
    {"spec.objective.metricStrategies.0.value", NULL, "spec.objective.metricStrategies[0].value",
     "min, max or latest"},
    {"spec.objective.metricStrategies.0.name", NULL, "spec.objective.metricStrategies[0].name",
     "is missing"},
    {"spec.objective.metricStrategies",
     "[{\"name\":\"loss\",\"value\":\"min\"},{\"name\":\"loss\",\"value\":\"max\"}]",
     "spec.objective.metricStrategies[1].name", "has a strategy already"},
    {"spec.objective.metricStrategies", "[5]", "spec.objective.metricStrategies[0]",
     "where a mapping"},
    {"spec.algorithm", NULL, "spec.algorithm", "is missing"},
    {"spec.algorithm.algorithmName", NULL, "spec.algorithm.algorithmName", "is missing"},
    {"spec.algorithm.algorithmName", "\"\"", "spec.algorithm.algorithmName", "is missing"},
    {"spec.algorithm.algorithmSettings.0.value", "7", "spec.algorithm.algorithmSettings[0].value",
     "write \"7\" in quotes"},
    {"spec.algorithm.algorithmSettings",
     "[{\"name\":\"a\",\"value\":\"1\"},{\"name\":\"a\",\"value\":\"2\"}]",
     "spec.algorithm.algorithmSettings[1].name", "stands twice"},
    {"spec.earlyStopping", "{}", "spec.earlyStopping.algorithmName", "is missing"},
    {"spec.earlyStopping",
     "{\"algorithmName\":\"medianstop\",\"algorithmSettings\":[{\"name\":\"start_step\",\"value\":"
     "4}]}",
     "spec.earlyStopping.algorithmSettings[0].value", "in quotes"},
    {"spec.parameters", NULL, "spec.parameters", "at least one parameter"},
    {"spec.parameters", "[]", "spec.parameters", "is empty"},
    {"spec.parameters", "{}", "spec.parameters", "found a mapping where a list"},
    {"spec.nasConfig", "{}", "spec.nasConfig", "stands beside"},
    {"spec.parameters.0", "\"lr\"", "spec.parameters[0]", "where a mapping"},
    {"spec.parameters.0.name", "\"\"", "spec.parameters[0].name", "is missing"},
    {"spec.parameters.0.name", "\"opt\"", "spec.parameters[2].name", "stands twice"},
    {"spec.parameters.0.parameterType", "\"float\"", "spec.parameters[0].parameterType",
     "int, double, discrete, categorical"},
    {"spec.parameters.0.parameterType", NULL, "spec.parameters[0].parameterType", "is missing"},
    {"spec.parameters.0.feasibleSpace", NULL, "spec.parameters[0].feasibleSpace", "is missing"},
    {"spec.parameters.0.feasibleSpace.min", "5", "spec.parameters[0].feasibleSpace.min",
     "write \"5\" in quotes"},
    {"spec.parameters.0.feasibleSpace.min", "0.001", "spec.parameters[0].feasibleSpace.min",
     "write \"0.001\" in quotes"},
    {"spec.parameters.0.feasibleSpace.min", NULL, "spec.parameters[0].feasibleSpace.min",
     "needs min and max"},
    {"spec.parameters.0.feasibleSpace.max", "\"\"", "spec.parameters[0].feasibleSpace.max",
     "needs min and max"},
    {"spec.parameters.0.feasibleSpace.min", "\"0\"", "spec.parameters[0].feasibleSpace.min",
     "logarithm needs a min above 0"},
    {"spec.parameters.0.feasibleSpace.min", "\"-1\"", "spec.parameters[0].feasibleSpace.min",
     "logarithm needs a min above 0"},
    {"spec.parameters.0.feasibleSpace.min", "\"1\"", "spec.parameters[0].feasibleSpace.min",
     "more than max, which is \"0.1\""},
    {"spec.parameters.0.feasibleSpace.min", "\"low\"", "spec.parameters[0].feasibleSpace.min",
     "finite decimal number"},
    {"spec.parameters.0.feasibleSpace.min", "\"0.01 \"", "spec.parameters[0].feasibleSpace.min",
     "finite decimal number"},
    {"spec.parameters.0.feasibleSpace.max", "\"inf\"", "spec.parameters[0].feasibleSpace.max",
     "finite decimal number"},
    {"spec.parameters.0.feasibleSpace.max", "\"nan\"", "spec.parameters[0].feasibleSpace.max",
     "finite decimal number"},
    {"spec.parameters.0.feasibleSpace.max", "\"0x1\"", "spec.parameters[0].feasibleSpace.max",
     "finite decimal number"},
    {"spec.parameters.0.feasibleSpace.step", "\"0\"", "spec.parameters[0].feasibleSpace.step",
     "greater than 0"},
    {"spec.parameters.0.feasibleSpace.step", "\"-0.1\"", "spec.parameters[0].feasibleSpace.step",
     "greater than 0"},
    {"spec.parameters.0.feasibleSpace.step", "\"a\"", "spec.parameters[0].feasibleSpace.step",
     "finite decimal number"},
    {"spec.parameters.0.feasibleSpace.list", "[\"1\"]", "spec.parameters[0].feasibleSpace.list",
     "does not go with parameterType double"},
    {"spec.parameters.0.feasibleSpace.distribution", "\"log\"",
     "spec.parameters[0].feasibleSpace.distribution", "uniform, logUniform"},
    {"spec.parameters.0.feasibleSpace", "{\"min\":\"-1e308\",\"max\":\"1e308\"}",
     "spec.parameters[0].feasibleSpace.max", "too wide"},
    {"spec.parameters.1.feasibleSpace.min", "\"1.5\"", "spec.parameters[1].feasibleSpace.min",
     "whole number"},
    {"spec.parameters.1.feasibleSpace.min", "\"2.0\"", "spec.parameters[1].feasibleSpace.min",
     "whole number"},
    {"spec.parameters.1.feasibleSpace.max", "\"1e3\"", "spec.parameters[1].feasibleSpace.max",
     "whole number"},
    {"spec.parameters.1.feasibleSpace.max", "\"9007199254740993\"",
     "spec.parameters[1].feasibleSpace.max", "2^53"},
    {"spec.parameters.1.feasibleSpace.step", "\"0\"", "spec.parameters[1].feasibleSpace.step",
     "greater than 0"},
    {"spec.parameters.1.feasibleSpace.step", "\"0.5\"", "spec.parameters[1].feasibleSpace.step",
     "whole number"},
    {"spec.parameters.1.feasibleSpace",
     "{\"min\":\"0\",\"max\":\"5\",\"distribution\":\"logNormal\"}",
     "spec.parameters[1].feasibleSpace.min", "logarithm"},
    {"spec.parameters.2.feasibleSpace.list", "[]", "spec.parameters[2].feasibleSpace.list",
     "is empty"},
    {"spec.parameters.2.feasibleSpace.list", NULL, "spec.parameters[2].feasibleSpace.list",
     "needs a list"},
    {"spec.parameters.2.feasibleSpace.list", "[\"adam\",\"adam\"]",
     "spec.parameters[2].feasibleSpace.list[1]", "stands twice"},
    {"spec.parameters.2.feasibleSpace.list", "[true]", "spec.parameters[2].feasibleSpace.list[0]",
     "write \"true\" in quotes"},
    {"spec.parameters.2.feasibleSpace.min", "\"1\"", "spec.parameters[2].feasibleSpace.min",
     "does not go with parameterType categorical"},
    {"spec.parameters.3.feasibleSpace.list", "[\"16\",\"x\"]",
     "spec.parameters[3].feasibleSpace.list[1]", "decimal numbers"},
    {"spec.parameters.3.feasibleSpace.list", "[16]", "spec.parameters[3].feasibleSpace.list[0]",
     "write \"16\" in quotes"},
    {"spec.parameters.3.feasibleSpace.step", "\"1\"", "spec.parameters[3].feasibleSpace.step",
     "does not go with"},
    {"spec.metricsCollectorSpec.collector.kind", "\"Stdout\"",
     "spec.metricsCollectorSpec.collector.kind", "StdOut"},
    {"spec.metricsCollectorSpec.collector.kind", "\"Custom\"",
     "spec.metricsCollectorSpec.collector.customCollector", "is missing"},
    {"spec.metricsCollectorSpec.source.fileSystemPath.path", "\"m.log\"",
     "spec.metricsCollectorSpec.source.fileSystemPath.path", "absolute"},
    {"spec.metricsCollectorSpec.source.fileSystemPath.kind", "\"Directory\"",
     "spec.metricsCollectorSpec.source.fileSystemPath.kind", "needs File"},
    {"spec.metricsCollectorSpec.source.fileSystemPath.format", "\"CSV\"",
     "spec.metricsCollectorSpec.source.fileSystemPath.format", "TEXT, JSON"},
    {"spec.metricsCollectorSpec.source.filter", "{\"metricsFormat\":[\"(a)=[(]\"]}",
     "spec.metricsCollectorSpec.source.filter.metricsFormat[0]", "two groups"},
    {"spec.metricsCollectorSpec.source.filter", "{\"metricsFormat\":[\"((a)=(b)\"]}",
     "spec.metricsCollectorSpec.source.filter.metricsFormat[0]", "two groups"},
    {"spec.metricsCollectorSpec",
     "{\"collector\":{\"kind\":\"TensorFlowEvent\"},\"source\":{\"fileSystemPath\":{\"path\":\"/"
     "e\",\"kind\":\"Directory\",\"format\":\"TEXT\"}}}",
     "spec.metricsCollectorSpec.source.fileSystemPath.format", "remove it"},
    {"spec.metricsCollectorSpec",
     "{\"collector\":{\"kind\":\"File\"},\"source\":{\"filter\":{},\"fileSystemPath\":{\"path\":\"/"
     "e\",\"format\":\"JSON\"}}}",
     "spec.metricsCollectorSpec.source.filter", "format JSON"},
    {"spec.trialTemplate", "5", "spec.trialTemplate", "where a mapping"},
};

#define TT  "spec.trialTemplate."
#define POD "spec.trialTemplate.trialSpec.spec.template.spec."

static const struct row cluster_errors[] = {
    {"spec.trialTemplate", NULL, "spec.trialTemplate", "is missing"},
    {TT "primaryContainerName", NULL, TT "primaryContainerName", "is missing"},
    {TT "primaryContainerName", "\"other\"", POD "containers", "none named \"other\""},
    {TT "retain", "\"true\"", TT "retain", "true or false"},
    {TT "trialSpec.kind", "\"Workflow\"", TT "successCondition", "is missing"},
    {TT "trialSpec.apiVersion", NULL, TT "trialSpec.apiVersion", "is missing"},
    {TT "trialSpec.metadata", "{\"name\":\"x\"}", TT "trialSpec.metadata.name", "must be absent"},
    {TT "trialSpec.metadata", "{\"namespace\":\"x\"}", TT "trialSpec.metadata.namespace",
     "must be absent"},
    {TT "configMap",
     "{\"configMapName\":\"a\",\"configMapNamespace\":\"b\",\"templatePath\":\"c\"}",
     TT "configMap", "stands beside"},
    {POD "restartPolicy", "\"Always\"", POD "restartPolicy", "Never"},
    {POD "containers.0.args.0", "\"x\"", TT "trialParameters[0].name", "does not occur"},
    {POD "containers.0.args.0", "\"${trialParameters.rate} ${trialParameters.x}\"", TT "trialSpec",
     "${trialParameters.x} is used"},
    {TT "trialParameters.0.name", "\"optimizer\"", TT "trialParameters[1].name", "stands twice"},
    {TT "trialParameters.0.name", "\"a{b\"", TT "trialParameters[0].name", "must not hold"},
    {TT "trialParameters.0.name", NULL, TT "trialParameters[0].name", "is missing"},
    {TT "trialParameters.0.reference", NULL, TT "trialParameters[0].reference", "is missing"},
    {TT "trialParameters.0.reference", "\"opt\"", TT "trialParameters[1].reference",
     "referred to twice"},
    {TT "trialParameters.0.reference", "\"x\"", TT "trialParameters[0].reference",
     "none of spec.parameters"},
    {TT "trialParameters.0.reference", "\"${trialSpec.Labels[]}\"",
     TT "trialParameters[0].reference", "none of spec.parameters"},
    {TT "trialParameters", "[]", TT "trialParameters", "is empty"},
    {TT "trialParameters", NULL, TT "trialParameters", "is missing"},
    {TT "trialParameters.0", NULL, TT "trialParameters",
     "lacks a reference to the parameter \"lr\""},
    {"spec.parameters.1.feasibleSpace.list", "[\"a\\\"b\"]",
     "spec.parameters[1].feasibleSpace.list[0]", "cannot pass on"},
    {"spec.parameters.1.feasibleSpace.list", "[\"a\\nb\"]",
     "spec.parameters[1].feasibleSpace.list[0]", "cannot pass on"},
    {"spec.maxTrialCount", "0", "spec.maxTrialCount", "at least 1"},
};

static const struct row local_warnings[] = {
    {"spec.paralelTrialCount", "2", "spec.paralelTrialCount", "no such field"},
    {"spec.parameters.0.feasibleSpace.steps", "\"1\"", "spec.parameters[0].feasibleSpace.steps",
     "no such field"},
    {"spec.objective.metricStrategies.0.name", "\"lost\"",
     "spec.objective.metricStrategies[0].name", "no metric"},
    {"spec.parameters.2.feasibleSpace.distribution", "\"normal\"",
     "spec.parameters[2].feasibleSpace.distribution", "no meaning"},
    {"spec.parameters.0.feasibleSpace.step", "\"1\"", "spec.parameters[0].feasibleSpace.step",
     "only min is left"},
};

static const struct row local_accepted[] = {
    {"spec.parameters.0.feasibleSpace.min", "\"0.1\"", NULL, NULL}, /* min = max: a constant */
    {"spec.parameters.1.feasibleSpace", "{\"min\":\"-3\",\"max\":\"+3\",\"step\":\"2\"}", NULL,
     NULL},
    {"spec.parameters.0.feasibleSpace.step", "\"0.01\"", NULL, NULL},
    {"spec.parameters.2.feasibleSpace.list", "[\"\"]", NULL, NULL},
    {"spec.objective.goal", "1", NULL, NULL},
    {"spec.objective.goal", "null", NULL, NULL},
    {"spec.objective.goal", NULL, NULL, NULL},
    {"spec.maxTrialCount", NULL, NULL, NULL},
    {"spec.maxTrialCount", "3", NULL, NULL},
    {"spec.maxFailedTrialCount", "0", NULL, NULL},
    {"spec.resumePolicy", "\"\"", NULL, NULL},
    {"spec.metricsCollectorSpec.source.filter",
     "{\"metricsFormat\":[\"([\\\\w|-]+)\\\\s*=\\\\s*([+-]?\\\\d*(\\\\.\\\\d+)?)\"]}", NULL, NULL},
    {"spec.metricsCollectorSpec.source.filter", "{\"metricsFormat\":[\"(a[)(\\\\]]+)=(?:x)(b)\"]}",
     NULL, NULL},
    {"spec.metricsCollectorSpec", NULL, NULL, NULL},
    {"status", "{\"x\":1}", NULL, NULL},
};

static void print_problems(const struct row *row, const struct experiment_problems *problems)
{
    print_error("%s = %s\n", row->path, row->value ? row->value : "(removed)");
    for (size_t i = 0; i < problems->count; i++)
        print_error(" got %s %s: %s\n", problems->items[i].error ? "error" : "warning",
                    problems->items[i].path, problems->items[i].text);
    if (row->place)
        print_error("want %s: ...%s...\n", row->place, row->text);
    else
        print_error("want nothing\n");
}

static bool has_problem(const struct experiment_problems *problems, const struct row *row,
                        bool error)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct experiment_problem *problem = &problems->items[i];
        if (problem->error == error && strcmp(problem->path, row->place) == 0 &&
            strstr(problem->text, row->text))
            return true;
    }
    return false;
}

static size_t count_errors(const struct experiment_problems *problems)
{
    size_t n = 0;
    for (size_t i = 0; i < problems->count; i++)
        n += problems->items[i].error ? 1 : 0;
    return n;
}

/* One mistake in a template shows in several places; elsewhere it must show once. */
enum want { WANT_ERROR, WANT_ERRORS, WANT_WARNING, WANT_NOTHING };

static bool is_as_wanted(const struct experiment_problems *problems, const struct row *row,
                         enum want want)
{
    if (want == WANT_NOTHING)
        return problems->count == 0;
    if (want == WANT_WARNING)
        return problems->count == 1 && has_problem(problems, row, false);
    return (want == WANT_ERRORS || problems->errors == 1) && has_problem(problems, row, true);
}

static void check_rows(const char *yaml, bool cluster, const struct row *rows, size_t n,
                       enum want want)
{
    struct experiment_rules rules = {.trial_template_required = cluster};
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
        auto_json json_t *document = parse(yaml);
        edit(document, rows[i].path, rows[i].value);
        size_t errors = experiment_validate(document, &rules, &problems);
        bool fits = is_as_wanted(&problems, &rows[i], want) && errors == problems.errors &&
                    errors == count_errors(&problems);
        if (!fits)
            print_problems(&rows[i], &problems);
        good = good && fits;
    }
    assert_true(good);
}

static void a_valid_document_has_no_problem(void **state)
{
    static const struct row none[] = {{"metadata.name", "\"wine\"", NULL, NULL}};
    (void)state;
    check_rows(local_document, false, none, 1, WANT_NOTHING);
    check_rows(cluster_document, true, none, 1, WANT_NOTHING);
}

static void finds_each_error(void **state)
{
    (void)state;
    check_rows(local_document, false, local_errors, COUNT_OF(local_errors), WANT_ERROR);
}

static void finds_each_error_of_a_template(void **state)
{
    (void)state;
    check_rows(cluster_document, true, cluster_errors, COUNT_OF(cluster_errors), WANT_ERRORS);
}

static void warns(void **state)
{
    (void)state;
    check_rows(local_document, false, local_warnings, COUNT_OF(local_warnings), WANT_WARNING);
}

static void accepts_what_katib_accepts(void **state)
{
    (void)state;
    check_rows(local_document, false, local_accepted, COUNT_OF(local_accepted), WANT_NOTHING);
}

static void collects_all_in_one_pass(void **state)
{
    (void)state;
    CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
    auto_json json_t *document = parse(local_document);
    edit(document, "metadata.name", "\"A\"");
    edit(document, "spec.maxTrialCount", "0");
    edit(document, "spec.objective.type", "\"x\"");
    edit(document, "spec.parameters.0.feasibleSpace.min", "5");
    edit(document, "spec.parameters.2.feasibleSpace.list", "[]");
    assert_int_equal(experiment_validate(document, NULL, &problems), 5);
    assert_int_equal(problems.count, 5);
}

/* Katib's default of 3 parallel trials would be refused with fewer trials than that. */
static void names_the_default_that_is_too_large(void **state)
{
    (void)state;
    CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
    auto_json json_t *document = parse(local_document);
    edit(document, "spec.maxTrialCount", "2");
    edit(document, "spec.maxFailedTrialCount", NULL);
    edit(document, "spec.parallelTrialCount", NULL);
    assert_int_equal(experiment_validate(document, NULL, &problems), 1);
    assert_string_equal(problems.items[0].path, "spec.parallelTrialCount");
    assert_non_null(strstr(problems.items[0].text, "write parallelTrialCount: 2"));
}

static void complain(const json_t *spec, struct experiment_problems *problems)
{
    const json_t *algorithm = json_object_get(spec, "algorithm");
    experiment_problem(problems, true, "spec.algorithm.algorithmName", "no %s here",
                       json_string_value(json_object_get(algorithm, "algorithmName")));
}

static void asks_the_engine_about_the_algorithm(void **state)
{
    (void)state;
    CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
    struct experiment_rules rules = {.check_algorithm = complain};
    auto_json json_t *document = parse(local_document);
    assert_int_equal(experiment_validate(document, &rules, &problems), 1);
    assert_string_equal(problems.items[0].text, "no random here");
}

/* Texts are cut to fit, between characters, so that they stay valid UTF-8. */
static void problems_are_valid_text(void **state)
{
    (void)state;
    CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
    char text[1024], path[512];
    for (size_t start = 0; start < 3; start++) {
        memset(text, 'a', sizeof(text));
        memset(path, 'b', sizeof(path));
        for (size_t i = start; i + 4 < sizeof(text); i += 3)
            memcpy(text + i, "\xE2\x82\xAC", 4);
        for (size_t i = start; i + 4 < sizeof(path); i += 3)
            memcpy(path + i, "\xE2\x82\xAC", 4);
        experiment_problem(&problems, false, path, "%s", text);
        auto_json json_t *as_json =
            json_pack("[s, s]", problems.items[start].path, problems.items[start].text);
        if (!as_json)
            fail_msg("not UTF-8: %s %s", problems.items[start].path, problems.items[start].text);
    }
    assert_int_equal(problems.errors, 0);
}

/* Documents of nothing but mistakes must not take the machine's memory. */
static void lists_at_most_a_thousand(void **state)
{
    (void)state;
    CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
    for (int i = 0; i < 5000; i++)
        experiment_problem(&problems, true, "x", "y");
    assert_int_equal(problems.count, 1000);
    assert_int_equal(problems.errors, 5000);
}

/* Any JSON at any place of a document: an error perhaps, never a crash. */
static void survives_any_type_anywhere(void **state)
{
    static const char *const values[] = {"null", "true",   "5",    "1.5",  "\"\"", "\"x\"",
                                         "[]",   "[null]", "[[]]", "[{}]", "{}",   "{\"x\":null}"};
    static const struct row *const tables[] = {local_errors, cluster_errors};
    static const size_t sizes[] = {COUNT_OF(local_errors), COUNT_OF(cluster_errors)};
    static const char *const documents[] = {local_document, cluster_document};
    (void)state;
    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; i < sizes[t] * COUNT_OF(values); i++) {
            CLEANUP(experiment_problems_fini) struct experiment_problems problems = {0};
            auto_json json_t *document = parse(documents[t]);
            edit(document, tables[t][i / COUNT_OF(values)].path, values[i % COUNT_OF(values)]);
            size_t errors = experiment_validate(document, NULL, &problems);
            assert_int_equal(errors, problems.errors);
            struct nbt_error err = NBT_ERROR_INIT;
            assert_int_equal(experiment_default(document, &err), 0);
            struct experiment_spec spec;
            if (experiment_spec_init(&spec, document, &err) == 0)
                experiment_spec_fini(&spec);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_valid_document_has_no_problem),
        cmocka_unit_test(finds_each_error),
        cmocka_unit_test(finds_each_error_of_a_template),
        cmocka_unit_test(warns),
        cmocka_unit_test(accepts_what_katib_accepts),
        cmocka_unit_test(collects_all_in_one_pass),
        cmocka_unit_test(names_the_default_that_is_too_large),
        cmocka_unit_test(asks_the_engine_about_the_algorithm),
        cmocka_unit_test(problems_are_valid_text),
        cmocka_unit_test(lists_at_most_a_thousand),
        cmocka_unit_test(survives_any_type_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
