#include "service/usage.h"

#include <string.h>

#include "base/scope.h"
#include "service/service.h"

#define USAGE_WIDTH  96
#define USAGE_COLUMN 30

static void spaces(struct buf *out, size_t n)
{
    for (; n > 0; n--)
        buf_putc(out, ' ');
}

void usage_wrap(struct buf *out, const char *text, size_t used, size_t indent, size_t width)
{
    bool first = true;

    if (used < indent) {
        spaces(out, indent - used);
        used = indent;
    }
    while (*text) {
        size_t newlines = strspn(text, "\n");
        text += newlines;
        size_t length = strcspn(text, " \n");
        bool paragraph = newlines >= 2;
        if (paragraph || (!first && used + 1 + length > width)) {
            buf_puts(out, paragraph ? "\n\n" : "\n");
            spaces(out, indent);
            used = indent;
        } else if (!first) {
            buf_putc(out, ' ');
            used++;
        }
        buf_add(out, text, length);
        used += length;
        text += length + strspn(text + length, " ");
        first = false;
    }
    buf_putc(out, '\n');
}

void usage_line(struct buf *out, const struct command *command)
{
    buf_printf(out, "nbkatib %s", command->name);
    if (command->groups[0])
        buf_puts(out, " [OPTION]...");
    for (size_t i = 0; i < COMMAND_POSITIONALS && command->positionals[i].name; i++)
        buf_printf(out, command->positionals[i].optional ? " [%s]" : " %s",
                   command->positionals[i].name);
}

void usage_option(struct buf *out, const struct option *option)
{
    if (option->letter)
        buf_printf(out, "-%c, ", option->letter);
    buf_printf(out, "--%s", option->name);
    if (option->argument)
        buf_printf(out, " %s", option->argument);
}

static void put_option(struct buf *out, const struct option *option)
{
    CLEANUP(buf_fini) struct buf name = buf_init(256);

    buf_puts(&name, "  ");
    usage_option(&name, option);
    buf_puts(out, buf_text(&name));
    if (name.length + 2 > USAGE_COLUMN) {
        buf_putc(out, '\n');
        usage_wrap(out, option->help, 0, USAGE_COLUMN, USAGE_WIDTH);
        return;
    }
    usage_wrap(out, option->help, name.length, USAGE_COLUMN, USAGE_WIDTH);
}

static void put_group(struct buf *out, const struct option_group *group)
{
    buf_printf(out, "\n%s:\n", group->title);
    for (const struct option *option = group->options; option->name; option++) {
        if (!option->hidden)
            put_option(out, option);
    }
}

/* The algorithms are a table of a room below; help shows what it holds today. */
static void put_algorithms(struct buf *out)
{
    auto_json json_t *list = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    size_t i, j;
    json_t *row, *setting;

    if (service_algorithms(&list, &err) < 0)
        return;
    buf_puts(out, "\nAlgorithms and their settings:\n");
    json_array_foreach(list, i, row)
    {
        buf_printf(out, "  %-28s%s\n", json_string_value(json_object_get(row, "name")),
                   json_string_value(json_object_get(row, "summary")));
        json_array_foreach(json_object_get(row, "settings"), j, setting)
            buf_printf(out, "    %-26s%s\n", json_string_value(json_object_get(setting, "name")),
                       json_string_value(json_object_get(setting, "help")));
    }
}

void usage_text(struct buf *out, const struct command *command)
{
    buf_puts(out, "Usage: ");
    usage_line(out, command);
    buf_puts(out, "\n\n");
    usage_wrap(out, command->description, 0, 0, USAGE_WIDTH);
    for (size_t i = 0; i < COMMAND_GROUPS && command->groups[i]; i++)
        put_group(out, command->groups[i]);
    if (option_find(command, "algorithm", strlen("algorithm")))
        put_algorithms(out);
    if (command->examples)
        buf_printf(out, "\nExamples:\n%s", command->examples);
}
