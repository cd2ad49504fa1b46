/* Tables of what a notebook says. */
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "service/tables.h"
#include "service/values.h"

void table_parameters(struct table *table, const json_t *result)
{
    *table = (struct table){
        .heads = {"PARAMETER", "TYPE", "VALUE", "SEARCHED", "RANGE", "ORIGIN", "WHY"}};
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(result, "parameters"), i, row)
    {
        CLEANUP(buf_fini) struct buf range = buf_init(8192);
        put_range(&range, json_object_get(row, "range"));
        table_add(table, (const char *const[]){
                             text_of(row, "name"), text_of(row, "type"), text_of(row, "value"),
                             json_is_true(json_object_get(row, "selected")) ? "yes" : "no",
                             buf_text(&range), text_of(row, "origin"), text_of(row, "why")});
    }
}

static void put_list(struct buf *out, const json_t *list, const char *before)
{
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item) buf_printf(
        out, "%s%s", i ? ", " : before, json_is_string(item) ? json_string_value(item) : "?");
}

void table_all_cells(struct table *table, const json_t *result)
{
    *table = (struct table){.heads = {"CELL", "TYPE", "ROLE", "RUNS", "STEP"}};
    size_t i;
    json_t *cell;

    json_array_foreach(json_object_get(result, "cells"), i, cell)
    {
        CLEANUP(buf_fini) struct buf step = buf_init(8192);
        char index[32];
        snprintf(index, sizeof(index), "%.0f", number_of(cell, "index"));
        buf_puts(&step, text_of(cell, "step"));
        put_list(&step, json_object_get(cell, "prev"), " after ");
        table_add(table,
                  (const char *const[]){index, text_of(cell, "type"), text_of(cell, "role"),
                                        json_is_true(json_object_get(cell, "runs")) ? "yes" : "no",
                                        buf_text(&step)});
    }
}

/* Cells one after the other that have the same part: one row. */
struct stretch {
    const json_t *first; /* NULL: none */
    int last;
    struct buf cells; /* "2, 4-6" */
};

static int index_of(const json_t *cell)
{
    return (int)number_of(cell, "index");
}

static bool same_part(const json_t *a, const json_t *b)
{
    return strcmp(text_of(a, "role"), text_of(b, "role")) == 0 &&
           strcmp(text_of(a, "step"), text_of(b, "step")) == 0 &&
           json_is_true(json_object_get(a, "runs")) == json_is_true(json_object_get(b, "runs"));
}

static void end_range(struct stretch *stretch, int start)
{
    if (stretch->last > start)
        buf_printf(&stretch->cells, "-%d", stretch->last);
}

static void end_stretch(struct stretch *stretch, struct table *table)
{
    CLEANUP(buf_fini) struct buf step = buf_init(8192);

    if (!stretch->first)
        return;
    buf_puts(&step, text_of(stretch->first, "step"));
    put_list(&step, json_object_get(stretch->first, "prev"), " after ");
    table_add(table, (const char *const[]){
                         buf_text(&stretch->cells), text_of(stretch->first, "role"),
                         json_is_true(json_object_get(stretch->first, "runs")) ? "yes" : "no",
                         buf_text(&step)});
    buf_clear(&stretch->cells);
}

static size_t add_stretches(struct table *table, const json_t *cells)
{
    struct stretch stretch = {.cells = buf_init(65536)};
    size_t hidden = 0, i;
    int start = 0;
    json_t *cell;

    json_array_foreach(cells, i, cell)
    {
        if (strcmp(text_of(cell, "role"), "none") == 0) {
            hidden++;
            continue;
        }
        bool joins = stretch.first && same_part(stretch.first, cell);
        if (!joins || stretch.last + 1 != index_of(cell)) {
            end_range(&stretch, start);
            if (!joins)
                end_stretch(&stretch, table);
            buf_printf(&stretch.cells, "%s%d", joins ? ", " : "", index_of(cell));
            stretch.first = joins ? stretch.first : cell;
            start = index_of(cell);
        }
        stretch.last = index_of(cell);
    }
    end_range(&stretch, start);
    end_stretch(&stretch, table);
    buf_fini(&stretch.cells);
    return hidden;
}

size_t table_cells(struct table *table, const json_t *result)
{
    *table = (struct table){.heads = {"CELLS", "ROLE", "RUNS", "STEP"}};
    return add_stretches(table, json_object_get(result, "cells"));
}

void table_metrics(struct table *table, const json_t *result)
{
    *table = (struct table){.heads = {"METRIC", "VARIABLE", "CELL"}};
    size_t i;
    json_t *metric;

    json_array_foreach(json_object_get(result, "metrics"), i, metric)
    {
        char cell[32];
        snprintf(cell, sizeof(cell), "%.0f", number_of(metric, "cell"));
        table_add(table, (const char *const[]){text_of(metric, "name"), text_of(metric, "variable"),
                                               cell});
    }
}

static void put_count(struct buf *out, const json_t *run, const char *key, const char *label)
{
    const json_t *value = json_object_get(run, key);

    if (json_is_integer(value))
        buf_printf(out, ", %lld %s", (long long)json_integer_value(value), label);
    else
        buf_printf(out, ", no limit of %s", label);
}

static void put_objective(struct buf *out, const json_t *objective)
{
    const char *name = text_of(objective, "objectiveMetricName");

    if (name[0])
        buf_printf(out, "%s %s", text_of(objective, "type"), name);
    else
        buf_puts(out, "no objective");
    if (json_is_number(json_object_get(objective, "goal")))
        buf_printf(out, " until %.6g", number_of(objective, "goal"));
    if (name[0])
        buf_printf(out, " (%s)", text_of(objective, "origin"));
    buf_putc(out, '\n');
}

void put_run(struct buf *out, const json_t *result)
{
    const json_t *run = json_object_get(result, "run");

    put_objective(out, json_object_get(result, "objective"));
    put_algorithm(out, text_of(json_object_get(run, "algorithm"), "algorithmName"),
                  text_of(run, "resolvedAlgorithm"));
    put_count(out, run, "maxTrialCount", "trials");
    put_count(out, run, "parallelTrialCount", "in parallel");
    put_count(out, run, "maxFailedTrialCount", "may fail");
    buf_printf(out, " (%s)", text_of(run, "origin"));
}
