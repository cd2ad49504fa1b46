#include <stdlib.h>
#include <string.h>

#include "nbtags/lexer.h"

/* Each problem may cost one pass over the rest of the cell; past so many the rest is not read. */
#define PROBLEMS_MAX 16

struct nbt_lexer nbt_lexer_begin(const struct nbt_language *language, const char *text, size_t size)
{
    return (struct nbt_lexer){
        .language = language, .text = text, .size = size, .line = 1, .column = 1};
}

void nbt_lexer_end(struct nbt_lexer *lexer)
{
    free(lexer->tokens);
    lexer->tokens = NULL;
}

bool nbt_token_is(const struct nbt_lexer *lexer, const struct nbt_token *token, const char *word)
{
    return token->type != NBT_TOKEN_STRING && strlen(word) == token->length &&
           memcmp(lexer->text + token->offset, word, token->length) == 0;
}

static int push(struct nbt_lexer *lexer, struct nbt_token token)
{
    if (lexer->n_tokens == lexer->capacity) {
        size_t capacity = lexer->capacity ? 2 * lexer->capacity : 32;
        struct nbt_token *tokens = realloc(lexer->tokens, capacity * sizeof *tokens);
        if (!tokens)
            return NBT_ENOMEM;
        lexer->tokens = tokens;
        lexer->capacity = capacity;
    }
    if (lexer->n_tokens == 0)
        lexer->indent = lexer->within_line ? -1 : token.column - 1;
    lexer->tokens[lexer->n_tokens++] = token;
    return 0;
}

/* In R and Julia an operator at the end of a line waits for its right side. */
static bool is_open_ended(const struct nbt_lexer *lexer)
{
    if (lexer->language->indents || lexer->n_tokens == 0)
        return false;
    const struct nbt_token *last = &lexer->tokens[lexer->n_tokens - 1];
    return last->type == NBT_TOKEN_OPERATOR && !strchr(")]}'", lexer->text[last->offset]) &&
           !nbt_token_is(lexer, last, "...");
}

static void forget_rest(struct nbt_lexer *lexer)
{
    lexer->brackets = lexer->blocks = 0;
    if (++lexer->n_problems > PROBLEMS_MAX)
        lexer->at = lexer->size;
}

/* Goes back to the line of the bracket or block that never ended: what stands below may be sound.
 */
static void give_up_on_open(struct nbt_lexer *lexer)
{
    lexer->problem = lexer->brackets > 0 ? "this bracket is not closed" : "this block has no end";
    lexer->problem_at = lexer->open;
    lexer->at = lexer->seen = lexer->open.offset;
    lexer->line = lexer->open.line;
    lexer->column = lexer->open.column;
    while (lexer->at < lexer->size && !strchr("\r\n", lexer->text[lexer->at]))
        lexer->at++;
    forget_rest(lexer);
}

/* `a = 1;  # comment`: the comment is still a's. */
static void take_comment_behind_semicolon(struct nbt_lexer *lexer)
{
    size_t at = lexer->at;
    while (at < lexer->size && (lexer->text[at] == ' ' || lexer->text[at] == '\t'))
        at++;
    if (at == lexer->size || lexer->text[at] != '#')
        return;
    struct nbt_token token = nbt_lexer_token(lexer);
    if (token.type == NBT_TOKEN_COMMENT)
        lexer->comment = token;
}

/* Whether the line end ends the statement. */
static bool ends_statement(struct nbt_lexer *lexer, const struct nbt_token *newline)
{
    bool semicolon = lexer->text[newline->offset] == ';';
    if (!semicolon && is_open_ended(lexer))
        return false;
    lexer->within_line = semicolon;
    if (lexer->n_tokens == 0)
        return false;
    if (semicolon)
        take_comment_behind_semicolon(lexer);
    return true;
}

static int finish(struct nbt_lexer *lexer)
{
    if (lexer->n_tokens == 0 && !lexer->problem)
        return 0;
    lexer->n_statements++;
    return 1;
}

int nbt_lexer_statement(struct nbt_lexer *lexer)
{
    lexer->n_tokens = 0;
    lexer->indent = 0;
    lexer->comment = (struct nbt_token){0};
    lexer->problem = NULL;
    for (;;) {
        struct nbt_token token = nbt_lexer_token(lexer);
        switch (token.type) {
        case NBT_TOKEN_END:
            if (lexer->brackets > 0 || lexer->blocks > 0)
                give_up_on_open(lexer);
            return finish(lexer);
        case NBT_TOKEN_NEWLINE:
            if (ends_statement(lexer, &token))
                return finish(lexer);
            break;
        case NBT_TOKEN_COMMENT: lexer->comment = token; break;
        case NBT_TOKEN_BAD: forget_rest(lexer); return finish(lexer);
        default:
            lexer->comment = (struct nbt_token){0};
            if (push(lexer, token) < 0)
                return NBT_ENOMEM;
        }
    }
}
