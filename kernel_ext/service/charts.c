/* The table of charts, and their one size limit. */
#include "service/charts.h"

#include <string.h>

#include "base/scope.h"
#include "service/internal.h"

static const struct chart *const table[] = {
    &chart_objective, &chart_parallel, &chart_parameters, &chart_importance, &chart_learning,
};

/* Halves the trials that are drawn until the chart is small enough. */
static json_t *fitting(const struct chart *chart, const struct charts *charts)
{
    for (size_t limit = CHARTS_TRIALS_MAX; limit > 0; limit /= 2) {
        auto_json json_t *spec = chart->spec(charts, limit);
        if (!spec || json_dumpb(spec, NULL, 0, JSON_COMPACT) < CHARTS_BYTES_MAX)
            return TAKE(spec);
    }
    return NULL;
}

int charts_json(json_t **ret, const struct charts *charts, struct nbt_error *err)
{
    auto_json json_t *list = json_array();

    for (size_t i = 0; i < COUNT_OF(table); i++) {
        json_t *spec = fitting(table[i], charts);
        if (spec &&
            json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "name", table[i]->name,
                                                  "title", table[i]->title, "spec", spec)) < 0)
            return no_memory(err);
    }
    if (!list)
        return no_memory(err);
    *ret = TAKE(list);
    return 0;
}

struct collector {
    json_t *curves;
    const char *metric;
};

/* A trial that starts again begins a new curve. */
static int collect(void *self, const json_t *event)
{
    struct collector *collector = self;
    const char *kind = json_string_value(json_object_get(event, "kind"));
    const char *trial = json_string_value(json_object_get(event, "trial"));
    const char *metric = json_string_value(json_object_get(event, "metric"));

    if (!kind || !trial)
        return 0;
    if (strcmp(kind, "trial-started") == 0)
        json_object_del(collector->curves, trial);
    if (strcmp(kind, "trial-report") != 0 || !metric || strcmp(metric, collector->metric) != 0)
        return 0;
    if (!json_object_get(collector->curves, trial))
        json_object_set_new(collector->curves, trial, json_array());
    return json_array_append(json_object_get(collector->curves, trial),
                             json_object_get(event, "value")) < 0;
}

/* Are there intermediate reports at all? Early stopping reads them, --reports asks for them. */
static bool has_reports(const json_t *document)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_json json_t *settings = NULL;

    if (json_is_object(json_object_get(json_object_get(document, "spec"), "earlyStopping")))
        return true;
    return settings_load(&settings, document, &ignored) == 0 &&
           json_is_true(json_object_get(settings, "reports"));
}

static int read_curves(json_t *curves, const json_t *show, struct nbt_error *err)
{
    const json_t *document = json_object_get(show, "experiment");
    const json_t *objective = json_object_get(json_object_get(document, "spec"), "objective");
    struct collector collector = {
        .curves = curves,
        .metric = json_string_value(json_object_get(objective, "objectiveMetricName"))};
    struct engine_watch watch = {.cancel_fd = -1, .on_event = collect, .self = &collector};
    const char *name = json_string_value(json_object_get(show, "name"));

    if (!curves)
        return no_memory(err);
    if (!name || !collector.metric || !has_reports(document))
        return 0;
    return service_watch(name, &watch, err);
}

int charts_of_show(json_t **ret, const json_t *show, struct nbt_error *err)
{
    CLEANUP(charts_fini) struct charts charts = {0};
    auto_json json_t *curves = json_object();
    int result = read_curves(curves, show, err);

    if (result == 0)
        result = charts_init(&charts, show, curves, err);
    return result != 0 ? result : charts_json(ret, &charts, err);
}

int service_charts(json_t **ret, const char *experiment, struct nbt_error *err)
{
    auto_json json_t *show = NULL;
    int result = service_show(&show, experiment, err);

    return result != 0 ? result : charts_of_show(ret, show, err);
}
