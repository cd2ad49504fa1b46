#include "nbtags/literal.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nbtags/number.h"

static int refuse(struct nbt_error *err, const char *value, enum nbt_type type,
                  const char *expected)
{
    return nbt_error_set(err, NBT_EINVAL,
                         "'%s' does not fit a literal of type %s: expected %s. Give such a value",
                         value, nbt_type_name(type), expected);
}

static int give(char **ret_text, const char *text, struct nbt_error *err)
{
    char *copy = strdup(text);
    if (!copy)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a literal");
    *ret_text = copy;
    return 0;
}

/* A sign and digits, of any length. */
static bool is_integer(const char *value)
{
    if (*value == '-' || *value == '+')
        value++;
    return *value && value[strspn(value, "0123456789")] == '\0';
}

/* Without '+' and leading zeros, and with R's L where it fits R's 32 bits. */
static int write_integer(const struct nbt_language *language, struct nbt_style style,
                         const char *value, char **ret_text, struct nbt_error *err)
{
    int64_t number;
    bool fits = nbt_parse_int(value, &number) && number >= -INT32_MAX && number <= INT32_MAX;
    bool suffix = language->grammar == NBT_R && style.long_integer && fits;
    bool negative = *value == '-';
    const char *digits = value + (negative || *value == '+');
    digits += strspn(digits, "0");
    negative = negative && *digits;
    char *text;
    if (asprintf(&text, "%s%s%s", negative ? "-" : "", *digits ? digits : "0", suffix ? "L" : "") <
        0)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a literal");
    *ret_text = text;
    return 0;
}

/* Without a point or an exponent it would read back as an int. */
static int write_float(const struct nbt_language *language, struct nbt_style style, double number,
                       char **ret_text, struct nbt_error *err)
{
    char text[NBT_NUMBER_MAX + 2];
    nbt_format_double(text, number);
    char *exponent = strchr(text, 'e');
    if (language->grammar == NBT_JULIA && style.single) {
        if (exponent)
            *exponent = 'f';
        else
            memcpy(text + strlen(text), "f0", 3);
    } else if (!exponent && !strchr(text, '.')) {
        memcpy(text + strlen(text), ".0", 3);
    }
    return give(ret_text, text, err);
}

static int write_bool(const struct nbt_language *language, const char *value, char **ret_text,
                      struct nbt_error *err)
{
    static const char *const words[2][4] = {{"False", "false", "FALSE", NULL},
                                            {"True", "true", "TRUE", NULL}};
    for (int truth = 0; truth < 2; truth++) {
        if (nbt_word_in(words[truth], value, strlen(value)))
            return give(ret_text, truth ? language->true_word : language->false_word, err);
    }
    return refuse(err, value, NBT_BOOL, "True or False");
}

/* Writes the character's escape, at most 4 bytes; 0 when it stands for itself. */
static size_t escape(char out[5], const struct nbt_language *language, char quote, char c)
{
    static const char plain[] = "\n\r\t";
    const char *known = c ? strchr(plain, c) : NULL;
    if (known)
        return (size_t)snprintf(out, 5, "\\%c", "nrt"[known - plain]);
    if (c == '\\' || c == quote || (c == '$' && language->grammar == NBT_JULIA))
        return (size_t)snprintf(out, 5, "\\%c", c);
    if ((unsigned char)c >= 0x20 && c != 0x7F)
        return 0;
    /* R takes no \x beside characters beyond ASCII, but octal. */
    return (size_t)snprintf(out, 5, language->grammar == NBT_R ? "\\%03o" : "\\x%02x",
                            (unsigned)(unsigned char)c);
}

static bool is_utf8(const char *text)
{
    json_t *string = json_string(text);
    json_decref(string);
    return string != NULL;
}

static int write_string(const struct nbt_language *language, struct nbt_style style,
                        const char *value, char **ret_text, struct nbt_error *err)
{
    if (!is_utf8(value))
        return refuse(err, value, NBT_STR, "UTF-8 text");
    char *text = malloc(4 * strlen(value) + 3);
    if (!text)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a literal");
    char quote = style.quote;
    size_t at = 0;
    text[at++] = quote;
    for (; *value; value++) {
        char escaped[5];
        size_t length = escape(escaped, language, quote, *value);
        memcpy(text + at, length ? escaped : value, length ? length : 1);
        at += length ? length : 1;
    }
    text[at++] = quote;
    text[at] = '\0';
    *ret_text = text;
    return 0;
}

int nbt_literal_styled(const struct nbt_language *language, struct nbt_style style,
                       enum nbt_type type, const char *value, char **ret_text,
                       struct nbt_error *err)
{
    double number;
    switch (type) {
    case NBT_STR: return write_string(language, style, value, ret_text, err);
    case NBT_BOOL: return write_bool(language, value, ret_text, err);
    case NBT_INT:
        if (is_integer(value))
            return write_integer(language, style, value, ret_text, err);
        if (!nbt_parse_double(value, &number))
            return refuse(err, value, type, "a finite number such as 5 or 0.5");
        return write_float(language, style, number, ret_text, err);
    case NBT_FLOAT:
        if (!nbt_parse_double(value, &number))
            return refuse(err, value, type, "a finite number such as 0.01 or 1e-3");
        return write_float(language, style, number, ret_text, err);
    default:
        return nbt_error_set(
            err, NBT_EINVAL,
            "an expression takes no value: '%s' was given for one. Write a literal "
            "into the parameters cell first",
            value);
    }
}

int nbt_literal(const char *language, enum nbt_type type, const char *value, char **ret_text,
                struct nbt_error *err)
{
    const struct nbt_language *known = nbt_language_find(language);
    if (!known)
        return nbt_error_set(
            err, NBT_EUNSUPPORTED,
            "no values can be written in the language '%s'. Use a notebook in " NBT_LANGUAGES,
            language);
    return nbt_literal_styled(known, NBT_STYLE_INIT, type, value, ret_text, err);
}

struct nbt_style nbt_style_of(const struct nbt_language *language,
                              const struct nbt_parameter *parameter)
{
    struct nbt_style style = NBT_STYLE_INIT;
    const char *literal = parameter->literal;
    const char *quote = strpbrk(literal, "\"'");
    if (parameter->type == NBT_STR && quote && language->grammar != NBT_JULIA)
        style.quote = *quote;
    if (parameter->type == NBT_INT)
        style.long_integer = strchr(literal, 'L') != NULL;
    if (parameter->type == NBT_FLOAT)
        style.single = language->grammar == NBT_JULIA && strchr(literal, 'f') != NULL;
    return style;
}

int nbt_parameter_literal(const struct nbt_notebook *notebook,
                          const struct nbt_parameter *parameter, const char *value, char **ret_text,
                          struct nbt_error *err)
{
    const struct nbt_language *language = nbt_language_find(notebook->language);
    int rc = language ? nbt_literal_styled(language, nbt_style_of(language, parameter),
                                           parameter->type, value, ret_text, err)
                      : nbt_literal(notebook->language, parameter->type, value, ret_text, err);
    return rc < 0 ? (nbt_error_prefix(err, "%s", parameter->name), rc) : 0;
}
