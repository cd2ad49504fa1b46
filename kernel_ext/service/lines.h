/* An event as one line for people and logs. Pure. */
#ifndef SERVICE_LINES_H
#define SERVICE_LINES_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"

struct line_style {
    const char *experiment; /* trials are named without it; "" to name them in full */
    const char *algorithm;  /* what the experiment's stands for, "" unknown */
    bool verbose;           /* each cell, report and process too */
};

/* "03:10:00  trial a1  Succeeded  accuracy=0.93  (12s)", printable, without a newline; nothing for
 * kinds unknown and for details without verbose. */
void line_of_event(struct buf *out, const json_t *event, const struct line_style *style);

#endif
