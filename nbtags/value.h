/*
 * What the right side of an assignment is: a literal of a type that can be tuned, or an expression.
 * Reads Python's, R's and Julia's numbers, words and strings. Not installed; texts live in the
 * notebook's arena.
 *
 *     struct nbt_value value;
 *     if (nbt_value_read(notebook, &lexer, 2, &value) < 0) ...
 */
#ifndef NBTAGS_VALUE_H
#define NBTAGS_VALUE_H

#include "nbtags/lexer.h"

struct nbt_value {
    enum nbt_type type;
    const char *text; /* as nbt_parameter.value; "" for an expression */
    size_t offset,
        length; /* bytes of the literal, without parentheses around it; of the whole expression */
    int line, column;
    bool infinite; /* a float literal that overflows; its type is NBT_EXPRESSION */
};

/* Reads the statement's tokens from `first`, which must exist, to the last. NBT_ENOMEM. */
nbt_must_check int nbt_value_read(struct nbt_notebook *notebook, const struct nbt_lexer *lexer,
                                  size_t first, struct nbt_value *ret_value);

/* Decodes a plain string's body into `out`, which holds body_length bytes. Returns the decoded
 * length, or -1 when it is not a text that is known now: an interpolation, a named character, bytes
 * that are no character, a faulty escape. */
ptrdiff_t nbt_decode_string(const struct nbt_lexer *lexer, const struct nbt_token *string,
                            char *out);

#endif
