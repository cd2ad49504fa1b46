/* JSON in C texts. */
#ifndef TESTS_QUOTED_H
#define TESTS_QUOTED_H

#include <jansson.h>

#include "check.h"

/* Of a text with ' for ". New reference. */
static inline json_t *quoted(const char *text)
{
    char copy[2048];
    json_error_t where;
    snprintf(copy, sizeof(copy), "%s", text);
    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    json_t *value = json_loads(copy, 0, &where);
    if (!value)
        fail_msg("%s: %s", text, where.text);
    return value;
}

#endif
