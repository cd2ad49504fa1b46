/* Rows of text in columns as wide as their widest value. */
#ifndef SERVICE_TABLE_H
#define SERVICE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define TABLE_COLUMNS 24

struct table {
    const char *heads[TABLE_COLUMNS]; /* ended by NULL when fewer */
    char *(*rows)[TABLE_COLUMNS];     /* owned, printable */
    size_t n_rows;
    size_t indent; /* spaces before each row */
    bool fit; /* on a terminal heads and the last column are shortened to make a row one line */
};

/* One row; `cells` as many as heads, made printable, NULL is "". Rows that memory cannot hold are
 * left out. */
void table_add(struct table *table, const char *const *cells);

/* As text: no cell but the last of a row is wider than limits->cell, and no row than limits->row
 * where shortening heads and the last column can do it; (size_t)-1: no limit. */
struct table_limits {
    size_t cell, row;
};
void table_put(const struct table *table, const struct table_limits *limits, struct buf *out);
void table_fini(struct table *table);

#endif
