#include "trial/tokens.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "nbtags/error.h"

struct reader {
    struct tokens *tokens;
    const char *at, *line_start;
    int line, depth;
    bool failed;
};

static bool starts_name(char c)
{
    return isalpha((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool in_name(char c)
{
    return starts_name(c) || isdigit((unsigned char)c);
}

static void push(struct reader *reader, enum token_kind kind, const char *text, size_t length)
{
    struct tokens *tokens = reader->tokens;
    if (tokens->count == tokens->capacity) {
        size_t capacity = tokens->capacity == 0 ? 64 : 2 * tokens->capacity;
        struct token *items = realloc(tokens->items, capacity * sizeof *items);
        if (items == NULL) {
            reader->failed = true;
            return;
        }
        tokens->items = items;
        tokens->capacity = capacity;
    }
    tokens->items[tokens->count++] = (struct token){.kind = kind,
                                                    .text = text,
                                                    .length = length,
                                                    .line = reader->line,
                                                    .column = (int)(text - reader->line_start) + 1,
                                                    .depth = reader->depth};
}

static void new_line(struct reader *reader)
{
    reader->at++;
    reader->line++;
    reader->line_start = reader->at;
}

static bool at_statement(const struct reader *reader)
{
    const struct tokens *tokens = reader->tokens;
    return tokens->count == 0 || tokens->items[tokens->count - 1].kind == TOKEN_END;
}

static void words(struct reader *reader, const char *from, const char *to)
{
    while (from < to) {
        const char *start = from;
        while (from < to && in_name(*from))
            from++;
        if (from > start && starts_name(*start))
            push(reader, TOKEN_TEXT_NAME, start, (size_t)(from - start));
        if (from == start)
            from++;
    }
}

/* Of an f-string, what stands between braces; "{{" is a brace. */
static void interpolated(struct reader *reader, const char *from, const char *to)
{
    int depth = 0;
    const char *open = from;
    for (const char *at = from; at < to; at++) {
        if (*at == '{' && depth == 0 && at + 1 < to && at[1] == '{') {
            at++;
        } else if (*at == '{') {
            open = depth++ == 0 ? at : open;
        } else if (*at == '}' && depth > 0 && --depth == 0) {
            words(reader, open, at);
        }
    }
}

static void string(struct reader *reader, bool formatted)
{
    char quote = *reader->at;
    const char *start = reader->at;
    bool triple = start[1] == quote && start[2] == quote;
    push(reader, TOKEN_OTHER, start, 1);
    reader->at += triple ? 3 : 1;
    const char *body = reader->at;
    while (*reader->at != '\0') {
        char c = *reader->at;
        if (c == quote && (!triple || (reader->at[1] == quote && reader->at[2] == quote)))
            break;
        if (c == '\n' && !triple)
            break;
        if (c == '\\' && reader->at[1] != '\0')
            reader->at++;
        if (*reader->at == '\n')
            new_line(reader);
        else
            reader->at++;
    }
    if (formatted)
        interpolated(reader, body, reader->at);
    if (*reader->at == quote)
        reader->at += triple ? 3 : 1;
}

/* A name, or the prefix of a string: at most three letters of b, f, r, u. */
static void name_or_string(struct reader *reader)
{
    const char *start = reader->at;
    while (in_name(*reader->at))
        reader->at++;
    size_t length = (size_t)(reader->at - start);
    bool prefix = length <= 3 && strspn(start, "bBfFrRuUtT") >= length;
    if (prefix && (*reader->at == '"' || *reader->at == '\''))
        string(reader, memchr(start, 'f', length) != NULL || memchr(start, 'F', length) != NULL);
    else
        push(reader, TOKEN_NAME, start, length);
}

static void number(struct reader *reader)
{
    const char *start = reader->at;
    while (in_name(*reader->at) || *reader->at == '.' ||
           ((*reader->at == '+' || *reader->at == '-') &&
            (reader->at[-1] == 'e' || reader->at[-1] == 'E')))
        reader->at++;
    push(reader, TOKEN_OTHER, start, (size_t)(reader->at - start));
}

static void operator(struct reader *reader)
{
    static const char *const two[] = {"==", "!=", "<=", ">=", ":=", "+=", "-=", "*=", "/=", "%=",
                                      "@=", "&=", "|=", "^=", "->", "**", "//", "<<", ">>"};
    const char *start = reader->at;
    size_t length = 1;
    bool may_be_two = start[1] != '\0' && strchr("=>*/<", start[1]) != NULL;
    for (size_t i = 0; may_be_two && i < sizeof two / sizeof two[0]; i++)
        if (strncmp(start, two[i], 2) == 0)
            length = 2;
    if (length == 2 && strchr("*/<>", start[0]) != NULL && start[0] == start[1] && start[2] == '=')
        length = 3;
    bool closes = strchr(")]}", *start) != NULL;
    push(reader, TOKEN_OPERATOR, start, length);
    if (strchr("([{", *start) != NULL)
        reader->depth++;
    else if (closes && reader->depth > 0)
        reader->depth--;
    reader->at += length;
}

/* %magic, !command: any word of the line may be a variable. */
static void magic_line(struct reader *reader)
{
    const char *end = reader->at + strcspn(reader->at, "\n");
    words(reader, reader->at, end);
    reader->at = end;
}

/* A cell magic hands the whole cell to something else, but these run it as Python. */
static bool keeps_python(const char *magic)
{
    static const char *const names[] = {"%%time", "%%timeit", "%%capture", "%%prun"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(magic, names[i], strlen(names[i])) == 0 && !in_name(magic[strlen(names[i])]))
            return true;
    return false;
}

static void magic(struct reader *reader)
{
    if (strncmp(reader->at, "%%", 2) != 0 || keeps_python(reader->at)) {
        magic_line(reader);
        return;
    }
    const char *end = reader->at + strlen(reader->at);
    words(reader, reader->at, end);
    reader->at = end;
}

static void newline_or_space(struct reader *reader)
{
    if (*reader->at != '\n') {
        reader->at++;
        return;
    }
    if (reader->depth == 0 && !at_statement(reader))
        push(reader, TOKEN_END, reader->at, 1);
    new_line(reader);
}

static void next(struct reader *reader)
{
    char c = *reader->at;
    if (c == '\n' || isspace((unsigned char)c)) {
        newline_or_space(reader);
    } else if (c == '#') {
        reader->at += strcspn(reader->at, "\n");
    } else if (c == '\\' && (reader->at[1] == '\n' || reader->at[1] == '\r')) {
        reader->at += reader->at[1] == '\r' ? 2 : 1;
        if (*reader->at == '\n')
            new_line(reader);
    } else if ((c == '%' || c == '!') && at_statement(reader)) {
        magic(reader);
    } else if (starts_name(c)) {
        name_or_string(reader);
    } else if (isdigit((unsigned char)c)) {
        number(reader);
    } else if (c == '"' || c == '\'') {
        string(reader, false);
    } else if (c == ';' && reader->depth == 0) {
        push(reader, TOKEN_END, reader->at++, 1);
    } else {
        operator(reader);
    }
}

int tokens_read(struct tokens *ret_tokens, const char *source)
{
    struct tokens tokens = {0};
    struct reader reader = {.tokens = &tokens, .at = source, .line_start = source, .line = 1};
    while (*reader.at != '\0' && !reader.failed)
        next(&reader);
    push(&reader, TOKEN_END, reader.at, 0);
    if (reader.failed) {
        tokens_fini(&tokens);
        return NBT_ENOMEM;
    }
    *ret_tokens = tokens;
    return 0;
}

void tokens_fini(struct tokens *tokens)
{
    free(tokens->items);
    *tokens = (struct tokens){0};
}

bool token_is(const struct token *token, const char *text)
{
    return strlen(text) == token->length && memcmp(token->text, text, token->length) == 0;
}
