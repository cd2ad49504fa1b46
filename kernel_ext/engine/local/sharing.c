#include "engine/local/sharing.h"

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"

#define DEPTH_MAX 8
#define KEY_MAX   64

void sharing_fini(struct sharing *sharing)
{
    for (size_t i = 0; i < SHARING_RECENT; i++)
        json_decref(sharing->texts[i].value);
    for (size_t i = 0; i < SHARING_RECENT; i++)
        json_decref(sharing->documents[i].value);
    *sharing = (struct sharing){0};
}

/* Where a text is remembered, by its length and a few of its bytes; NULL when it is too long. */
static struct sharing_memo *place_of(struct sharing_memo *memos, const char *text, size_t length)
{
    if (length > SHARING_LENGTH)
        return NULL;
    size_t hash = length;
    if (length > 0) {
        size_t first = (unsigned char)text[0], middle = (unsigned char)text[length / 2];
        size_t last = (unsigned char)text[length - 1];
        hash = 131 * length + 31 * first + 7 * middle + last;
    }
    return &memos[hash % SHARING_RECENT];
}

static json_t *recall(const struct sharing_memo *memo, const char *text, size_t length)
{
    bool known =
        memo && memo->value && memo->length == length && memcmp(memo->text, text, length) == 0;
    return known ? json_incref(memo->value) : NULL;
}

static json_t *remember(struct sharing_memo *memo, const char *text, size_t length, json_t *value)
{
    if (!memo || !value)
        return value;
    json_decref(memo->value);
    memo->value = json_incref(value);
    memo->length = length;
    memcpy(memo->text, text, length);
    return value;
}

/* `ascii`: known to be valid UTF-8. */
static json_t *text_of(struct sharing *sharing, const char *text, size_t length, bool ascii)
{
    struct sharing_memo *memo = place_of(sharing->texts, text, length);
    json_t *value = recall(memo, text, length);
    if (value)
        return value;
    value = ascii ? json_stringn_nocheck(text, length) : json_stringn(text, length);
    return remember(memo, text, length, value);
}

json_t *sharing_text(struct sharing *sharing, const char *text)
{
    return text_of(sharing, text ? text : "", text ? strlen(text) : 0, false);
}

/* ---- objects, arrays and plain strings; anything else makes the general reader do it ---- */

struct reader {
    struct sharing *sharing;
    const char *at;
    int depth;
};

static json_t *read_value(struct reader *reader);

/* Length of the string that starts after the quote at `at`; -1 when it has no end, or is not ASCII
 * without escapes. */
static long plain_length(const char *at)
{
    if (at[0] != '"')
        return -1;
    const char *end = at + 1;
    while (*end >= ' ' && *end < 0x7f && *end != '"' && *end != '\\')
        end++;
    return *end == '"' ? end - at - 1 : -1;
}

static json_t *read_string(struct reader *reader)
{
    long length = plain_length(reader->at);
    if (length < 0)
        return NULL;
    const char *start = reader->at + 1;
    reader->at = start + length + 1;
    return text_of(reader->sharing, start, (size_t)length, true);
}

/* True at a comma, which is passed; false at the end, or at what should not be there. */
static int more(struct reader *reader)
{
    if (*reader->at != ',')
        return 0;
    reader->at++;
    return 1;
}

static int read_member(struct reader *reader, json_t *object)
{
    char key[KEY_MAX];
    long length = plain_length(reader->at);
    if (length < 0 || length >= KEY_MAX || reader->at[length + 2] != ':')
        return -1;
    memcpy(key, reader->at + 1, (size_t)length);
    key[length] = '\0';
    reader->at += length + 3;
    return json_object_set_new_nocheck(object, key, read_value(reader));
}

static json_t *read_object(struct reader *reader)
{
    auto_json json_t *object = json_object();
    reader->at++;
    do
        if (read_member(reader, object) < 0)
            return NULL;
    while (more(reader));
    return *reader->at++ == '}' ? TAKE(object) : NULL;
}

static json_t *read_array(struct reader *reader)
{
    auto_json json_t *array = json_array();
    reader->at++;
    do
        if (json_array_append_new(array, read_value(reader)) < 0)
            return NULL;
    while (more(reader));
    return *reader->at++ == ']' ? TAKE(array) : NULL;
}

static json_t *read_value(struct reader *reader)
{
    json_t *value = NULL;
    if (++reader->depth > DEPTH_MAX)
        return NULL;
    switch (*reader->at) {
    case '"': value = read_string(reader); break;
    case '{': value = read_object(reader); break;
    case '[': value = read_array(reader); break;
    default: break;
    }
    reader->depth--;
    return value;
}

static json_t *parse(struct sharing *sharing, const char *json)
{
    struct reader reader = {.sharing = sharing, .at = json};
    json_t *value = read_value(&reader);
    if (value && *reader.at == '\0')
        return value;
    json_decref(value);
    return json_loads(json, JSON_DECODE_ANY, NULL);
}

json_t *sharing_parse(struct sharing *sharing, const char *json)
{
    if (!json)
        return NULL;
    size_t length = strlen(json);
    struct sharing_memo *memo = place_of(sharing->documents, json, length);
    json_t *value = recall(memo, json, length);
    return value ? value : remember(memo, json, length, parse(sharing, json));
}

/* ---- times: rows lie close together, and their seconds repeat ---- */

json_t *sharing_time(struct sharing *sharing, int64_t realtime_us)
{
    int64_t second = realtime_us / 1000000, micros = realtime_us % 1000000;
    if (realtime_us <= 0)
        return json_null();
    if (second != sharing->second || !sharing->time[0]) {
        char text[CLOCK_TEXT_MAX];
        clock_rfc3339(text, second * 1000000);
        memcpy(sharing->time, text, 20); /* "2026-11-24T03:10:00." */
        sharing->second = second;
    }
    char text[28];
    memcpy(text, sharing->time, 20);
    for (size_t i = 26; i-- > 20; micros /= 10)
        text[i] = (char)('0' + micros % 10);
    text[26] = 'Z';
    return json_stringn_nocheck(text, 27);
}
