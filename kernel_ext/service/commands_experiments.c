/* The commands that work on stored experiments. */
#include "service/commands.h"

static const struct option list_options[] = {
    {.name = "names", .help = "Print the names alone, one a line."},
    {0},
};

static const struct option_group list_group = {"This command", list_options};

const struct command command_list = {
    .name = "list",
    .summary = "List experiments, the newest first",
    .description =
        "Prints a table of all experiments with their state, trials, objective and best values.",
    .groups = {&list_group, &group_common},
    .stored = true,
};

static const struct option show_options[] = {
    {.name = "trial",
     .kind = OPTION_TEXT,
     .argument = "TRIAL",
     .help = "Show this trial alone, in full."},
    {0},
};

static const struct option_group show_group = {"This command", show_options};

const struct command command_show = {
    .name = "show",
    .summary = "Show an experiment and its trials",
    .description = "Prints the state of an experiment, its best trial and a table of its trials, "
                   "with numbers of six digits; --trial shows all of them. --json gives the Katib "
                   "Experiment with its status, and every trial.",
    .positionals = {{.name = "EXPERIMENT", .complete = COMPLETE_EXPERIMENT}},
    .groups = {&show_group, &group_common},
    .stored = true,
};

static const struct option logs_options[] = {
    {.name = "follow", .letter = 'f', .help = "Go on until the experiment or the trial ends."},
    {.name = "verbose",
     .letter = 'v',
     .help = "Print a line for each cell, report and process too."},
    {.name = "quiet", .letter = 'q', .help = "With --follow and no TRIAL: print the result alone."},
    {0},
};

static const struct option_group logs_group = {"This command", logs_options};

const struct command command_logs = {
    .name = "logs",
    .summary = "Print what an experiment or one of its trials did",
    .description =
        "Without TRIAL: what began, ended and was found, one a line, with --verbose all events. "
        "With TRIAL, whose name may be given without the experiment's before it: what the "
        "trial and its kernel "
        "printed, with control characters made visible and each state of a progress bar a line. "
        " With --follow the exit status "
        "is that of the experiment.",
    .examples = "  nbkatib logs digits-x7k2q --follow\n  nbkatib logs digits-x7k2q k5jnxqrj\n",
    .positionals = {{.name = "EXPERIMENT", .complete = COMPLETE_EXPERIMENT},
                    {.name = "TRIAL", .optional = true}},
    .groups = {&logs_group, &group_common},
    .stored = true,
};

static const struct option stop_options[] = {
    {.name = "now", .help = "Kill the running trials instead of letting them finish."},
    {0},
};

static const struct option_group stop_group = {"This command", stop_options};

const struct command command_stop = {
    .name = "stop",
    .summary = "Stop an experiment that runs",
    .description = "Asks the experiment's engine to start no new trials and to end when the "
                   "running ones have finished, or "
                   "with --now kills those and waits for its end. 'nbkatib resume' goes on later.",
    .positionals = {{.name = "EXPERIMENT", .complete = COMPLETE_EXPERIMENT}},
    .groups = {&stop_group, &group_common},
    .stored = true,
};

static const struct option resume_options[] = {
    {.name = "trials",
     .kind = OPTION_POSITIVE,
     .argument = "N",
     .help = "Raise the budget to N trials in all."},
    {.name = "detach", .help = "Return at once: it outlives this terminal."},
    {.name = "verbose",
     .letter = 'v',
     .help = "In a pipe, print a line for each cell, report and process too."},
    {.name = "quiet", .letter = 'q', .help = "Print the result alone."},
    {0},
};

static const struct option_group resume_group = {"This command", resume_options};

const struct command command_resume = {
    .name = "resume",
    .summary = "Go on with an experiment that was stopped or interrupted",
    .description = "Continues with the same seed; trials that were running when it ended run "
                   "again. An experiment that "
                   "completed goes on only with --trials.",
    .positionals = {{.name = "EXPERIMENT", .complete = COMPLETE_EXPERIMENT}},
    .groups = {&resume_group, &group_common},
    .stored = true,
};

static const struct option delete_options[] = {
    {.name = "yes", .letter = 'y', .help = "Do not ask."},
    {0},
};

static const struct option_group delete_group = {"This command", delete_options};

const struct command command_delete = {
    .name = "delete",
    .summary = "Delete an experiment with its trials",
    .description =
        "Removes the experiment's state, its trials' folders and their executed "
        "notebooks. Asks first; "
        "where there is no terminal, --yes must be given. One that runs must be stopped before.",
    .positionals = {{.name = "EXPERIMENT", .complete = COMPLETE_EXPERIMENT}},
    .groups = {&delete_group, &group_common},
    .stored = true,
};

static const struct option report_options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .help = "Write it there instead of EXPERIMENT.html; '-' is stdout, or the cell itself where "
             "it is a command of one.",
     .complete = COMPLETE_FILE},
    {0},
};

static const struct option_group report_group = {"This command", report_options};

const struct command command_report = {
    .name = "report",
    .summary = "Write an experiment's charts and trials as one HTML page",
    .description =
        "Writes a page that needs no network and no other file: state, best trial and the command "
        "that applies it; charts of the objective by trial, parallel coordinates, the objective by "
        "parameter, parameter importance (fANOVA) and, where trials reported while they ran, "
        "learning curves; every trial, errors with their tracebacks, run settings and the "
        "Experiment as YAML. The page runs no script but its own.\n\nThe file is EXPERIMENT.html "
        "in "
        "the current folder; one that is there is replaced. --json prints the charts as Vega-Lite "
        "documents instead; with -o FILE it does both.",
    .examples = "  nbkatib report digits-x7k2q\n"
                "  nbkatib report digits-x7k2q -o report.html\n"
                "  nbkatib report digits-x7k2q --json | jq '.charts[0].spec'\n",
    .positionals = {{.name = "EXPERIMENT", .complete = COMPLETE_EXPERIMENT}},
    .groups = {&report_group, &group_common},
    .stored = true,
};
