#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/text.h"

static const struct option options[] = {
    {.name = "names", .help = "Print the names alone, one a line."},
    {0},
};

static const struct option_group group = {"This command", options};

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

static void add_row(struct table *table, const json_t *item)
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

static void say_names(const json_t *items)
{
    size_t i;
    json_t *item;

    json_array_foreach(items, i, item)
    {
        auto_free char *name = file_printable(text_of(item, "name"));
        printf("%s\n", name ? name : "?");
    }
}

static void say_table(const json_t *items)
{
    CLEANUP(table_fini)
    struct table table = {.heads = {"NAME", "STATE", "TRIALS", "STARTED", "OBJECTIVE", "BEST"},
                          .fit = true};
    size_t i;
    json_t *item;

    json_array_foreach(items, i, item) add_row(&table, item);
    table_print(&table, stdout);
}

static int run(const struct parsed *parsed)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *items = NULL;

    if (service_list(&items, &err) < 0)
        return fail(parsed, &err, NULL);
    if (parsed_flag(parsed, "json"))
        say_json(items);
    else if (parsed_flag(parsed, "names"))
        say_names(items);
    else if (json_array_size(items) == 0)
        fputs("nbkatib: no experiment yet; 'nbkatib run NOTEBOOK' makes one\n", stderr);
    else
        say_table(items);
    return EXIT_OK;
}

const struct command command_list = {
    .name = "list",
    .summary = "List experiments, the newest first",
    .description =
        "Prints a table of all experiments with their state, trials, objective and best values.",
    .groups = {&group, &group_common},
    .stored = true,
    .run = run,
};
