#include "cli/result.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "service/outcome.h"
#include "service/text.h"

void result_put_apply(struct buf *out, const json_t *show)
{
    text_shell_word(out, program_invocation_name);
    buf_puts(out, " apply ");
    text_shell_word(out, text_of(show, "notebook"));
    buf_putc(out, ' ');
    text_shell_word(out, text_of(show, "name"));
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

static void say_result(const json_t *show)
{
    CLEANUP(buf_fini) struct buf text = buf_init((size_t)1 << 20);
    CLEANUP(buf_fini) struct buf apply = buf_init(32768);

    result_put_apply(&apply, show);
    outcome_text(&text, show, buf_text(&apply));
    fputs(buf_text(&text), stdout);
}

static json_t *result_json(const json_t *show)
{
    const json_t *optimal = outcome_best(show);
    const json_t *condition = outcome_condition(show);
    json_t *result =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", "result", "name", text_of(show, "name"),
                  "state", text_of(show, "state"), "reason", text_of(condition, "reason"),
                  "message", text_of(condition, "message"));

    if (!result || !optimal)
        return result;
    CLEANUP(buf_fini) struct buf apply = buf_init(32768);
    auto_free char *notebook = outcome_notebook(show, optimal);
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
