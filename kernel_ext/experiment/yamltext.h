/*
 * Texts in YAML's notations: plain, in double quotes, literal block. For yaml_write.c alone.
 */
#ifndef EXPERIMENT_YAMLTEXT_H
#define EXPERIMENT_YAMLTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* `text` is valid UTF-8, NUL-terminated at text[length], and may hold further NULs. */

/* Plain where it reads back as this very text, else in double quotes. One line. */
void yamltext_scalar(struct buf *out, const char *text, size_t length);
void yamltext_quoted(struct buf *out, const char *text, size_t length);

/* True for text of several lines that a literal block can hold unchanged. */
bool yamltext_is_literal(const char *text, size_t length);

/* "|", its lines two columns further in than `indent`, a newline at the end. */
void yamltext_literal(struct buf *out, const char *text, size_t length, int indent);

#endif
