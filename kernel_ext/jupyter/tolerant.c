#include "jupyter/tolerant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "jupyter/scanned.h"
#include "nbtags/number.h"

#define REPLACEMENT     "\xEF\xBF\xBD" /* U+FFFD */
#define NUL_SYMBOL      "\xE2\x90\x80" /* U+2400 */
#define KEY_MAX         64
#define NUMBER_TEXT_MAX 512 /* longer ones are cut: a double has no use for more digits */

struct reader {
    const unsigned char *at, *end;
    struct buf out;
};

static size_t length_by_lead(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/* False for what would be overlong, a surrogate, or beyond U+10FFFF. */
static bool second_fits(unsigned char lead, unsigned char second)
{
    switch (lead) {
    case 0xE0: return second >= 0xA0;
    case 0xED: return second < 0xA0;
    case 0xF0: return second >= 0x90;
    case 0xF4: return second < 0x90;
    default: return true;
    }
}

/* Length of the valid UTF-8 sequence at p, 0 when there is none. */
static size_t utf8_length(const unsigned char *p, const unsigned char *end)
{
    size_t length = length_by_lead(p[0]);
    if (length > (size_t)(end - p))
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return length < 2 || second_fits(p[0], p[1]) ? length : 0;
}

static int hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The code unit of \uXXXX at p, -1 when it is no such escape. */
static int code_unit(const unsigned char *p, const unsigned char *end)
{
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    int unit = 0;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static void copy(struct reader *r, size_t length)
{
    buf_add(&r->out, r->at, length);
    r->at += length;
}

static void replace(struct reader *r, size_t length, const char *text)
{
    buf_puts(&r->out, text);
    r->at += length;
}

static void copy_escape(struct reader *r)
{
    int unit = code_unit(r->at, r->end);
    if (unit < 0) {
        copy(r, r->end - r->at > 1 ? 2 : 1);
        return;
    }
    if (unit == 0) {
        replace(r, 6, NUL_SYMBOL);
    } else if (unit >= 0xD800 && unit <= 0xDBFF) {
        int low = code_unit(r->at + 6, r->end);
        if (low >= 0xDC00 && low <= 0xDFFF)
            copy(r, 12);
        else
            replace(r, 6, REPLACEMENT);
    } else if (unit >= 0xDC00 && unit <= 0xDFFF) {
        replace(r, 6, REPLACEMENT);
    } else {
        copy(r, 6);
    }
}

static void copy_character(struct reader *r)
{
    size_t length = utf8_length(r->at, r->end);
    if (length == 0) {
        replace(r, 1, REPLACEMENT);
    } else if (*r->at == 0) {
        replace(r, 1, NUL_SYMBOL);
    } else if (*r->at < 0x20) {
        buf_printf(&r->out, "\\u%04x", *r->at);
        r->at++;
    } else {
        copy(r, length);
    }
}

static void copy_string(struct reader *r)
{
    copy(r, 1);
    while (r->at < r->end && *r->at != '"') {
        if (*r->at == '\\')
            copy_escape(r);
        else
            copy_character(r);
    }
    if (r->at < r->end)
        copy(r, 1);
}

/* A number that jansson refuses for its size, as a double; false when it is none. */
static bool copy_as_double(struct reader *r, size_t length)
{
    /* A one-element array keeps the text inside jansson, whose reals do not depend on the locale.
     */
    char text[NUMBER_TEXT_MAX + 8];
    bool integral =
        !memchr(r->at, '.', length) && !memchr(r->at, 'e', length) && !memchr(r->at, 'E', length);
    if (length > NUMBER_TEXT_MAX)
        return false;
    int written = snprintf(text, sizeof(text), "[%.*s%s]", (int)length, (const char *)r->at,
                           integral ? ".0" : "");
    auto_json json_t *array = json_loadb(text, (size_t)written, 0, NULL);
    if (!array)
        return false;
    auto_free char *dumped = json_dumps(json_array_get(array, 0), JSON_ENCODE_ANY);
    if (!dumped)
        return false;
    replace(r, length, dumped);
    return true;
}

static bool is_int64(const char *text, size_t length)
{
    char copied[NBT_NUMBER_MAX];
    int64_t value;
    if (length >= sizeof(copied))
        return false;
    memcpy(copied, text, length);
    copied[length] = '\0';
    return nbt_parse_int(copied, &value);
}

/* Numbers, literals and NaN; all bytes up to the next structural one. */
static void copy_word(struct reader *r)
{
    const unsigned char *p = r->at;
    while (p<r->end && * p> ' ' && !strchr(",:[]{}\"", *p))
        p++;
    size_t length = (size_t)(p - r->at);
    static const char *const unwritable[] = {"NaN", "-NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < COUNT_OF(unwritable); i++) {
        if (length == strlen(unwritable[i]) && memcmp(r->at, unwritable[i], length) == 0) {
            replace(r, length, "null");
            return;
        }
    }
    bool number = *r->at == '-' || (*r->at >= '0' && *r->at <= '9');
    bool readable = length < 18 && !memchr(r->at, 'e', length) && !memchr(r->at, 'E', length);
    if (!number || readable || is_int64((const char *)r->at, length))
        copy(r, length);
    else if (!copy_as_double(r, length))
        replace(r, length, "null");
}

static void repair(struct reader *r)
{
    while (r->at < r->end && !buf_failed(&r->out)) {
        if (*r->at == '"')
            copy_string(r);
        else if (*r->at <= ' ' || strchr(",:[]{}", *r->at))
            copy(r, 1);
        else
            copy_word(r);
    }
}

/* ---- headers: an object of plain strings, read without jansson's general reader ---- */

static bool take(const char **at, const char *end, char wanted)
{
    while (*at < end && **at == ' ')
        ++*at;
    if (*at == end || **at != wanted)
        return false;
    ++*at;
    return true;
}

/* The length of a string of ASCII without escapes, whose start *at becomes its end; -1 for others.
 */
static long take_text(const char **at, const char *end, const char **ret_text)
{
    if (!take(at, end, '"'))
        return -1;
    const char *p = *at;
    while (p < end && *p >= ' ' && *p < 0x7f && *p != '"' && *p != '\\')
        p++;
    if (p == end || *p != '"')
        return -1;
    *ret_text = *at;
    *at = p + 1;
    return p - *ret_text;
}

static bool take_member(const char **at, const char *end, json_t *object)
{
    char key[KEY_MAX];
    const char *name, *text;
    long name_length = take_text(at, end, &name);
    if (name_length < 0 || name_length >= KEY_MAX || !take(at, end, ':'))
        return false;
    long length = take_text(at, end, &text);
    if (length < 0)
        return false;
    memcpy(key, name, (size_t)name_length);
    key[name_length] = '\0';
    json_t *value = json_stringn_nocheck(text, (size_t)length);
    return json_object_set_new_nocheck(object, key, value) == 0;
}

/* NULL for everything else. */
static json_t *load_plain(const char *at, size_t length)
{
    const char *end = at + length;
    if (!take(&at, end, '{'))
        return NULL;
    auto_json json_t *object = json_object();
    do
        if (!take_member(&at, end, object))
            return NULL;
    while (take(&at, end, ','));
    return take(&at, end, '}') && at == end ? TAKE(object) : NULL;
}

json_t *tolerant_load(const void *data, size_t length, bool *ret_repaired)
{
    json_t *value = load_plain(data, length);
    if (!value)
        value = scanned_load(data, length);
    if (!value)
        value = json_loadb(data, length, JSON_DECODE_ANY, NULL);
    if (ret_repaired)
        *ret_repaired = !value;
    if (value)
        return value;
    /* A raw control character becomes six bytes, every other replacement at most three for one. */
    struct reader r = {
        .at = data, .end = (const unsigned char *)data + length, .out = buf_init(6 * length + 1)};
    repair(&r);
    if (!buf_failed(&r.out))
        value = json_loadb(buf_text(&r.out), r.out.length, JSON_DECODE_ANY, NULL);
    buf_fini(&r.out);
    return value;
}

json_t *tolerant_string(const void *data, size_t length, size_t maximum)
{
    size_t kept = length < maximum ? length : maximum;
    struct reader r = {
        .at = data, .end = (const unsigned char *)data + kept, .out = buf_init(3 * kept + 64)};
    while (r.at < r.end && !buf_failed(&r.out)) {
        size_t valid = utf8_length(r.at, r.end);
        if (valid == 0)
            replace(&r, 1, REPLACEMENT);
        else if (*r.at == 0)
            replace(&r, 1, NUL_SYMBOL);
        else
            copy(&r, valid);
    }
    if (kept < length)
        buf_printf(&r.out, "\n... (%zu bytes, of which %zu are kept)", length, kept);
    json_t *string = buf_failed(&r.out) ? NULL : json_stringn(buf_text(&r.out), r.out.length);
    buf_fini(&r.out);
    return string;
}
