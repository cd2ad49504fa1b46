
#include "cli/commands.h"
#include "cli/exit.h"
#include "nbtags/number.h"

static const struct option options[] = {
    {.name = "lifeline-fd",
     .kind = OPTION_COUNT,
     .argument = "N",
     .help = "End of file there: the submitter died."},
    {.name = "ready-fd",
     .kind = OPTION_COUNT,
     .argument = "N",
     .help = "Told when the engine is up."},
    {0},
};

static const struct option_group group = {"This command", options};

static int descriptor(const struct parsed *parsed, const char *name)
{
    const char *text = parsed_text(parsed, name);
    int64_t value = -1;

    return text && nbt_parse_int(text, &value) && value < 65536 ? (int)value : -1;
}

static int run(const struct parsed *parsed)
{
    return service_engine_main(parsed->positionals[0], descriptor(parsed, "lifeline-fd"),
                               descriptor(parsed, "ready-fd"));
}

const struct command command_engine = {
    .name = "engine",
    .summary = "Run the engine of an experiment",
    .description = "What 'run' and 'resume' start; not for users.",
    .positionals = {{.name = "EXPERIMENT", .complete = COMPLETE_EXPERIMENT}},
    .groups = {&group, &group_help},
    .hidden = true,
    .stored = true,
    .run = run,
};
