#include "base/buf.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/verbs.h"
#include "cli/view.h"
#include "service/outcome.h"

static void say_plan(const json_t *result)
{
    CLEANUP(buf_fini) struct buf plan = buf_init(65536);

    put_plan(&plan, result);
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

int cmd_run(const struct parsed *parsed)
{
    struct service_run arguments = run_from(parsed);
    arguments.single = parsed_flag(parsed, "single");
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *submitted = NULL;
    auto_json json_t *problems = NULL;

    arguments.dry_run = parsed_flag(parsed, "dry-run");
    if (arguments.dry_run)
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
