#include <stdint.h>
#include <string.h>

#include "nbtags/edit.h"
#include "nbtags/number.h"

void nbt_json_indent(FILE *out, const struct nbt_layout *layout, int depth)
{
    if (!layout->newline)
        return;
    fputs(layout->newline, out);
    fwrite(layout->indent, 1, layout->indent_length, out);
    for (; depth > 0; depth--)
        fwrite(layout->unit, 1, layout->unit_length, out);
}

void nbt_json_string(FILE *out, const char *text, size_t length)
{
    static const char letters[] = "\"\\\b\f\n\r\t";
    for (; length > 0; text++, length--) {
        const char *known = *text ? strchr(letters, *text) : NULL;
        if (known)
            fprintf(out, "\\%c", "\"\\bfnrt"[known - letters]);
        else if ((unsigned char)*text < 0x20)
            fprintf(out, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, out);
    }
}

static void separator(FILE *out, const struct nbt_layout *layout)
{
    fputs(layout->newline || layout->tight ? "," : ", ", out);
}

static void array(FILE *out, const struct nbt_layout *layout, const json_t *value, int depth)
{
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (i > 0)
            separator(out, layout);
        nbt_json_indent(out, layout, depth + 1);
        nbt_json_value(out, layout, json_array_get(value, i), depth + 1);
    }
}

static void quoted(FILE *out, const char *text, size_t length)
{
    fputc('"', out);
    nbt_json_string(out, text, length);
    fputc('"', out);
}

static void object(FILE *out, const struct nbt_layout *layout, const json_t *value, int depth)
{
    const char *key;
    json_t *member;
    bool first = true;
    /* The iterator wants a pointer that is not const, and changes nothing. */
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (!first)
            separator(out, layout);
        first = false;
        nbt_json_indent(out, layout, depth + 1);
        quoted(out, key, strlen(key));
        fputs(layout->tight ? ":" : ": ", out);
        nbt_json_value(out, layout, member, depth + 1);
    }
}

static void container(FILE *out, const struct nbt_layout *layout, const json_t *value, int depth)
{
    bool is_array = json_is_array(value);
    size_t size = is_array ? json_array_size(value) : json_object_size(value);
    fputc(is_array ? '[' : '{', out);
    if (is_array)
        array(out, layout, value, depth);
    else
        object(out, layout, value, depth);
    if (size > 0)
        nbt_json_indent(out, layout, depth);
    fputc(is_array ? ']' : '}', out);
}

/* 2.0 stays a float. */
static void real(FILE *out, double value)
{
    char text[NBT_NUMBER_MAX];
    nbt_format_double(text, value);
    fputs(text, out);
    if (!strpbrk(text, ".e"))
        fputs(".0", out);
}

void nbt_json_value(FILE *out, const struct nbt_layout *layout, const json_t *value, int depth)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
    case JSON_ARRAY: container(out, layout, value, depth); break;
    case JSON_STRING: quoted(out, json_string_value(value), json_string_length(value)); break;
    case JSON_INTEGER: fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value)); break;
    case JSON_REAL: real(out, json_real_value(value)); break;
    case JSON_TRUE: fputs("true", out); break;
    case JSON_FALSE: fputs("false", out); break;
    case JSON_NULL: fputs("null", out); break;
    }
}
