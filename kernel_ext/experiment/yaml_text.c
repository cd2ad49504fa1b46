#include <stdint.h>
#include <string.h>

#include "experiment/yamldoc.h"
#include "experiment/yamltext.h"

/* Decodes one code point of valid UTF-8 and moves past it. */
static uint32_t take_code_point(const unsigned char **text, const unsigned char *end)
{
    const unsigned char *p = *text;
    unsigned extra = *p >= 0xF0 ? 3 : *p >= 0xE0 ? 2 : *p >= 0xC0 ? 1 : 0;
    uint32_t code = extra == 0 ? *p : *p & (0x3Fu >> extra);
    for (p++; extra > 0 && p < end; extra--, p++)
        code = code << 6 | (*p & 0x3Fu);
    *text = p;
    return code;
}

/* What YAML does not allow as it is, and what it takes for a line's end (NEL, LS, PS) or a byte
 * order mark. */
static bool needs_escape(uint32_t c)
{
    if (c < 0x20 || c == 0x7F)
        return true;
    if (c >= 0x80 && c <= 0x9F)
        return true;
    return c == 0x2028 || c == 0x2029 || c == 0xFEFF || c == 0xFFFE || c == 0xFFFF;
}

/* True when all characters may stand unescaped; newlines and tabs are looked at by the callers. */
static bool is_printable(const char *text, size_t length)
{
    const unsigned char *p = (const unsigned char *)text, *end = p + length;
    while (p < end) {
        uint32_t c = take_code_point(&p, end);
        if (c != '\n' && c != '\t' && needs_escape(c))
            return false;
    }
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* YAML 1.1 readers other than Kubernetes' take 1:30 for ninety. */
static bool looks_sexagesimal(const char *text)
{
    if (*text == '+' || *text == '-')
        text++;
    return is_digit(*text) && strchr(text, ':') && strspn(text, "0123456789_:.") == strlen(text);
}

/* 2026-11-24 and longer: a time stamp in YAML 1.1. */
static bool looks_like_date(const char *text)
{
    return strspn(text, "0123456789") == 4 && text[4] == '-' && is_digit(text[5]);
}

static bool starts_plainly(const char *text)
{
    if (strchr("?:,[]{}#&*!|>'\"%@` \t", *text))
        return false;
    if (*text != '-')
        return true;
    return text[1] != '\0' && text[1] != ' ' && strncmp(text, "---", 3) != 0;
}

static bool holds_indicator(const char *text, size_t length)
{
    return strpbrk(text, "\t\n") || strstr(text, ": ") || strstr(text, " #") ||
           text[length - 1] == ':' || text[length - 1] == ' ';
}

static bool is_plain(const char *text, size_t length)
{
    if (length == 0 || strlen(text) != length || !starts_plainly(text) ||
        holds_indicator(text, length) || !is_printable(text, length))
        return false;
    if (strcmp(text, "=") == 0 || strncmp(text, "...", 3) == 0 || looks_sexagesimal(text) ||
        looks_like_date(text))
        return false;
    return yamldoc_resolve(text).kind == YAMLDOC_STRING;
}

static void add_escaped(struct buf *out, uint32_t c)
{
    switch (c) {
    case '\n': buf_puts(out, "\\n"); break;
    case '\t': buf_puts(out, "\\t"); break;
    case '\r': buf_puts(out, "\\r"); break;
    default: buf_printf(out, c < 0x100 ? "\\x%02X" : "\\u%04X", c); break;
    }
}

void yamltext_quoted(struct buf *out, const char *text, size_t length)
{
    const unsigned char *p = (const unsigned char *)text, *end = p + length;
    buf_putc(out, '"');
    while (p < end) {
        const unsigned char *start = p;
        uint32_t c = take_code_point(&p, end);
        if (needs_escape(c)) {
            add_escaped(out, c);
            continue;
        }
        if (c == '"' || c == '\\')
            buf_putc(out, '\\');
        buf_add(out, start, (size_t)(p - start));
    }
    buf_putc(out, '"');
}

void yamltext_scalar(struct buf *out, const char *text, size_t length)
{
    if (is_plain(text, length))
        buf_add(out, text, length);
    else
        yamltext_quoted(out, text, length);
}

/* A line of nothing but blanks reads as indentation to some readers. */
static bool has_blank_line(const char *text, const char *end)
{
    for (const char *line = text; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop)
            stop = end;
        size_t blanks = strspn(line, " \t");
        if (blanks > 0 && line + blanks == stop)
            return true;
        line = stop + 1;
    }
    return false;
}

bool yamltext_is_literal(const char *text, size_t length)
{
    return memchr(text, '\n', length) && *text != '\n' && strlen(text) == length &&
           is_printable(text, length) && !has_blank_line(text, text + length);
}

static const char *chomping(const char *text, size_t length)
{
    if (text[length - 1] != '\n')
        return "-";
    return length >= 2 && text[length - 2] == '\n' ? "+" : "";
}

void yamltext_literal(struct buf *out, const char *text, size_t length, int indent)
{
    const char *end = text + length;
    /* A first line that starts with a blank would hide where the text's own indentation starts. */
    bool hint = *text == ' ' || *text == '\t';
    buf_printf(out, "|%s%s\n", hint ? "2" : "", chomping(text, length));
    for (const char *line = text; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop)
            stop = end;
        if (stop > line)
            buf_printf(out, "%*s", indent + 2, "");
        buf_add(out, line, (size_t)(stop - line));
        buf_putc(out, '\n');
        line = stop + 1;
    }
}
