/*
 * Secrets: wiped when freed, decoded in memory, and kept out of texts.
 */
#ifndef KUBE_SECRET_H
#define KUBE_SECRET_H

#include <stddef.h>

/* Wipes a NUL-terminated text and frees it. NULL is allowed. */
void kube_secret_free(char *text);

/* Standard base64, white space ignored. NUL-terminated; the caller frees; NULL when it is none or
 * without memory. */
char *kube_secret_decode(const char *base64, size_t *ret_length);
char *kube_secret_encode(const void *data, size_t length); /* one line; the caller frees */

/*
 * A copy of what a server or a plugin said that may stand in an error: one line, printable, at most
 * `maximum` bytes, the end kept when it is longer; words that look like secrets (JWTs, "Bearer x",
 * values of token, password, secret, key, and long runs of base64) are "[hidden]". The caller
 * frees; NULL without memory.
 */
char *kube_secret_hide(const char *text, size_t maximum);

#endif
