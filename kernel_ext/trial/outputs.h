/*
 * What cells of a notebook put out, as nbformat stores it: consecutive pieces of one stream merged,
 * displays updated by their id wherever they stand, clear_output obeyed, late output sent to the
 * cell that it belongs to, and everything bounded: what goes beyond a limit is left out and a note
 * says how much.
 *
 * One object for all cells of a run; a cell is a position that the caller counts. Owns all it
 * keeps. One thread.
 *
 *     outputs_begin(outputs, position);
 *     client_execute(...);                       // on_message: outputs_message(outputs, message)
 *     outputs_write(outputs, position, &text, " ", 3);
 */
#ifndef TRIAL_OUTPUTS_H
#define TRIAL_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "jupyter/client.h"

struct outputs;

struct outputs_limits {
    size_t stream;  /* bytes kept at each end of one stream output */
    size_t display; /* bytes of one display or result */
    size_t count;   /* outputs of one cell */
    size_t total;   /* bytes of the notebook */
};

extern const struct outputs_limits outputs_default_limits;

/* NULL without memory. */
struct outputs *outputs_new(size_t n_cells, const struct outputs_limits *limits);
void outputs_free(struct outputs *outputs);

/* The next unknown parent is this cell's; its outputs are emptied. */
void outputs_begin(struct outputs *outputs, size_t cell);

/* Takes what a kernel published. Returns the cell that it belongs to. Other messages than outputs
 * are ignored. */
size_t outputs_message(struct outputs *outputs, const struct client_message *message);

/* Adds an error of ours to a cell: why it ended when the kernel could not say so. */
void outputs_error(struct outputs *outputs, size_t cell, const char *name, const char *text);

/* Appends the cell's outputs as a JSON array and marks them written; `changed` is true from then on
 * when they change. */
void outputs_write(struct outputs *outputs, size_t cell, struct buf *buf, const char *unit,
                   int depth);
bool outputs_changed(const struct outputs *outputs, size_t cell);
bool outputs_failed(
    const struct outputs *outputs); /* memory ran out somewhere: something is missing */

#endif
