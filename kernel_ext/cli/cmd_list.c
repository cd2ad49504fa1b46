#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "service/tables.h"
#include "service/text.h"

static void say_names(const json_t *items)
{
    size_t i;
    json_t *item;

    json_array_foreach(items, i, item)
    {
        auto_free char *name = file_printable(text_of(item, "name"));
        printf("%s\n", name ? name : "?");
    }
}

static void say_experiments(const json_t *items)
{
    CLEANUP(table_fini) struct table table = {0};

    table_experiments(&table, items);
    say_table(&table, stdout);
}

int cmd_list(const struct parsed *parsed)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *items = NULL;

    if (service_list(&items, &err) < 0)
        return fail(parsed, &err, NULL);
    if (parsed_flag(parsed, "json"))
        say_json(items);
    else if (parsed_flag(parsed, "names"))
        say_names(items);
    else if (json_array_size(items) == 0)
        fputs("nbkatib: no experiment yet; 'nbkatib run NOTEBOOK' makes one\n", stderr);
    else
        say_experiments(items);
    return EXIT_OK;
}
