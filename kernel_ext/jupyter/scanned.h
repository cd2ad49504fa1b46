/*
 * JSON as jansson's values, read with the scanner of nbtags: several times as fast as jansson's own
 * reader, which takes a text byte by byte. What it returns is what jansson would; what it leaves to
 * jansson are the rare parts (\u escapes, long numbers, deep nesting), and all that is not strict.
 * It replaces nothing: tolerant.h does, which is what messages are read with.
 *
 *     json_t *content = scanned_load(frame, length);
 */
#ifndef JUPYTER_SCANNED_H
#define JUPYTER_SCANNED_H

#include <jansson.h>
#include <stddef.h>

/* Any JSON value, new reference; NULL for what jansson must look at, which may be JSON still. */
json_t *scanned_load(const char *text, size_t length);

#endif
