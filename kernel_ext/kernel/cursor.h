/* Positions in code: the protocol counts Unicode code points, C counts bytes. */
#ifndef KERNEL_CURSOR_H
#define KERNEL_CURSOR_H

#include <jansson.h>
#include <stddef.h>

size_t cursor_points(const char *code, size_t bytes);
size_t cursor_bytes(const char *code, size_t points); /* at most the code's length */

/* Bytes of the request's code before its cursor_pos; all of them when it names none. */
size_t cursor_of(const json_t *content, const char *code);

#endif
