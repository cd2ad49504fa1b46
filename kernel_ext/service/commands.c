#include "service/commands.h"

#include <string.h>

const struct command *const commands[] = {
    &command_inspect,
    &command_experiment,
    &command_run,
    &command_trial,
    &command_list,
    &command_show,
    &command_logs,
    &command_report,
    &command_stop,
    &command_resume,
    &command_apply,
    &command_delete,
    &command_doctor,
    &command_install,
    &command_kernel,
    &command_completion,
    &command_man,
    &command_help,
    &command_engine,
    NULL,
};

static const struct option help_options[] = {
    {.name = "help", .letter = 'h', .help = "Print this help and exit."},
    {0},
};

static const struct option common_options[] = {
    {.name = "json", .help = "Print JSON on stdout, errors too."},
    {.name = "help", .letter = 'h', .help = "Print this help and exit."},
    {0},
};

static const struct option search_options[] = {
    {.name = "param",
     .kind = OPTION_LIST,
     .argument = "NAME=RANGE",
     .help = "Search NAME in this range: lr=1e-4..1e-1:log, depth=1..9:2 (with step 2), "
             "opt=adam,sgd. The other parameters keep the ranges that 'inspect' shows; --fix takes "
             "one out."},
    {.name = "fix",
     .kind = OPTION_LIST,
     .argument = "NAME=VALUE",
     .help = "Do not search NAME; inject this value."},
    {.name = "objective",
     .kind = OPTION_TEXT,
     .argument = "[max:|min:]METRIC",
     .help = "Optimise this metric of the notebook; without max: or min: its name decides the "
             "direction."},
    {.name = "goal",
     .kind = OPTION_TEXT,
     .argument = "NUMBER",
     .help = "Stop when the objective reaches this value."},
    {.name = "algorithm",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "Search by this algorithm; 'auto' picks one.",
     .choices = "auto random grid"},
    {.name = "setting",
     .kind = OPTION_LIST,
     .argument = "NAME=VALUE",
     .help = "A setting of the algorithm."},
    {.name = "trials",
     .kind = OPTION_BUDGET,
     .argument = "N|none",
     .help = "How many trials shall succeed; 'none': until the goal is reached or the space is "
             "exhausted.",
     .choices = "none"},
    {.name = "parallel",
     .kind = OPTION_POSITIVE,
     .argument = "N",
     .help = "How many trials run side by side."},
    {.name = "max-failed",
     .kind = OPTION_COUNT,
     .argument = "N",
     .help = "The experiment fails when more trials than that fail."},
    {.name = "seed",
     .kind = OPTION_COUNT,
     .argument = "N",
     .help = "The same seed gives the same assignments."},
    {.name = "name",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "The experiment's name, at most 40 characters."},
    {0},
};

static const struct option trials_options[] = {
    {.name = "kernel",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "Jupyter kernel to run the notebook with."},
    {.name = "timeout",
     .kind = OPTION_DURATION,
     .argument = "TIME",
     .help = "Limit of the whole experiment: 90s, 15m, 2h."},
    {.name = "trial-timeout",
     .kind = OPTION_DURATION,
     .argument = "TIME",
     .help = "Limit of each trial."},
    {.name = "cell-timeout",
     .kind = OPTION_DURATION,
     .argument = "TIME",
     .help = "Limit of each cell."},
    {.name = "no-isolate",
     .help = "Trials share the notebook's folder instead of working in copies of it."},
    {.name = "snapshots", .help = "Keep a copy of each trial's folder after every step."},
    {.name = "keep", .help = "Keep the folders that trials worked in."},
    {.name = "reports", .help = "Read metrics that steps print as intermediate reports."},
    {.name = "engine",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "Where trials run: local, on this machine, or katib, in a Kubernetes cluster.",
     .choices = "local katib"},
    {0},
};

static const struct option cluster_options[] = {
    {.name = "image",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "Container image of the trials, with the notebook's kernel in it; the notebook's own "
             "when not given."},
    {.name = "volume",
     .kind = OPTION_LIST,
     .argument = "[TYPE:]NAME:/PATH[:SIZE]",
     .help = "Mount at /PATH: the claim NAME, shared by all trials; or for each trial new: an "
             "empty volume, clone: a copy of the claim NAME, snapshot: a copy of the "
             "VolumeSnapshot or Rok URL NAME."},
    {.name = "notebook-volumes",
     .help = "Give each trial copies of the volumes of the notebook's own pod."},
    {.name = "storage-class",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "Storage class of the volumes that are made."},
    {.name = "access-mode",
     .kind = OPTION_TEXT,
     .argument = "MODE",
     .help = "Access mode of the volumes that are made; ReadWriteOnce when not given.",
     .choices = "ReadWriteOnce ReadOnlyMany ReadWriteMany ReadWriteOncePod"},
    {.name = "cpu",
     .kind = OPTION_TEXT,
     .argument = "QUANTITY",
     .help = "Processors of each trial, such as 2 or 500m."},
    {.name = "memory",
     .kind = OPTION_TEXT,
     .argument = "QUANTITY",
     .help = "Memory of each trial, such as 4Gi."},
    {.name = "gpu",
     .kind = OPTION_TEXT,
     .argument = "[KIND=]N",
     .help = "GPUs of each trial: 1, or amd.com/gpu=1; 0 takes those away that steps ask for."},
    {.name = "service-account",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "Service account of the trials' pods."},
    {.name = "node-selector",
     .kind = OPTION_LIST,
     .argument = "KEY=VALUE",
     .help = "Run trials on nodes with this label."},
    {.name = "toleration",
     .kind = OPTION_LIST,
     .argument = "KEY[=VALUE][:EFFECT]",
     .help = "Let trials run on nodes with this taint."},
    {.name = "ttl",
     .kind = OPTION_DURATION,
     .argument = "TIME",
     .help = "Remove a trial's Job, with its log, so long after it ended; never when not given."},
    {.name = "namespace",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "Namespace of the experiment."},
    {.name = "context",
     .kind = OPTION_TEXT,
     .argument = "NAME",
     .help = "Context of the kubeconfig file."},
    {.name = "debug", .help = "Let the script that starts a trial print what it does."},
    {0},
};

const struct option_group group_common = {"Common options", common_options};
const struct option_group group_help = {"Common options", help_options};
const struct option_group group_search = {"What is searched", search_options};
const struct option_group group_trials = {"How trials run", trials_options};
const struct option_group group_cluster = {"In a cluster (--engine katib)", cluster_options};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; commands[i]; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

struct derive_given given_from(const struct parsed *parsed)
{
    struct derive_given given = {
        .name = parsed_text(parsed, "name"),
        .objective = parsed_text(parsed, "objective"),
        .goal = parsed_text(parsed, "goal"),
        .algorithm = parsed_text(parsed, "algorithm"),
        .max_trials = parsed_text(parsed, "trials"),
        .parallel = parsed_text(parsed, "parallel"),
        .max_failed = parsed_text(parsed, "max-failed"),
        .seed = parsed_text(parsed, "seed"),
    };

    given.parameters = parsed_list(parsed, "param", &given.n_parameters);
    given.fixed = parsed_list(parsed, "fix", &given.n_fixed);
    given.settings = parsed_list(parsed, "setting", &given.n_settings);
    return given;
}

static struct service_cluster cluster_from(const struct parsed *parsed)
{
    struct service_cluster cluster = {
        .image = parsed_text(parsed, "image"),
        .namespace_name = parsed_text(parsed, "namespace"),
        .context = parsed_text(parsed, "context"),
        .service_account = parsed_text(parsed, "service-account"),
        .storage_class = parsed_text(parsed, "storage-class"),
        .access_mode = parsed_text(parsed, "access-mode"),
        .cpu = parsed_text(parsed, "cpu"),
        .memory = parsed_text(parsed, "memory"),
        .gpu = parsed_text(parsed, "gpu"),
        .ttl = parsed_text(parsed, "ttl"),
        .notebook_volumes = parsed_flag(parsed, "notebook-volumes"),
        .debug = parsed_flag(parsed, "debug"),
    };

    cluster.volumes = parsed_list(parsed, "volume", &cluster.n_volumes);
    cluster.node_selectors = parsed_list(parsed, "node-selector", &cluster.n_node_selectors);
    cluster.tolerations = parsed_list(parsed, "toleration", &cluster.n_tolerations);
    return cluster;
}

struct service_run run_from(const struct parsed *parsed)
{
    return (struct service_run){
        .source = {.path = parsed->positionals[0], .given = given_from(parsed)},
        .cluster = cluster_from(parsed),
        .objects = parsed_flag(parsed, "objects"),
        .engine = parsed_text(parsed, "engine"),
        .kernel = parsed_text(parsed, "kernel"),
        .timeout = parsed_text(parsed, "timeout"),
        .trial_timeout = parsed_text(parsed, "trial-timeout"),
        .cell_timeout = parsed_text(parsed, "cell-timeout"),
        .no_isolate = parsed_flag(parsed, "no-isolate"),
        .snapshots = parsed_flag(parsed, "snapshots"),
        .keep = parsed_flag(parsed, "keep"),
        .reports = parsed_flag(parsed, "reports"),
        .detach = parsed_flag(parsed, "detach"),
    };
}

struct service_trial trial_from(const struct parsed *parsed)
{
    struct service_trial trial = {
        .notebook = parsed->positionals[0],
        .output = parsed_text(parsed, "output"),
        .kernel = parsed_text(parsed, "kernel"),
        .connection_file = parsed_text(parsed, "connection-file"),
        .trial_timeout = parsed_text(parsed, "trial-timeout"),
        .cell_timeout = parsed_text(parsed, "cell-timeout"),
        .isolate = parsed_flag(parsed, "isolate"),
        .snapshots = parsed_flag(parsed, "snapshots"),
        .keep = parsed_flag(parsed, "keep"),
        .reports = parsed_flag(parsed, "reports"),
        .cancel_fd = -1,
    };

    trial.assignments = parsed_list(parsed, "set", &trial.n_assignments);
    return trial;
}
