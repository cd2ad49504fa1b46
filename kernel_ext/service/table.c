#include "service/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "service/text.h"

#define HEAD_LEAST 6
#define LAST_LEAST 3
#define GAP        2
#define ROW_MAX    ((size_t)64 << 10)

static size_t count_columns(const struct table *table)
{
    size_t n = 0;

    while (n < TABLE_COLUMNS && table->heads[n])
        n++;
    return n;
}

void table_add(struct table *table, const char *const *cells)
{
    void *grown = realloc(table->rows, (table->n_rows + 1) * sizeof(*table->rows));

    if (!grown)
        return;
    table->rows = grown;
    for (size_t i = 0; i < TABLE_COLUMNS; i++)
        table->rows[table->n_rows][i] =
            i < count_columns(table) && cells[i] ? file_printable(cells[i]) : NULL;
    table->n_rows++;
}

static size_t values_width(const struct table *table, size_t column)
{
    size_t width = 0;

    for (size_t i = 0; i < table->n_rows; i++) {
        const char *cell = table->rows[i][column];
        size_t here = cell ? text_width(cell) : 0;
        width = here > width ? here : width;
    }
    return width;
}

static size_t width_of(const struct table *table, size_t column, size_t most)
{
    size_t head = text_width(table->heads[column]), values = values_width(table, column);
    size_t width = head > values ? head : values;

    return width < most ? width : most;
}

static size_t total(const size_t *widths, size_t columns)
{
    size_t sum = GAP * (columns - 1);

    for (size_t i = 0; i < columns; i++)
        sum += widths[i];
    return sum;
}

/* Heads are shortened first, the widest one before the others, then the last column; no other
 * value ever, and nothing when it would not be enough. */
static void shrink(const struct table *table, size_t *widths, size_t columns, size_t room)
{
    size_t least[TABLE_COLUMNS], narrow[TABLE_COLUMNS];

    memcpy(narrow, widths, columns * sizeof(*widths));
    for (size_t i = 0; i < columns; i++)
        least[i] = values_width(table, i) > HEAD_LEAST ? values_width(table, i) : HEAD_LEAST;
    while (total(narrow, columns) > room) {
        size_t at = columns - 1;
        for (size_t i = 0; i < columns; i++)
            if (narrow[i] > least[i] && (narrow[at] <= least[at] || narrow[i] > narrow[at]))
                at = i;
        if (narrow[at] <= LAST_LEAST)
            return;
        narrow[at]--;
    }
    memcpy(widths, narrow, columns * sizeof(*widths));
}

/* The last column is not padded, and shortened only to fit: it holds the text that may be long. */
static void put_row(struct buf *out, size_t indent, const char *const *cells, const size_t *widths,
                    size_t columns)
{
    CLEANUP(buf_fini) struct buf line = buf_init(ROW_MAX);

    text_pad(&line, "", indent);
    for (size_t i = 0; i < columns; i++) {
        const char *cell = cells[i] ? cells[i] : "";
        if (i + 1 == columns) {
            text_fit(&line, cell, widths[i]);
        } else {
            text_pad(&line, cell, widths[i]);
            buf_puts(&line, "  ");
        }
    }
    size_t length = line.length;
    while (length > 0 && line.data[length - 1] == ' ')
        length--;
    buf_add(out, buf_text(&line), length);
    buf_putc(out, '\n');
}

void table_put(const struct table *table, const struct table_limits *limits, struct buf *out)
{
    size_t columns = count_columns(table);
    size_t widths[TABLE_COLUMNS] = {0};

    for (size_t i = 0; i < columns; i++)
        widths[i] = width_of(table, i, i + 1 == columns ? (size_t)-1 : limits->cell);
    if (columns > 0 && limits->row != (size_t)-1)
        shrink(table, widths, columns, limits->row);
    put_row(out, table->indent, table->heads, widths, columns);
    for (size_t i = 0; i < table->n_rows; i++)
        put_row(out, table->indent, (const char *const *)table->rows[i], widths, columns);
}

void table_fini(struct table *table)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        for (size_t j = 0; j < TABLE_COLUMNS; j++)
            free(table->rows[i][j]);
    }
    free(table->rows);
    table->rows = NULL;
    table->n_rows = 0;
}
