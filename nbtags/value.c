#include "nbtags/value.h"

#include <stdlib.h>
#include <string.h>

#include "nbtags/internal.h"
#include "nbtags/number.h"

/* Python itself reads no longer decimal literal. */
#define DIGITS_MAX 4300

struct number {
    const struct nbt_language *language;
    char
        digits[DIGITS_MAX + 2]; /* sign, digits, NUL; what is left of the literal, then the value */
    size_t length;
    bool negative;
    bool infinite;
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return (c | 0x20) - 'a' + 10;
}

/* decimal = decimal * base + digit; least significant digit first. */
static bool multiply_add(char *decimal, size_t *length, int base, int digit)
{
    int carry = digit;
    for (size_t i = 0; i < *length; i++) {
        carry += decimal[i] * base;
        decimal[i] = (char)(carry % 10);
        carry /= 10;
    }
    for (; carry > 0; carry /= 10) {
        if (*length == DIGITS_MAX)
            return false;
        decimal[(*length)++] = (char)(carry % 10);
    }
    return true;
}

/* "0x1F" to "31". */
static bool to_decimal(struct number *number, int base)
{
    char decimal[DIGITS_MAX];
    size_t length = 0;
    if (number->length < 3)
        return false;
    for (size_t i = 2; i < number->length; i++) {
        int digit = hex_digit(number->digits[i]);
        if (digit >= base || !multiply_add(decimal, &length, base, digit))
            return false;
    }
    number->length = length;
    for (size_t i = 0; i < length; i++)
        number->digits[i] = (char)('0' + decimal[length - 1 - i]);
    return true;
}

static int prefix_base(const struct number *number)
{
    if (number->length < 2 || number->digits[0] != '0')
        return 10;
    switch (number->digits[1]) {
    case 'x':
    case 'X': return 16;
    case 'b':
    case 'B': return 2;
    case 'o':
    case 'O': return 8;
    default: return 10;
    }
}

static bool take_literal(struct number *number, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '_')
            continue;
        if (number->length == DIGITS_MAX)
            return false;
        number->digits[number->length++] = text[i];
    }
    return true;
}

/* Puts the sign before it, and takes leading zeros away. */
static void finish_int(struct number *number)
{
    size_t zeros = strspn(number->digits, "0");
    size_t length = number->length - zeros;
    memmove(number->digits + number->negative, number->digits + zeros, length + 1);
    if (number->negative)
        number->digits[0] = '-';
    if (length == 0)
        memcpy(number->digits, "0", 2);
}

static enum nbt_type read_float(struct number *number)
{
    for (char *p = number->digits; *p; p++) {
        if (*p == 'f')
            *p = 'e'; /* Julia's Float32 */
    }
    double value;
    if (!nbt_parse_double(number->digits, &value)) {
        number->infinite = true;
        return NBT_EXPRESSION;
    }
    nbt_format_double(number->digits, number->negative ? -value : value);
    return NBT_FLOAT;
}

static bool is_float(const struct number *number)
{
    return strpbrk(number->digits, number->language->grammar == NBT_JULIA ? ".eEf" : ".eE") != NULL;
}

static enum nbt_type read_int(struct number *number, int base)
{
    if (base != 10 && !to_decimal(number, base))
        return NBT_EXPRESSION;
    number->digits[number->length] = '\0';
    if (number->digits[strspn(number->digits, "0123456789")])
        return NBT_EXPRESSION;
    /* 010 is no number in Python 3. */
    if (base == 10 && number->length > 1 && number->digits[0] == '0' &&
        number->language->grammar == NBT_PYTHON && strspn(number->digits, "0") < number->length)
        return NBT_EXPRESSION;
    finish_int(number);
    return NBT_INT;
}

static enum nbt_type read_number(struct number *number, const char *text, size_t length)
{
    bool r = number->language->grammar == NBT_R;
    bool integer = r && length > 0 && text[length - 1] == 'L';
    if (!take_literal(number, text, length - integer))
        return NBT_EXPRESSION;
    number->digits[number->length] = '\0';
    int base = prefix_base(number);
    if (base != 10)
        return r && base != 16 ? NBT_EXPRESSION : read_int(number, base);
    if (strpbrk(number->digits, "ijJ"))
        return NBT_EXPRESSION;
    if (is_float(number))
        return integer ? NBT_EXPRESSION : read_float(number);
    return read_int(number, base);
}

static int number_value(struct nbt_notebook *notebook, const struct nbt_lexer *lexer,
                        const struct nbt_token *token, bool negative, struct nbt_value *value)
{
    struct number *number = calloc(1, sizeof *number);
    if (!number)
        return NBT_ENOMEM;
    number->language = lexer->language;
    number->negative = negative;
    value->type = read_number(number, lexer->text + token->offset, token->length);
    value->infinite = number->infinite;
    value->text = value->type == NBT_EXPRESSION
                      ? ""
                      : nbt_arena_text(notebook, number->digits, strlen(number->digits));
    free(number);
    return value->text ? 0 : NBT_ENOMEM;
}

/* Strings side by side are one string in Python. */
static int string_value(struct nbt_notebook *notebook, const struct nbt_lexer *lexer,
                        const struct nbt_token *tokens, size_t n, struct nbt_value *value)
{
    size_t size = 1;
    for (size_t i = 0; i < n; i++)
        size += tokens[i].body_length;
    char *text = nbt_arena(notebook, size);
    if (!text)
        return NBT_ENOMEM;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        ptrdiff_t length = nbt_decode_string(lexer, &tokens[i], text + at);
        if (length < 0)
            return 0;
        at += (size_t)length;
    }
    text[at] = '\0';
    value->text = text;
    value->type = NBT_STR;
    return 0;
}

static bool all_strings(const struct nbt_lexer *lexer, const struct nbt_token *tokens, size_t n)
{
    if (n > 1 && lexer->language->grammar != NBT_PYTHON)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (tokens[i].type != NBT_TOKEN_STRING)
            return false;
    }
    return n > 0;
}

static int read_literal(struct nbt_notebook *notebook, const struct nbt_lexer *lexer,
                        const struct nbt_token *tokens, size_t n, struct nbt_value *value)
{
    bool negative = n == 2 && nbt_token_is(lexer, &tokens[0], "-");
    bool sign = negative || (n == 2 && nbt_token_is(lexer, &tokens[0], "+"));
    if (n == (sign ? 2U : 1U) && tokens[n - 1].type == NBT_TOKEN_NUMBER)
        return number_value(notebook, lexer, &tokens[n - 1], negative, value);
    if (all_strings(lexer, tokens, n))
        return string_value(notebook, lexer, tokens, n, value);
    for (int truth = 0; truth < 2 && n == 1; truth++) {
        if (nbt_token_is(lexer, tokens,
                         truth ? lexer->language->true_word : lexer->language->false_word)) {
            value->type = NBT_BOOL;
            value->text = truth ? "True" : "False";
        }
    }
    return 0;
}

static void place(struct nbt_value *value, const struct nbt_token *first,
                  const struct nbt_token *last)
{
    value->offset = first->offset;
    value->length = last->offset + last->length - first->offset;
    value->line = first->line;
    value->column = first->column;
}

int nbt_value_read(struct nbt_notebook *notebook, const struct nbt_lexer *lexer, size_t first,
                   struct nbt_value *ret_value)
{
    const struct nbt_token *from = lexer->tokens + first;
    const struct nbt_token *to = lexer->tokens + lexer->n_tokens;
    struct nbt_value value = {.type = NBT_EXPRESSION, .text = ""};
    place(&value, from, to - 1);
    while (to - from > 2 && nbt_token_is(lexer, from, "(") && nbt_token_is(lexer, to - 1, ")")) {
        from++;
        to--;
    }
    if (read_literal(notebook, lexer, from, (size_t)(to - from), &value) < 0)
        return NBT_ENOMEM;
    if (value.type != NBT_EXPRESSION)
        place(&value, from, to - 1);
    *ret_value = value;
    return 0;
}
