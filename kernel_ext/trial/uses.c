#include "trial/uses.h"

#include <ctype.h>
#include <string.h>

#include "base/scope.h"
#include "trial/tokens.h"

/* One statement's tokens; the first one tells how far it is indented. */
struct statement {
    const struct token *tokens;
    size_t count;
};

static bool any_of(const struct token *token, const char *const *names)
{
    for (; *names != NULL; names++)
        if (token_is(token, *names))
            return true;
    return false;
}

/* These see every variable. */
static const char *const dynamic[] = {"globals", "locals",      "vars", "eval",
                                      "exec",    "get_ipython", NULL};

static bool is_dynamic(const struct statement *statement, size_t i)
{
    return i + 1 < statement->count && token_is(&statement->tokens[i + 1], "(") &&
           any_of(&statement->tokens[i], dynamic);
}

/* After a dot it is an attribute; before '=' within brackets the name of an argument. */
static bool is_variable(const struct statement *statement, size_t i)
{
    const struct token *token = &statement->tokens[i];
    if (i > 0 && token_is(token - 1, "."))
        return false;
    return token->depth == 0 || i + 1 >= statement->count || !token_is(token + 1, "=");
}

static bool reads(const struct statement *statement, size_t from, size_t to, const char *name)
{
    for (size_t i = from; i < to; i++) {
        const struct token *token = &statement->tokens[i];
        if (token->kind == TOKEN_TEXT_NAME && token_is(token, name))
            return true;
        if (token->kind != TOKEN_NAME)
            continue;
        if (is_dynamic(statement, i) || (token_is(token, name) && is_variable(statement, i)))
            return true;
    }
    return false;
}

/* Targets that are nothing but names: `a`, `a, *b`, `(a, b)`, `a: int`. */
static bool is_plain(const struct statement *statement, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct token *token = &statement->tokens[i];
        if (token->kind != TOKEN_NAME &&
            !(token->kind == TOKEN_OPERATOR && strchr(",()[]*", *token->text) != NULL))
            return false;
        if (i > from && token_is(token, "(") && token[-1].kind == TOKEN_NAME)
            return false;
        if (i > from && token_is(token, "[") && token[-1].kind == TOKEN_NAME)
            return false;
    }
    return from < to;
}

static const struct token *named_in(const struct statement *statement, size_t from, size_t to,
                                    const char *name)
{
    for (size_t i = from; i < to; i++)
        if (statement->tokens[i].kind == TOKEN_NAME && token_is(&statement->tokens[i], name))
            return &statement->tokens[i];
    return NULL;
}

/* What a statement does to the name. */
struct effect {
    bool read;
    const struct token *assigned;
};

static size_t find_top(const struct statement *statement, size_t from, const char *text)
{
    while (from < statement->count &&
           !(statement->tokens[from].depth == 0 && token_is(&statement->tokens[from], text)))
        from++;
    return from;
}

/* `targets = ... = value`, `name: type = value`. Plain targets assign; anything else in them is
 * read. */
static struct effect of_assignment(const struct statement *statement, const char *name)
{
    struct effect effect = {0};
    size_t from = 0;
    for (size_t equals = find_top(statement, 0, "="); equals < statement->count;
         equals = find_top(statement, from, "=")) {
        size_t colon = find_top(statement, from, ":");
        size_t to = colon < equals ? colon : equals;
        const struct token *target = named_in(statement, from, to, name);
        if (!is_plain(statement, from, to))
            effect.read = effect.read || reads(statement, from, to, name);
        else if (target != NULL)
            effect.assigned = target;
        if (to < equals)
            effect.read = effect.read || reads(statement, to, equals, name);
        from = equals + 1;
    }
    effect.read = effect.read || reads(statement, from, statement->count, name);
    return effect;
}

static struct effect of_for(const struct statement *statement, const char *name)
{
    size_t in = find_top(statement, 0, "in");
    struct effect effect = {.read = reads(statement, in, statement->count, name)};
    if (is_plain(statement, 1, in))
        effect.assigned = named_in(statement, 1, in, name);
    else
        effect.read = effect.read || reads(statement, 1, in, name);
    return effect;
}

/* `import a as b`, `from m import a`: the last name of each item is bound. */
static struct effect of_import(const struct statement *statement, const char *name)
{
    struct effect effect = {0};
    for (size_t i = 1; i < statement->count; i++) {
        const struct token *token = &statement->tokens[i];
        bool last =
            i + 1 >= statement->count || token_is(token + 1, ",") || token_is(token + 1, ")");
        if (last && token->kind == TOKEN_NAME && token_is(token, name))
            effect.assigned = token;
    }
    return effect;
}

/* `def f(a, b=c):` reads what the defaults and decorators name; parameters are names of their own.
 */
static struct effect of_definition(const struct statement *statement, const char *name)
{
    struct effect effect = {0};
    if (statement->count > 1 && token_is(&statement->tokens[1], name))
        effect.assigned = &statement->tokens[1];
    for (size_t i = 2; i < statement->count; i++) {
        const struct token *before = &statement->tokens[i - 1];
        bool parameter = token_is(before, "(") || token_is(before, ",") || token_is(before, "*") ||
                         token_is(before, "**");
        if (!parameter || token_is(&statement->tokens[0], "class"))
            effect.read = effect.read || reads(statement, i, i + 1, name);
    }
    return effect;
}

static struct effect effect_of(const struct statement *statement, const char *name)
{
    static const char *const blocks[] = {"if",   "elif",   "else",    "while", "try",
                                         "with", "except", "finally", "async", NULL};
    static const char *const silent[] = {"global", "nonlocal", "del", NULL};
    const struct token *first = statement->tokens;
    if (token_is(first, "for"))
        return of_for(statement, name);
    if (token_is(first, "import") || token_is(first, "from"))
        return of_import(statement, name);
    if (token_is(first, "def") || token_is(first, "class"))
        return of_definition(statement, name);
    if (any_of(first, silent))
        return (struct effect){0};
    if (!any_of(first, blocks) && find_top(statement, 0, "=") < statement->count)
        return of_assignment(statement, name);
    return (struct effect){.read = reads(statement, 0, statement->count, name)};
}

/* An indented statement may not run, or run later, in a function: it is never sure to assign. */
static void note(struct uses *uses, const struct statement *statement, const char *name)
{
    struct effect effect = effect_of(statement, name);
    bool indented = statement->tokens[0].column > 1;
    bool lambda = named_in(statement, 0, statement->count, "lambda") != NULL;
    if (effect.read && (indented || lambda))
        uses->read_later = true;
    if (effect.read && uses->assigned_line == 0)
        uses->read = true;
    if (effect.assigned != NULL && !indented && !uses->read && uses->assigned_line == 0) {
        uses->assigned_line = effect.assigned->line;
        uses->assigned_column = effect.assigned->column;
    }
}

/* Of a long notebook few cells do: the others need no tokens. */
static bool may_use(const char *source, const char *name)
{
    bool found = strstr(source, name) != NULL;
    for (size_t i = 0; !found && dynamic[i] != NULL; i++)
        found = strstr(source, dynamic[i]) != NULL;
    return found;
}

static int find_in_python(struct uses *uses, const char *source, const char *name)
{
    CLEANUP(tokens_fini) struct tokens tokens = {0};
    int code = may_use(source, name) ? tokens_read(&tokens, source) : 0;
    for (size_t i = 0, start = 0; code == 0 && i < tokens.count; i++) {
        if (tokens.items[i].kind != TOKEN_END)
            continue;
        struct statement statement = {&tokens.items[start], i - start};
        if (statement.count > 0)
            note(uses, &statement, name);
        start = i + 1;
    }
    return code;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || (unsigned char)c >= 0x80;
}

/* Any appearance outside of a comment. */
static void find_word(struct uses *uses, const char *source, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = source; *at != '\0'; at++) {
        if (*at == '#') {
            at += strcspn(at, "\n");
            if (*at == '\0')
                return;
        }
        if (strncmp(at, name, length) == 0 && (at == source || !is_word(at[-1])) &&
            !is_word(at[length]))
            uses->read = uses->read_later = true;
    }
}

int uses_find(struct uses *ret_uses, const char *language, const char *source, const char *name)
{
    struct uses uses = {0};
    int code = 0;
    if (strcmp(language, "python") == 0)
        code = find_in_python(&uses, source, name);
    else
        find_word(&uses, source, name);
    if (code == 0)
        *ret_uses = uses;
    return code;
}
