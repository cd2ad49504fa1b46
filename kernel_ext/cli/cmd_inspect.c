#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/text.h"

static void say_table(const char *title, const struct table *table)
{
    printf("\n%s\n", title);
    if (table->n_rows)
        table_print(table, stdout);
    else
        puts("  none");
}

static void say_parameters(const json_t *result)
{
    CLEANUP(table_fini)
    struct table table = {
        .heads = {"  PARAMETER", "TYPE", "VALUE", "SEARCHED", "RANGE", "ORIGIN", "WHY"}};
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(result, "parameters"), i, row)
    {
        CLEANUP(buf_fini) struct buf range = buf_init(8192);
        CLEANUP(buf_fini) struct buf name = buf_init(8192);
        buf_printf(&name, "  %s", text_of(row, "name"));
        put_range(&range, json_object_get(row, "range"));
        table_add(&table, (const char *const[]){
                              buf_text(&name), text_of(row, "type"), text_of(row, "value"),
                              json_is_true(json_object_get(row, "selected")) ? "yes" : "no",
                              buf_text(&range), text_of(row, "origin"), text_of(row, "why")});
    }
    say_table("parameters", &table);
}

static void put_list(struct buf *out, const json_t *list, const char *before)
{
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item) buf_printf(
        out, "%s%s", i ? ", " : before, json_is_string(item) ? json_string_value(item) : "?");
}

static void say_all_cells(const json_t *result)
{
    CLEANUP(table_fini) struct table table = {.heads = {"  CELL", "TYPE", "ROLE", "RUNS", "STEP"}};
    size_t i;
    json_t *cell;

    json_array_foreach(json_object_get(result, "cells"), i, cell)
    {
        CLEANUP(buf_fini) struct buf step = buf_init(8192);
        char index[32];
        snprintf(index, sizeof(index), "  %.0f", number_of(cell, "index"));
        buf_puts(&step, text_of(cell, "step"));
        put_list(&step, json_object_get(cell, "prev"), " after ");
        table_add(&table,
                  (const char *const[]){index, text_of(cell, "type"), text_of(cell, "role"),
                                        json_is_true(json_object_get(cell, "runs")) ? "yes" : "no",
                                        buf_text(&step)});
    }
    say_table("cells", &table);
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
            buf_printf(&stretch.cells, "%s%d", joins ? ", " : "  ", index_of(cell));
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

static void say_cells(const json_t *result)
{
    CLEANUP(table_fini) struct table table = {.heads = {"  CELLS", "ROLE", "RUNS", "STEP"}};
    size_t hidden = add_stretches(&table, json_object_get(result, "cells"));

    say_table("cells", &table);
    if (hidden)
        printf("  and %zu without a part (text, empty); --all lists them\n", hidden);
}

static void say_metrics(const json_t *result)
{
    CLEANUP(table_fini) struct table table = {.heads = {"  METRIC", "VARIABLE", "CELL"}};
    size_t i;
    json_t *metric;

    json_array_foreach(json_object_get(result, "metrics"), i, metric)
    {
        CLEANUP(buf_fini) struct buf name = buf_init(8192);
        char cell[32];
        buf_printf(&name, "  %s", text_of(metric, "name"));
        snprintf(cell, sizeof(cell), "%.0f", number_of(metric, "cell"));
        table_add(&table,
                  (const char *const[]){buf_text(&name), text_of(metric, "variable"), cell});
    }
    say_table("metrics", &table);
}

static void put_count(struct buf *out, const json_t *run, const char *key, const char *label)
{
    const json_t *value = json_object_get(run, key);

    if (json_is_integer(value))
        buf_printf(out, ", %lld %s", (long long)json_integer_value(value), label);
    else
        buf_printf(out, ", no limit of %s", label);
}

static void put_objective(struct buf *line, const json_t *objective)
{
    const char *name = text_of(objective, "objectiveMetricName");

    if (name[0])
        buf_printf(line, "%s %s", text_of(objective, "type"), name);
    else
        buf_puts(line, "no objective");
    if (json_is_number(json_object_get(objective, "goal")))
        buf_printf(line, " until %.6g", number_of(objective, "goal"));
    if (name[0])
        buf_printf(line, " (%s)", text_of(objective, "origin"));
    buf_puts(line, "\n  ");
}

static void say_run(const json_t *result)
{
    const json_t *run = json_object_get(result, "run");
    CLEANUP(buf_fini) struct buf line = buf_init(8192);

    put_objective(&line, json_object_get(result, "objective"));
    put_algorithm(&line, text_of(json_object_get(run, "algorithm"), "algorithmName"),
                  text_of(run, "resolvedAlgorithm"));
    put_count(&line, run, "maxTrialCount", "trials");
    put_count(&line, run, "parallelTrialCount", "in parallel");
    put_count(&line, run, "maxFailedTrialCount", "may fail");
    buf_printf(&line, " (%s)", text_of(run, "origin"));
    say(stdout, "\nrun\n  %s\n", buf_text(&line));
}

static void say_head(const json_t *result)
{
    auto_free char *path = file_printable(text_of(result, "notebook"));
    auto_free char *kernel = file_printable(text_of(result, "kernel"));

    say(stdout, "%s\n  %s notebook, nbformat %s, kernel %s, language %s\n", path ? path : "?",
        text_of(result, "kind"), text_of(result, "nbformat"),
        kernel && kernel[0] ? kernel : "not named", text_of(result, "language"));
}

static const struct option options[] = {
    {.name = "all", .letter = 'a', .help = "List every cell on a line of its own."},
    {0},
};

static const struct option_group group = {"This command", options};

static int run(const struct parsed *parsed)
{
    struct service_source source = {.path = parsed->positionals[0], .given = given_from(parsed)};
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *result = NULL;

    if (service_inspect(&result, &source, &err) < 0)
        return fail(parsed, &err, NULL);
    const json_t *diagnostics = json_object_get(result, "diagnostics");
    if (parsed_flag(parsed, "json")) {
        say_json(result);
    } else {
        say_head(result);
        if (parsed_flag(parsed, "all"))
            say_all_cells(result);
        else
            say_cells(result);
        say_parameters(result);
        say_metrics(result);
        say_run(result);
    }
    say_problems(parsed->positionals[0], diagnostics, true);
    return any_errors(diagnostics) ? EXIT_INPUT : EXIT_OK;
}

const struct command command_inspect = {
    .name = "inspect",
    .summary = "Show what a notebook says: cells, parameters, metrics, ranges, problems",
    .description = "Prints the notebook's cells by role, its parameters with the range that would "
                   "be searched, where that range comes "
                   "from (given, stored, annotated, derived) and why, its metrics, the objective, "
                   "the run settings, and on stderr every "
                   "problem with its cell and line. Cells and lines are as in the file: cells "
                   "count from 0, lines from 1.\n\n"
                   "Exit status 3 when a problem is an error.",
    .examples = "  nbkatib inspect model.ipynb\n  nbkatib inspect model.ipynb --json\n",
    .positionals = {{.name = "NOTEBOOK", .complete = COMPLETE_NOTEBOOK}},
    .groups = {&group_search, &group, &group_common},
    .run = run,
};
