#include "nbtags/language.h"

#include <string.h>

static const char *const equals[] = {"=", NULL};
static const char *const r_assigns[] = {"=", "<-", "<<-", NULL};

static const char *const python_keywords[] = {
    "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
    "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
    "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
    "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield",    NULL,
};

static const char *const r_keywords[] = {
    "if",          "else",     "repeat",        "while", "function", "for", "next",
    "break",       "TRUE",     "FALSE",         "NULL",  "Inf",      "NaN", "NA",
    "NA_integer_", "NA_real_", "NA_character_", "in",    NULL,
};

static const char *const julia_keywords[] = {
    "baremodule", "begin",  "break",  "catch", "const",   "continue", "do",       "else",
    "elseif",     "end",    "export", "false", "finally", "for",      "function", "global",
    "if",         "import", "let",    "local", "macro",   "module",   "quote",    "return",
    "struct",     "true",   "try",    "using", "while",   NULL,
};

static const char *const python_printers[] = {"print", NULL};
static const char *const r_printers[] = {"print", "cat", NULL};
static const char *const julia_printers[] = {"println", "print", NULL};

static const struct nbt_language languages[] = {
    {"python", NBT_PYTHON, "True", "False", equals, python_keywords, python_printers, true, false},
    {"ipython", NBT_PYTHON, "True", "False", equals, python_keywords, python_printers, true, false},
    {"r", NBT_R, "TRUE", "FALSE", r_assigns, r_keywords, r_printers, false, true},
    {"julia", NBT_JULIA, "true", "false", equals, julia_keywords, julia_printers, false, true},
};

const struct nbt_language *nbt_language_find(const char *name)
{
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
        if (strcmp(languages[i].name, name) == 0)
            return &languages[i];
    }
    return NULL;
}

bool nbt_word_in(const char *const *words, const char *text, size_t length)
{
    for (; *words; words++) {
        if (strlen(*words) == length && memcmp(*words, text, length) == 0)
            return true;
    }
    return false;
}
