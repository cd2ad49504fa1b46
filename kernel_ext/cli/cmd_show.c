#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/result.h"
#include "cli/verbs.h"
#include "service/service.h"
#include "service/tables.h"
#include "service/text.h"

static void say_trials(const json_t *show)
{
    CLEANUP(table_fini) struct table table = {0};

    table_trials(&table, show);
    putchar('\n');
    say_table(&table, stdout);
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

int cmd_show(const struct parsed *parsed)
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
