/*
 * Which parameters an expression mentions, so that `lr2 = lr * 2` can follow lr. Not installed.
 */
#ifndef NBTAGS_READS_H
#define NBTAGS_READS_H

#include "nbtags/language.h"
#include "nbtags/nbtags.h"

/* Fills `reads` of every parameter that is an expression, in order of first mention. NBT_ENOMEM. */
nbt_must_check int nbt_reads_find(struct nbt_notebook *notebook,
                                  const struct nbt_language *language);

#endif
