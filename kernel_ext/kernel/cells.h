/*
 * One cell that is executed: what its commands show, and what they need to know of it. Commands run
 * on a worker; each function here may be called there and comes back to the loop in order.
 */
#ifndef KERNEL_CELLS_H
#define KERNEL_CELLS_H

#include <jansson.h>
#include <stdbool.h>

#include "nbtags/error.h"

#define CELL_DISPLAY_MAX 64

struct cell;

/* "stdout" or "stderr". */
void cell_stream(struct cell *cell, const char *name, const char *text);

/* The outcome of a command, a MIME bundle (stolen): the result of the cell when the command is its
 * last, else displayed. */
void cell_result(struct cell *cell, json_t *bundle);

/* A display that can be updated by its id; steals the bundle. */
void cell_display_id(struct cell *cell, char ret_id[CELL_DISPLAY_MAX]);
void cell_display(struct cell *cell, const char *id, bool update, json_t *bundle);

/* Text for the front end's pager. */
void cell_page(struct cell *cell, const char *text);

/* Lines of the error's traceback, besides the error itself; borrows [problem] of service.h. */
void cell_problems(struct cell *cell, const char *subject, const json_t *problems);

/* Readable when the cell is interrupted. */
int cell_cancel_fd(const struct cell *cell);
bool cell_cancelled(const struct cell *cell);

#endif
