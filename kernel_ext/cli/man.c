#include "cli/man.h"

#include "base/scope.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/help.h"

/* roff reads a leading dot or quote as a request, and backslashes and dashes as its own. */
static void put_roff(struct buf *out, const char *text)
{
    bool start = true;

    for (; *text; text++) {
        if (start && (*text == '.' || *text == '\''))
            buf_puts(out, "\\&");
        if (*text == '\\')
            buf_puts(out, "\\e");
        else if (*text == '-')
            buf_puts(out, "\\-");
        else
            buf_putc(out, *text);
        start = *text == '\n';
    }
}

static void put_paragraphs(struct buf *out, const char *text)
{
    bool start = true;

    for (; *text; text++) {
        if (text[0] == '\n' && text[1] == '\n') {
            buf_puts(out, "\n.PP\n");
            text++;
            start = true;
            continue;
        }
        char one[2] = {*text, '\0'};
        if (start && (*text == '.' || *text == '\''))
            buf_puts(out, "\\&");
        put_roff(out, *text == '.' || *text == '\'' ? "" : one);
        if (*text == '.' || *text == '\'')
            buf_putc(out, *text);
        start = false;
    }
    buf_putc(out, '\n');
}

static void put_option(struct buf *out, const struct option *option)
{
    CLEANUP(buf_fini) struct buf name = buf_init(256);

    help_option_name(&name, option);
    buf_puts(out, ".TP\n.B ");
    put_roff(out, buf_text(&name));
    buf_putc(out, '\n');
    put_paragraphs(out, option->help);
}

static void put_command(struct buf *out, const struct command *command)
{
    CLEANUP(buf_fini) struct buf usage = buf_init(1024);

    help_usage(&usage, command);
    buf_puts(out, ".SS ");
    put_roff(out, buf_text(&usage));
    buf_putc(out, '\n');
    put_paragraphs(out, command->description);
    for (size_t g = 0; g < COMMAND_GROUPS && command->groups[g]; g++) {
        for (const struct option *option = command->groups[g]->options; option->name; option++) {
            if (!option->hidden)
                put_option(out, option);
        }
    }
    if (command->examples) {
        buf_puts(out, ".PP\n.nf\n");
        put_roff(out, command->examples);
        buf_puts(out, ".fi\n");
    }
}

static void put_exit_statuses(struct buf *out)
{
    buf_puts(out, ".SH EXIT STATUS\n");
    for (const struct exit_text *row = exit_texts; row->text; row++)
        buf_printf(out, ".TP\n.B %d\n%s\n", row->status, row->text);
}

static void put_end(struct buf *out)
{
    buf_puts(
        out,
        ".SH ENVIRONMENT\n"
        ".TP\n.B NBKATIB_HOME\nFolder of the state; else $XDG_DATA_HOME/nbkatib, else "
        "~/.local/share/nbkatib.\n"
        ".TP\n.B JUPYTER_PATH\nFolders that kernels are looked for in, before the usual ones.\n"
        ".TP\n.B NO_COLOR\nNo colours when it is set and not empty.\n"
        ".SH SEE ALSO\n.BR jupyter (1)\n");
}

void man_write(struct buf *out, const char *version)
{
    buf_printf(out, ".TH NBKATIB 1 \"\" \"nbkatib %s\" \"User Commands\"\n.SH NAME\n", version);
    buf_puts(out, "nbkatib \\- tune a Jupyter notebook from its own tagged cells\n.SH SYNOPSIS\n");
    buf_puts(
        out,
        ".B nbkatib\n.I COMMAND\n[\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...\n.SH DESCRIPTION\n");
    buf_puts(out, "One cell tagged pipeline\\-parameters says what can be changed, one tagged "
                  "pipeline\\-metrics says what\n"
                  "counts, and 'nbkatib run' finds the best values.\n.SH COMMANDS\n");
    for (size_t i = 0; commands[i]; i++) {
        if (!commands[i]->hidden)
            put_command(out, commands[i]);
    }
    put_exit_statuses(out);
    put_end(out);
}
