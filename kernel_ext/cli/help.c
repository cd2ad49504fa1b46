#include "cli/help.h"

#include "base/scope.h"
#include "cli/exit.h"
#include "service/commands.h"
#include "service/usage.h"

#define HELP_MAX ((size_t)1 << 20)

static void put_exit_statuses(struct buf *out)
{
    buf_puts(out, "\nExit status:\n");
    for (const struct exit_text *row = exit_texts; row->text; row++)
        buf_printf(out, "  %-4d%s\n", row->status, row->text);
}

void help_command(FILE *stream, const struct command *command)
{
    CLEANUP(buf_fini) struct buf out = buf_init(HELP_MAX);

    usage_text(&out, command);
    put_exit_statuses(&out);
    fputs(buf_text(&out), stream);
}

void help_program(FILE *stream)
{
    CLEANUP(buf_fini) struct buf out = buf_init(HELP_MAX);

    buf_puts(&out, "Usage: nbkatib COMMAND [OPTION]... [ARGUMENT]...\n\n"
                   "Tunes a Jupyter notebook from its own tagged cells: one cell tagged "
                   "pipeline-parameters, one tagged\n"
                   "pipeline-metrics, and 'nbkatib run NOTEBOOK'.\n\nCommands:\n");
    for (size_t i = 0; commands[i]; i++) {
        if (!commands[i]->hidden)
            buf_printf(&out, "  %-12s%s\n", commands[i]->name, commands[i]->summary);
    }
    buf_puts(&out, "\n'nbkatib COMMAND --help' tells more; 'nbkatib man | man -l -' is the manual; "
                   "'nbkatib --version'.\n");
    put_exit_statuses(&out);
    fputs(buf_text(&out), stream);
}
