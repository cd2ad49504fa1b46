#include "base/scope.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/output.h"

static const struct option options[] = {
    {.name = "now", .help = "Kill the running trials instead of letting them finish."},
    {0},
};

static const struct option_group group = {"This command", options};

static int run(const struct parsed *parsed)
{
    bool now = parsed_flag(parsed, "now");
    const char *name = parsed->positionals[0];
    struct nbt_error err = NBT_ERROR_INIT;

    if (service_stop(name, now ? ENGINE_STOP_NOW : ENGINE_STOP_GENTLE, &err) < 0)
        return fail(parsed, &err, NULL);
    if (parsed_flag(parsed, "json")) {
        auto_json json_t *answer =
            json_pack("{s:s, s:s}", "name", name, "stop", now ? "now" : "gentle");
        say_json(answer);
        return EXIT_OK;
    }
    say(stdout, now ? "%s stops now\n" : "%s stops when its running trials have finished\n", name);
    return EXIT_OK;
}

const struct command command_stop = {
    .name = "stop",
    .summary = "Stop an experiment that runs",
    .description = "Asks the experiment's engine to start no new trials and to end when the "
                   "running ones have finished, or "
                   "with --now at once. 'nbkatib resume' goes on later.",
    .positionals = {{.name = "EXPERIMENT", .complete = COMPLETE_EXPERIMENT}},
    .groups = {&group, &group_common},
    .stored = true,
    .run = run,
};
