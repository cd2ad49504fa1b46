/*
 * A span scanner for JSON: it finds where values stand without decoding them, so that 100 MB of
 * outputs cost one fast pass and no memory. It builds no tree (jansson does, for small pieces) and
 * changes nothing.
 *
 * It accepts what Python's json module reads: NaN, Infinity, -Infinity, integers of any size, lone
 * surrogates as \u escapes, repeated keys; also a byte order mark. Everything that it passes is
 * checked: grammar, control characters, UTF-8. Nesting is limited to NBT_SCAN_DEPTH and uses no C
 * stack. Spans count from `text`. No ownership, no allocation; one thread for each struct nbt_scan.
 *
 *     struct nbt_scan scan = nbt_scan_document("model.ipynb", text, size);
 *     struct nbt_span key, value;
 *     bool first = true;
 *     while ((more = nbt_scan_member(&scan, &first, &key, &err)) > 0)
 *         if (nbt_scan_value(&scan, &value, &err) < 0) ...
 */
#ifndef NBTAGS_SCAN_H
#define NBTAGS_SCAN_H

#include "nbtags/nbtags.h"

#define NBT_SCAN_DEPTH 1000

struct nbt_scan {
    const char *name; /* stands in messages */
    const char *text;
    size_t at;  /* where the next read begins */
    size_t end; /* one past the last byte */
};

/* A whole document, past its byte order mark. */
struct nbt_scan nbt_scan_document(const char *name, const char *text, size_t size);

/* One value inside a text that was scanned before. */
struct nbt_scan nbt_scan_within(const char *text, struct nbt_span span);

/* The first byte of what comes next, past white space: '{', '[', '"', ...; 0 at the end. */
char nbt_scan_peek(struct nbt_scan *scan);

/* Passes one whole value. NBT_EPARSE, with line and column in the document, when it is not JSON. */
nbt_must_check int nbt_scan_value(struct nbt_scan *scan, struct nbt_span *ret_value,
                                  struct nbt_error *err);

/*
 * Walk an object or array: set *first to true, call until 0. 1: the place stands before a member's
 * value (*ret_key holds the key with its quotes) or before an element, which the caller passes
 * before the next call. 0: past the closing bracket. Negative: NBT_EPARSE, also when the value
 * there is no object or array.
 */
nbt_must_check int nbt_scan_member(struct nbt_scan *scan, bool *first, struct nbt_span *ret_key,
                                   struct nbt_error *err);
nbt_must_check int nbt_scan_element(struct nbt_scan *scan, bool *first, struct nbt_error *err);

/* NBT_EPARSE when anything but white space is left. */
nbt_must_check int nbt_scan_end(struct nbt_scan *scan, struct nbt_error *err);

/* Sets NBT_EPARSE with the document's name, and the line and column of `at`; returns it. */
int nbt_scan_fail(const struct nbt_scan *scan, size_t at, struct nbt_error *err, const char *format,
                  ...) nbt_printf(4, 5);

/*
 * Strings. `string` is a span that was scanned, with its quotes.
 */

/* The decoded string equals `text`. */
bool nbt_scan_is(const char *text, struct nbt_span string, const char *word);

/* Decodes into `out`, which holds at least string.length bytes; returns the decoded length, adds no
 * NUL. A lone surrogate, and NUL, become U+FFFD. */
size_t nbt_scan_decode(const char *text, struct nbt_span string, char *out);

/* The raw bytes that make one decoded character: where it begins in the text, and how many bytes it
 * decodes to. */
struct nbt_scan_character {
    size_t offset, length; /* raw */
    size_t decoded;        /* bytes of UTF-8 */
    char bytes[4];
};

/* Reads the character at `offset`, which must lie between the quotes of a scanned string. */
struct nbt_scan_character nbt_scan_character(const char *text, size_t offset);

/*
 * Where byte `offset` of a decoded source stands in the text; `source` is the value of a cell's
 * "source", a string or a list of strings. At a border between two strings of a list, it is the
 * beginning of the later one. `offset` may equal the decoded length: then it is the closing quote
 * of the last string. SIZE_MAX when there is no such place.
 */
size_t nbt_scan_locate(const char *text, struct nbt_span source, size_t offset);

#endif
