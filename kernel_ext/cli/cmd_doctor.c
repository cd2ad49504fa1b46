#include <string.h>

#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "service/tables.h"

int cmd_doctor(const struct parsed *parsed)
{
    CLEANUP(table_fini) struct table table = {0};
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *result = NULL;
    int status = EXIT_OK;
    size_t i;
    json_t *check;

    if (service_doctor(&result, parsed_text(parsed, "engine"), &err) < 0)
        return fail(parsed, &err, NULL);
    json_array_foreach(json_object_get(result, "checks"), i, check)
    {
        if (strcmp(text_of(check, "status"), "missing") == 0)
            status = EXIT_ENVIRONMENT;
    }
    table_checks(&table, result);
    if (parsed_flag(parsed, "json"))
        say_json(result);
    else
        say_table(&table, stdout);
    return status;
}
