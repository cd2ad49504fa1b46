#include "base/file.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/verbs.h"

static void say_installed(const json_t *result)
{
    auto_free char *folder = file_printable(text_of(result, "folder"));
    const char *shown = folder ? folder : "?";

    if (json_is_true(json_object_get(result, "installed")))
        say(stdout, "installed the kernel nbkatib in %s\n", shown);
    else if (json_is_true(json_object_get(result, "removed")))
        say(stdout, "removed %s\n", shown);
    else
        say(stdout, "there was nothing to remove in %s\n", shown);
}

int cmd_install(const struct parsed *parsed)
{
    const struct service_install install = {
        .user = parsed_flag(parsed, "user"),
        .sys_prefix = parsed_flag(parsed, "sys-prefix"),
        .prefix = parsed_text(parsed, "prefix"),
        .bare = parsed_flag(parsed, "bare"),
        .remove = parsed_flag(parsed, "remove"),
    };
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *result = NULL;

    if (service_install(&result, &install, &err) < 0)
        return fail(parsed, &err, NULL);
    if (parsed_flag(parsed, "json"))
        say_json(result);
    else
        say_installed(result);
    return EXIT_OK;
}
