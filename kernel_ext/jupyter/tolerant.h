/*
 * Reading JSON that is almost JSON. Kernels put NaN, integers beyond 64 bits, lone surrogates,
 * invalid UTF-8 and NUL characters on the wire (messaging "The Wire Protocol"; Python's json writes
 * all of them); none of these may cost an output or hang a cell. What is strictly valid is read as
 * it is; else a repaired copy is read:
 *
 *     NaN, Infinity, 1e400    null                       integers beyond 64 bits   the nearest
 * double \ud83d alone, bad UTF-8 U+FFFD                      \u0000                    U+2400 raw
 * control characters  their \u escape
 *
 *     auto_json json_t *content = tolerant_load(data, length, &repaired);
 */
#ifndef JUPYTER_TOLERANT_H
#define JUPYTER_TOLERANT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Any JSON value, new reference; NULL when even the repaired text is not JSON, or without memory.
 * *ret_repaired (may be NULL) tells whether something was replaced. */
json_t *tolerant_load(const void *data, size_t length, bool *ret_repaired);

/* A JSON string of at most `maximum` bytes of any bytes: invalid UTF-8 and NUL replaced as above,
 * the rest cut with a note of how many bytes there were. New reference; NULL without memory. */
json_t *tolerant_string(const void *data, size_t length, size_t maximum);

#endif
