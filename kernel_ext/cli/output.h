/*
 * How commands speak: printable text, errors, problems, JSON. Every function here makes what it
 * prints printable, so that nothing from outside can steer a terminal.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "cli/options.h"

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

/* Member texts, "" and 0 when absent or of another type. */
const char *text_of(const json_t *object, const char *key);
double number_of(const json_t *object, const char *key);
const char *severity_of(const json_t *problem);
bool any_errors(const json_t *problems);

struct buf;

/* "lr=0.01 depth=4" of [{name,value}], printable, numbers by text_number. */
void put_assignments(struct buf *out, const json_t *assignments);

/* A string or a number by text_number, printable; "-" for everything else. */
void put_value(struct buf *out, const json_t *value);

/* "auto: random", or the name alone: of a document with "resolvedAlgorithm" and of its spec. */
void put_algorithm(struct buf *out, const char *name, const char *resolved);

/* The step of an event, or "cell 7" in a plain notebook, printable. */
void put_step(struct buf *out, const json_t *event);

/* "double 0.001..0.1 logUniform" of a ParameterSpec, printable; "-" when it is none. */
void put_range(struct buf *out, const json_t *range);

/* "  NAME                  VALUE" on stdout. */
void say_row(const char *name, const char *value);

/* A metric's value among observation.metrics [{name,min,max,latest}], by strategy "min", "max" or
 * "latest"; "" when absent. */
const char *metric_value(const json_t *observation, const char *name, const char *strategy);

#endif
