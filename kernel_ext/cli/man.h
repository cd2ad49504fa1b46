/* The manual page, written from the tables. */
#ifndef CLI_MAN_H
#define CLI_MAN_H

#include "base/buf.h"

void man_write(struct buf *out, const char *version); /* roff, man(7) */

#endif
