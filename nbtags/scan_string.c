#include <stdint.h>
#include <string.h>

#include "nbtags/scan.h"

#define REPLACEMENT 0xFFFDu

static unsigned hex4(const char *p)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        unsigned digit = (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        value = value * 16 + digit;
    }
    return value;
}

static size_t utf8_encode(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(c | (0xF00u >> length & 0xF0));
    return length;
}

static bool is_high(unsigned unit)
{
    return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low(unsigned unit)
{
    return unit >= 0xDC00 && unit < 0xE000;
}

/* A scanned string ends in a quote, so that looking two bytes ahead stays inside it. */
static uint32_t unicode_escape(const char *p, size_t *ret_length)
{
    unsigned unit = hex4(p + 2);
    *ret_length = 6;
    if (is_high(unit) && p[6] == '\\' && p[7] == 'u' && is_low(hex4(p + 8))) {
        *ret_length = 12;
        return 0x10000 + ((unit - 0xD800) << 10) + (hex4(p + 8) - 0xDC00);
    }
    return is_high(unit) || is_low(unit) || unit == 0 ? REPLACEMENT : unit;
}

static char short_escape(char c)
{
    switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
    }
}

struct nbt_scan_character nbt_scan_character(const char *text, size_t offset)
{
    const char *p = text + offset;
    unsigned char c = (unsigned char)*p;
    struct nbt_scan_character ret = {.offset = offset, .length = 1, .decoded = 1, .bytes = {*p}};
    if (c == '\\' && p[1] == 'u') {
        ret.decoded = utf8_encode(unicode_escape(p, &ret.length), ret.bytes);
    } else if (c == '\\') {
        ret.length = 2;
        ret.bytes[0] = short_escape(p[1]);
    } else if (c >= 0x80) {
        ret.length = ret.decoded = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        memcpy(ret.bytes, p, ret.length);
    }
    return ret;
}

size_t nbt_scan_decode(const char *text, struct nbt_span string, char *out)
{
    size_t length = 0, at = string.offset + 1, end = string.offset + string.length - 1;
    while (at < end) {
        const char *escape = memchr(text + at, '\\', end - at);
        size_t plain = (escape ? (size_t)(escape - text) : end) - at;
        memcpy(out + length, text + at, plain);
        length += plain;
        at += plain;
        if (at < end) {
            struct nbt_scan_character c = nbt_scan_character(text, at);
            memcpy(out + length, c.bytes, c.decoded);
            length += c.decoded;
            at += c.length;
        }
    }
    return length;
}

bool nbt_scan_is(const char *text, struct nbt_span string, const char *word)
{
    size_t at = string.offset + 1, end = string.offset + string.length - 1, left = strlen(word);
    if (end - at == left && memcmp(text + at, word, left) == 0)
        return true;
    if (!memchr(text + at, '\\', end - at))
        return false;
    while (at < end) {
        struct nbt_scan_character c = nbt_scan_character(text, at);
        if (left < c.decoded || memcmp(word, c.bytes, c.decoded) != 0)
            return false;
        word += c.decoded;
        left -= c.decoded;
        at += c.length;
    }
    return left == 0;
}

/* Walks one string; lowers *offset by what it passes. True when the place is inside, before its
 * closing quote. */
static bool locate_in(const char *text, struct nbt_span string, size_t *offset, size_t *ret_place)
{
    size_t at = string.offset + 1, end = string.offset + string.length - 1;
    while (at < end) {
        struct nbt_scan_character c = nbt_scan_character(text, at);
        if (*offset < c.decoded) {
            *ret_place = at;
            return true;
        }
        *offset -= c.decoded;
        at += c.length;
    }
    *ret_place = end;
    return false;
}

size_t nbt_scan_locate(const char *text, struct nbt_span source, size_t offset)
{
    struct nbt_scan scan = nbt_scan_within(text, source);
    struct nbt_span item;
    size_t place = SIZE_MAX;
    bool list = nbt_scan_peek(&scan) == '[', first = true;
    while (!list || nbt_scan_element(&scan, &first, NULL) > 0) {
        if (nbt_scan_value(&scan, &item, NULL) < 0)
            break;
        if (text[item.offset] == '"' && locate_in(text, item, &offset, &place))
            return place;
        if (!list)
            break;
    }
    return offset == 0 ? place : SIZE_MAX;
}
