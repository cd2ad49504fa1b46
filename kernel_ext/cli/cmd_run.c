#include "base/buf.h"
#include "base/scope.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/view.h"

static const struct option options[] = {
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

static const struct option_group group = {"This command", options};

static void say_plan(const json_t *result)
{
    const json_t *document = json_object_get(result, "experiment");
    const json_t *spec = json_object_get(document, "spec");
    const json_t *objective = json_object_get(spec, "objective");
    CLEANUP(buf_fini) struct buf plan = buf_init(65536);
    size_t i;
    json_t *row;

    buf_printf(&plan, "%s would run: ", text_of(json_object_get(document, "metadata"), "name"));
    if (number_of(spec, "maxTrialCount") > 0)
        buf_printf(&plan, "%.0f trials, ", number_of(spec, "maxTrialCount"));
    buf_printf(&plan, "%.0f in parallel, ", number_of(spec, "parallelTrialCount"));
    put_algorithm(&plan, text_of(json_object_get(spec, "algorithm"), "algorithmName"),
                  text_of(result, "resolvedAlgorithm"));
    buf_printf(&plan, ", %s %s", text_of(objective, "type"),
               text_of(objective, "objectiveMetricName"));
    json_array_foreach(json_object_get(spec, "parameters"), i, row)
    {
        buf_printf(&plan, "\n  %s  ", text_of(row, "name"));
        put_range(&plan, row);
    }
    say(stdout, "%s\n", buf_text(&plan));
}

static int dry_run(const struct parsed *parsed, const struct service_run *run)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *result = NULL;

    if (service_experiment(&result, run, &err) < 0)
        return fail(parsed, &err, NULL);
    const json_t *problems = json_object_get(result, "problems");
    say_problems(parsed->positionals[0], problems, false);
    if (parsed_flag(parsed, "json"))
        say_json(result);
    if (any_errors(problems))
        return EXIT_INPUT;
    if (!parsed_flag(parsed, "json"))
        say_plan(result);
    return EXIT_OK;
}

static int detached(const struct parsed *parsed, const json_t *submitted)
{
    const char *name = text_of(submitted, "name");

    if (parsed_flag(parsed, "json"))
        say_json_line(submitted);
    else if (parsed_flag(parsed, "quiet"))
        say(stdout, "%s\n", name);
    else
        say(stdout, "%s runs; watch it with  nbkatib logs %s --follow\n", name, name);
    return EXIT_OK;
}

static int run(const struct parsed *parsed)
{
    struct service_run arguments = run_from(parsed);
    arguments.single = parsed_flag(parsed, "single");
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *submitted = NULL;
    auto_json json_t *problems = NULL;

    if (parsed_flag(parsed, "dry-run"))
        return dry_run(parsed, &arguments);
    /* An interrupt between submitting and watching must not leave the experiment without its
     * watcher's stop. */
    if (signals_catch(&err) < 0 || service_submit(&submitted, &problems, &arguments, &err) < 0)
        return fail(parsed, &err, problems);
    say_problems(parsed->positionals[0], json_object_get(submitted, "problems"), false);
    if (arguments.detach)
        return detached(parsed, submitted);
    return view_follow(&(struct view_options){
        .parsed = parsed,
        .experiment = text_of(submitted, "name"),
        .stop = true,
    });
}

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
    .groups = {&group_search, &group_trials, &group, &group_common},
    .run = run,
};
