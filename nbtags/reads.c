#include "nbtags/reads.h"

#include <string.h>

#include "nbtags/internal.h"
#include "nbtags/lexer.h"

struct finder {
    struct nbt_notebook *notebook;
    struct nbt_parameter *parameter;
    struct nbt_lexer lexer;
};

static const char *parameter_named(const struct nbt_notebook *notebook, const char *word,
                                   size_t length)
{
    for (size_t i = 0; i < notebook->n_parameters; i++) {
        const char *name = notebook->parameters[i].name;
        if (strlen(name) == length && memcmp(name, word, length) == 0)
            return name;
    }
    return NULL;
}

static int mention(struct finder *finder, const char *word, size_t length)
{
    struct nbt_parameter *parameter = finder->parameter;
    const char *name = parameter_named(finder->notebook, word, length);
    if (!name)
        return 0;
    for (size_t i = 0; i < parameter->n_reads; i++) {
        if (parameter->reads[i] == name)
            return 0;
    }
    void *array = parameter->reads;
    const char **place =
        nbt_arena_push(finder->notebook, &array, &parameter->n_reads, sizeof *place);
    if (!place)
        return NBT_ENOMEM;
    parameter->reads = array;
    *place = name;
    return 0;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* Words inside f"{...}" and behind Julia's "$". Words of the text count too when they stand behind
 * a $ or in braces: naming a parameter too many only repeats an expression that did not change. */
static int read_string(struct finder *finder, const struct nbt_token *string)
{
    const char *p = finder->lexer.text + string->body, *end = p + string->body_length;
    bool julia = finder->lexer.language->grammar == NBT_JULIA;
    char open = julia ? '(' : '{', close = julia ? ')' : '}';
    int depth = 0;
    if (!julia && !string->foreign)
        return 0;
    while (p < end) {
        const char *start = p;
        while (p < end && is_word(*p))
            p++;
        bool read = depth > 0 || (julia && start > finder->lexer.text && start[-1] == '$');
        if (p > start && read && mention(finder, start, (size_t)(p - start)) < 0)
            return NBT_ENOMEM;
        if (p > start)
            continue;
        depth += *p == open ? 1 : *p == close && depth > 0 ? -1 : 0;
        p++;
    }
    return 0;
}

/* f(lr=3) names an argument, a.lr an attribute; neither reads lr. */
static int read_name(struct finder *finder, const struct nbt_token *name,
                     const struct nbt_token *before)
{
    struct nbt_lexer ahead = finder->lexer;
    if (before->length && nbt_token_is(&ahead, before, "."))
        return 0;
    struct nbt_token next = nbt_lexer_token(&ahead);
    if (finder->lexer.brackets > 0 && nbt_token_is(&ahead, &next, "="))
        return 0;
    return mention(finder, finder->lexer.text + name->offset, name->length);
}

static int find_in(struct finder *finder)
{
    struct nbt_token before = {0};
    for (;;) {
        struct nbt_token token = nbt_lexer_token(&finder->lexer);
        int rc = 0;
        if (token.type == NBT_TOKEN_END)
            return 0;
        if (token.type == NBT_TOKEN_STRING)
            rc = read_string(finder, &token);
        else if (token.type == NBT_TOKEN_NAME)
            rc = read_name(finder, &token, &before);
        if (rc < 0)
            return rc;
        before = token;
    }
}

int nbt_reads_find(struct nbt_notebook *notebook, const struct nbt_language *language)
{
    for (size_t i = 0; i < notebook->n_parameters; i++) {
        struct nbt_parameter *parameter = &notebook->parameters[i];
        if (parameter->type != NBT_EXPRESSION)
            continue;
        struct finder finder = {
            .notebook = notebook,
            .parameter = parameter,
            .lexer = nbt_lexer_begin(language, parameter->literal, strlen(parameter->literal)),
        };
        if (find_in(&finder) < 0)
            return NBT_ENOMEM;
    }
    return 0;
}
