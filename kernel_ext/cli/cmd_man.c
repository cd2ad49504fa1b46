#include <stdio.h>

#include "base/scope.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/man.h"

static int run(const struct parsed *parsed)
{
    CLEANUP(buf_fini) struct buf out = buf_init((size_t)1 << 20);

    (void)parsed;
    man_write(&out, cli_version());
    fputs(buf_text(&out), stdout);
    return EXIT_OK;
}

const struct command command_man = {
    .name = "man",
    .summary = "Print the manual page",
    .description = "Prints the manual in man(7) format, for 'man -l -' or for a file nbkatib.1.",
    .examples = "  nbkatib man | man -l -\n",
    .groups = {&group_help},
    .run = run,
};
