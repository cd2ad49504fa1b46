/*
 * Python source as tokens: names, operators, ends of statements; comments gone, strings skipped
 * except for what f-strings and magics interpolate. Enough to see which names a cell reads and
 * assigns; not a parser, and nothing is ever refused.
 *
 *     struct tokens tokens;
 *     if (tokens_read(&tokens, "x = f(y)  # z") == 0) ...
 *     tokens_fini(&tokens);
 */
#ifndef TRIAL_TOKENS_H
#define TRIAL_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
    TOKEN_NAME,
    TOKEN_OTHER, /* a number or a string */
    TOKEN_OPERATOR,
    TOKEN_TEXT_NAME, /* a word where text may read a variable: in an f-string, a magic, a shell line
                      */
    TOKEN_END,       /* of a statement */
};

struct token {
    enum token_kind kind;
    const char *text; /* into the source */
    size_t length;
    int line, column; /* from 1; column in bytes */
    int depth;        /* open brackets before it; a closing one counts as inside */
};

struct tokens {
    struct token *items;
    size_t count, capacity;
};

/* 0, or NBT_ENOMEM. Borrows the source for as long as the tokens live. */
int tokens_read(struct tokens *ret_tokens, const char *source);
void tokens_fini(struct tokens *tokens);
bool token_is(const struct token *token, const char *text);

#endif
