/* MIME bundles: what a front end shows, as text and as HTML. Everything from outside is escaped. */
#ifndef KERNEL_BUNDLE_H
#define KERNEL_BUNDLE_H

#include <jansson.h>

#include "base/buf.h"
#include "service/html.h"
#include "service/table.h"

#define BUNDLE_MAX ((size_t)16 << 20)

/* New references; NULL without memory. */
json_t *bundle_text(const char *text);
json_t *bundle_html(const char *text, const char *html);
json_t *bundle_json(const json_t *document); /* as text too */
json_t *bundle_table(const struct table *table);

void html_table(struct buf *out, const struct table *table);

/* <pre> of the text. */
void html_lines(struct buf *out, const char *text);

#endif
