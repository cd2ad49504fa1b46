#include "kernel/bundle.h"

#include <string.h>

#include "base/scope.h"
#include "jupyter/tolerant.h"

static json_t *string(const char *text)
{
    return tolerant_string(text, strlen(text), BUNDLE_MAX);
}

json_t *bundle_text(const char *text)
{
    return json_pack("{s:o}", "text/plain", string(text));
}

json_t *bundle_html(const char *text, const char *html)
{
    return json_pack("{s:o, s:o}", "text/plain", string(text), "text/html", string(html));
}

json_t *bundle_json(const json_t *document)
{
    auto_free char *text = json_dumps(document, JSON_INDENT(2));

    return json_pack("{s:o, s:O}", "text/plain", string(text ? text : ""), "application/json",
                     document);
}

json_t *bundle_table(const struct table *table)
{
    CLEANUP(buf_fini) struct buf text = buf_init(BUNDLE_MAX);
    CLEANUP(buf_fini) struct buf html = buf_init(BUNDLE_MAX);
    const struct table_limits whole = {.cell = (size_t)-1, .row = (size_t)-1};

    table_put(table, &whole, &text);
    html_table(&html, table);
    return bundle_html(buf_text(&text), buf_text(&html));
}

void html_table(struct buf *out, const struct table *table)
{
    size_t columns = 0;

    buf_puts(out, "<table><thead><tr>");
    for (; columns < TABLE_COLUMNS && table->heads[columns]; columns++)
        html_element(out, "th", "", table->heads[columns]);
    buf_puts(out, "</tr></thead><tbody>");
    for (size_t i = 0; i < table->n_rows; i++) {
        buf_puts(out, "<tr>");
        for (size_t j = 0; j < columns; j++)
            html_element(out, "td", "", table->rows[i][j] ? table->rows[i][j] : "");
        buf_puts(out, "</tr>");
    }
    buf_puts(out, "</tbody></table>");
}

void html_lines(struct buf *out, const char *text)
{
    buf_puts(out, "<pre>");
    html_text(out, text);
    buf_puts(out, "</pre>");
}
