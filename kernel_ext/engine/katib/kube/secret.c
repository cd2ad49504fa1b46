#include "engine/katib/kube/secret.h"

#include <ctype.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"

#define SHOWN_MAX ((size_t)65536) /* the end of a text is looked at */
#define LONG_WORD 32              /* letters of base64 that no word of a message reaches */

void kube_secret_free(char *text)
{
    if (text)
        sodium_memzero(text, strlen(text));
    free(text);
}

char *kube_secret_decode(const char *base64, size_t *ret_length)
{
    size_t room = strlen(base64) / 4 * 3 + 4;
    size_t length = 0;
    char *bytes = malloc(room);
    if (!bytes)
        return NULL;
    if (sodium_base642bin((unsigned char *)bytes, room - 1, base64, strlen(base64), " \r\n\t",
                          &length, NULL, sodium_base64_VARIANT_ORIGINAL) < 0) {
        free(bytes);
        return NULL;
    }
    bytes[length] = '\0';
    if (ret_length)
        *ret_length = length;
    return bytes;
}

char *kube_secret_encode(const void *data, size_t length)
{
    size_t room = sodium_base64_encoded_len(length, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);
    if (text)
        sodium_bin2base64(text, room, data, length, sodium_base64_VARIANT_ORIGINAL);
    return text;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || strchr("-_+/=.~", c) != NULL;
}

/* What makes the next word a secret: token=, "password":, Authorization: and such; not the path of
 * a field (spec.token), nor a name in quotes. */
static bool names_secret(const char *word, size_t length)
{
    static const char *const names[] = {"token",  "password", "passwd", "secret",       "_key",
                                        "apikey", "-key",     "cookie", "authorization"};
    const char *after = word + length;
    if (word[length - 1] == '=')
        length--;
    else if (after[0] != ':' && (!strchr("\"'", after[0]) || after[0] == '\0' || after[1] != ':'))
        return false;
    if (memchr(word, '.', length))
        return false;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        size_t n = strlen(names[i]);
        if (length >= n && strncasecmp(word + length - n, names[i], n) == 0)
            return true;
    }
    return false;
}

static bool is_scheme(const char *word, size_t length)
{
    return (length == 6 && strncasecmp(word, "Bearer", 6) == 0) ||
           (length == 5 && strncasecmp(word, "Basic", 5) == 0);
}

static bool has_digit(const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (isdigit((unsigned char)word[i]))
            return true;
    return false;
}

/* Names of objects, hosts and paths are long too, but of short parts; words have no digits. */
static bool looks_secret(const char *word, size_t length)
{
    bool name = true;
    size_t first = 0;
    if (length > 8 && memcmp(word, "eyJ", 3) == 0)
        return true;
    for (size_t i = 0; i < length; i++)
        name &= islower((unsigned char)word[i]) || isdigit((unsigned char)word[i]) ||
                strchr("-./", word[i]) != NULL;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && !strchr(name ? "-./" : "./", word[i]))
            continue;
        if (i - first >= LONG_WORD && has_digit(word + first, i - first))
            return true;
        first = i + 1;
    }
    return false;
}

/* Copies words and what stands between them. */
static void hide_words(struct buf *out, const char *text)
{
    enum { NOTHING, SCHEME, ANNOUNCED } before = NOTHING;
    for (const char *at = text; *at;) {
        size_t length = 0;
        while (at[length] && is_word(at[length]) && (length == 0 || at[length - 1] != '='))
            length++;
        if (length == 0) {
            if (!strchr(" :=\"'", *at))
                before = NOTHING;
            buf_putc(out, *at++);
            continue;
        }
        bool scheme = is_scheme(at, length);
        bool hidden = looks_secret(at, length) || (before == ANNOUNCED && !scheme) ||
                      (before == SCHEME && (has_digit(at, length) || memchr(at, '.', length)));
        if (hidden)
            buf_puts(out, "[hidden]");
        else
            buf_add(out, at, length);
        before = scheme ? SCHEME : !hidden && names_secret(at, length) ? ANNOUNCED : NOTHING;
        at += length;
    }
}

char *kube_secret_hide(const char *text, size_t maximum)
{
    struct buf line = buf_init(SHOWN_MAX);
    struct buf out = buf_init(8 * SHOWN_MAX);
    size_t length = strlen(text);
    for (const char *at = length > SHOWN_MAX ? text + length - SHOWN_MAX : text; *at; at++)
        if (!isspace((unsigned char)*at))
            buf_putc(&line, *at);
        else if (line.length && line.data[line.length - 1] != ' ')
            buf_putc(&line, ' ');
    while (line.length && line.data[line.length - 1] == ' ')
        line.data[--line.length] = '\0';
    hide_words(&out, buf_text(&line));
    buf_fini(&line);
    auto_free char *hidden = buf_take(&out);
    char *shown = hidden ? file_printable(hidden) : NULL;
    length = shown ? strlen(shown) : 0;
    if (length > maximum) {
        size_t cut = length - maximum;
        while (((unsigned char)shown[cut] & 0xC0) == 0x80)
            cut++;
        memmove(shown, shown + cut, length - cut + 1);
    }
    return shown;
}
