#include "cli/help.h"

#include <string.h>

#include "base/scope.h"
#include "cli/commands.h"
#include "cli/exit.h"

#define HELP_WIDTH  96
#define HELP_COLUMN 30
#define HELP_MAX    ((size_t)1 << 20)

static void spaces(struct buf *out, size_t n)
{
    for (; n > 0; n--)
        buf_putc(out, ' ');
}

void help_wrap(struct buf *out, const char *text, size_t used, size_t indent, size_t width)
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

void help_usage(struct buf *out, const struct command *command)
{
    buf_printf(out, "nbkatib %s", command->name);
    if (command->groups[0])
        buf_puts(out, " [OPTION]...");
    for (size_t i = 0; i < COMMAND_POSITIONALS && command->positionals[i].name; i++)
        buf_printf(out, command->positionals[i].optional ? " [%s]" : " %s",
                   command->positionals[i].name);
}

void help_option_name(struct buf *out, const struct option *option)
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
    help_option_name(&name, option);
    buf_puts(out, buf_text(&name));
    if (name.length + 2 > HELP_COLUMN) {
        buf_putc(out, '\n');
        help_wrap(out, option->help, 0, HELP_COLUMN, HELP_WIDTH);
        return;
    }
    help_wrap(out, option->help, name.length, HELP_COLUMN, HELP_WIDTH);
}

static void put_group(struct buf *out, const struct option_group *group)
{
    buf_printf(out, "\n%s:\n", group->title);
    for (const struct option *option = group->options; option->name; option++) {
        if (!option->hidden)
            put_option(out, option);
    }
}

static void put_exit_statuses(struct buf *out)
{
    buf_puts(out, "\nExit status:\n");
    for (const struct exit_text *row = exit_texts; row->text; row++)
        buf_printf(out, "  %-4d%s\n", row->status, row->text);
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

void help_command(FILE *stream, const struct command *command)
{
    CLEANUP(buf_fini) struct buf out = buf_init(HELP_MAX);

    buf_puts(&out, "Usage: ");
    help_usage(&out, command);
    buf_puts(&out, "\n\n");
    help_wrap(&out, command->description, 0, 0, HELP_WIDTH);
    for (size_t i = 0; i < COMMAND_GROUPS && command->groups[i]; i++)
        put_group(&out, command->groups[i]);
    if (option_find(command, "algorithm", strlen("algorithm")))
        put_algorithms(&out);
    if (command->examples)
        buf_printf(&out, "\nExamples:\n%s", command->examples);
    put_exit_statuses(&out);
    fputs(buf_text(&out), stream);
}

void help_program(FILE *stream)
{
    CLEANUP(buf_fini) struct buf out = buf_init(HELP_MAX);

    buf_puts(&out, "Usage: nbkatib COMMAND [OPTION]... [ARGUMENT]...\n\n"
                   "Tunes a Jupyter notebook from its own tagged cells: one cell tagged "
                   "pipeline-parameters, one tagged\n"
                   "pipeline-metrics, and 'nbkatib run NOTEBOOK'.\n\nCommands:\n");
    for (size_t i = 0; commands[i]; i++) {
        if (!commands[i]->hidden)
            buf_printf(&out, "  %-12s%s\n", commands[i]->name, commands[i]->summary);
    }
    buf_puts(&out, "\n'nbkatib COMMAND --help' tells more; 'nbkatib man | man -l -' is the manual; "
                   "'nbkatib --version'.\n");
    put_exit_statuses(&out);
    fputs(buf_text(&out), stream);
}
