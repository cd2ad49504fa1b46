#include <string.h>

#include "nbtags/number.h"
#include "service/service.h"

#define DURATION_MAX_S ((int64_t)366 * 86400)

static int64_t unit_seconds(const char *unit)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(unit, units[i].unit) == 0)
            return units[i].seconds;
    }
    return 0;
}

int service_duration(const char *text, int64_t *ret_seconds, struct nbt_error *err)
{
    char digits[16] = "";
    size_t length = strspn(text, "0123456789");
    int64_t unit = unit_seconds(text + length);
    int64_t count = 0;

    if (length > 0 && length < sizeof(digits))
        memcpy(digits, text, length);
    if (!nbt_parse_int(digits, &count) || unit == 0)
        return nbt_error_set(
            err, NBT_EINVAL,
            "'%s' is not a duration; expected a number and a unit: 90s, 15m, 2h, 1d", text);
    if (count < 1 || count > DURATION_MAX_S / unit)
        return nbt_error_set(err, NBT_EINVAL,
                             "the duration '%s' is out of range; expected 1s to 366d", text);
    *ret_seconds = count * unit;
    return 0;
}
