#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/result.h"
#include "cli/table.h"
#include "cli/text.h"
#include "service/service.h"

static const struct option options[] = {
    {.name = "trial",
     .kind = OPTION_TEXT,
     .argument = "TRIAL",
     .help = "Show this trial alone, in full."},
    {0},
};

static const struct option_group group = {"This command", options};

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

static void add_row(struct table *table, const struct columns *columns, const json_t *show,
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

static void say_trials(const json_t *show)
{
    CLEANUP(table_fini) struct table table = {.heads = {"TRIAL", "STATE", "TIME"}, .fit = true};
    struct columns columns = {0};
    size_t i;
    json_t *trial;

    /* Of more parameters than columns, the first ones are shown. */
    (void)columns_of(&columns, json_object_get(json_object_get(show, "experiment"), "spec"));
    for (i = 0; i < columns.n_metrics; i++)
        table.heads[OWN_COLUMNS + i] = columns.metrics[i];
    for (i = 0; i < columns.n_parameters; i++)
        table.heads[OWN_COLUMNS + columns.n_metrics + i] = columns.parameters[i];
    json_array_foreach(json_object_get(show, "trials"), i, trial)
        add_row(&table, &columns, show, trial);
    putchar('\n');
    table_print(&table, stdout);
}

static int say_show(const struct parsed *parsed, const json_t *show)
{
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(show, "warnings"), i, row)
    {
        auto_free char *text = file_printable(json_is_string(row) ? json_string_value(row) : "?");
        say(stderr, "nbkatib: warning: %s\n", text ? text : "?");
    }
    /* Showing an experiment that failed is no failure. */
    (void)result_tell(parsed, show);
    say_trials(show);
    return EXIT_OK;
}

static void say_member(const char *label, const char *text)
{
    auto_free char *shown = file_printable(text);

    if (text[0])
        printf("%-12s%s\n", label, shown ? shown : "?");
}

static void say_time(const char *label, const char *utc)
{
    CLEANUP(buf_fini) struct buf text = buf_init(256);

    text_moment(&text, utc);
    say_member(label, buf_text(&text));
}

static void say_trial(const json_t *trial)
{
    static const char *const members[][2] = {
        {"trial", "name"},
        {"state", "state"},
        {"reason", "reason"},
        {"message", "message"},
        {"step", "step"},
    };
    size_t i;
    json_t *row;

    for (i = 0; i < COUNT_OF(members); i++)
        say_member(members[i][0], text_of(trial, members[i][1]));
    say_time("started", text_of(trial, "startTime"));
    say_time("completed", text_of(trial, "completionTime"));
    say_member("isolation", text_of(trial, "isolation"));
    say_member("folder", text_of(trial, "folder"));
    puts("assignment");
    json_array_foreach(json_object_get(trial, "assignments"), i, row)
        say_row(text_of(row, "name"), text_of(row, "value"));
    puts("metrics");
    json_array_foreach(json_object_get(json_object_get(trial, "observation"), "metrics"), i, row)
        say_row(text_of(row, "name"), text_of(row, "latest"));
}

static int show_trial(const struct parsed *parsed, const json_t *show, const char *name)
{
    const json_t *trial = service_find_trial(show, name);
    struct nbt_error err = NBT_ERROR_INIT;

    if (!trial) {
        (void)!nbt_error_set(&err, NBT_ENOTFOUND,
                             "'%s' has no trial '%s'; 'nbkatib show %s' lists them",
                             text_of(show, "name"), name, text_of(show, "name"));
        return fail(parsed, &err, NULL);
    }
    if (parsed_flag(parsed, "json"))
        say_json(trial);
    else
        say_trial(trial);
    return EXIT_OK;
}

static int run(const struct parsed *parsed)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *show = NULL;

    if (service_show(&show, parsed->positionals[0], &err) < 0)
        return fail(parsed, &err, NULL);
    if (parsed_text(parsed, "trial"))
        return show_trial(parsed, show, parsed_text(parsed, "trial"));
    if (parsed_flag(parsed, "json")) {
        say_json(show);
        return EXIT_OK;
    }
    return say_show(parsed, show);
}

const struct command command_show = {
    .name = "show",
    .summary = "Show an experiment and its trials",
    .description = "Prints the state of an experiment, its best trial and a table of its trials, "
                   "with numbers of six digits; --trial shows all of them. --json gives the Katib "
                   "Experiment with its status, and every trial.",
    .positionals = {{.name = "EXPERIMENT", .complete = COMPLETE_EXPERIMENT}},
    .groups = {&group, &group_common},
    .stored = true,
    .run = run,
};
