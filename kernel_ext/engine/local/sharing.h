/*
 * JSON values for ten thousand rows: texts that repeat from row to row become one value with many
 * owners, and the compact JSON that the store holds is read without jansson's general reader.
 * Values so made are not to be changed by who gets them.
 *
 *     struct sharing sharing = {0};
 *     json_t *state = sharing_text(&sharing, row->state);       // new reference
 *     json_t *list = sharing_parse(&sharing, row->assignments);
 *     sharing_fini(&sharing);
 */
#ifndef ENGINE_LOCAL_SHARING_H
#define ENGINE_LOCAL_SHARING_H

#include <jansson.h>
#include <stdint.h>

#define SHARING_RECENT 64 /* far more than a row has texts that repeat */
#define SHARING_LENGTH 48 /* longer texts are not remembered */

/* A text seen lately and what became of it. */
struct sharing_memo {
    json_t *value; /* owned; NULL: none */
    size_t length;
    char text[SHARING_LENGTH];
};

struct sharing {
    struct sharing_memo texts[SHARING_RECENT];     /* as strings */
    struct sharing_memo documents[SHARING_RECENT]; /* as JSON */
    int64_t second;                                /* of `time` */
    char time[24];
};

void sharing_fini(struct sharing *sharing);

json_t *sharing_text(struct sharing *sharing, const char *text); /* NULL counts as "" */
json_t *sharing_parse(struct sharing *sharing,
                      const char *json); /* NULL when it is no JSON, or NULL was given */
json_t *sharing_time(struct sharing *sharing, int64_t realtime_us); /* RFC 3339; null for 0 */

#endif
