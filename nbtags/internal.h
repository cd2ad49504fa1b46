/*
 * What nbtags' own files share. Not installed, not included from outside.
 */
#ifndef NBTAGS_INTERNAL_H
#define NBTAGS_INTERNAL_H

#include <stdarg.h>
#include <sys/stat.h>

#include "nbtags/nbtags.h"

/* Behind notebook->priv. */
struct nbt_private {
    struct nbt_chunk *chunks; /* of the arena, newest first */
    char *bytes;              /* owns notebook->text; a copy, so that a file that shrinks meanwhile cannot fault */
    struct stat file;         /* as it was when read; st_nlink 0 for a live document */
    json_t *metadata;         /* owns notebook->metadata, and with it kale and own */
    json_t *katib;            /* owns notebook->katib */
    bool failed;              /* an allocation failed where no error could be returned */
};

/* A notebook with nothing in it, for nbt_free. NULL without memory. */
struct nbt_notebook *nbt_notebook_new(void);

static inline struct nbt_private *nbt_private(const struct nbt_notebook *notebook)
{
    return notebook->priv;
}

/* Everything that a notebook owns lives in its arena and ends with it (arena.c). NULL without memory. */
void *nbt_arena(struct nbt_notebook *notebook, size_t size);                                  /* zeroed */
const char *nbt_arena_text(struct nbt_notebook *notebook, const char *text, size_t length);  /* NUL-terminated copy */

/* Appends one element of `size` bytes to an arena array that grows by doubling; returns its place, NULL without memory.
 * `*array` may move. */
void *nbt_arena_push(struct nbt_notebook *notebook, void **array, size_t *count, size_t size);

/* Adds a diagnostic (diagnostics.c); cell -1 for the notebook, line and column from 1 within the cell or 0. */
void nbt_diagnose(struct nbt_notebook *notebook, enum nbt_severity severity, const char *code, int cell, int line, int column,
                  const char *format, ...) nbt_printf(7, 8);
void nbt_diagnostics_sort(struct nbt_notebook *notebook);

/* Called by nbt_read after the cells have their roles: fill notebook->parameters and ->metrics, diagnose what is wrong there.
 * Negative only without memory. */
int nbt_parameters_read(struct nbt_notebook *notebook, struct nbt_error *err); /* parameters.c */
int nbt_metrics_read(struct nbt_notebook *notebook, struct nbt_error *err);    /* metrics.c */

#endif
