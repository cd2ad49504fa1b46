
#include "cli/exit.h"
#include "cli/verbs.h"
#include "nbtags/number.h"

static int descriptor(const struct parsed *parsed, const char *name)
{
    const char *text = parsed_text(parsed, name);
    int64_t value = -1;

    return text && nbt_parse_int(text, &value) && value < 65536 ? (int)value : -1;
}

int cmd_engine(const struct parsed *parsed)
{
    return service_engine_main(parsed->positionals[0], descriptor(parsed, "lifeline-fd"),
                               descriptor(parsed, "ready-fd"));
}
