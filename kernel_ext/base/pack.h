/* Bytes for the way to and from a cluster: compressed by the program gzip, which every image has,
 * and as base64. */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include <stddef.h>

#include "base/buf.h"
#include "nbtags/error.h"

/* Appends the file, compressed, the same bytes for the same file. */
nbt_must_check int pack_gzip(struct buf *out, const char *path, struct nbt_error *err);

void pack_base64(struct buf *out, const void *data, size_t length); /* without line ends */

#endif
