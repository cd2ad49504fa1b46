#include "cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/text.h"
#include "nbtags/number.h"

#define SAY_MAX ((size_t)64 << 20)

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

const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

double number_of(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

const char *severity_of(const json_t *problem)
{
    return text_of(problem, "severity");
}

bool any_errors(const json_t *problems)
{
    size_t i;
    json_t *problem;

    json_array_foreach(problems, i, problem)
    {
        if (strcmp(severity_of(problem), "error") == 0)
            return true;
    }
    return false;
}

/* "cell 3, line 2, column 5: " as far as it is known; cells count from 0, as everywhere. */
static void put_place(struct buf *out, int cell, int line, int column)
{
    if (cell >= 0)
        buf_printf(out, "cell %d%s", cell, line > 0 ? ", " : ": ");
    if (line > 0)
        buf_printf(out, "line %d%s", line, column > 0 ? ", " : ": ");
    if (line > 0 && column > 0)
        buf_printf(out, "column %d: ", column);
}

static int integer_of(const json_t *object, const char *key, int absent)
{
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? (int)json_integer_value(value) : absent;
}

static void say_problem(const char *subject, const json_t *problem)
{
    CLEANUP(buf_fini) struct buf place = buf_init(4096);

    put_place(&place, integer_of(problem, "cell", -1), integer_of(problem, "line", 0),
              integer_of(problem, "column", 0));
    if (text_of(problem, "path")[0])
        buf_printf(&place, "%s: ", text_of(problem, "path"));
    /* Names hold line ends too: a line that pretends to be another message must not start one. */
    auto_free char *name = file_printable(subject);
    auto_free char *text = file_printable(text_of(problem, "text"));
    auto_free char *where = file_printable(buf_text(&place));
    say(stderr, "%s: %s: %s%s\n", name ? name : "?", severity_of(problem), where ? where : "",
        text ? text : "?");
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

void put_assignments(struct buf *out, const json_t *assignments)
{
    size_t i;
    json_t *row;

    json_array_foreach(assignments, i, row)
    {
        auto_free char *name = file_printable(text_of(row, "name"));
        buf_printf(out, "%s%s=", i ? " " : "", name ? name : "?");
        put_value(out, json_object_get(row, "value"));
    }
}

void put_value(struct buf *out, const json_t *value)
{
    char number[NBT_NUMBER_MAX] = "-";

    if (json_is_number(value))
        nbt_format_double(number, json_number_value(value));
    auto_free char *shown =
        file_printable(json_is_string(value) ? json_string_value(value) : number);
    text_number(out, shown ? shown : "?");
}

void put_algorithm(struct buf *out, const char *name, const char *resolved)
{
    auto_free char *shown = file_printable(name);

    buf_puts(out, shown ? shown : "?");
    if (resolved[0] && strcmp(name, resolved) != 0)
        buf_printf(out, ": %s", resolved);
}

void put_step(struct buf *out, const json_t *event)
{
    auto_free char *step = file_printable(text_of(event, "step"));

    if (strcmp(text_of(event, "step"), "plain") == 0)
        buf_printf(out, "cell %d", integer_of(event, "cell", 0));
    else
        buf_puts(out, step ? step : "?");
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

const char *metric_value(const json_t *observation, const char *name, const char *strategy)
{
    size_t i;
    json_t *metric;

    json_array_foreach(json_object_get(observation, "metrics"), i, metric)
    {
        if (strcmp(text_of(metric, "name"), name) == 0)
            return text_of(metric, strategy);
    }
    return "";
}

void put_range(struct buf *out, const json_t *range)
{
    const json_t *space = json_object_get(range, "feasibleSpace");
    const json_t *list = json_object_get(space, "list");
    size_t i;
    json_t *choice;

    if (!json_is_object(range)) {
        buf_puts(out, "-");
        return;
    }
    buf_printf(out, "%s ", text_of(range, "parameterType"));
    json_array_foreach(list, i, choice)
    {
        auto_free char *shown =
            file_printable(json_is_string(choice) ? json_string_value(choice) : "?");
        buf_printf(out, "%s%s", i ? "," : "", shown ? shown : "?");
    }
    if (json_array_size(list) == 0) {
        put_value(out, json_object_get(space, "min"));
        buf_puts(out, "..");
        put_value(out, json_object_get(space, "max"));
    }
    if (text_of(space, "step")[0])
        buf_printf(out, " step %s", text_of(space, "step"));
    if (text_of(space, "distribution")[0] && strcmp(text_of(space, "distribution"), "uniform") != 0)
        buf_printf(out, " %s", text_of(space, "distribution"));
}
