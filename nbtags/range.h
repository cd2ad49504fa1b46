/*
 * Colab's form comments as ranges:
 *
 *     lr = 0.01  #@param {type:"slider", min:0.001, max:0.1, step:0.001}
 *     opt = "adam"  #@param ["adam", "sgd"] {allow-input: true}
 *
 * Not installed. Texts live in the notebook's arena.
 */
#ifndef NBTAGS_RANGE_H
#define NBTAGS_RANGE_H

#include "nbtags/nbtags.h"

enum nbt_form {
    NBT_FORM_NONE,  /* no form comment, or one that gives no range */
    NBT_FORM_RANGE, /* *ret_range is set */
    NBT_FORM_BAD,   /* *ret_problem says what is wrong */
};

/* Reads the comment, '#' included. NBT_ENOMEM, or an enum nbt_form. */
nbt_must_check int nbt_range_read(struct nbt_notebook *notebook, const char *comment, size_t length,
                                  struct nbt_range *ret_range, const char **ret_problem);

#endif
