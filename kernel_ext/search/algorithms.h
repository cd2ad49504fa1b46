/*
 * The rows of the table of algorithms (search.c) and what their files share. Private to this room.
 */
#ifndef SEARCH_ALGORITHMS_H
#define SEARCH_ALGORITHMS_H

#include "search/search.h"

extern const struct search_algorithm search_auto, search_grid, search_random;

/* Settings that have only Katib's random_state. */
extern const struct search_setting search_random_state[];

/* The value of a setting, NULL when it is not set. */
const char *search_setting(const json_t *settings, const char *name);

/* The seed that counts: random_state where it is set, else the request's. */
uint64_t search_seed(const struct search_request *request);

/* Memory for the points that were asked for; count is 0. */
nbt_must_check int search_result_init(struct search_result *ret, const struct search_request *request,
                                      struct nbt_error *err);

/* Whether the history's points are a grid's, in the order of either kind (true without history). */
bool search_grid_matches(const struct search_request *request);

#endif
