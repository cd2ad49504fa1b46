/*
 * The command line of nbkatib: one file for each subcommand, a table of them, and what they share.
 *
 *     return cli_main(argc, argv, "0.1.0", kernel_main);
 *
 * Results go to stdout, diagnostics and warnings to stderr. With --json stdout holds one JSON
 * document (run, resume and trial: one object a line). All text from outside is made printable
 * before it reaches a terminal.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "nbtags/error.h"

/* The Jupyter kernel, which stands beside the command line and not below it. */
typedef int (*cli_kernel_fn)(const char *connection_file, const char *version,
                             struct nbt_error *err);

/* Runs the command that argv[1] names; the exit status. `version` is borrowed for the process's
 * life; `kernel` is what `nbkatib kernel` runs. */
int cli_main(int argc, const char *const *argv, const char *version, cli_kernel_fn kernel);

cli_kernel_fn cli_kernel(void);

#endif
