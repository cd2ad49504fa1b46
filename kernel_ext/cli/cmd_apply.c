#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/verbs.h"

static void say_applied(const struct parsed *parsed, const json_t *result)
{
    const char *diff = text_of(result, "diff");
    auto_free char *notebook = file_printable(parsed->positionals[0]);

    say_lines(stdout, diff, strlen(diff));
    if (diff[0] == '\0')
        say(stdout, "%s holds these values already\n", notebook ? notebook : "?");
    else if (json_is_true(json_object_get(result, "written")))
        say(stdout, "%s now holds the values of %s\n", notebook ? notebook : "?",
            text_of(result, "trial"));
}

int cmd_apply(const struct parsed *parsed)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *result = NULL;

    if (service_apply(&result, &(struct service_source){.path = parsed->positionals[0]},
                      parsed->positionals[1], parsed_text(parsed, "trial"),
                      parsed_flag(parsed, "dry-run"), &err) < 0)
        return fail(parsed, &err, NULL);
    if (parsed_flag(parsed, "json"))
        say_json(result);
    else
        say_applied(parsed, result);
    return EXIT_OK;
}
