#include "cli/result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/text.h"
#include "service/service.h"

static const json_t *status_of(const json_t *show)
{
    return json_object_get(json_object_get(show, "experiment"), "status");
}

static const json_t *optimal_of(const json_t *show)
{
    const json_t *optimal = json_object_get(status_of(show), "currentOptimalTrial");

    return text_of(optimal, "bestTrialName")[0] ? optimal : NULL;
}

void result_put_apply(struct buf *out, const json_t *show)
{
    text_shell_word(out, program_invocation_name);
    buf_puts(out, " apply ");
    text_shell_word(out, text_of(show, "notebook"));
    buf_putc(out, ' ');
    text_shell_word(out, text_of(show, "name"));
}

static char *executed_notebook(const json_t *show, const json_t *optimal)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    char *path = NULL;

    if (service_file(&path, text_of(show, "name"), text_of(optimal, "bestTrialName"),
                     "executed.ipynb", &ignored) < 0)
        return NULL;
    return path;
}

/* The condition that ended it says why. */
static const json_t *last_condition(const json_t *show)
{
    const json_t *conditions = json_object_get(status_of(show), "conditions");
    size_t n = json_array_size(conditions);

    return n ? json_array_get(conditions, n - 1) : NULL;
}

static int status_of_state(const char *state, const char *reason)
{
    if (strcmp(state, "Succeeded") == 0)
        return EXIT_OK;
    if (strcmp(reason, "DiskFull") == 0 || strcmp(reason, "EngineFailed") == 0)
        return EXIT_ENVIRONMENT;
    if (strcmp(state, "Stopped") == 0 || strcmp(state, "Stopping") == 0)
        return EXIT_INTERRUPTED;
    return EXIT_WORK_FAILED;
}

static void say_best(const json_t *show, const json_t *optimal)
{
    CLEANUP(buf_fini) struct buf apply = buf_init(32768);
    auto_free char *notebook = executed_notebook(show, optimal);
    auto_free char *shown = notebook ? file_printable(notebook) : NULL;
    size_t i;
    json_t *row;

    say(stdout, "best trial  %s\n", text_of(optimal, "bestTrialName"));
    json_array_foreach(json_object_get(optimal, "parameterAssignments"), i, row)
        say_row(text_of(row, "name"), text_of(row, "value"));
    puts("metrics");
    json_array_foreach(json_object_get(json_object_get(optimal, "observation"), "metrics"), i, row)
    {
        CLEANUP(buf_fini) struct buf value = buf_init(8192);
        put_value(&value, json_object_get(row, "latest"));
        say_row(text_of(row, "name"), buf_text(&value));
    }
    if (shown)
        printf("notebook    %s\n", shown);
    result_put_apply(&apply, show);
    printf("apply with  %s\n", buf_text(&apply));
}

/* Where nothing succeeded, the newest failure and the way to see more of it. */
static void say_failure(const json_t *show)
{
    const json_t *trials = json_object_get(show, "trials");
    const json_t *failed = NULL;
    size_t i;
    json_t *trial;

    json_array_foreach(trials, i, trial)
    {
        if (text_of(trial, "message")[0] && strcmp(text_of(trial, "state"), "Killed") != 0)
            failed = trial;
    }
    if (!failed)
        return;
    auto_free char *message = file_printable(text_of(failed, "message"));
    const char *name = text_short_trial(text_of(show, "name"), text_of(failed, "name"));
    say(stdout, "last error  %s  %s: %s\n", name, text_of(failed, "reason"),
        message ? message : "?");
    say(stdout, "look with   nbkatib logs %s %s\n", text_of(show, "name"), name);
}

static void say_result(const json_t *show)
{
    const json_t *status = status_of(show);
    const json_t *condition = last_condition(show);
    const char *state = text_of(show, "state");
    double budget =
        number_of(json_object_get(json_object_get(show, "experiment"), "spec"), "maxTrialCount");

    say(stdout, "%s  %s: %.0f of %.0f trials succeeded, %.0f failed", text_of(show, "name"), state,
        number_of(status, "trialsSucceeded"), budget > 0 ? budget : number_of(status, "trials"),
        number_of(status, "trialsFailed"));
    if (text_of(condition, "message")[0]) {
        auto_free char *message = file_printable(text_of(condition, "message"));
        printf(" (%s)", message ? message : "?");
    }
    putchar('\n');
    if (optimal_of(show))
        say_best(show, optimal_of(show));
    else
        say_failure(show);
    if (strcmp(state, "Interrupted") == 0 || strcmp(state, "Stopped") == 0)
        say(stdout, "go on with  nbkatib resume %s\n", text_of(show, "name"));
}

static json_t *result_json(const json_t *show)
{
    const json_t *optimal = optimal_of(show);
    const json_t *condition = last_condition(show);
    json_t *result =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", "result", "name", text_of(show, "name"),
                  "state", text_of(show, "state"), "reason", text_of(condition, "reason"),
                  "message", text_of(condition, "message"));

    if (!result || !optimal)
        return result;
    CLEANUP(buf_fini) struct buf apply = buf_init(32768);
    auto_free char *notebook = executed_notebook(show, optimal);
    result_put_apply(&apply, show);
    json_object_set(result, "best", (json_t *)optimal);
    json_object_set_new(result, "notebook", notebook ? json_string(notebook) : json_null());
    json_object_set_new(result, "apply", json_string(buf_text(&apply)));
    return result;
}

int result_tell(const struct parsed *parsed, const json_t *show)
{
    if (parsed_flag(parsed, "json")) {
        auto_json json_t *result = result_json(show);
        say_json_line(result);
    } else {
        say_result(show);
    }
    return status_of_state(text_of(show, "state"), text_of(show, "reason"));
}
