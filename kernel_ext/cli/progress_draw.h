/*
 * The picture of a progress as lines of text. Pure: tests draw it at any width and time.
 *
 *     progress_draw(&progress, &(struct progress_style){.width = 80, .rows = 24}, now_ms, &out);
 */
#ifndef CLI_PROGRESS_DRAW_H
#define CLI_PROGRESS_DRAW_H

#include "service/progress.h"

struct progress_style {
    size_t width, rows; /* of the terminal; at least 20 and 3 are assumed */
    bool colour;
    bool ascii; /* the terminal shows no Unicode */
};

/* Lines, each ended by '\n', none wider than the terminal nor more than its rows less one. */
void progress_draw(const struct progress *progress, const struct progress_style *style,
                   int64_t now_ms, struct buf *out);

#endif
