/* The part of a terminal that a live view is redrawn in. Nothing but colours and cursor movement is
 * ever sent. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "cli/progress_draw.h"

struct terminal {
    size_t lines;   /* drawn and still there */
    size_t columns; /* width when they were drawn */
};

bool terminal_is_live(void);                /* stdout is a terminal that can move its cursor */
struct progress_style terminal_style(void); /* asked anew at each draw: windows are resized */
void terminal_draw(struct terminal *terminal, const struct buf *picture,
                   size_t columns); /* replaces what was drawn */
void terminal_erase(
    struct terminal *terminal); /* takes it away, to print ordinary lines above the next draw */

#endif
