/* Names to words. */
#include <string.h>

#include "experiment/derive_internal.h"

static bool lower(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || c >= 0x80;
}

static bool upper(unsigned char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Whether a word ends between two letters: "maxDepth" before D, "XGBModel" before M. */
static bool camel(unsigned char before, unsigned char here, unsigned char after)
{
    return upper(here) && (lower(before) || (upper(before) && lower(after)));
}

static void start_word(struct tokens *tokens, const char *word)
{
    if (tokens->n < sizeof(tokens->words) / sizeof(tokens->words[0]))
        tokens->words[tokens->n++] = word;
}

void tokens_init(struct tokens *ret, const char *name)
{
    memset(ret, 0, sizeof(*ret));
    char *out = ret->text, *end = ret->text + sizeof(ret->text) - 2;
    unsigned char before = 0; /* the letter before, 0 at the start of a word */
    for (const char *p = name; *p && out < end; p++) {
        unsigned char c = (unsigned char)*p;
        bool letter = lower(c) || upper(c);
        if (before && (!letter || camel(before, c, (unsigned char)p[1])))
            *out++ = '\0';
        if (letter && (!before || camel(before, c, (unsigned char)p[1])))
            start_word(ret, out);
        if (letter)
            *out++ = (char)(upper(c) ? c - 'A' + 'a' : c);
        before = letter ? c : 0;
    }
}

static bool listed(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *p = words; (p = strstr(p, word)) != NULL; p += length)
        if ((p == words || p[-1] == ' ') && (p[length] == ' ' || p[length] == '\0'))
            return true;
    return false;
}

const char *tokens_find(const struct tokens *tokens, const char *words)
{
    for (size_t i = 0; i < tokens->n; i++)
        if (listed(words, tokens->words[i]))
            return tokens->words[i];
    return NULL;
}
