#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/output.h"

static const struct option options[] = {
    {.name = "trial",
     .kind = OPTION_TEXT,
     .argument = "TRIAL",
     .help = "Apply this trial's values, not the best one's."},
    {.name = "dry-run", .letter = 'n', .help = "Show the difference and write nothing."},
    {0},
};

static const struct option_group group = {"This command", options};

static void say_applied(const struct parsed *parsed, const json_t *result)
{
    const char *diff = text_of(result, "diff");
    auto_free char *notebook = file_printable(parsed->positionals[0]);

    say_lines(stdout, diff, strlen(diff));
    if (diff[0] == '\0')
        say(stdout, "%s holds these values already\n", notebook ? notebook : "?");
    else if (json_is_true(json_object_get(result, "written")))
        say(stdout, "%s now holds the values of %s\n", notebook ? notebook : "?",
            text_of(result, "trial"));
}

static int run(const struct parsed *parsed)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *result = NULL;

    if (service_apply(&result, &(struct service_source){.path = parsed->positionals[0]},
                      parsed->positionals[1], parsed_text(parsed, "trial"),
                      parsed_flag(parsed, "dry-run"), &err) < 0)
        return fail(parsed, &err, NULL);
    if (parsed_flag(parsed, "json"))
        say_json(result);
    else
        say_applied(parsed, result);
    return EXIT_OK;
}

const struct command command_apply = {
    .name = "apply",
    .summary = "Write the best values into the notebook's parameters cell",
    .description = "Replaces the literals in the pipeline-parameters cell by the values of the "
                   "best trial, and of the values "
                   "that were fixed; every other byte of the notebook stays. Shows the difference. "
                   "Refuses when the file "
                   "changes meanwhile.",
    .examples = "  nbkatib apply model.ipynb digits-x7k2q --dry-run\n",
    .positionals = {{.name = "NOTEBOOK", .complete = COMPLETE_NOTEBOOK},
                    {.name = "EXPERIMENT", .complete = COMPLETE_EXPERIMENT}},
    .groups = {&group, &group_common},
    .run = run,
};
