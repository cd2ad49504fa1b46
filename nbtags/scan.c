#include "nbtags/scan.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void skip_space(struct nbt_scan *scan)
{
    while (scan->at < scan->end && is_space(scan->text[scan->at]))
        scan->at++;
}

char nbt_scan_peek(struct nbt_scan *scan)
{
    skip_space(scan);
    if (scan->at >= scan->end)
        return '\0';
    return scan->text[scan->at];
}

struct nbt_scan nbt_scan_document(const char *name, const char *text, size_t size)
{
    bool mark = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0;
    return (struct nbt_scan){.name = name, .text = text, .at = mark ? 3 : 0, .end = size};
}

struct nbt_scan nbt_scan_within(const char *text, struct nbt_span span)
{
    return (struct nbt_scan){
        .name = "", .text = text, .at = span.offset, .end = span.offset + span.length};
}

/*
 * Errors
 */

static void place_of(const struct nbt_scan *scan, size_t at, int *line, int *column)
{
    const char *start = scan->text, *place = scan->text + at, *next;
    *line = 1;
    while ((next = memchr(start, '\n', (size_t)(place - start)))) {
        start = next + 1;
        (*line)++;
    }
    *column = 1;
    for (const char *p = start; p < place; p++)
        *column += ((unsigned char)*p & 0xC0) != 0x80;
}

int nbt_scan_fail(const struct nbt_scan *scan, size_t at, struct nbt_error *err, const char *format,
                  ...)
{
    int line, column;
    char text[512];
    va_list args;
    place_of(scan, at, &line, &column);
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    nbt_error_set(err, NBT_EPARSE, "%s, line %d, column %d: %s", scan->name, line, column, text);
    nbt_error_at(err, -1, line, column);
    return NBT_EPARSE;
}

static int fail_end(const struct nbt_scan *scan, struct nbt_error *err)
{
    return nbt_scan_fail(scan, scan->end, err,
                         "the JSON ends here, before it is complete. The file was probably cut off "
                         "while it was written; "
                         "restore it from .ipynb_checkpoints or from version control");
}

static int fail_utf8(const struct nbt_scan *scan, struct nbt_error *err)
{
    return nbt_scan_fail(scan, scan->at, err,
                         "byte 0x%02X is not valid UTF-8, which every notebook is written in. "
                         "Convert the file to UTF-8, or restore it from .ipynb_checkpoints",
                         (unsigned char)scan->text[scan->at]);
}

/* Bytes of the valid UTF-8 character at `p`, 0 when it is none (Unicode 15, table 3-7). */
static size_t utf8_length(const char *p, size_t left)
{
    const unsigned char *u = (const unsigned char *)p;
    unsigned char c = u[0];
    if (c < 0x80)
        return 1;
    size_t length = c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
    if (!length || left < length)
        return 0;
    unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (u[1] < low || u[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++) {
        if ((u[i] & 0xC0) != 0x80)
            return 0;
    }
    return length;
}

static int fail_found(const struct nbt_scan *scan, struct nbt_error *err, const char *expected)
{
    if (scan->at >= scan->end)
        return fail_end(scan, err);
    const char *found = scan->text + scan->at;
    size_t length = utf8_length(found, scan->end - scan->at);
    if (!length)
        return fail_utf8(scan, err);
    if ((unsigned char)*found < 0x20 || *found == 0x7F)
        return nbt_scan_fail(scan, scan->at, err,
                             "this is not JSON: found the control character 0x%02X where %s was "
                             "expected. Is it a notebook?",
                             (unsigned char)*found, expected);
    return nbt_scan_fail(
        scan, scan->at, err,
        "this is not JSON: found '%.*s' where %s was expected. Correct it there, or restore "
        "the file from .ipynb_checkpoints or from version control",
        (int)length, found, expected);
}

/*
 * Scalars
 */

typedef signed char block __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

/* Signed bytes make one comparison find both control characters and bytes beyond ASCII. */
static bool block_is_plain(const char *p)
{
    block bytes;
    memcpy(&bytes, p, sizeof(bytes));
    halves special = (halves)((bytes == '"') | (bytes == '\\') | (bytes < 0x20));
    return (special[0] | special[1]) == 0;
}

static bool is_plain(char c)
{
    return c != '"' && c != '\\' && (signed char)c >= 0x20;
}

static void skip_plain(struct nbt_scan *scan)
{
    const char *p = scan->text + scan->at, *end = scan->text + scan->end;
    while (end - p >= (ptrdiff_t)sizeof(block) && block_is_plain(p))
        p += sizeof(block);
    while (p < end && is_plain(*p))
        p++;
    scan->at = (size_t)(p - scan->text);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static int pass_escape(struct nbt_scan *scan, struct nbt_error *err)
{
    size_t start = scan->at++;
    if (scan->at >= scan->end)
        return fail_end(scan, err);
    char c = scan->text[scan->at++];
    if (c != 'u' && (c == '\0' || !strchr("\"\\/bfnrt", c)))
        return nbt_scan_fail(scan, start, err,
                             "this is not JSON: a backslash begins no valid escape here. "
                             "Write \\\\ for a backslash");
    for (int i = 0; c == 'u' && i < 4; i++, scan->at++) {
        if (scan->at >= scan->end)
            return fail_end(scan, err);
        if (hex_value(scan->text[scan->at]) < 0)
            return nbt_scan_fail(scan, start, err,
                                 "this is not JSON: \\u needs four hexadecimal digits");
    }
    return 0;
}

/* Three bytes whose first rules out surrogates and overlong forms: most of the world's scripts. */
static bool is_common(const unsigned char *p, ptrdiff_t left)
{
    return left >= 3 && p[0] > 0xE0 && p[0] < 0xED && (p[1] & 0xC0) == 0x80 &&
           (p[2] & 0xC0) == 0x80;
}

/* A whole run, since a text in another script has few ASCII characters in between. */
static int pass_utf8(struct nbt_scan *scan, struct nbt_error *err)
{
    const char *p = scan->text + scan->at, *end = scan->text + scan->end;
    size_t length = 3;
    while (p < end && (unsigned char)*p >= 0x80 && length) {
        length =
            is_common((const unsigned char *)p, end - p) ? 3 : utf8_length(p, (size_t)(end - p));
        p += length;
    }
    scan->at = (size_t)(p - scan->text);
    return length ? 0 : fail_utf8(scan, err);
}

static int pass_special(struct nbt_scan *scan, struct nbt_error *err)
{
    char c = scan->text[scan->at];
    if (c == '\\')
        return pass_escape(scan, err);
    if ((unsigned char)c < 0x20)
        return nbt_scan_fail(scan, scan->at, err,
                             "this is not JSON: control character 0x%02X inside a string. A line "
                             "end there is written \\n",
                             (unsigned char)c);
    return pass_utf8(scan, err);
}

static int pass_string(struct nbt_scan *scan, struct nbt_error *err)
{
    scan->at++;
    for (;;) {
        skip_plain(scan);
        if (scan->at >= scan->end)
            return fail_end(scan, err);
        if (scan->text[scan->at] == '"') {
            scan->at++;
            return 0;
        }
        int rc = pass_special(scan, err);
        if (rc < 0)
            return rc;
    }
}

static size_t pass_digits(struct nbt_scan *scan)
{
    size_t start = scan->at;
    while (scan->at < scan->end && scan->text[scan->at] >= '0' && scan->text[scan->at] <= '9')
        scan->at++;
    return scan->at - start;
}

static bool pass_one_of(struct nbt_scan *scan, const char *set)
{
    if (scan->at >= scan->end || !scan->text[scan->at] || !strchr(set, scan->text[scan->at]))
        return false;
    scan->at++;
    return true;
}

static bool pass_word(struct nbt_scan *scan, const char *word)
{
    size_t length = strlen(word);
    if (scan->end - scan->at < length || memcmp(scan->text + scan->at, word, length) != 0)
        return false;
    scan->at += length;
    return true;
}

static int pass_number(struct nbt_scan *scan, struct nbt_error *err)
{
    pass_one_of(scan, "-");
    if (pass_word(scan, "Infinity"))
        return 0;
    if (!pass_word(scan, "0") && !pass_digits(scan))
        return fail_found(scan, err, "a digit");
    if (pass_one_of(scan, ".") && !pass_digits(scan))
        return fail_found(scan, err, "a digit after the decimal point");
    if (pass_one_of(scan, "eE")) {
        pass_one_of(scan, "+-");
        if (!pass_digits(scan))
            return fail_found(scan, err, "a digit of the exponent");
    }
    return 0;
}

static int pass_scalar(struct nbt_scan *scan, struct nbt_error *err)
{
    static const char *const words[] = {"true", "false", "null", "NaN", "Infinity"};
    if (scan->at >= scan->end)
        return fail_end(scan, err);
    char c = scan->text[scan->at];
    if (c == '"')
        return pass_string(scan, err);
    if (c == '-' || (c >= '0' && c <= '9'))
        return pass_number(scan, err);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (pass_word(scan, words[i]))
            return 0;
    }
    return fail_found(scan, err, "a value");
}

/*
 * Containers
 */

static int pass_key(struct nbt_scan *scan, struct nbt_span *ret_key, struct nbt_error *err)
{
    if (nbt_scan_peek(scan) != '"')
        return fail_found(scan, err, "a name in double quotes");
    struct nbt_span key = {.offset = scan->at};
    int rc = pass_string(scan, err);
    if (rc < 0)
        return rc;
    key.length = scan->at - key.offset;
    if (nbt_scan_peek(scan) != ':')
        return fail_found(scan, err, "':'");
    scan->at++;
    *ret_key = key;
    return 0;
}

static int pass_bracket(struct nbt_scan *scan, char open, const char *expected,
                        struct nbt_error *err)
{
    if (nbt_scan_peek(scan) != open)
        return fail_found(scan, err, expected);
    scan->at++;
    return 0;
}

/* 1 when an item follows, 0 past the closing bracket. */
static int next_item(struct nbt_scan *scan, bool first, char close, struct nbt_error *err)
{
    char c = nbt_scan_peek(scan);
    if (c == close) {
        scan->at++;
        return 0;
    }
    if (first)
        return 1;
    if (c != ',')
        return fail_found(scan, err, close == '}' ? "',' or '}'" : "',' or ']'");
    scan->at++;
    return 1;
}

int nbt_scan_member(struct nbt_scan *scan, bool *first, struct nbt_span *ret_key,
                    struct nbt_error *err)
{
    int rc = *first ? pass_bracket(scan, '{', "an object", err) : 0;
    if (rc == 0)
        rc = next_item(scan, *first, '}', err);
    *first = false;
    if (rc > 0) {
        int bad = pass_key(scan, ret_key, err);
        rc = bad < 0 ? bad : 1;
    }
    return rc;
}

int nbt_scan_element(struct nbt_scan *scan, bool *first, struct nbt_error *err)
{
    int rc = *first ? pass_bracket(scan, '[', "a list", err) : 0;
    if (rc == 0)
        rc = next_item(scan, *first, ']', err);
    *first = false;
    return rc;
}

/* One bit for each level that is open: set for an object. */
struct levels {
    unsigned depth;
    uint64_t objects[(NBT_SCAN_DEPTH + 63) / 64];
};

static bool in_object(const struct levels *levels)
{
    unsigned top = levels->depth - 1;
    return levels->objects[top / 64] >> (top % 64) & 1;
}

static int push(struct nbt_scan *scan, struct levels *levels, bool object, struct nbt_error *err)
{
    if (levels->depth == NBT_SCAN_DEPTH)
        return nbt_scan_fail(scan, scan->at, err,
                             "brackets are nested deeper than %d levels, which no notebook needs",
                             NBT_SCAN_DEPTH);
    uint64_t bit = (uint64_t)1 << (levels->depth % 64);
    uint64_t *word = &levels->objects[levels->depth / 64];
    *word = object ? *word | bit : *word & ~bit;
    levels->depth++;
    scan->at++;
    return 0;
}

/* Goes to the next value inside the open levels. 1: it stands there; 0: all levels are closed. */
static int advance(struct nbt_scan *scan, struct levels *levels, bool first, struct nbt_error *err)
{
    struct nbt_span key;
    int rc = 0;
    while (rc == 0 && levels->depth > 0) {
        bool object = in_object(levels);
        rc = next_item(scan, first, object ? '}' : ']', err);
        first = false;
        if (rc == 0)
            levels->depth--;
        else if (rc > 0 && object)
            rc = pass_key(scan, &key, err) < 0 ? NBT_EPARSE : 1;
    }
    return rc;
}

int nbt_scan_value(struct nbt_scan *scan, struct nbt_span *ret_value, struct nbt_error *err)
{
    struct levels levels = {0};
    skip_space(scan);
    size_t start = scan->at;
    int rc = 1;
    while (rc > 0) {
        char c = nbt_scan_peek(scan);
        bool container = c == '{' || c == '[';
        rc = container ? push(scan, &levels, c == '{', err) : pass_scalar(scan, err);
        if (rc == 0)
            rc = advance(scan, &levels, container, err);
    }
    if (rc == 0)
        *ret_value = (struct nbt_span){.offset = start, .length = scan->at - start};
    return rc;
}

int nbt_scan_end(struct nbt_scan *scan, struct nbt_error *err)
{
    if (nbt_scan_peek(scan) || scan->at < scan->end)
        return fail_found(scan, err, "the end of the file");
    return 0;
}
