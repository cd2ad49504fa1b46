/*
 * The command line of nbkatib: one file for each subcommand, a table of them, and what they share.
 *
 *     return cli_main(argc, argv, "0.1.0");
 *
 * Results go to stdout, diagnostics and warnings to stderr. With --json stdout holds one JSON
 * document (run, resume and trial: one object a line). All text from outside is made printable
 * before it reaches a terminal.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

/* Runs the command that argv[1] names; the exit status. `version` is borrowed for the process's
 * life. */
int cli_main(int argc, const char *const *argv, const char *version);

#endif
