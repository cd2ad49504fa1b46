/* When an X.509 certificate ends; nothing else is read of it, and nothing is verified. */
#ifndef KUBE_CERTIFICATE_H
#define KUBE_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* notAfter of the first certificate in a PEM text, in seconds since 1970 (RFC 5280, 4.1.2.5). False
 * when there is none that can be read. */
bool kube_certificate_end(const char *pem, int64_t *ret_seconds);

/* The same of DER bytes. */
bool kube_certificate_end_der(const unsigned char *der, size_t length, int64_t *ret_seconds);

#endif
