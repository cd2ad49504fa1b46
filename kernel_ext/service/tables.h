/*
 * What service.h gives, as tables: the same rows on a terminal and in a notebook. Each function
 * fills an empty table, whose heads may be borrowed from the document; table_fini frees it.
 */
#ifndef SERVICE_TABLES_H
#define SERVICE_TABLES_H

#include <jansson.h>

#include "base/buf.h"
#include "service/table.h"

void table_experiments(struct table *table, const json_t *items); /* of service_list */
void table_trials(struct table *table, const json_t *show);       /* of service_show */
void table_parameters(struct table *table, const json_t *result); /* of service_inspect */
void table_metrics(struct table *table, const json_t *result);    /* of service_inspect */
void table_all_cells(struct table *table, const json_t *result);  /* of service_inspect */
void table_checks(struct table *table, const json_t *result);     /* of service_doctor */

/* The cells of service_inspect that have a part, neighbours of one part in one row. Returns how
 * many have none. */
size_t table_cells(struct table *table, const json_t *result);

/* Objective, algorithm and budget of service_inspect in two lines. */
void put_run(struct buf *out, const json_t *result);

#endif
