#include "jupyter/scanned.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "nbtags/number.h"
#include "nbtags/scan.h"

#define DEPTH_MAX 200 /* of C's stack */

static json_t *by_jansson(const char *text, struct nbt_span span)
{
    return json_loadb(text + span.offset, span.length, JSON_DECODE_ANY, NULL);
}

/* A backslash inside a scanned string has a character after it. */
static bool has_code(const char *at, const char *end)
{
    while ((at = memchr(at, '\\', (size_t)(end - at)))) {
        if (at[1] == 'u')
            return true;
        at += 2;
    }
    return false;
}

static json_t *string(const char *text, struct nbt_span span)
{
    const char *inner = text + span.offset + 1;
    size_t length = span.length - 2;

    if (!memchr(inner, '\\', length))
        return json_stringn_nocheck(inner, length);
    if (has_code(inner, inner + length))
        return by_jansson(text, span);
    auto_free char *decoded = malloc(span.length);
    return decoded ? json_stringn_nocheck(decoded, nbt_scan_decode(text, span, decoded)) : NULL;
}

static json_t *number(const char *text, struct nbt_span span)
{
    char copied[NBT_NUMBER_MAX];
    int64_t integer;
    double real;

    if (span.length >= sizeof(copied))
        return by_jansson(text, span);
    memcpy(copied, text + span.offset, span.length);
    copied[span.length] = '\0';
    if (!strpbrk(copied, ".eE"))
        return nbt_parse_int(copied, &integer) ? json_integer(integer) : by_jansson(text, span);
    return nbt_parse_double(copied, &real) ? json_real(real) : by_jansson(text, span);
}

static json_t *scalar(struct nbt_scan *scan)
{
    struct nbt_span span;

    if (nbt_scan_value(scan, &span, NULL) < 0)
        return NULL;
    switch (scan->text[span.offset]) {
    case '"': return string(scan->text, span);
    case 't': return json_true();
    case 'f': return json_false();
    case 'n': return json_null();
    case '{':
    case '[': return by_jansson(scan->text, span);
    default: return number(scan->text, span);
    }
}

static json_t *value(struct nbt_scan *scan, int depth);

/* The last one of a name counts, as in jansson. */
static int add_member(json_t *object, struct nbt_scan *scan, struct nbt_span key, int depth)
{
    auto_json json_t *name = string(scan->text, key);

    if (!name)
        return -1;
    return json_object_set_new_nocheck(object, json_string_value(name), value(scan, depth));
}

static json_t *object(struct nbt_scan *scan, int depth)
{
    auto_json json_t *object = json_object();
    struct nbt_span key;
    bool first = true;
    int more;

    while ((more = nbt_scan_member(scan, &first, &key, NULL)) > 0)
        if (add_member(object, scan, key, depth) < 0)
            return NULL;
    return more == 0 ? TAKE(object) : NULL;
}

static json_t *array(struct nbt_scan *scan, int depth)
{
    auto_json json_t *array = json_array();
    bool first = true;
    int more;

    while ((more = nbt_scan_element(scan, &first, NULL)) > 0)
        if (json_array_append_new(array, value(scan, depth)) < 0)
            return NULL;
    return more == 0 ? TAKE(array) : NULL;
}

static json_t *value(struct nbt_scan *scan, int depth)
{
    char c = nbt_scan_peek(scan);

    if (c == '{' && depth < DEPTH_MAX)
        return object(scan, depth + 1);
    if (c == '[' && depth < DEPTH_MAX)
        return array(scan, depth + 1);
    return scalar(scan);
}

json_t *scanned_load(const char *text, size_t length)
{
    struct nbt_scan scan = nbt_scan_within(text, (struct nbt_span){.length = length});
    auto_json json_t *loaded = value(&scan, 0);

    return loaded && nbt_scan_end(&scan, NULL) == 0 ? TAKE(loaded) : NULL;
}
