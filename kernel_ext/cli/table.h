/* Rows of text in columns as wide as their widest value. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS 24

struct table {
    const char *heads[TABLE_COLUMNS]; /* ended by NULL when fewer */
    char *(*rows)[TABLE_COLUMNS];     /* owned, printable */
    size_t n_rows;
    bool fit; /* on a terminal heads and the last column are shortened to make a row one line */
};

/* One row; `cells` as many as heads, made printable, NULL is "". Rows that memory cannot hold are
 * left out. */
void table_add(struct table *table, const char *const *cells);
void table_print(const struct table *table, FILE *stream);
void table_fini(struct table *table);

#endif
