#include "nbtags/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void shorten(char *text, size_t size, int written)
{
    if (written < 0 || (size_t)written < size)
        return;
    size_t end = size - 4;
    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--;
    memcpy(text + end, "...", 4);
}

/* Length of the UTF-8 sequence at `at`, 0 when it is none. */
static size_t sequence(const unsigned char *at)
{
    size_t length = at[0] < 0x80 ? 1 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
    if ((at[0] >= 0x80 && at[0] < 0xC2) || at[0] > 0xF4)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
        (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
        return 0;
    return length;
}

/* A name that a "%.80s" cut in the middle of a character, or that was no UTF-8, must not make a
 * text that JSON refuses. */
static void mend(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at;) {
        size_t length = sequence(at);
        if (length == 0)
            *at = '?';
        at += length ? length : 1;
    }
}

int nbt_error_vset(struct nbt_error *err, int code, const char *format, va_list args)
{
    if (!err || err->code)
        return code;
    err->code = code;
    shorten(err->text, sizeof(err->text), vsnprintf(err->text, sizeof(err->text), format, args));
    mend(err->text);
    return code;
}

int (nbt_error_set)(struct nbt_error *err, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    nbt_error_vset(err, code, format, args);
    va_end(args);
    return code;
}

static int code_of(int number)
{
    switch (number) {
    case ENOENT: return NBT_ENOTFOUND;
    case ENOMEM: return NBT_ENOMEM;
    case ENOSPC:
    case EDQUOT: return NBT_ENOSPACE;
    default: return NBT_EIO;
    }
}

int (nbt_error_errno)(struct nbt_error *err, const char *format, ...)
{
    int saved = errno;
    int code = code_of(saved);
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    nbt_error_set(err, code, "%s: %s", text, strerror(saved));
    errno = saved;
    return code;
}

void nbt_error_at(struct nbt_error *err, int cell, int line, int column)
{
    if (!err)
        return;
    err->cell = cell;
    err->line = line;
    err->column = column;
}

void nbt_error_path(struct nbt_error *err, const char *format, ...)
{
    if (!err)
        return;
    va_list args;
    va_start(args, format);
    shorten(err->path, sizeof(err->path), vsnprintf(err->path, sizeof(err->path), format, args));
    va_end(args);
}

int (nbt_error_prefix)(struct nbt_error *err, const char *format, ...)
{
    if (!err || !err->code)
        return NBT_EINVAL;
    char context[sizeof(err->text)];
    char whole[2 * sizeof(err->text) + 2];
    va_list args;
    va_start(args, format);
    vsnprintf(context, sizeof(context), format, args);
    va_end(args);
    snprintf(whole, sizeof(whole), "%s: %s", context, err->text);
    shorten(err->text, sizeof(err->text), snprintf(err->text, sizeof(err->text), "%s", whole));
    return err->code;
}

void nbt_error_clear(struct nbt_error *err)
{
    if (err)
        *err = NBT_ERROR_INIT;
}

const char *nbt_code_name(int code)
{
    static const char *const names[] = {
        "ok",        "no-memory", "io",          "syntax",  "invalid-value",
        "not-found", "exists",    "bad-state",   "timeout", "died",
        "canceled",  "protocol",  "unsupported", "version", "no-space",
    };
    int index = -code;
    return index >= 0 && index < (int)(sizeof(names) / sizeof(names[0])) ? names[index] : "unknown";
}
