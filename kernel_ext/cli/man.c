#include "cli/man.h"

#include "base/scope.h"
#include "cli/exit.h"
#include "service/commands.h"
#include "service/usage.h"

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

    usage_option(&name, option);
    buf_puts(out, ".TP\n.B ");
    put_roff(out, buf_text(&name));
    buf_putc(out, '\n');
    put_paragraphs(out, option->help);
}

static void put_command(struct buf *out, const struct command *command)
{
    CLEANUP(buf_fini) struct buf usage = buf_init(1024);

    usage_line(&usage, command);
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

/* What scripts may rely on: members are added, never renamed or taken away. */
static void put_json(struct buf *out)
{
    static const char *const rows[][2] = {
        {"inspect", "an object: notebook, kind, kernel, language, cells, steps, parameters (name, "
                    "type, value, selected, origin, why, range), metrics, objective, run (with "
                    "resolvedAlgorithm: what auto stands for), diagnostics"},
        {"experiment, run --dry-run",
         "an object: experiment (a Katib Experiment), problems, resolvedAlgorithm"},
        {"run, resume, logs [--follow]",
         "an object a line for each event, with seq, time and kind: experiment-created, "
         "engine-started, engine-ended, condition, trial-created, trial-started, trial-step, "
         "trial-report, trial-warning, trial-finished, trial-lost, optimal, warning; run, resume "
         "and logs --follow end with kind result: name, state, reason, message and, once a trial "
         "succeeded, best, notebook and apply, a command of the shell"},
        {"run --detach, resume --detach", "an object: name, engine"},
        {"list", "an array of objects: name, engine, state, notebook, startTime, completionTime, "
                 "trials, trialsSucceeded, trialsFailed, trialsRunning, maxTrialCount, objective "
                 "(name, type, value), best (trial, assignments)"},
        {"show", "an object: name, engine, state, reason, message, resolvedAlgorithm, experiment "
                 "(with its Katib status), trials, folder, notebook, seq, warnings"},
        {"show --trial", "one of the trials: name, index, state, assignments, observation, "
                         "startTime, completionTime, seconds, reason, message, cell, step, "
                         "folder, isolation, warnings"},
        {"trial", "an object a line for each event (started, step, report, warning, finished), "
                  "then the result: state, metrics, seconds, warnings, output"},
        {"apply", "an object: trial, changes (name, from, to, cell, line), diff, written"},
        {"doctor", "an object: checks (name, status, text, cure)"},
    };

    buf_puts(out, ".SH JSON\nWith \\-\\-json, stdout holds JSON alone, numbers in full; times are "
                  "UTC. New members may be added. An error is one object a line: error (code, "
                  "path, cell, line, column, text) and problems.\n");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        buf_puts(out, ".TP\n.B ");
        put_roff(out, rows[i][0]);
        buf_putc(out, '\n');
        put_paragraphs(out, rows[i][1]);
    }
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
    put_json(out);
    put_exit_statuses(out);
    put_end(out);
}
