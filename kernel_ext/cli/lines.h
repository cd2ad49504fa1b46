/* An event as one line for people and logs. Pure. */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include <jansson.h>

#include "base/buf.h"

/* "03:10:00  trial exp-a1  succeeded  accuracy=0.93 (12s)", printable, without a newline; nothing
 * for kinds unknown. */
void line_of_event(struct buf *out, const json_t *event);

#endif
