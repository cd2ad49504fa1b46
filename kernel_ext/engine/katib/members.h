/* Members of Kubernetes' objects, as every file here reads them. */
#ifndef ENGINE_KATIB_MEMBERS_H
#define ENGINE_KATIB_MEMBERS_H

#include <jansson.h>

/* Borrowed; NULL when absent or `object` is none. */
static inline json_t *member(const json_t *object, const char *key)
{
    return json_object_get(object, key);
}

/* Borrowed; "" when absent or no string. */
static inline const char *text(const json_t *object, const char *key)
{
    const char *found = json_string_value(member(object, key));
    return found ? found : "";
}

#endif
