/*
 * JSON as text, for a notebook that keeps the bytes nobody meant to change: values written as
 * nbformat writes them (shortest reals, lower-case \u, UTF-8 unescaped), members of an object found
 * and replaced in place. Not a parser: the objects were read before and are known to be
 * well-formed.
 *
 * `unit` is the white space of one level of indentation, "" for one line; `depth` the level of the
 * value's own line.
 *
 *     struct json_change change = {.key = "execution_count", .value = "3"};
 *     json_text_change(&text, object, length, &change, 1, " ", 2);
 */
#ifndef TRIAL_JSON_TEXT_H
#define TRIAL_JSON_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define JSON_UNIT_MAX 16 /* bytes of the longest unit that is followed, and its NUL */

struct json_change {
    const char *key;   /* plain ASCII, needs no escape */
    const char *value; /* JSON text */
};

void json_text_value(struct buf *buf, const json_t *value, const char *unit, int depth);
void json_text_string(struct buf *buf, const char *text, size_t length);

/* nbformat's multi-line string: an array of lines that keep their ends; "" gives an empty array. */
void json_text_lines(struct buf *buf, const char *text, size_t length, const char *unit, int depth);

/* A line end and the indentation of `depth`, or nothing when unit is "". */
void json_text_break(struct buf *buf, const char *unit, int depth);

/* Finds a member's value in the text of an object; false when it is not there. */
bool json_text_member(const char *object, size_t length, const char *key, size_t *ret_offset,
                      size_t *ret_length);

/* Appends the object with the members' values replaced, new ones at its end; every other byte as it
 * was. */
void json_text_change(struct buf *buf, const char *object, size_t length,
                      const struct json_change *changes, size_t n_changes, const char *unit,
                      int depth);

/* The indentation that a document uses: the white space before its first member. */
void json_text_unit(char unit[JSON_UNIT_MAX], const char *text, size_t length);

#endif
