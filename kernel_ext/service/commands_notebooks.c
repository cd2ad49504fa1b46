/* The commands that read a notebook. */
#include "service/commands.h"

static const struct option inspect_options[] = {
    {.name = "all", .letter = 'a', .help = "List every cell on a line of its own."},
    {0},
};

static const struct option_group inspect_group = {"This command", inspect_options};

const struct command command_inspect = {
    .name = "inspect",
    .summary = "Show what a notebook says: cells, parameters, metrics, ranges, problems",
    .description = "Prints the notebook's cells by role, its parameters with the range that would "
                   "be searched, where that range comes "
                   "from (given, stored, annotated, derived) and why, its metrics, the objective, "
                   "the run settings, and on stderr every "
                   "problem with its cell and line. Cells and lines are as in the file: cells "
                   "count from 0, lines from 1.\n\n"
                   "Exit status 3 when a problem is an error.",
    .examples = "  nbkatib inspect model.ipynb\n  nbkatib inspect model.ipynb --json\n",
    .positionals = {{.name = "NOTEBOOK", .complete = COMPLETE_NOTEBOOK}},
    .groups = {&group_search, &inspect_group, &group_common},
};

static const struct option experiment_options[] = {
    {.name = "objects",
     .help = "With --engine katib: print all that is submitted, the ConfigMaps and snapshots too."},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .help = "Write it there instead of stdout.",
     .complete = COMPLETE_FILE},
    {0},
};

static const struct option_group experiment_group = {"This command", experiment_options};

const struct command command_experiment = {
    .name = "experiment",
    .summary = "Print the Katib Experiment that run would submit",
    .description = "Writes the Experiment (kubeflow.org/v1beta1) as YAML, exactly as 'nbkatib run' "
                   "with the same options would submit "
                   "it. It names its notebook by path and SHA-256; 'nbkatib run FILE' runs it "
                   "later and refuses when the notebook has "
                   "changed.\n\nWith --engine katib it is what Katib is given: the trial as a Job, "
                   "algorithm and ranges as Katib's services take them, or what keeps them from it. "
                   "With --objects the ConfigMaps and VolumeSnapshots that go with it follow, as a "
                   "stream of YAML documents for kubectl; they name no owner, so that they stay "
                   "when the experiment is deleted.\n\nThe name ends in five random characters and the seed is drawn, "
                   "unless --name and --seed say otherwise.",
    .examples = "  nbkatib experiment model.ipynb -o model.yaml\n"
                "  nbkatib experiment model.ipynb --engine katib --image jupyter/scipy-notebook "
                "--memory 4Gi\n",
    .positionals = {{.name = "NOTEBOOK", .complete = COMPLETE_INPUT}},
    .groups = {&group_search, &group_trials, &group_cluster, &experiment_group, &group_common},
};

static const struct option run_options[] = {
    {.name = "detach",
     .help =
         "Start it and return: it outlives this terminal; 'nbkatib logs NAME --follow' watches."},
    {.name = "single",
     .help = "Run one trial with the notebook's own values; search nothing."},
    {.name = "dry-run", .help = "Check everything, say what would run, start nothing."},
    {.name = "verbose",
     .letter = 'v',
     .help = "In a pipe, print a line for each cell, report and process too."},
    {.name = "quiet", .letter = 'q', .help = "Print the result alone."},
    {0},
};

static const struct option_group run_group = {"This command", run_options};

const struct command command_run = {
    .name = "run",
    .summary = "Tune a notebook",
    .description =
        "Runs the notebook again and again with other values in its pipeline-parameters "
        "cell, and tells which values gave "
        "the best metric. NOTEBOOK is a .ipynb file; EXPERIMENT.yaml an Experiment (YAML or JSON) "
        "that 'nbkatib experiment' wrote.\n\n"
        "Ranges, objective and run settings come from the options below, else from the "
        "settings stored in the notebook, "
        "else from annotations in the cell, else they are derived from the cell's own "
        "values; 'nbkatib inspect' shows them "
        "with their origin.\n\n"
        "On a terminal the progress is drawn live; otherwise what begins, ends and is "
        "found is one line each. "
        "Ctrl-C stops gently: running trials "
        "finish; a second Ctrl-C kills them. 'nbkatib resume' goes on later.",
    .examples =
        "  nbkatib run model.ipynb\n"
        "  nbkatib run model.ipynb --param 'lr=1e-4..1e-1:log' --param 'opt=adam,sgd' --trials 20\n"
        "  nbkatib run model.ipynb --objective min:loss --goal 0.05 --trials none --timeout 2h\n",
    .positionals = {{.name = "NOTEBOOK|EXPERIMENT.yaml", .complete = COMPLETE_INPUT}},
    .groups = {&group_search, &group_trials, &group_cluster, &run_group, &group_common},
};

static const struct option trial_options[] = {
    {.name = "set",
     .kind = OPTION_LIST,
     .argument = "NAME=VALUE",
     .help = "Give the parameter this value."},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .argument = "DIR",
     .help = "Folder for what the trial leaves; NOTEBOOK-trial beside the notebook when not given.",
     .complete = COMPLETE_FOLDER},
    {.name = "kernel",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "Jupyter kernel to run the notebook with."},
    {.name = "connection-file",
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .help = "Use the running kernel that this file connects to, instead of starting one.",
     .complete = COMPLETE_FILE},
    {.name = "trial-timeout",
     .kind = OPTION_DURATION,
     .argument = "TIME",
     .help = "Limit of the trial: 90s, 15m, 2h."},
    {.name = "cell-timeout",
     .kind = OPTION_DURATION,
     .argument = "TIME",
     .help = "Limit of each cell."},
    {.name = "isolate", .help = "Work in a copy of the notebook's folder."},
    {.name = "snapshots", .help = "Keep a copy of the folder after every step; implies --isolate."},
    {.name = "keep", .help = "Keep the folder that the trial worked in."},
    {.name = "reports", .help = "Read metrics that steps print as intermediate reports."},
    {.name = "quiet", .letter = 'q', .help = "Print the result alone."},
    {.name = "spec",
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .help = "Options as JSON.",
     .hidden = true},
    {.name = "job",
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .help = "Run as the trial of a cluster's Job that FILE describes.",
     .hidden = true},
    {.name = "status-fd",
     .kind = OPTION_COUNT,
     .argument = "N",
     .help = "Events go there.",
     .hidden = true},
    {0},
};

static const struct option_group trial_group = {"This command", trial_options};

const struct command command_trial = {
    .name = "trial",
    .summary = "Run a notebook once with given values",
    .description = "Runs one trial: the cells that the tags choose, in notebook order, with the "
                   "given values injected after the "
                   "pipeline-parameters cell; reads the metrics; leaves executed.ipynb, "
                   "metrics.log, trial.log and result.json in the "
                   "output folder. With --json each event and then the result is one line.",
    .examples = "  nbkatib trial model.ipynb --set lr=0.01 --set depth=4 --output out\n",
    .positionals = {{.name = "NOTEBOOK", .optional = true, .complete = COMPLETE_NOTEBOOK}},
    .groups = {&trial_group, &group_common},
};

static const struct option apply_options[] = {
    {.name = "trial",
     .kind = OPTION_TEXT,
     .argument = "TRIAL",
     .help = "Apply this trial's values, not the best one's."},
    {.name = "dry-run", .letter = 'n', .help = "Show the difference and write nothing."},
    {0},
};

static const struct option_group apply_group = {"This command", apply_options};

const struct command command_apply = {
    .name = "apply",
    .summary = "Write the best values into the notebook's parameters cell",
    .description = "Replaces the literals in the pipeline-parameters cell by the values of the "
                   "best trial, and of the values "
                   "that were fixed; every other byte of the notebook stays. Shows the difference. "
                   "Refuses when the file "
                   "changes meanwhile.",
    .examples = "  nbkatib apply model.ipynb digits-x7k2q --dry-run\n",
    .positionals = {{.name = "NOTEBOOK", .complete = COMPLETE_NOTEBOOK},
                    {.name = "EXPERIMENT", .complete = COMPLETE_EXPERIMENT}},
    .groups = {&apply_group, &group_common},
};
