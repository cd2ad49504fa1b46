/* The table of what doctor found. */
#include "service/tables.h"
#include "service/values.h"

void table_checks(struct table *table, const json_t *result)
{
    size_t i;
    json_t *check;

    *table = (struct table){.heads = {"CHECK", "STATUS", "FOUND"}};
    json_array_foreach(json_object_get(result, "checks"), i, check)
    {
        table_add(table, (const char *const[]){text_of(check, "name"), text_of(check, "status"),
                                               text_of(check, "text")});
        if (text_of(check, "cure")[0])
            table_add(table, (const char *const[]){"", "cure", text_of(check, "cure")});
    }
}
