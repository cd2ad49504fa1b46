/*
 * What was executed: in memory, and one JSON line each in STATE/kernel/history, which later
 * sessions read. A file that cannot be read or written costs nothing but the memory of other
 * sessions. Any thread may call.
 *
 *     history_add(history, 1, "list");
 */
#ifndef KERNEL_HISTORY_H
#define KERNEL_HISTORY_H

#include <jansson.h>

struct history;

struct history *history_new(void); /* NULL without memory; reads nothing yet */
void history_free(struct history *history);
void history_add(struct history *history, int line, const char *code);

/* [[session, line, code]] as the history_request `content` asks: hist_access_type "tail", "range"
 * or "search". New reference. */
json_t *history_find(struct history *history, const json_t *content);

#endif
