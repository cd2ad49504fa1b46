/*
 * Cuts a parameters or metrics cell into statements of tokens. It knows strings, comments,
 * brackets, continued lines and the blocks of its language, so that whatever stands in the cell,
 * the next statement is found; what statements mean is for parameters.c and metrics.c. Not
 * installed. The lexer borrows its text and owns the statement's tokens.
 *
 *     struct nbt_lexer lexer = nbt_lexer_begin(language, cell->source, cell->source_length);
 *     while ((more = nbt_lexer_statement(&lexer)) > 0)
 *         read(lexer.tokens, lexer.n_tokens);
 *     nbt_lexer_end(&lexer);
 */
#ifndef NBTAGS_LEXER_H
#define NBTAGS_LEXER_H

#include "nbtags/language.h"
#include "nbtags/nbtags.h"

enum nbt_token_type {
    NBT_TOKEN_END,
    NBT_TOKEN_NEWLINE, /* end of a logical line, or ';' */
    NBT_TOKEN_NAME,
    NBT_TOKEN_NUMBER,
    NBT_TOKEN_STRING,
    NBT_TOKEN_OPERATOR,
    NBT_TOKEN_COMMENT,
    NBT_TOKEN_MAGIC, /* an IPython line: %magic, !command, ?help; to the end of its line */
    NBT_TOKEN_BAD,   /* lexer->problem says why */
};

struct nbt_token {
    enum nbt_token_type type;
    size_t offset, length;    /* bytes of the text */
    int line, column;         /* from 1; columns in code points */
    size_t body, body_length; /* STRING: between its quotes */
    char quote;               /* STRING: one of " ' ` */
    bool triple;
    bool raw;
    bool foreign; /* STRING: no plain text (bytes, f-string, Julia's macro strings, characters,
                     commands) */
};

struct nbt_lexer {
    const struct nbt_language *language;
    const char *text;
    size_t size;
    struct nbt_token *tokens; /* the statement's, without comments */
    size_t n_tokens, capacity;
    struct nbt_token
        comment; /* behind the statement on its last line; length 0 when there is none */
    int indent;  /* blanks before the statement; -1 when another one stands before it on its line */
    const char *problem; /* what is wrong with the statement, NULL when nothing; tokens end there */
    struct nbt_token problem_at;
    /* The lexer's own */
    size_t at;   /* where the next token begins */
    size_t seen; /* line and column belong to this place */
    int line, column;
    int brackets, blocks;  /* open ones; newlines do not count inside */
    struct nbt_token open; /* the outermost open bracket or block */
    size_t n_statements;   /* read so far */
    int n_problems;
    bool within_line; /* a statement stands before `at` on its line */
};

struct nbt_lexer nbt_lexer_begin(const struct nbt_language *language, const char *text,
                                 size_t size);
void nbt_lexer_end(struct nbt_lexer *lexer);

/* Reads the next statement that has a token, or a problem. 1, 0 at the end of the text, NBT_ENOMEM.
 */
nbt_must_check int nbt_lexer_statement(struct nbt_lexer *lexer);

/* The next token, comments and line ends included; for a text that is one expression. lexer.c */
struct nbt_token nbt_lexer_token(struct nbt_lexer *lexer);

bool nbt_token_is(const struct nbt_lexer *lexer, const struct nbt_token *token, const char *word);

#endif
