/*
 * How commands speak: printable text, errors, problems, JSON. Every function here makes what it
 * prints printable, so that nothing from outside can steer a terminal.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "service/options.h"
#include "service/table.h"
#include "service/values.h"

/* Formats, makes printable but for newlines of the format itself, writes. */
void say(FILE *stream, const char *format, ...) nbt_printf(2, 3);

/* Text of many lines from outside: newlines and tabs stay, every other control character is shown.
 */
void say_lines(FILE *stream, const char *text, size_t length);

void say_json(const json_t *document);      /* indented, on stdout, with a newline */
void say_json_line(const json_t *document); /* compact, one line, flushed */

/* "nbkatib: error: TEXT" with its place on stderr, {"error": {...}, "problems": [...]} on stdout
 * with --json. Returns the exit status. `problems` may be NULL. */
int fail(const struct parsed *parsed, const struct nbt_error *err, const json_t *problems);

/* One line for each on stderr: "NB: cell 3, line 2: error: text"; notes only when asked. `subject`
 * is the file. */
void say_problems(const char *subject, const json_t *problems, bool notes);

/* Makes sure that what was printed arrived; the exit status, EXIT_ENVIRONMENT with a message when
 * it did not. */
int finish_output(int status);

/* "  NAME                  VALUE" on stdout. */
void say_row(const char *name, const char *value);

/* A table on a terminal or into a file; on a terminal no row is wider than it, where `fit` says so.
 */
void say_table(const struct table *table, FILE *stream);

#endif
