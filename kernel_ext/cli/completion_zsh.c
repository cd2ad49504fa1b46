#include "cli/completion_private.h"
#include "service/commands.h"

/* Actions of _arguments. */
static const char *const actions[] = {
    [COMPLETE_NONE] = " ",
    [COMPLETE_NOTEBOOK] = "_files -g \"*.ipynb\"",
    [COMPLETE_INPUT] = "_files -g \"*.(ipynb|yaml|yml|json)\"",
    [COMPLETE_FILE] = "_files",
    [COMPLETE_FOLDER] = "_files -/",
    [COMPLETE_EXPERIMENT] = "_nbkatib_experiments",
};

/* Text within a specification: colons and brackets are its own there. */
static void put_text(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == ':' || *text == '[' || *text == ']')
            buf_putc(out, '\\');
        if (*text == '\'')
            buf_puts(out, "'\\''");
        else
            buf_putc(out, *text);
    }
}

static void put_action(struct buf *out, enum complete complete, const char *choices)
{
    if (choices)
        buf_printf(out, "(%s)", choices);
    else
        buf_puts(out, actions[complete]);
}

static void put_option(struct buf *out, const struct option *option)
{
    buf_puts(out, " \\\n            '");
    if (option->kind == OPTION_LIST)
        buf_putc(out, '*');
    buf_printf(out, "--%s", option->name);
    buf_puts(out, option->kind == OPTION_FLAG ? "[" : "=[");
    put_text(out, option->help);
    buf_putc(out, ']');
    if (option->kind != OPTION_FLAG) {
        buf_putc(out, ':');
        put_text(out, option->argument);
        buf_putc(out, ':');
        put_action(out, option->complete, option->choices);
    }
    buf_putc(out, '\'');
}

static void put_command(struct buf *out, const struct command *command)
{
    buf_printf(out, "    %s)\n        _arguments", command->name);
    completion_each(command, put_option, out);
    for (size_t i = 0; i < COMMAND_POSITIONALS && command->positionals[i].name; i++) {
        buf_printf(out, " \\\n            '%zu:%s:", i + 1, command->positionals[i].name);
        put_action(out, command->positionals[i].complete, command->positionals[i].choices);
        buf_putc(out, '\'');
    }
    buf_puts(out, " ;;\n");
}

void completion_zsh(struct buf *out)
{
    buf_puts(out,
             "#compdef nbkatib\n# zsh completion of nbkatib; written by 'nbkatib completion zsh'\n"
             "_nbkatib_experiments() {\n"
             "    local -a names\n"
             "    names=(${(f)\"$(nbkatib list --names 2>/dev/null)\"})\n"
             "    compadd -a names\n"
             "}\n"
             "_nbkatib() {\n"
             "    local -a verbs\n"
             "    verbs=(\n");
    for (size_t i = 0; commands[i]; i++) {
        if (commands[i]->hidden)
            continue;
        buf_printf(out, "        '%s:", commands[i]->name);
        put_text(out, commands[i]->summary);
        buf_puts(out, "'\n");
    }
    buf_puts(out, "    )\n    if ((CURRENT == 2)); then\n        _describe command verbs\n        "
                  "return\n    fi\n"
                  "    shift words\n    ((CURRENT--))\n    case $words[1] in\n");
    for (size_t i = 0; commands[i]; i++) {
        if (!commands[i]->hidden)
            put_command(out, commands[i]);
    }
    buf_puts(out, "    esac\n}\n_nbkatib \"$@\"\n");
}
