/* Bytes for the way to and from a cluster: compressed by the program gzip, which every image has,
 * and as base64. */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "nbtags/error.h"

/* Appends the file, compressed, the same bytes for the same file. */
nbt_must_check int pack_gzip(struct buf *out, const char *path, struct nbt_error *err);

/* Appends what gzip had compressed; NBT_EPARSE when it is none, NBT_ENOMEM beyond out's maximum. */
nbt_must_check int unpack_gzip(struct buf *out, const void *data, size_t length,
                               struct nbt_error *err);

void pack_base64(struct buf *out, const void *data, size_t length); /* without line ends */
bool unpack_base64(struct buf *out, const char *text);              /* false when it is none */

#endif
