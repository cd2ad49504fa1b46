#include "service/values.h"

#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "nbtags/number.h"
#include "service/text.h"

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

int integer_of(const json_t *object, const char *key, int absent)
{
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? (int)json_integer_value(value) : absent;
}

const json_t *last_value(const json_t *metric)
{
    const json_t *values = json_object_get(metric, "values");

    return json_array_get(values, json_array_size(values) - 1);
}

void put_place(struct buf *out, int cell, int line, int column)
{
    if (cell >= 0)
        buf_printf(out, "cell %d%s", cell, line > 0 ? ", " : ": ");
    if (line > 0)
        buf_printf(out, "line %d%s", line, column > 0 ? ", " : ": ");
    if (line > 0 && column > 0)
        buf_printf(out, "column %d: ", column);
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

void put_problem(struct buf *out, const char *subject, const json_t *problem)
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
    buf_printf(out, "%s: %s: %s%s", name ? name : "?", severity_of(problem), where ? where : "",
               text ? text : "?");
}
