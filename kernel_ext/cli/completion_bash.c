#include <string.h>

#include "cli/completion_private.h"
#include "service/commands.h"

/* What a word may be, as a command that sets COMPREPLY; $cur is the word. */
static const char *const words[] = {
    [COMPLETE_NONE] = ":",
    [COMPLETE_NOTEBOOK] = "_nbkatib_files 'ipynb'",
    [COMPLETE_INPUT] = "_nbkatib_files 'ipynb|yaml|yml|json'",
    [COMPLETE_FILE] = "_nbkatib_files ''",
    [COMPLETE_FOLDER] = "COMPREPLY=($(compgen -d -- \"$cur\")); compopt -o filenames 2>/dev/null",
    [COMPLETE_EXPERIMENT] =
        "COMPREPLY=($(compgen -W \"$(nbkatib list --names 2>/dev/null)\" -- \"$cur\"))",
};

static const char head[] =
    "# bash completion of nbkatib; written by 'nbkatib completion bash'\n"
    "_nbkatib_files() {\n"
    "    local IFS=$'\\n' file\n"
    "    COMPREPLY=($(compgen -d -- \"$cur\"))\n"
    "    for file in $(compgen -f -- \"$cur\"); do\n"
    "        [[ -z $1 || $file =~ \\.($1)$ ]] && [[ ! -d $file ]] && COMPREPLY+=(\"$file\")\n"
    "    done\n"
    "    compopt -o filenames 2>/dev/null\n"
    "}\n"
    "_nbkatib() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} "
    "command=${COMP_WORDS[1]} at=0 i\n"
    "    COMPREPLY=()\n"
    "    for ((i = 2; i < COMP_CWORD; i++)); do [[ ${COMP_WORDS[i]} == -* ]] || ((at++)); done\n"
    "    if ((COMP_CWORD == 1)); then\n"
    "        COMPREPLY=($(compgen -W '";

static void put_name(struct buf *out, const struct option *option)
{
    buf_printf(out, "--%s ", option->name);
}

static void put_value(struct buf *out, const struct option *option)
{
    if (option->kind == OPTION_FLAG)
        return;
    buf_printf(out, "        --%s", option->name);
    if (option->letter)
        buf_printf(out, "|-%c", option->letter);
    if (option->choices)
        buf_printf(out, ") COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n",
                   option->choices);
    else
        buf_printf(out, ") %s; return ;;\n", words[option->complete]);
}

static void put_positional(struct buf *out, const struct positional *positional)
{
    if (positional->choices)
        buf_printf(out, "COMPREPLY=($(compgen -W '%s' -- \"$cur\"))", positional->choices);
    else
        buf_puts(out, words[positional->complete]);
}

static void put_command(struct buf *out, const struct command *command)
{
    buf_printf(out, "    %s)\n        case $prev in\n", command->name);
    completion_each(command, put_value, out);
    buf_puts(
        out,
        "        esac\n        if [[ $cur == -* ]]; then\n            COMPREPLY=($(compgen -W '");
    completion_each(command, put_name, out);
    buf_puts(out, "' -- \"$cur\"))\n            return\n        fi\n        case $at in\n");
    for (size_t i = 0; i < COMMAND_POSITIONALS && command->positionals[i].name; i++) {
        buf_printf(out, "        %zu) ", i);
        put_positional(out, &command->positionals[i]);
        buf_puts(out, " ;;\n");
    }
    buf_puts(out, "        esac ;;\n");
}

void completion_bash(struct buf *out)
{
    buf_puts(out, head);
    for (size_t i = 0; commands[i]; i++) {
        if (!commands[i]->hidden)
            buf_printf(out, "%s ", commands[i]->name);
    }
    buf_puts(out,
             "--help --version' -- \"$cur\"))\n        return\n    fi\n    case $command in\n");
    for (size_t i = 0; commands[i]; i++) {
        if (!commands[i]->hidden)
            put_command(out, commands[i]);
    }
    buf_puts(out, "    esac\n}\ncomplete -F _nbkatib nbkatib\n");
}
