#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/verbs.h"
#include "cli/view.h"

int cmd_resume(const struct parsed *parsed)
{
    const char *name = parsed->positionals[0];
    bool detach = parsed_flag(parsed, "detach");
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *show = NULL;

    if (signals_catch(&err) < 0 || service_show(&show, name, &err) < 0 ||
        service_resume(name, parsed_text(parsed, "trials"), detach, &err) < 0)
        return fail(parsed, &err, NULL);
    if (!detach)
        return view_follow(&(struct view_options){
            .parsed = parsed,
            .experiment = name,
            .since = (uint64_t)json_integer_value(json_object_get(show, "seq")),
            .stop = true,
        });
    if (parsed_flag(parsed, "json")) {
        auto_json json_t *answer =
            json_pack("{s:s, s:O}", "name", name, "engine", json_object_get(show, "engine"));
        say_json_line(answer);
    } else {
        say(stdout, "%s runs; watch it with  nbkatib logs %s --follow\n", name, name);
    }
    return EXIT_OK;
}
