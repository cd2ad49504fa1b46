#include <stdlib.h>
#include <string.h>

#include "nbtags/number.h"
#include "nbtags/reader.h"

#define NUMBER_MAX 400 /* characters of the longest number that is tried as one */

struct copy {
    const char *from, *end;
    char *to;
};

static void put(struct copy *copy, const char *bytes, size_t length)
{
    memcpy(copy->to, bytes, length);
    copy->to += length;
}

/* Escapes of characters beyond ASCII are decoded, which replaces the ones that jansson refuses. */
static void copy_string(struct copy *copy, const char *text)
{
    put(copy, copy->from++, 1);
    while (*copy->from != '"') {
        struct nbt_scan_character c = nbt_scan_character(text, (size_t)(copy->from - text));
        if (c.decoded > 1)
            put(copy, c.bytes, c.decoded);
        else
            put(copy, copy->from, c.length);
        copy->from += c.length;
    }
    put(copy, copy->from++, 1);
}

static void put_number(struct copy *copy, const char *token, size_t length)
{
    char number[NUMBER_MAX + 1];
    double real;
    int64_t integer;
    bool known = length <= NUMBER_MAX;
    if (known) {
        memcpy(number, token, length);
        number[length] = '\0';
        known = nbt_parse_double(number, &real);
    }
    bool whole =
        !memchr(token, '.', length) && !memchr(token, 'e', length) && !memchr(token, 'E', length);
    if (!known)
        put(copy, "\"", 1);
    put(copy, token, length);
    if (!known)
        put(copy, "\"", 1);
    else if (whole && !nbt_parse_int(number, &integer))
        put(copy, ".0", 2);
}

static bool in_token(char c)
{
    return c && !strchr(" \t\r\n,:[]{}\"", c);
}

static void copy_token(struct copy *copy)
{
    const char *start = copy->from;
    while (copy->from < copy->end && in_token(*copy->from))
        copy->from++;
    size_t length = (size_t)(copy->from - start);
    if (*start == 't' || *start == 'f' || *start == 'n')
        put(copy, start, length);
    else
        put_number(copy, start, length);
}

static void copy_all(struct copy *copy, const char *text)
{
    while (copy->from < copy->end) {
        if (*copy->from == '"')
            copy_string(copy, text);
        else if (in_token(*copy->from))
            copy_token(copy);
        else
            put(copy, copy->from++, 1);
    }
}

json_t *nbt_json_load(const char *text, struct nbt_span value)
{
    size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    const char *start = text + value.offset;
    json_t *json = json_loadb(start, value.length, flags, NULL);
    if (json)
        return json;
    /* Quotes around a token add two bytes to its one at least. */
    char *buffer = malloc(3 * value.length + 1);
    if (!buffer)
        return NULL;
    struct copy copy = {.from = start, .end = start + value.length, .to = buffer};
    copy_all(&copy, text);
    json = json_loadb(buffer, (size_t)(copy.to - buffer), flags, NULL);
    free(buffer);
    return json;
}
