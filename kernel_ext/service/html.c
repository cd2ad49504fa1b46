#include "service/html.h"

#include <math.h>
#include <string.h>

#include "base/scope.h"
#include "nbtags/number.h"

static const char *entity(char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    case '\n':
    case '\t': return NULL;
    default: return (unsigned char)c < 0x20 || c == 0x7f ? "\xef\xbf\xbd" : NULL;
    }
}

void html_text(struct buf *out, const char *text)
{
    const char *from = text;

    for (; *text; text++) {
        const char *escaped = entity(*text);
        if (!escaped)
            continue;
        buf_add(out, from, (size_t)(text - from));
        buf_puts(out, escaped);
        from = text + 1;
    }
    buf_add(out, from, (size_t)(text - from));
}

void html_element(struct buf *out, const char *name, const char *attributes, const char *text)
{
    buf_printf(out, "<%s%s>", name, attributes);
    html_text(out, text);
    buf_printf(out, "</%s>", name);
}

void html_number(struct buf *out, const char *text)
{
    double value;

    if (nbt_parse_double(text, &value) && value != floor(value))
        buf_printf(out, "%.6g", value);
    else
        html_text(out, text);
}

void html_json(struct buf *out, const json_t *value)
{
    auto_free char *text = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
    const char *rest = text ? text : "null";

    for (;;) {
        size_t plain = strcspn(rest, "<");
        buf_add(out, rest, plain);
        if (!rest[plain])
            return;
        buf_puts(out, "\\u003c");
        rest += plain + 1;
    }
}
