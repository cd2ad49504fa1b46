#include "cli/completion_private.h"
#include "service/commands.h"

static const char *const lists[] = {
    [COMPLETE_NONE] = NULL,
    [COMPLETE_NOTEBOOK] = "(__fish_complete_suffix .ipynb)",
    [COMPLETE_INPUT] = "(__fish_complete_suffix .ipynb)",
    [COMPLETE_FILE] = "(__fish_complete_path)",
    [COMPLETE_FOLDER] = "(__fish_complete_directories)",
    [COMPLETE_EXPERIMENT] = "(nbkatib list --names 2>/dev/null)",
};

static void put_values(struct buf *out, enum complete complete, const char *choices)
{
    if (choices)
        buf_printf(out, " -a '%s'", choices);
    else if (lists[complete])
        buf_printf(out, " -a '%s'", lists[complete]);
}

static void put_fish_text(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
}

static void put_option(struct buf *out, const struct command *command, const struct option *option)
{
    buf_printf(out, "complete -c nbkatib -n '__fish_seen_subcommand_from %s' -l %s", command->name,
               option->name);
    if (option->letter)
        buf_printf(out, " -s %c", option->letter);
    if (option->kind != OPTION_FLAG) {
        buf_puts(out, " -x");
        put_values(out, option->complete, option->choices);
    }
    buf_puts(out, " -d '");
    put_fish_text(out, option->help);
    buf_puts(out, "'\n");
}

static void put_command(struct buf *out, const struct command *command)
{
    buf_printf(out, "complete -c nbkatib -n __fish_use_subcommand -a %s -d '", command->name);
    put_fish_text(out, command->summary);
    buf_puts(out, "'\n");
    for (size_t g = 0; g < COMMAND_GROUPS && command->groups[g]; g++) {
        for (const struct option *option = command->groups[g]->options; option->name; option++) {
            if (!option->hidden)
                put_option(out, command, option);
        }
    }
    for (size_t i = 0; i < COMMAND_POSITIONALS && command->positionals[i].name; i++) {
        const struct positional *positional = &command->positionals[i];
        if (!positional->choices && !lists[positional->complete])
            continue;
        buf_printf(out, "complete -c nbkatib -n '__fish_seen_subcommand_from %s'", command->name);
        put_values(out, positional->complete, positional->choices);
        buf_putc(out, '\n');
    }
}

void completion_fish(struct buf *out)
{
    buf_puts(out, "# fish completion of nbkatib; written by 'nbkatib completion fish'\ncomplete -c "
                  "nbkatib -f\n");
    for (size_t i = 0; commands[i]; i++) {
        if (!commands[i]->hidden)
            put_command(out, commands[i]);
    }
}
