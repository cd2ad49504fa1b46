/* Tables of experiments and of their trials. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "service/tables.h"
#include "service/text.h"
#include "service/values.h"

static void put_objective(struct buf *out, const json_t *item)
{
    const json_t *objective = json_object_get(item, "objective");

    buf_printf(out, "%s ", text_of(objective, "name"));
    put_value(out, json_object_get(objective, "value"));
}

static void put_counts(struct buf *out, const json_t *item)
{
    const json_t *maximum = json_object_get(item, "maxTrialCount");

    buf_printf(out, "%.0f", number_of(item, "trialsSucceeded"));
    if (json_is_integer(maximum))
        buf_printf(out, "/%lld", (long long)json_integer_value(maximum));
    if (number_of(item, "trialsFailed") > 0)
        buf_printf(out, " (%.0f failed)", number_of(item, "trialsFailed"));
}

static void add_experiment(struct table *table, const json_t *item)
{
    CLEANUP(buf_fini) struct buf counts = buf_init(256);
    CLEANUP(buf_fini) struct buf objective = buf_init(1024);
    CLEANUP(buf_fini) struct buf best = buf_init(8192);
    const char *error = text_of(item, "error");
    CLEANUP(buf_fini) struct buf started = buf_init(256);

    if (error[0]) {
        table_add(table,
                  (const char *const[]){text_of(item, "name"), "Unreadable", "", "", "", error});
        return;
    }
    text_date(&started, text_of(item, "startTime"));
    put_counts(&counts, item);
    put_objective(&objective, item);
    put_assignments(&best, json_object_get(json_object_get(item, "best"), "assignments"));
    table_add(table, (const char *const[]){text_of(item, "name"), text_of(item, "state"),
                                           buf_text(&counts), buf_text(&started),
                                           buf_text(&objective), buf_text(&best)});
}

void table_experiments(struct table *table, const json_t *items)
{
    size_t i;
    json_t *item;

    *table = (struct table){.heads = {"NAME", "STATE", "TRIALS", "STARTED", "OBJECTIVE", "BEST"},
                            .fit = true};
    json_array_foreach(items, i, item) add_experiment(table, item);
}

/* Columns after TRIAL, STATE and TIME: the metrics, then the parameters. */
struct columns {
    const char *metrics[TABLE_COLUMNS], *parameters[TABLE_COLUMNS];
    size_t n_metrics, n_parameters;
};

#define OWN_COLUMNS 3

static bool add_column(struct columns *columns, const char **names, size_t *n, const char *name)
{
    if (OWN_COLUMNS + columns->n_metrics + columns->n_parameters == TABLE_COLUMNS)
        return false;
    names[(*n)++] = name;
    return true;
}

/* False when they are too many for a table. */
static bool columns_of(struct columns *columns, const json_t *spec)
{
    const json_t *objective = json_object_get(spec, "objective");
    bool fits = add_column(columns, columns->metrics, &columns->n_metrics,
                           text_of(objective, "objectiveMetricName"));
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(objective, "additionalMetricNames"), i, row) fits =
        fits && add_column(columns, columns->metrics, &columns->n_metrics,
                           json_is_string(row) ? json_string_value(row) : "?");
    json_array_foreach(json_object_get(spec, "parameters"), i, row) fits =
        fits &&
        add_column(columns, columns->parameters, &columns->n_parameters, text_of(row, "name"));
    return fits;
}

static const json_t *named(const json_t *list, const char *name)
{
    size_t i;
    json_t *row;

    json_array_foreach(list, i, row)
    {
        if (strcmp(text_of(row, "name"), name) == 0)
            return row;
    }
    return NULL;
}

static char *value_cell(const json_t *list, const char *name, const char *key)
{
    CLEANUP(buf_fini) struct buf cell = buf_init(8192);
    const json_t *row = named(list, name);

    if (row)
        put_value(&cell, json_object_get(row, key));
    return strdup(buf_text(&cell));
}

/* A trial that runs has taken the time since its start. */
static double seconds_of(const json_t *show, const json_t *trial)
{
    const char *state = text_of(show, "state");
    bool lives = strcmp(state, "Running") == 0 || strcmp(state, "Stopping") == 0;
    double start;

    if (lives && strcmp(text_of(trial, "state"), "Running") == 0 &&
        text_epoch(text_of(trial, "startTime"), &start))
        return (double)clock_realtime_us() / 1e6 - start;
    return number_of(trial, "seconds");
}

/* Why a trial has no value of a metric says more than that it has none. */
static char *metric_cell(const json_t *trial, const char *name)
{
    const json_t *metrics = json_object_get(json_object_get(trial, "observation"), "metrics");
    char *cell = value_cell(metrics, name, "latest");

    if (!cell || !text_of(trial, "reason")[0] || (cell[0] && strcmp(cell, "unavailable") != 0))
        return cell;
    free(cell);
    return strdup(text_of(trial, "reason"));
}

static void add_trial(struct table *table, const struct columns *columns, const json_t *show,
                      const json_t *trial)
{
    const json_t *metrics = json_object_get(json_object_get(trial, "observation"), "metrics");
    char *cells[TABLE_COLUMNS] = {0};
    char duration[TEXT_DURATION_MAX];
    size_t n = OWN_COLUMNS;

    text_duration(duration, seconds_of(show, trial));
    cells[0] = strdup(text_short_trial(text_of(show, "name"), text_of(trial, "name")));
    cells[1] = strdup(text_of(trial, "state"));
    cells[2] = strdup(duration);
    for (size_t i = 0; i < columns->n_metrics; i++)
        cells[n++] = i == 0 ? metric_cell(trial, columns->metrics[i])
                            : value_cell(metrics, columns->metrics[i], "latest");
    for (size_t i = 0; i < columns->n_parameters; i++)
        cells[n++] =
            value_cell(json_object_get(trial, "assignments"), columns->parameters[i], "value");
    table_add(table, (const char *const *)cells);
    for (size_t i = 0; i < n; i++)
        free(cells[i]);
}

void table_trials(struct table *table, const json_t *show)
{
    struct columns columns = {0};
    size_t i;
    json_t *trial;

    *table = (struct table){.heads = {"TRIAL", "STATE", "TIME"}, .fit = true};
    /* Of more parameters than columns, the first ones are shown. */
    (void)columns_of(&columns, json_object_get(json_object_get(show, "experiment"), "spec"));
    for (i = 0; i < columns.n_metrics; i++)
        table->heads[OWN_COLUMNS + i] = columns.metrics[i];
    for (i = 0; i < columns.n_parameters; i++)
        table->heads[OWN_COLUMNS + columns.n_metrics + i] = columns.parameters[i];
    json_array_foreach(json_object_get(show, "trials"), i, trial)
        add_trial(table, &columns, show, trial);
}
