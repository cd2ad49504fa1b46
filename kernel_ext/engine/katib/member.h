/* Members of JSON objects, as the files of this room read them. */
#ifndef ENGINE_KATIB_MEMBER_H
#define ENGINE_KATIB_MEMBER_H

#include <jansson.h>

/* A text at a key; NULL when it is absent, empty or no text. */
static inline const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text && *text ? text : NULL;
}

/* A text of an object's metadata, or NULL. */
static inline const char *metadata_at(const json_t *document, const char *key)
{
    return text_at(json_object_get(document, "metadata"), key);
}

#endif
