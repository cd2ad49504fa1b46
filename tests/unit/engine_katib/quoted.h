/* JSON with ' for ", for tests. */
#ifndef TESTS_UNIT_ENGINE_KATIB_QUOTED_H
#define TESTS_UNIT_ENGINE_KATIB_QUOTED_H

#include <jansson.h>

#include "check.h"

static inline json_t *quoted(const char *text)
{
    char copy[8192];
    json_error_t where;

    if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy))
        fail_msg("a text of %zu bytes is too long", strlen(text));
    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    json_t *value = json_loads(copy, 0, &where);
    if (!value)
        fail_msg("%s: %s", text, where.text);
    return value;
}

#endif
