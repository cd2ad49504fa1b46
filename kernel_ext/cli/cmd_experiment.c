#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/output.h"

static const struct option options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .help = "Write it there instead of stdout.",
     .complete = COMPLETE_FILE},
    {0},
};

static const struct option_group group = {"This command", options};

static int write_document(const struct parsed *parsed, const json_t *document)
{
    const char *output = parsed_text(parsed, "output");
    struct nbt_error err = NBT_ERROR_INIT;
    auto_free char *text = NULL;

    if (service_yaml(&text, document, &err) < 0)
        return fail(parsed, &err, NULL);
    if (!output) {
        fputs(text, stdout);
        return EXIT_OK;
    }
    if (file_write_atomic(output, text, strlen(text), 0644, &err) < 0)
        return fail(parsed, &err, NULL);
    return EXIT_OK;
}

static int run(const struct parsed *parsed)
{
    struct service_run arguments = run_from(parsed);
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *result = NULL;

    if (service_experiment(&result, &arguments, &err) < 0)
        return fail(parsed, &err, NULL);
    const json_t *problems = json_object_get(result, "problems");
    const json_t *document = json_object_get(result, "experiment");
    say_problems(parsed->positionals[0], problems, false);
    if (parsed_flag(parsed, "json"))
        say_json(result);
    if (any_errors(problems) || !json_is_object(document))
        return EXIT_INPUT;
    if (parsed_flag(parsed, "json") && !parsed_text(parsed, "output"))
        return EXIT_OK;
    return write_document(parsed, document);
}

const struct command command_experiment = {
    .name = "experiment",
    .summary = "Print the Katib Experiment that run would submit",
    .description = "Writes the Experiment (kubeflow.org/v1beta1) as YAML, exactly as 'nbkatib run' "
                   "with the same options would submit "
                   "it. It names its notebook by path and SHA-256; 'nbkatib run FILE' runs it "
                   "later and refuses when the notebook has "
                   "changed.\n\nThe name ends in five random characters and the seed is drawn, "
                   "unless --name and --seed say otherwise.",
    .examples = "  nbkatib experiment model.ipynb -o model.yaml\n",
    .positionals = {{.name = "NOTEBOOK", .complete = COMPLETE_INPUT}},
    .groups = {&group_search, &group_trials, &group, &group_common},
    .run = run,
};
