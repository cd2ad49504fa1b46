/*
 * Following an experiment: reads its events, draws them live on a terminal or prints one line for
 * each, turns interrupts into stops, and tells the result.
 *
 *     status = view_follow(&(struct view_options){.parsed = parsed, .experiment = name});
 */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "service/options.h"

struct view_options {
    const struct parsed *parsed;
    const char *experiment;
    uint64_t since; /* older events shape the picture but are not printed */
    bool stop;      /* an interrupt stops the experiment; otherwise it only ends the view */
};

/* Until the experiment ends; the exit status. */
int view_follow(const struct view_options *options);

#endif
