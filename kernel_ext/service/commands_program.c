/* The commands about the program itself. */
#include "service/commands.h"

static const struct option doctor_options[] = {
    {.name = "engine",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "Check also what must hold where this engine runs trials; katib: the cluster, what is "
             "installed there, the namespace and what you may do in it.",
     .choices = "local katib"},
    {0},
};

static const struct option_group doctor_group = {"This command", doctor_options};

const struct command command_doctor = {
    .name = "doctor",
    .summary = "Check what is there and what is missing on this machine",
    .description = "Looks for kernels, the state folder, disk space and cores, and names the cure "
                   "of what is wrong. Exit "
                   "status 6 when something is missing without which nothing runs.",
    .groups = {&doctor_group, &group_common},
    .stored = true,
};

static const struct option install_options[] = {
    {.name = "user", .help = "Into this user's own Jupyter folder; the default."},
    {.name = "sys-prefix",
     .help = "Into the Python environment: $VIRTUAL_ENV, else $CONDA_PREFIX, else that of the "
             "python3 on PATH."},
    {.name = "prefix",
     .kind = OPTION_TEXT,
     .argument = "DIR",
     .help = "Into DIR/share/jupyter/kernels.",
     .complete = COMPLETE_FOLDER},
    {.name = "bare",
     .help =
         "Name the program without its folder, so that Jupyter finds it on PATH; for packages."},
    {.name = "remove", .help = "Remove it from there."},
    {0},
};

static const struct option_group install_group = {"This command", install_options};

const struct command command_install = {
    .name = "install",
    .summary = "Install the Jupyter kernel nbkatib",
    .description =
        "Writes the kernelspec 'nbkatib' (kernel.json and its logos), so that JupyterLab, "
        "Notebook, VS Code and consoles offer this program as a kernel. Its cells take these same "
        "commands, one a line. Installing again replaces it.",
    .examples = "  nbkatib install --sys-prefix\n  nbkatib install --remove\n",
    .groups = {&install_group, &group_common},
    .stored = true,
};

static const struct option kernel_options[] = {
    {.name = "file",
     .letter = 'f',
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .help = "The connection file.",
     .complete = COMPLETE_FILE},
    {0},
};

static const struct option_group kernel_group = {"This command", kernel_options};

const struct command command_kernel = {
    .name = "kernel",
    .summary = "Run as a Jupyter kernel",
    .description = "What Jupyter starts, as 'nbkatib install' told it: serves the channels that "
                   "the connection file names until it is shut down or its starter ends.",
    .groups = {&kernel_group, &group_help},
    .stored = true,
};

const struct command command_completion = {
    .name = "completion",
    .summary = "Print the completion script of a shell",
    .description =
        "Prints the script for bash, zsh or fish. For bash: 'source <(nbkatib completion bash)'.",
    .examples = "  nbkatib completion bash > ~/.local/share/bash-completion/completions/nbkatib\n"
                "  nbkatib completion zsh > ~/.zfunc/_nbkatib\n"
                "  nbkatib completion fish > ~/.config/fish/completions/nbkatib.fish\n",
    .positionals = {{.name = "SHELL", .choices = "bash zsh fish"}},
    .groups = {&group_help},
};

const struct command command_man = {
    .name = "man",
    .summary = "Print the manual page",
    .description = "Prints the manual in man(7) format, for 'man -l -' or for a file nbkatib.1.",
    .examples = "  nbkatib man | man -l -\n",
    .groups = {&group_help},
};

const struct command command_help = {
    .name = "help",
    .summary = "Show help of a command",
    .description = "The same as 'nbkatib COMMAND --help'.",
    .positionals = {{.name = "COMMAND", .optional = true}},
    .groups = {&group_help},
};

static const struct option engine_options[] = {
    {.name = "lifeline-fd",
     .kind = OPTION_COUNT,
     .argument = "N",
     .help = "End of file there: the submitter died."},
    {.name = "ready-fd",
     .kind = OPTION_COUNT,
     .argument = "N",
     .help = "Told when the engine is up."},
    {0},
};

static const struct option_group engine_group = {"This command", engine_options};

const struct command command_engine = {
    .name = "engine",
    .summary = "Run the engine of an experiment",
    .description = "What 'run' and 'resume' start; not for users.",
    .positionals = {{.name = "EXPERIMENT", .complete = COMPLETE_EXPERIMENT}},
    .groups = {&engine_group, &group_help},
    .hidden = true,
    .stored = true,
};
