#include "nbtags/lexer.h"

#include <stdlib.h>
#include <string.h>

/* Longest first. Some are operators in one language only; they would be errors in the others. */
static const char *const operators[] = {
    "<<-", "->>", "**=", "//=", ">>=", "<<=", "===", "!==", "...", "==", "!=",
    "<=",  ">=",  ":=",  "+=",  "-=",  "*=",  "/=",  "%=",  "&=",  "|=", "^=",
    "@=",  ".=",  "->",  "<-",  "=>",  "**",  "//",  "::",  "|>",  "&&", "||",
};

/* Julia: each of these is closed by "end". */
static const char *const block_words[] = {
    "begin",  "function",   "if",  "for", "while", "let",   "struct",
    "module", "baremodule", "try", "do",  "quote", "macro", NULL,
};

static char peek(const struct nbt_lexer *lexer, size_t offset)
{
    if (offset >= lexer->size)
        return '\0';
    return lexer->text[offset];
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_newline(char c)
{
    return c == '\n' || c == '\r';
}

static bool starts_name(const struct nbt_lexer *lexer, size_t at)
{
    char c = peek(lexer, at);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80)
        return true;
    return c == '.' && lexer->language->grammar == NBT_R && !is_digit(peek(lexer, at + 1));
}

static bool continues_name(const struct nbt_lexer *lexer, size_t at)
{
    char c = peek(lexer, at);
    if (c == '!')
        return lexer->language->grammar == NBT_JULIA && peek(lexer, at + 1) != '=';
    return starts_name(lexer, at) || is_digit(c) || (c == '.' && lexer->language->grammar == NBT_R);
}

static size_t newline_length(const struct nbt_lexer *lexer, size_t at)
{
    return peek(lexer, at) == '\r' && peek(lexer, at + 1) == '\n' ? 2 : 1;
}

/* Moves line and column on to `offset`; each byte of the text is looked at once. */
static void see(struct nbt_lexer *lexer, size_t offset)
{
    while (lexer->seen < offset) {
        char c = lexer->text[lexer->seen];
        if (c == '\n' || (c == '\r' && peek(lexer, lexer->seen + 1) != '\n')) {
            lexer->line++;
            lexer->column = 1;
        } else if (((unsigned char)c & 0xC0) != 0x80) {
            lexer->column++;
        }
        lexer->seen++;
    }
}

static struct nbt_token peek_token(struct nbt_lexer *lexer)
{
    see(lexer, lexer->at);
    return (struct nbt_token){.offset = lexer->at, .line = lexer->line, .column = lexer->column};
}

static struct nbt_token token_at(struct nbt_lexer *lexer, enum nbt_token_type type, size_t length)
{
    struct nbt_token token = peek_token(lexer);
    token.type = type;
    token.length = length;
    lexer->at += length;
    return token;
}

static size_t line_end(const struct nbt_lexer *lexer, size_t at)
{
    while (at < lexer->size && !is_newline(lexer->text[at]))
        at++;
    return at;
}

static struct nbt_token bad(struct nbt_lexer *lexer, const char *problem)
{
    struct nbt_token token = token_at(lexer, NBT_TOKEN_BAD, 0);
    lexer->problem = problem;
    lexer->problem_at = token;
    lexer->at = line_end(lexer, lexer->at);
    return token;
}

/* Julia's comments of several lines nest. */
static size_t block_comment_end(const struct nbt_lexer *lexer, size_t at)
{
    int depth = 0;
    do {
        if (peek(lexer, at) == '#' && peek(lexer, at + 1) == '=') {
            depth++;
            at += 2;
        } else if (peek(lexer, at) == '=' && peek(lexer, at + 1) == '#') {
            depth--;
            at += 2;
        } else {
            at++;
        }
    } while (depth > 0 && at < lexer->size);
    return at < lexer->size ? at : lexer->size;
}

static bool nested(const struct nbt_lexer *lexer)
{
    return lexer->brackets > 0 || lexer->blocks > 0;
}

/* The length of what separates tokens at `at`, 0 when a token begins there. */
static size_t blank_length(const struct nbt_lexer *lexer, size_t at)
{
    char c = peek(lexer, at);
    if (at >= lexer->size)
        return 0;
    if (c == ' ' || c == '\t' || c == '\f')
        return 1;
    if (c == '\\' && lexer->language->grammar == NBT_PYTHON && is_newline(peek(lexer, at + 1)))
        return 1 + newline_length(lexer, at + 1);
    if (c == '#' && peek(lexer, at + 1) == '=' && lexer->language->grammar == NBT_JULIA)
        return block_comment_end(lexer, at) - at;
    if (!nested(lexer))
        return 0;
    if (c == '#')
        return line_end(lexer, at) - at;
    return is_newline(c) ? 1 : 0;
}

static void skip_blanks(struct nbt_lexer *lexer)
{
    size_t length;
    while ((length = blank_length(lexer, lexer->at)) > 0)
        lexer->at += length;
}

static size_t digits_end(const struct nbt_lexer *lexer, size_t at)
{
    bool grouping = lexer->language->grammar != NBT_R;
    while (is_digit(peek(lexer, at)) || (grouping && peek(lexer, at) == '_'))
        at++;
    return at;
}

static bool is_exponent(const struct nbt_lexer *lexer, size_t at)
{
    char c = peek(lexer, at), next = peek(lexer, at + 1);
    if (c != 'e' && c != 'E' && !(c == 'f' && lexer->language->grammar == NBT_JULIA))
        return false;
    return is_digit(next) || ((next == '+' || next == '-') && is_digit(peek(lexer, at + 2)));
}

static size_t prefixed_number_end(const struct nbt_lexer *lexer, size_t at)
{
    char c;
    while (c = peek(lexer, at), is_digit(c) || c == '_' || (c && strchr("abcdefABCDEF", c)))
        at++;
    return at;
}

static struct nbt_token number(struct nbt_lexer *lexer)
{
    size_t at = lexer->at;
    char second = peek(lexer, at + 1);
    if (peek(lexer, at) == '0' && second && strchr("xXbBoO", second)) {
        at = prefixed_number_end(lexer, at + 2);
    } else {
        at = digits_end(lexer, at);
        if (peek(lexer, at) == '.')
            at = digits_end(lexer, at + 1);
        if (is_exponent(lexer, at))
            at = digits_end(lexer, at + 2);
    }
    /* Suffixes make another type of it; further letters stay a name of their own, as in Julia's 2x.
     */
    char c = peek(lexer, at);
    if (c && strchr(lexer->language->grammar == NBT_R ? "Li" : "jJ", c))
        at++;
    return token_at(lexer, NBT_TOKEN_NUMBER, at - lexer->at);
}

static size_t name_end(const struct nbt_lexer *lexer, size_t at)
{
    while (at < lexer->size && continues_name(lexer, at))
        at++;
    return at;
}

/* Whether the bytes before a quote are a string's prefix, and what it says. */
static bool python_prefix(const char *prefix, size_t length, struct nbt_token *token)
{
    if (length > 2)
        return false;
    for (size_t i = 0; i < length; i++) {
        switch (prefix[i]) {
        case 'r':
        case 'R': token->raw = true; break;
        case 'b':
        case 'B':
        case 'f':
        case 'F':
        case 't':
        case 'T': token->foreign = true; break;
        case 'u':
        case 'U': break;
        default: return false;
        }
    }
    return true;
}

/* Julia's $(...) may hold quotes; what is inside its parentheses does not end the string. */
static size_t interpolation_end(const struct nbt_lexer *lexer, size_t at)
{
    int depth = 0;
    for (; at < lexer->size; at++) {
        char c = lexer->text[at];
        if (c == '(')
            depth++;
        if (c == ')' && --depth == 0)
            return at + 1;
    }
    return at;
}

static bool closes(const struct nbt_lexer *lexer, const struct nbt_token *token, size_t at)
{
    char quote = token->quote;
    if (peek(lexer, at) != quote)
        return false;
    return !token->triple || (peek(lexer, at + 1) == quote && peek(lexer, at + 2) == quote);
}

/* The place of the closing quote; lexer->size when there is none. */
static size_t body_end(const struct nbt_lexer *lexer, const struct nbt_token *token)
{
    size_t at = token->body;
    bool julia = lexer->language->grammar == NBT_JULIA;
    while (at < lexer->size && !closes(lexer, token, at)) {
        char c = lexer->text[at];
        if (c == '\\' && at + 1 < lexer->size)
            at += 1 + newline_length(lexer, at + 1);
        else if (c == '$' && julia && !token->raw && peek(lexer, at + 1) == '(')
            at = interpolation_end(lexer, at + 1);
        else if (is_newline(c) && !token->triple && !lexer->language->multiline_strings)
            return lexer->size;
        else
            at++;
    }
    return at;
}

static struct nbt_token finish_string(struct nbt_lexer *lexer, struct nbt_token token, size_t end,
                                      size_t closing)
{
    if (end >= lexer->size)
        return bad(lexer, "this string is not closed");
    struct nbt_token placed = token_at(lexer, NBT_TOKEN_STRING, end + closing - lexer->at);
    token.type = placed.type;
    token.offset = placed.offset;
    token.length = placed.length;
    token.line = placed.line;
    token.column = placed.column;
    token.body_length = end - token.body;
    return token;
}

/* `token` has what the prefix said; `quote_at` is where its quote stands. */
static struct nbt_token string(struct nbt_lexer *lexer, struct nbt_token token, size_t quote_at)
{
    token.quote = peek(lexer, quote_at);
    token.triple = lexer->language->grammar != NBT_R && peek(lexer, quote_at + 1) == token.quote &&
                   peek(lexer, quote_at + 2) == token.quote && token.quote != '`';
    token.body = quote_at + (token.triple ? 3 : 1);
    return finish_string(lexer, token, body_end(lexer, &token), token.triple ? 3 : 1);
}

/* R's r"---(...)---": as many dashes behind as before. */
static struct nbt_token r_raw_string(struct nbt_lexer *lexer)
{
    struct nbt_token token = {.raw = true, .quote = lexer->text[lexer->at + 1]};
    size_t at = lexer->at + 2;
    while (peek(lexer, at) == '-')
        at++;
    size_t dashes = at - lexer->at - 2;
    const char *brackets = "()[]{}";
    const char *open = peek(lexer, at) ? strchr(brackets, peek(lexer, at)) : NULL;
    if (!open)
        return bad(lexer, "this raw string does not begin with r\"(");
    token.body = at + 1;
    for (at++; at < lexer->size; at++) {
        size_t behind = at + 1;
        while (behind < lexer->size && lexer->text[behind] == '-')
            behind++;
        if (lexer->text[at] == open[1] && behind - at - 1 == dashes &&
            peek(lexer, behind) == token.quote)
            return finish_string(lexer, token, at, dashes + 2);
    }
    return bad(lexer, "this raw string is not closed");
}

static void count_blocks(struct nbt_lexer *lexer, size_t length)
{
    const char *word = lexer->text + lexer->at;
    if (lexer->language->grammar != NBT_JULIA || lexer->brackets > 0)
        return;
    if (nbt_word_in(block_words, word, length)) {
        if (lexer->blocks++ == 0)
            lexer->open = peek_token(lexer);
    } else if (length == 3 && memcmp(word, "end", 3) == 0 && lexer->blocks > 0) {
        lexer->blocks--;
    }
}

static struct nbt_token name(struct nbt_lexer *lexer)
{
    size_t end = name_end(lexer, lexer->at);
    size_t length = end - lexer->at;
    const char *word = lexer->text + lexer->at;
    char next = peek(lexer, end);
    struct nbt_token token = {.type = NBT_TOKEN_STRING};
    switch (lexer->language->grammar) {
    case NBT_PYTHON:
        if ((next == '"' || next == '\'') && python_prefix(word, length, &token))
            return string(lexer, token, end);
        break;
    case NBT_R:
        if ((next == '"' || next == '\'') && length == 1 && (*word == 'r' || *word == 'R'))
            return r_raw_string(lexer);
        break;
    case NBT_JULIA:
        token.raw = token.foreign = true;
        if (next == '"' || next == '`')
            return string(lexer, token, end);
        break;
    }
    count_blocks(lexer, length);
    return token_at(lexer, NBT_TOKEN_NAME, length);
}

static struct nbt_token bracket(struct nbt_lexer *lexer)
{
    bool opens = strchr("([{", peek(lexer, lexer->at)) != NULL;
    if (!opens && lexer->brackets == 0)
        return bad(lexer, "this bracket closes none");
    struct nbt_token token = token_at(lexer, NBT_TOKEN_OPERATOR, 1);
    if (opens && !nested(lexer))
        lexer->open = token;
    lexer->brackets += opens ? 1 : -1;
    return token;
}

static size_t operator_length(const struct nbt_lexer *lexer)
{
    size_t left = lexer->size - lexer->at;
    const char *text = lexer->text + lexer->at;
    if (*text == '%' && lexer->language->grammar == NBT_R) {
        size_t end = lexer->at + 1;
        while (end < lexer->size && lexer->text[end] != '%' && !is_newline(lexer->text[end]))
            end++;
        return end - lexer->at + (peek(lexer, end) == '%');
    }
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        size_t length = strlen(operators[i]);
        if (length <= left && memcmp(operators[i], text, length) == 0)
            return length;
    }
    return 1;
}

/* IPython's lines stand at the beginning of a statement, or behind "NAME =". */
static bool is_magic(const struct nbt_lexer *lexer, char c)
{
    if (lexer->language->grammar != NBT_PYTHON || nested(lexer) || !strchr("%!?", c))
        return false;
    return lexer->n_tokens == 0 || nbt_token_is(lexer, &lexer->tokens[lexer->n_tokens - 1], "=");
}

/* A cell magic at the top takes the whole cell. */
static struct nbt_token magic(struct nbt_lexer *lexer)
{
    bool whole = lexer->n_statements == 0 && lexer->n_tokens == 0 &&
                 peek(lexer, lexer->at) == '%' && peek(lexer, lexer->at + 1) == '%';
    size_t end = whole ? lexer->size : line_end(lexer, lexer->at);
    return token_at(lexer, NBT_TOKEN_MAGIC, end - lexer->at);
}

/* Julia's ' transposes what stands right before it. */
static bool is_transpose(const struct nbt_lexer *lexer)
{
    if (lexer->language->grammar != NBT_JULIA || lexer->at == 0)
        return false;
    char before = lexer->text[lexer->at - 1];
    return strchr(")]}'.", before) != NULL || continues_name(lexer, lexer->at - 1);
}

static struct nbt_token quoted(struct nbt_lexer *lexer, char c)
{
    struct nbt_token token = {.foreign = c == '`'};
    if (c == '\'' && lexer->language->grammar == NBT_JULIA) {
        if (is_transpose(lexer))
            return token_at(lexer, NBT_TOKEN_OPERATOR, 1);
        token.foreign = true;
    }
    return string(lexer, token, lexer->at);
}

struct nbt_token nbt_lexer_token(struct nbt_lexer *lexer)
{
    skip_blanks(lexer);
    if (lexer->at >= lexer->size)
        return token_at(lexer, NBT_TOKEN_END, 0);
    char c = lexer->text[lexer->at];
    if (is_newline(c))
        return token_at(lexer, NBT_TOKEN_NEWLINE, newline_length(lexer, lexer->at));
    if (c == ';' && !nested(lexer))
        return token_at(lexer, NBT_TOKEN_NEWLINE, 1);
    if (c == '#')
        return token_at(lexer, NBT_TOKEN_COMMENT, line_end(lexer, lexer->at) - lexer->at);
    if (is_magic(lexer, c))
        return magic(lexer);
    if (is_digit(c) || (c == '.' && is_digit(peek(lexer, lexer->at + 1))))
        return number(lexer);
    if (starts_name(lexer, lexer->at))
        return name(lexer);
    if (c == '"' || c == '\'' || (c == '`' && lexer->language->grammar != NBT_PYTHON))
        return quoted(lexer, c);
    if (strchr("()[]{}", c))
        return bracket(lexer);
    if ((unsigned char)c < 0x20 || c == 0x7F)
        return bad(lexer, "a control character stands here");
    return token_at(lexer, NBT_TOKEN_OPERATOR, operator_length(lexer));
}
