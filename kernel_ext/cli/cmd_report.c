#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/result.h"

static const struct option options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .help = "Write it there instead of EXPERIMENT.html; '-' is stdout.",
     .complete = COMPLETE_FILE},
    {0},
};

static const struct option_group group = {"This command", options};

static int make_page(char **ret_html, const json_t *show, struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf apply = buf_init(32768);

    result_put_apply(&apply, show);
    return service_report(ret_html, show, buf_text(&apply), err);
}

static int write_page(const struct parsed *parsed, const json_t *show)
{
    const char *output = parsed_text(parsed, "output");
    struct nbt_error err = NBT_ERROR_INIT;
    auto_free char *html = NULL;
    auto_free char *name = NULL;

    if (asprintf(&name, "%s.html", text_of(show, "name")) < 0) {
        name = NULL;
        (void)!nbt_error_set(&err, NBT_ENOMEM, "out of memory");
        return fail(parsed, &err, NULL);
    }
    const char *path = output ? output : name;
    if (make_page(&html, show, &err) < 0)
        return fail(parsed, &err, NULL);
    if (strcmp(path, "-") == 0) {
        fputs(html, stdout);
        return EXIT_OK;
    }
    if (file_write_atomic(path, html, strlen(html), 0644, &err) < 0)
        return fail(parsed, &err, NULL);
    auto_free char *shown = file_printable(path);
    say(stderr, "nbkatib: wrote %s\n", shown ? shown : "?");
    return EXIT_OK;
}

static int print_charts(const struct parsed *parsed)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *charts = NULL;

    if (service_charts(&charts, parsed->positionals[0], &err) < 0)
        return fail(parsed, &err, NULL);
    auto_json json_t *document =
        json_pack("{s:s, s:O}", "experiment", parsed->positionals[0], "charts", charts);
    say_json(document);
    return EXIT_OK;
}

static int run(const struct parsed *parsed)
{
    const char *output = parsed_text(parsed, "output");
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *show = NULL;

    if (parsed_flag(parsed, "json") && output && strcmp(output, "-") == 0) {
        (void)!nbt_error_set(
            &err, NBT_EINVAL,
            "--json and '-o -' both want stdout; expected one of them, or -o FILE");
        fail(parsed, &err, NULL);
        return EXIT_USAGE;
    }
    if (parsed_flag(parsed, "json")) {
        int status = print_charts(parsed);
        if (status != EXIT_OK || !output)
            return status;
    }
    if (service_show(&show, parsed->positionals[0], &err) < 0)
        return fail(parsed, &err, NULL);
    return write_page(parsed, show);
}

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
    .groups = {&group, &group_common},
    .stored = true,
    .run = run,
};
