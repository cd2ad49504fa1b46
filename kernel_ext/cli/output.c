#include "cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/terminal.h"
#include "nbtags/number.h"
#include "service/text.h"

#define SAY_MAX        ((size_t)64 << 20)
#define CELL_WIDEST    48
#define LINE_MAX_BYTES ((size_t)64 << 10)

static void put_printable(FILE *stream, const char *line, size_t length)
{
    auto_free char *copy = strndup(line, length);
    auto_free char *shown = copy ? file_printable(copy) : NULL;

    fputs(shown ? shown : "?", stream);
}

void say_lines(FILE *stream, const char *text, size_t length)
{
    const char *end = text + length;

    /* Where both go to one place, an error stands below what was said before it. */
    if (stream == stderr)
        fflush(stdout);
    while (text < end) {
        size_t run = 0;
        while (text + run < end && text[run] != '\n' && text[run] != '\t' && text[run] != '\0')
            run++;
        put_printable(stream, text, run);
        text += run;
        if (text < end)
            fputs(*text == '\0' ? "\\x00" : *text == '\n' ? "\n" : "\t", stream);
        text++;
    }
}

void say(FILE *stream, const char *format, ...)
{
    auto_free char *text = NULL;
    va_list args;

    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0) {
        text = NULL;
        return;
    }
    say_lines(stream, text, (size_t)length);
}

/* Both forms escape what is not ASCII and all control characters, so JSON is safe on a terminal
 * too. */
void say_json(const json_t *document)
{
    json_dumpf(document, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    putchar('\n');
}

void say_json_line(const json_t *document)
{
    json_dumpf(document, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
    putchar('\n');
    fflush(stdout);
}

static void say_problem(const char *subject, const json_t *problem)
{
    CLEANUP(buf_fini) struct buf line = buf_init(LINE_MAX_BYTES);

    put_problem(&line, subject, problem);
    say(stderr, "%s\n", buf_text(&line));
}

void say_problems(const char *subject, const json_t *problems, bool notes)
{
    size_t i;
    json_t *problem;

    json_array_foreach(problems, i, problem)
    {
        if (notes || strcmp(severity_of(problem), "note") != 0)
            say_problem(subject, problem);
    }
}

static void fail_json(const struct nbt_error *err, const json_t *problems)
{
    auto_json json_t *error = json_pack(
        "{s:s, s:s, s:i, s:i, s:i, s:s}", "code", nbt_code_name(err->code), "path", err->path,
        "cell", err->cell, "line", err->line, "column", err->column, "text", err->text);

    /* A text that quotes bytes which are not UTF-8 still has to be told. */
    if (!error) {
        auto_free char *text = file_printable(err->text);
        error =
            json_pack("{s:s, s:s}", "code", nbt_code_name(err->code), "text", text ? text : "?");
    }
    auto_json json_t *document = json_pack("{s:O}", "error", error);
    if (problems)
        json_object_set(document, "problems", (json_t *)problems);
    if (document)
        say_json_line(document);
}

int fail(const struct parsed *parsed, const struct nbt_error *err, const json_t *problems)
{
    CLEANUP(buf_fini) struct buf place = buf_init(4096);
    auto_free char *text = file_printable(err->text);

    if (problems)
        say_problems(parsed->positionals[0], problems, false);
    if (err->path[0] && strncmp(err->text, err->path, strlen(err->path)) != 0)
        buf_printf(&place, "%s: ", err->path);
    /* Of a file's line the text itself speaks, beside the file's name. */
    if (err->cell >= 0)
        put_place(&place, err->cell, err->line, err->column);
    auto_free char *where = file_printable(buf_text(&place));
    say(stderr, "nbkatib: error: %s%s\n", where ? where : "", text ? text : "?");
    if (parsed_flag(parsed, "json"))
        fail_json(err, problems);
    return exit_for_error(err, parsed->command->stored);
}

int finish_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (errno == EPIPE)
        return status;
    fprintf(stderr, "nbkatib: error: cannot write the output: %s\n", strerror(errno));
    return EXIT_ENVIRONMENT;
}

void say_row(const char *name, const char *value)
{
    CLEANUP(buf_fini) struct buf line = buf_init(8192);
    auto_free char *shown_name = file_printable(name);
    auto_free char *shown = file_printable(value);

    buf_puts(&line, "  ");
    text_pad(&line, shown_name ? shown_name : "?", 20);
    printf("%s  %s\n", buf_text(&line), shown ? shown : "?");
}

/* Only people's screens are narrow: what goes into a file or a pipe is whole. */
void say_table(const struct table *table, FILE *stream)
{
    CLEANUP(buf_fini) struct buf out = buf_init(SAY_MAX);
    bool screen = isatty(fileno(stream));
    struct table_limits limits = {.cell = screen ? CELL_WIDEST : (size_t)-1, .row = (size_t)-1};

    if (screen && table->fit)
        limits.row = terminal_style().width;
    table_put(table, &limits, &out);
    fputs(buf_text(&out), stream);
}
