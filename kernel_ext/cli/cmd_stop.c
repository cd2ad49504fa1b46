#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/verbs.h"

int cmd_stop(const struct parsed *parsed)
{
    bool now = parsed_flag(parsed, "now");
    const char *name = parsed->positionals[0];
    struct nbt_error err = NBT_ERROR_INIT;

    if (service_stop(name, now ? ENGINE_STOP_NOW : ENGINE_STOP_GENTLE, &err) < 0)
        return fail(parsed, &err, NULL);
    if (parsed_flag(parsed, "json")) {
        auto_json json_t *answer =
            json_pack("{s:s, s:s}", "name", name, "stop", now ? "now" : "gentle");
        say_json(answer);
        return EXIT_OK;
    }
    say(stdout, now ? "%s stops now\n" : "%s stops when its running trials have finished\n", name);
    return EXIT_OK;
}
