/* The name that a user probably meant. */
#ifndef SERVICE_SUGGEST_H
#define SERVICE_SUGGEST_H

#include <stddef.h>

struct suggest {
    const char *wanted;
    const char *best; /* NULL: nothing is near */
    size_t distance;
};

struct suggest suggest_init(const char *wanted);
void suggest_offer(struct suggest *suggest, const char *name);

/* Edits (insert, delete, replace, swap of neighbours) between two texts of at most 64 bytes; longer
 * ones give SIZE_MAX. */
size_t suggest_distance(const char *a, const char *b);

#endif
