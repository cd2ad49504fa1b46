#include "trial/reports.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "nbtags/number.h"

#define LINE_MAX_BYTES 65536 /* a longer line is data, not a report */
#define VALUE_MAX      64

struct reports {
    const struct nbt_notebook *notebook;
    reports_fn fn;
    void *self;
    struct buf pending[2]; /* unfinished lines of stdout and stderr */
};

struct reports *reports_new(const struct nbt_notebook *notebook, reports_fn fn, void *self)
{
    struct reports *reports = calloc(1, sizeof *reports);
    if (reports == NULL)
        return NULL;
    *reports = (struct reports){.notebook = notebook, .fn = fn, .self = self};
    for (int i = 0; i < 2; i++)
        reports->pending[i] = buf_init(LINE_MAX_BYTES);
    return reports;
}

void reports_free(struct reports *reports)
{
    if (reports == NULL)
        return;
    for (int i = 0; i < 2; i++)
        buf_fini(&reports->pending[i]);
    free(reports);
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '|' || c == '-';
}

static size_t digits(const char *line, size_t at, size_t length)
{
    while (at < length && line[at] >= '0' && line[at] <= '9')
        at++;
    return at;
}

static size_t space(const char *line, size_t at, size_t length)
{
    while (at < length && strchr(" \t\f\r\n", line[at]) != NULL && line[at] != '\0')
        at++;
    return at;
}

/* The end of [+-]?\d*(\.\d+)?([Ee][+-]?\d+)? at `at`; any of it may be missing. */
static size_t number(const char *line, size_t at, size_t length)
{
    if (at < length && (line[at] == '+' || line[at] == '-'))
        at++;
    at = digits(line, at, length);
    if (at + 1 < length && line[at] == '.') {
        size_t end = digits(line, at + 1, length);
        at = end > at + 1 ? end : at;
    }
    if (at < length && (line[at] == 'e' || line[at] == 'E')) {
        size_t start = at + 1;
        if (start < length && (line[start] == '+' || line[start] == '-'))
            start++;
        size_t end = digits(line, start, length);
        at = end > start ? end : at;
    }
    return at;
}

static bool named(const char *name, const char *text, size_t length)
{
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

static void found(struct reports *reports, const char *name, size_t name_length, const char *value,
                  size_t value_length)
{
    char text[VALUE_MAX];
    double parsed;
    if (value_length >= sizeof text)
        return;
    memcpy(text, value, value_length);
    text[value_length] = '\0';
    if (!nbt_parse_double(text, &parsed))
        return;
    const struct nbt_notebook *notebook = reports->notebook;
    for (size_t i = 0; i < notebook->n_metrics; i++)
        if (named(notebook->metrics[i].variable, name, name_length) ||
            named(notebook->metrics[i].name, name, name_length))
            reports->fn(reports->self, i, parsed);
}

void reports_line(struct reports *reports, const char *line, size_t length)
{
    size_t at = 0;
    while (at < length) {
        size_t name = at;
        while (at < length && is_name(line[at]))
            at++;
        size_t name_length = at - name;
        if (name_length == 0) {
            at++;
            continue;
        }
        size_t equals = space(line, at, length);
        if (equals >= length || line[equals] != '=')
            continue;
        size_t value = space(line, equals + 1, length);
        at = number(line, value, length);
        found(reports, line + name, name_length, line + value, at - value);
    }
}

static void line_done(struct reports *reports, struct buf *pending)
{
    if (!buf_failed(pending))
        reports_line(reports, buf_text(pending), pending->length);
    buf_clear(pending);
}

/* A progress bar rewrites its line with \r: each state of it is a line. */
void reports_text(struct reports *reports, const char *stream, const char *text, size_t length)
{
    struct buf *pending = &reports->pending[strcmp(stream, "stderr") == 0];
    size_t start = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '\n' && text[i] != '\r')
            continue;
        buf_add(pending, text + start, i - start);
        line_done(reports, pending);
        start = i + 1;
    }
    buf_add(pending, text + start, length - start);
}

void reports_flush(struct reports *reports)
{
    for (int i = 0; i < 2; i++)
        line_done(reports, &reports->pending[i]);
}
