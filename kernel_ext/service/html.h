/*
 * Text from outside into an HTML page. Everything that is not a literal of ours passes html_text or
 * html_json.
 *
 *     buf_puts(out, "<td>");
 *     html_text(out, name);
 *     buf_puts(out, "</td>");
 */
#ifndef SERVICE_HTML_H
#define SERVICE_HTML_H

#include <jansson.h>

#include "base/buf.h"

/* For element content and for attributes in double quotes: & < > " ' escaped; control characters
 * but newline and tab become U+FFFD. */
void html_text(struct buf *out, const char *text);

/* <NAME CLASS>text</NAME>; `attributes` is a literal such as " class=\"text\"", or "". */
void html_element(struct buf *out, const char *name, const char *attributes, const char *text);

/* A number's text with six significant digits, others as they are; whole numbers stay. */
void html_number(struct buf *out, const char *text);

/* JSON for a script element that is not run: ASCII, and no "<" that could end the element. */
void html_json(struct buf *out, const json_t *value);

#endif
