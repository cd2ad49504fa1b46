#include <string.h>

#include "base/scope.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/table.h"

static int run(const struct parsed *parsed)
{
    CLEANUP(table_fini) struct table table = {.heads = {"CHECK", "STATUS", "FOUND"}};
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *result = NULL;
    int status = EXIT_OK;
    size_t i;
    json_t *check;

    if (service_doctor(&result, &err) < 0)
        return fail(parsed, &err, NULL);
    json_array_foreach(json_object_get(result, "checks"), i, check)
    {
        table_add(&table, (const char *const[]){text_of(check, "name"), text_of(check, "status"),
                                                text_of(check, "text")});
        if (text_of(check, "cure")[0])
            table_add(&table, (const char *const[]){"", "cure", text_of(check, "cure")});
        if (strcmp(text_of(check, "status"), "missing") == 0)
            status = EXIT_ENVIRONMENT;
    }
    if (parsed_flag(parsed, "json"))
        say_json(result);
    else
        table_print(&table, stdout);
    return status;
}

const struct command command_doctor = {
    .name = "doctor",
    .summary = "Check what is there and what is missing on this machine",
    .description = "Looks for kernels, the state folder, disk space and cores, and names the cure "
                   "of what is wrong. Exit "
                   "status 6 when something is missing without which nothing runs.",
    .groups = {&group_common},
    .stored = true,
    .run = run,
};
