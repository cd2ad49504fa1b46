#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/result.h"
#include "cli/table.h"
#include "cli/text.h"

static const struct option options[] = {
    {.name = "trial",
     .kind = OPTION_TEXT,
     .argument = "TRIAL",
     .help = "Show this trial alone, in full."},
    {0},
};

static const struct option_group group = {"This command", options};

static const json_t *find_trial(const json_t *show, const char *name)
{
    size_t i;
    json_t *trial;

    json_array_foreach(json_object_get(show, "trials"), i, trial)
    {
        if (strcmp(text_of(trial, "name"), name) == 0)
            return trial;
    }
    return NULL;
}

static void put_metrics(struct buf *out, const json_t *trial)
{
    size_t i;
    json_t *metric;

    json_array_foreach(json_object_get(json_object_get(trial, "observation"), "metrics"), i, metric)
        buf_printf(out, "%s%s=%s", i ? " " : "", text_of(metric, "name"),
                   text_of(metric, "latest"));
}

static void add_row(struct table *table, const json_t *trial)
{
    CLEANUP(buf_fini) struct buf assignments = buf_init(8192);
    CLEANUP(buf_fini) struct buf metrics = buf_init(8192);
    char duration[TEXT_DURATION_MAX];

    put_assignments(&assignments, json_object_get(trial, "assignments"));
    put_metrics(&metrics, trial);
    if (metrics.length == 0)
        buf_puts(&metrics, text_of(trial, "reason"));
    text_duration(duration, number_of(trial, "seconds"));
    table_add(table, (const char *const[]){text_of(trial, "name"), text_of(trial, "state"),
                                           duration, buf_text(&assignments), buf_text(&metrics)});
}

static int say_show(const struct parsed *parsed, const json_t *show)
{
    CLEANUP(table_fini)
    struct table table = {.heads = {"TRIAL", "STATE", "TIME", "ASSIGNMENT", "METRICS"}};
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(show, "warnings"), i, row)
    {
        auto_free char *text = file_printable(json_is_string(row) ? json_string_value(row) : "?");
        say(stderr, "nbkatib: warning: %s\n", text ? text : "?");
    }
    /* Showing an experiment that failed is no failure. */
    (void)result_tell(parsed, show);
    json_array_foreach(json_object_get(show, "trials"), i, row) add_row(&table, row);
    putchar('\n');
    table_print(&table, stdout);
    return EXIT_OK;
}

static void say_member(const char *label, const char *text)
{
    auto_free char *shown = file_printable(text);

    if (text[0])
        printf("%-12s%s\n", label, shown ? shown : "?");
}

static void say_trial(const json_t *trial)
{
    static const char *const members[][2] = {
        {"trial", "name"},
        {"state", "state"},
        {"reason", "reason"},
        {"message", "message"},
        {"step", "step"},
        {"started", "startTime"},
        {"completed", "completionTime"},
        {"isolation", "isolation"},
        {"folder", "folder"},
    };
    CLEANUP(buf_fini) struct buf assignments = buf_init(8192);
    CLEANUP(buf_fini) struct buf metrics = buf_init(8192);

    for (size_t i = 0; i < COUNT_OF(members); i++)
        say_member(members[i][0], text_of(trial, members[i][1]));
    put_assignments(&assignments, json_object_get(trial, "assignments"));
    put_metrics(&metrics, trial);
    say_member("assignment", buf_text(&assignments));
    say_member("metrics", buf_text(&metrics));
}

static int show_trial(const struct parsed *parsed, const json_t *show, const char *name)
{
    const json_t *trial = find_trial(show, name);
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
    .description = "Prints the state of an experiment, its best trial and all its trials; --json "
                   "gives the Katib Experiment "
                   "with its status, and every trial.",
    .positionals = {{.name = "EXPERIMENT", .complete = COMPLETE_EXPERIMENT}},
    .groups = {&group, &group_common},
    .stored = true,
    .run = run,
};
