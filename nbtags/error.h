/*
 * The error object that every room of nbkatib uses.
 *
 * A fallible function returns 0 (or a count) on success and a negative enum nbt_code on failure,
 * takes `struct nbt_error *err` last (NULL is allowed), and leaves its ret_ outputs untouched when
 * it fails. Fixed size, no allocation, safe to copy. The first error set wins; callers add context
 * with nbt_error_prefix while unwinding. A text says what was found, what was expected, and what to
 * do.
 *
 *     struct nbt_error err = NBT_ERROR_INIT;
 *     if (nbt_read(&notebook, "model.ipynb", &err) < 0)
 *         fprintf(stderr, "%s\n", err.text);
 */
#ifndef NBTAGS_ERROR_H
#define NBTAGS_ERROR_H

#include <stdarg.h>
#include <stddef.h>

enum nbt_code {
    NBT_ENOMEM = -1,     /* memory, or a buffer reached its hard maximum */
    NBT_EIO = -2,        /* a file, a socket or a device refused; the text holds the OS's reason */
    NBT_EPARSE = -3,     /* an input is not what its format demands */
    NBT_EINVAL = -4,     /* well-formed, but a value is not allowed */
    NBT_ENOTFOUND = -5,  /* a file, cell, experiment, kernel, ... that was named is not there */
    NBT_EEXIST = -6,     /* it is there already */
    NBT_ESTATE = -7,     /* not possible in the present state: locked, running, completed */
    NBT_ETIMEOUT = -8,   /* a deadline passed */
    NBT_EDIED = -9,      /* a kernel or another process ended that should not have */
    NBT_ECANCELED = -10, /* the user, or a signal, asked to stop */
    NBT_EPROTO = -11,    /* a peer broke the messaging protocol */
    NBT_EUNSUPPORTED =
        -12, /* valid, but nbkatib cannot do it; the text says what can be done instead */
    NBT_EVERSION = -13, /* written by a newer nbkatib, or a format version that is not read */
    NBT_ENOSPACE = -14, /* the disk, or the user's share of it, is full */
};

struct nbt_error {
    int code;       /* enum nbt_code, 0 when nothing is set */
    int cell;       /* 0-based cell index in the notebook, -1 when it is no cell's error */
    int line;       /* 1-based, within the cell when cell >= 0, else within the file; 0 unknown */
    int column;     /* 1-based, in Unicode code points; 0 unknown */
    char path[192]; /* JSON path of the field, "spec.parameters[0].feasibleSpace.min"; "" when none
                     */
    char text[768]; /* NUL-terminated UTF-8, no newline at the end, shortened with "..." when too
                       long */
};

#define NBT_ERROR_INIT ((struct nbt_error){.cell = -1})

#define nbt_must_check          __attribute__((warn_unused_result))
#define nbt_printf(text, first) __attribute__((format(printf, text, first)))

/* Sets code and text unless an error is set already. Returns `code`, so that `return
 * nbt_error_set(...)` reads well. */
int nbt_error_set(struct nbt_error *err, int code, const char *format, ...) nbt_printf(3, 4);
int nbt_error_vset(struct nbt_error *err, int code, const char *format, va_list args)
    nbt_printf(3, 0);

/* The same with " : <strerror(errno)>" appended; code NBT_EIO, or NBT_ENOTFOUND for ENOENT,
 * NBT_ENOMEM for ENOMEM, NBT_ENOSPACE for ENOSPC and EDQUOT. */
int nbt_error_errno(struct nbt_error *err, const char *format, ...) nbt_printf(2, 3);

/* Says where; call after nbt_error_set. Each is ignored when err is NULL. */
void nbt_error_at(struct nbt_error *err, int cell, int line, int column);
void nbt_error_path(struct nbt_error *err, const char *format, ...) nbt_printf(2, 3);

/* Prefixes "<context>: " to a text that is set. Returns err->code, or NBT_EINVAL when err is NULL
 * or unset: always negative, so that `return nbt_error_prefix(...)` stays a failure. */
int nbt_error_prefix(struct nbt_error *err, const char *format, ...) nbt_printf(2, 3);

void nbt_error_clear(struct nbt_error *err);

#ifdef __clang_analyzer__
/* The analyzer sees one file at a time: this tells it that a failure is never 0. */
#define nbt_error_set(err, code, ...) ((nbt_error_set)(err, code, __VA_ARGS__), (code))
#define nbt_error_errno(err, ...)     ((nbt_error_errno)(err, __VA_ARGS__), NBT_EIO)
#define nbt_error_prefix(err, ...)    ((nbt_error_prefix)(err, __VA_ARGS__), NBT_EINVAL)
#endif

/* "invalid-value", "not-found", ...: stable names of the codes for JSON output. Never NULL. */
const char *nbt_code_name(int code);

#endif
