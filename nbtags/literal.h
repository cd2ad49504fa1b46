/*
 * How a literal is written beyond its type, so that a replaced literal looks like the one before.
 * Not installed.
 */
#ifndef NBTAGS_LITERAL_H
#define NBTAGS_LITERAL_H

#include "nbtags/language.h"
#include "nbtags/nbtags.h"

struct nbt_style {
    char quote;        /* " or ' */
    bool long_integer; /* R: 5L, not 5 */
    bool single;       /* Julia: 1f-3, a Float32 */
};

/* What nbt_literal writes, where no literal stands yet. */
#define NBT_STYLE_INIT ((struct nbt_style){.quote = '"', .long_integer = true})

/* The style of a parameter's literal. */
struct nbt_style nbt_style_of(const struct nbt_language *language,
                              const struct nbt_parameter *parameter);

/* As nbt_literal. */
nbt_must_check int nbt_literal_styled(const struct nbt_language *language, struct nbt_style style,
                                      enum nbt_type type, const char *value, char **ret_text,
                                      struct nbt_error *err);

#endif
