/*
 * What the files of nbt_edit share: the plan of replacements, and JSON written in the file's own
 * layout. Not installed.
 *
 *     struct nbt_plan plan = {.text = notebook->text, .size = notebook->size};
 *     if (nbt_plan_object(&plan, cell->metadata_span, keys, 1, &err) < 0) ...
 *     nbt_plan_run(&plan, &text, &size, &err);
 *     nbt_plan_fini(&plan);
 */
#ifndef NBTAGS_EDIT_H
#define NBTAGS_EDIT_H

#include <stdio.h>

#include "nbtags/nbtags.h"

/* plan.c: replacements on a text. */

struct nbt_replacement {
    struct nbt_span span; /* length 0: an insertion */
    char *text;           /* owned */
    size_t length;
    size_t order; /* as planned; decides between two at one place */
};

struct nbt_plan {
    const char *text; /* borrowed */
    size_t size;
    struct nbt_replacement *replacements;
    size_t n;
};

void nbt_plan_fini(struct nbt_plan *plan);

/* Takes `text`, also when it fails. */
nbt_must_check int nbt_plan_replace(struct nbt_plan *plan, struct nbt_span span, char *text,
                                    size_t length, struct nbt_error *err);

/* The text with all replacements made, which must not overlap; the caller frees it. */
nbt_must_check int nbt_plan_run(struct nbt_plan *plan, char **ret_text, size_t *ret_size,
                                struct nbt_error *err);

/* edit_object.c: keys of one JSON object set (value) or removed (value NULL). Other members keep
 * their bytes. */

struct nbt_key_change {
    const char *key;
    const json_t *value;
};

nbt_must_check int nbt_plan_object(struct nbt_plan *plan, struct nbt_span object,
                                   const struct nbt_key_change *changes, size_t n,
                                   struct nbt_error *err);

/* json_text.c: values as Jupyter writes them. */

struct nbt_layout {
    const char *newline; /* "\n" or "\r\n"; NULL for one line */
    const char *indent;  /* of the line that the value begins on */
    size_t indent_length;
    const char *unit; /* one level */
    size_t unit_length;
    bool tight; /* one line: no space behind ',' and ':' */
};

void nbt_json_indent(FILE *out, const struct nbt_layout *layout, int depth);
void nbt_json_string(FILE *out, const char *text, size_t length); /* without quotes */
void nbt_json_value(FILE *out, const struct nbt_layout *layout, const json_t *value, int depth);

/* edit_save.c */

/* Replaces the notebook's file by `text` unless it changed since it was read. */
nbt_must_check int nbt_save(const struct nbt_notebook *notebook, const char *text, size_t size,
                            struct nbt_error *err);

#endif
