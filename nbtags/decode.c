#include <stdint.h>
#include <string.h>

#include "nbtags/value.h"

struct reader {
    enum nbt_grammar grammar;
    bool triple;
    const char *p, *end;
    char *out;
};

/* Pairs: the letter behind the backslash, and the character that it stands for. */
static const char *const simple_escapes[] = {
    [NBT_PYTHON] = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v",
    [NBT_R] = "\\\\''\"\"``  a\ab\bf\fn\nr\rt\tv\v",
    [NBT_JULIA] = "\\\\''\"\"$$a\ab\be\033f\fn\nr\rt\tv\v",
};

static bool put_character(struct reader *reader, uint32_t c)
{
    /* NUL would end the text, and surrogates have no UTF-8. */
    if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        return false;
    int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = {0, 0xC0, 0xE0, 0xF0};
    *reader->out++ = (char)(leads[more] | (c >> (6 * more)));
    while (more-- > 0)
        *reader->out++ = (char)(0x80 | ((c >> (6 * more)) & 0x3F));
    return true;
}

static int digit_value(char c, int base)
{
    int value = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : 99;
    return value < base ? value : -1;
}

/* Up to `most` digits; how many there were. */
static int read_digits(struct reader *reader, int base, int most, uint32_t *ret)
{
    int n = 0;
    uint32_t value = 0;
    for (; n < most && reader->p < reader->end; n++, reader->p++) {
        int digit = digit_value(*reader->p, base);
        if (digit < 0)
            break;
        value = value * (uint32_t)base + (uint32_t)digit;
    }
    *ret = value;
    return n;
}

/* In Python \xE9 is the character; in R and Julia it is a byte, which is a character below 0x80
 * alone. */
static bool put_code(struct reader *reader, uint32_t c)
{
    return (reader->grammar == NBT_PYTHON || c < 0x80) && put_character(reader, c);
}

/* Python wants all the digits, R and Julia one at least; R allows braces around them. */
static bool read_hex(struct reader *reader, char letter)
{
    int most = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
    bool braces =
        reader->grammar == NBT_R && letter != 'x' && reader->p < reader->end && *reader->p == '{';
    reader->p += braces;
    uint32_t c;
    int n = read_digits(reader, 16, most, &c);
    if (n == 0 || (reader->grammar == NBT_PYTHON && n < most))
        return false;
    if (braces && (reader->p == reader->end || *reader->p++ != '}'))
        return false;
    return letter == 'x' ? put_code(reader, c) : put_character(reader, c);
}

/* Python drops a line end behind a backslash and keeps a backslash that means nothing. */
static bool read_python_other(struct reader *reader, char letter)
{
    if (letter == 'N')
        return false;
    if (letter == '\r' && reader->p < reader->end && *reader->p == '\n')
        reader->p++;
    if (letter == '\r' || letter == '\n')
        return true;
    *reader->out++ = '\\';
    *reader->out++ = letter;
    return true;
}

/* Past the backslash. */
static bool read_escape(struct reader *reader)
{
    if (reader->p == reader->end)
        return false;
    char letter = *reader->p++;
    for (const char *pair = simple_escapes[reader->grammar]; *pair; pair += 2) {
        if (*pair == letter) {
            *reader->out++ = pair[1];
            return true;
        }
    }
    if (letter == 'x' || letter == 'u' || letter == 'U')
        return read_hex(reader, letter);
    if (letter >= '0' && letter <= '7') {
        uint32_t c;
        reader->p--;
        read_digits(reader, 8, 3, &c);
        return put_code(reader, c);
    }
    return reader->grammar == NBT_PYTHON && read_python_other(reader, letter);
}

/* Line ends become \n, as the languages read them. */
static bool read_newline(struct reader *reader, char c)
{
    /* Julia takes the common indent away from such a string; leave that to Julia. */
    if (reader->grammar == NBT_JULIA && reader->triple)
        return false;
    if (c == '\r' && reader->p < reader->end && *reader->p == '\n')
        reader->p++;
    *reader->out++ = '\n';
    return true;
}

ptrdiff_t nbt_decode_string(const struct nbt_lexer *lexer, const struct nbt_token *string,
                            char *out)
{
    struct reader reader = {
        .grammar = lexer->language->grammar,
        .triple = string->triple,
        .p = lexer->text + string->body,
        .end = lexer->text + string->body + string->body_length,
        .out = out,
    };
    if (string->foreign)
        return -1;
    while (reader.p < reader.end) {
        char c = *reader.p++;
        bool ok = true;
        if (c == '\\' && !string->raw)
            ok = read_escape(&reader);
        else if (c == '\n' || c == '\r')
            ok = read_newline(&reader, c);
        else if (c == '\0' || (c == '$' && reader.grammar == NBT_JULIA))
            ok = false;
        else
            *reader.out++ = c;
        if (!ok)
            return -1;
    }
    return reader.out - out;
}
