#include "base/file.h"
#include "base/scope.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/help.h"
#include "cli/output.h"

static int run(const struct parsed *parsed)
{
    const char *name = parsed->positionals[0];
    const struct command *command = name ? command_find(name) : NULL;
    auto_free char *shown = name ? file_printable(name) : NULL;

    if (name && !command) {
        say(stderr, "nbkatib: error: there is no command '%s'; 'nbkatib --help' lists them\n",
            shown ? shown : "?");
        return EXIT_USAGE;
    }
    if (command)
        help_command(stdout, command);
    else
        help_program(stdout);
    return EXIT_OK;
}

const struct command command_help = {
    .name = "help",
    .summary = "Show help of a command",
    .description = "The same as 'nbkatib COMMAND --help'.",
    .positionals = {{.name = "COMMAND", .optional = true}},
    .groups = {&group_help},
    .run = run,
};
