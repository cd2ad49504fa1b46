#include "base/file.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/verbs.h"

int cmd_help(const struct parsed *parsed)
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
