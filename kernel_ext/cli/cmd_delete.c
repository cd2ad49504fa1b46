#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/verbs.h"

static bool confirmed(const struct parsed *parsed, const json_t *show)
{
    char answer[16] = "";

    if (parsed_flag(parsed, "yes"))
        return true;
    say(stderr, "Delete %s with its %zu trials and their notebooks, for good? [y/N] ",
        text_of(show, "name"), json_array_size(json_object_get(show, "trials")));
    return fgets(answer, sizeof(answer), stdin) &&
           (strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0);
}

int cmd_delete(const struct parsed *parsed)
{
    const char *name = parsed->positionals[0];
    struct nbt_error err = NBT_ERROR_INIT;
    struct nbt_error unreadable = NBT_ERROR_INIT;
    auto_json json_t *show = NULL;
    int found = service_show(&show, name, &unreadable);

    /* What cannot be read any more can still be deleted. */
    if (found == NBT_ENOTFOUND)
        return fail(parsed, &unreadable, NULL);
    if (!parsed_flag(parsed, "yes") && !isatty(STDIN_FILENO)) {
        nbt_error_set(&err, NBT_EINVAL, "stdin is no terminal to ask; give --yes to delete %s",
                      name);
        (void)fail(parsed, &err, NULL);
        return EXIT_USAGE;
    }
    if (!confirmed(parsed, show)) {
        fputs("nbkatib: nothing was deleted\n", stderr);
        return EXIT_INTERRUPTED;
    }
    if (service_delete(name, &err) < 0)
        return fail(parsed, &err, NULL);
    if (parsed_flag(parsed, "json")) {
        auto_json json_t *answer = json_pack("{s:s}", "deleted", name);
        say_json(answer);
    } else {
        say(stdout, "deleted %s\n", name);
    }
    return EXIT_OK;
}
