/*
 * The languages whose parameters cells nbtags reads and writes: what differs between them, as a
 * table. To add a language is to add a row, its string rules in value.c and its writer in
 * literal.c. Not installed.
 *
 *     const struct nbt_language *language = nbt_language_find("julia");
 */
#ifndef NBTAGS_LANGUAGE_H
#define NBTAGS_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>

enum nbt_grammar { NBT_PYTHON, NBT_R, NBT_JULIA };

struct nbt_language {
    const char *name; /* as language_info.name, lower case */
    enum nbt_grammar grammar;
    const char *true_word, *false_word;
    const char *const *assigns;  /* operators that assign, NULL-terminated */
    const char *const *keywords; /* words that name no variable, NULL-terminated */
    const char *const
        *printers;          /* functions that print one value in a metrics cell, NULL-terminated */
    bool indents;           /* indentation makes blocks; else an open operator continues a line */
    bool multiline_strings; /* a plain string may hold a line end */
};

/* NULL when the language is not known. */
const struct nbt_language *nbt_language_find(const char *name);

/* "python, r and julia", for messages. */
#define NBT_LANGUAGES "Python, R and Julia"

bool nbt_word_in(const char *const *words, const char *text, size_t length);

#endif
