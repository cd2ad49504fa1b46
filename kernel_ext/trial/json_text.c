#include "trial/json_text.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "nbtags/number.h"

void json_text_break(struct buf *buf, const char *unit, int depth)
{
    if (unit[0] == '\0')
        return;
    buf_putc(buf, '\n');
    for (int i = 0; i < depth; i++)
        buf_puts(buf, unit);
}

static void escaped(struct buf *buf, unsigned char c)
{
    static const char names[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    for (const char *at = names; *at != '\0'; at += 2) {
        if ((unsigned char)at[0] == c) {
            buf_putc(buf, '\\');
            buf_putc(buf, at[1]);
            return;
        }
    }
    buf_printf(buf, "\\u%04x", c);
}

typedef unsigned char block __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

/* Sources are long, and few of their bytes need an escape. */
static size_t skip_plain(const char *text, size_t at, size_t length)
{
    block bytes;
    for (; length - at >= sizeof bytes; at += sizeof bytes) {
        memcpy(&bytes, text + at, sizeof bytes);
        halves special = (halves)((bytes < 0x20) | (bytes == '"') | (bytes == '\\'));
        if ((special[0] | special[1]) != 0)
            break;
    }
    while (at < length && (unsigned char)text[at] >= 0x20 && text[at] != '"' && text[at] != '\\')
        at++;
    return at;
}

void json_text_string(struct buf *buf, const char *text, size_t length)
{
    buf_putc(buf, '"');
    for (size_t start = 0, at; start < length; start = at + 1) {
        at = skip_plain(text, start, length);
        buf_add(buf, text + start, at - start);
        if (at < length)
            escaped(buf, (unsigned char)text[at]);
    }
    buf_putc(buf, '"');
}

void json_text_lines(struct buf *buf, const char *text, size_t length, const char *unit, int depth)
{
    size_t at = 0;
    buf_putc(buf, '[');
    while (at < length) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t line = end == NULL ? length - at : (size_t)(end - text) + 1 - at;
        if (at > 0)
            buf_puts(buf, unit[0] == '\0' ? ", " : ",");
        json_text_break(buf, unit, depth + 1);
        json_text_string(buf, text + at, line);
        at += line;
    }
    if (length > 0)
        json_text_break(buf, unit, depth);
    buf_putc(buf, ']');
}

/* A real stays a real for Python's reader: "1.0", never "1". */
static void real(struct buf *buf, double value)
{
    char text[NBT_NUMBER_MAX];
    if (!isfinite(value)) {
        buf_puts(buf, "null");
        return;
    }
    nbt_format_double(text, value);
    buf_puts(buf, text);
    if (strpbrk(text, ".eE") == NULL)
        buf_puts(buf, ".0");
}

static void array(struct buf *buf, const json_t *value, const char *unit, int depth)
{
    size_t size = json_array_size(value);
    buf_putc(buf, '[');
    for (size_t i = 0; i < size; i++) {
        if (i > 0)
            buf_puts(buf, unit[0] == '\0' ? ", " : ",");
        json_text_break(buf, unit, depth + 1);
        json_text_value(buf, json_array_get(value, i), unit, depth + 1);
    }
    if (size > 0)
        json_text_break(buf, unit, depth);
    buf_putc(buf, ']');
}

static void object(struct buf *buf, const json_t *value, const char *unit, int depth)
{
    bool first = true;
    buf_putc(buf, '{');
    for (void *at = json_object_iter((json_t *)value); at != NULL;
         at = json_object_iter_next((json_t *)value, at)) {
        const char *key = json_object_iter_key(at);
        if (!first)
            buf_puts(buf, unit[0] == '\0' ? ", " : ",");
        first = false;
        json_text_break(buf, unit, depth + 1);
        json_text_string(buf, key, strlen(key));
        buf_puts(buf, ": ");
        json_text_value(buf, json_object_iter_value(at), unit, depth + 1);
    }
    if (!first)
        json_text_break(buf, unit, depth);
    buf_putc(buf, '}');
}

void json_text_value(struct buf *buf, const json_t *value, const char *unit, int depth)
{
    char number[NBT_NUMBER_MAX];
    switch (json_typeof(value)) {
    case JSON_OBJECT: object(buf, value, unit, depth); break;
    case JSON_ARRAY: array(buf, value, unit, depth); break;
    case JSON_STRING:
        json_text_string(buf, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        nbt_format_int(number, json_integer_value(value));
        buf_puts(buf, number);
        break;
    case JSON_REAL: real(buf, json_real_value(value)); break;
    case JSON_TRUE: buf_puts(buf, "true"); break;
    case JSON_FALSE: buf_puts(buf, "false"); break;
    case JSON_NULL: buf_puts(buf, "null"); break;
    }
}

static size_t skip_space(const char *text, size_t at, size_t length)
{
    while (at < length && strchr(" \t\r\n", text[at]) != NULL && text[at] != '\0')
        at++;
    return at;
}

static size_t skip_string(const char *text, size_t at, size_t length)
{
    for (at++; at < length && text[at] != '"'; at++)
        if (text[at] == '\\')
            at++;
    return at < length ? at + 1 : length;
}

static size_t skip_value(const char *text, size_t at, size_t length)
{
    int depth = 0;
    while (at < length) {
        char c = text[at];
        if (depth == 0 && (c == ',' || c == '}' || c == ']' || strchr(" \t\r\n", c) != NULL))
            return at;
        if (c == '"') {
            at = skip_string(text, at, length);
        } else {
            depth += (c == '{' || c == '[') - (c == '}' || c == ']');
            at++;
        }
        if (depth == 0 && (c == '"' || c == '}' || c == ']'))
            return at;
    }
    return length;
}

/* One member of an object's text; offsets count from the object's brace. */
struct member {
    size_t key, key_length; /* without quotes */
    size_t value, value_length;
};

/* Reads the member at or after `at`; false at the object's end. */
static bool next_member(const char *text, size_t length, size_t at, struct member *ret)
{
    at = skip_space(text, at, length);
    if (at < length && text[at] == ',')
        at = skip_space(text, at + 1, length);
    if (at >= length || text[at] != '"')
        return false;
    size_t end = skip_string(text, at, length);
    ret->key = at + 1;
    ret->key_length = end - at - 2;
    at = skip_space(text, end, length);
    if (at >= length || text[at] != ':')
        return false;
    ret->value = skip_space(text, at + 1, length);
    ret->value_length = skip_value(text, ret->value, length) - ret->value;
    return true;
}

static bool key_is(const char *text, const struct member *member, const char *key)
{
    return strlen(key) == member->key_length &&
           memcmp(text + member->key, key, member->key_length) == 0;
}

bool json_text_member(const char *object, size_t length, const char *key, size_t *ret_offset,
                      size_t *ret_length)
{
    struct member member;
    for (size_t at = 1; next_member(object, length, at, &member);
         at = member.value + member.value_length) {
        if (!key_is(object, &member, key))
            continue;
        *ret_offset = member.value;
        *ret_length = member.value_length;
        return true;
    }
    return false;
}

static const struct json_change *change_of(const char *text, const struct member *member,
                                           const struct json_change *changes, size_t n_changes)
{
    for (size_t i = 0; i < n_changes; i++)
        if (key_is(text, member, changes[i].key))
            return &changes[i];
    return NULL;
}

static void append_missing(struct buf *buf, const char *object, size_t length,
                           const struct json_change *change, bool *empty, const char *unit,
                           int depth)
{
    size_t offset, size;
    if (json_text_member(object, length, change->key, &offset, &size))
        return;
    if (!*empty)
        buf_puts(buf, unit[0] == '\0' ? ", " : ",");
    *empty = false;
    json_text_break(buf, unit, depth + 1);
    buf_printf(buf, "\"%s\": ", change->key);
    buf_puts(buf, change->value);
}

void json_text_change(struct buf *buf, const char *object, size_t length,
                      const struct json_change *changes, size_t n_changes, const char *unit,
                      int depth)
{
    struct member member;
    size_t done = 0, at = 1;
    bool was_empty = true;
    for (; next_member(object, length, at, &member); at = member.value + member.value_length) {
        const struct json_change *change = change_of(object, &member, changes, n_changes);
        was_empty = false;
        if (change == NULL)
            continue;
        buf_add(buf, object + done, member.value - done);
        buf_puts(buf, change->value);
        done = member.value + member.value_length;
    }
    buf_add(buf, object + done, at - done);
    bool empty = was_empty;
    for (size_t i = 0; i < n_changes; i++)
        append_missing(buf, object, length, &changes[i], &empty, unit, depth);
    if (was_empty && !empty) {
        json_text_break(buf, unit, depth);
        buf_putc(buf, '}');
    } else {
        buf_add(buf, object + at, length - at);
    }
}

void json_text_unit(char unit[JSON_UNIT_MAX], const char *text, size_t length)
{
    size_t at = 0, start = 0;
    unit[0] = '\0';
    while (at < length && text[at] != '{')
        at++;
    for (at++; at < length && strchr(" \t\r\n", text[at]) != NULL && text[at] != '\0'; at++)
        if (text[at] == '\n')
            start = at + 1;
    if (start == 0 || at - start >= JSON_UNIT_MAX)
        return;
    memcpy(unit, text + start, at - start);
    unit[at - start] = '\0';
}
