/*
 * The language of cells: one command on each line, in words as a shell reads them. '...' is taken
 * as it is; in "..." a backslash keeps '"' and '\'; elsewhere it keeps any character, and before a
 * line end it joins two lines. '#' at the start of a word begins a comment. Pure.
 *
 *     struct script script;
 *     script_read(&script, "run model.ipynb --trials 4\nlist", &err);
 *     script.commands[0].words[0].text, ...
 *     script_fini(&script);
 */
#ifndef KERNEL_SCRIPT_H
#define KERNEL_SCRIPT_H

#include <stddef.h>

#include "nbtags/error.h"

enum script_end {
    SCRIPT_WHOLE,
    SCRIPT_IN_QUOTES,       /* a quote is not closed */
    SCRIPT_AFTER_BACKSLASH, /* the last character is a backslash */
};

struct script_word {
    char *text;        /* owned, without its quotes */
    size_t start, end; /* bytes of the code */
};

struct script_command {
    struct script_word *words;
    size_t n;
    int line; /* 1-based */
};

struct script {
    struct script_command *commands; /* none is empty */
    size_t n;
    enum script_end end;
};

/* What is not whole is read as if it were closed at the end. Fails only for want of memory. */
nbt_must_check int script_read(struct script *ret, const char *code, struct nbt_error *err);
void script_fini(struct script *script);

/* "complete", "incomplete", "invalid": of is_complete_request. */
const char *script_status(const char *code);

/* A word as the language reads it: bare when it can be. Characters beyond ASCII stay. */
struct buf;
void script_quote(struct buf *out, const char *word);

#endif
