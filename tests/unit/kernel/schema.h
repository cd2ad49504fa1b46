/*
 * openrpc.json, and the part of JSON Schema that it uses: type, enum, const, properties, required,
 * additionalProperties, items, anyOf, minimum, $ref. A keyword that is not known fails, so that no
 * schema is only seemingly checked.
 *
 *     char where[512] = "";
 *     if (!schema_fits(openrpc(), schema, value, where, "result")) fail_msg("%s", where);
 */
#ifndef TESTS_KERNEL_SCHEMA_H
#define TESTS_KERNEL_SCHEMA_H

#include <stdbool.h>
#include <string.h>

#include "base/scope.h"
#include "check.h"

#define WHERE_MAX 512

static inline json_t *openrpc(void)
{
    static json_t *document;
    json_error_t problem;
    if (!document)
        document = json_load_file(TESTS_DIR "/../kernel_ext/kernel/openrpc.json",
                                  JSON_REJECT_DUPLICATES, &problem);
    if (!document)
        fail_msg("openrpc.json:%d: %s", problem.line, problem.text);
    return document;
}

static inline bool schema_no(char where[WHERE_MAX], const char *path, const char *what,
                             const json_t *value)
{
    auto_free char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    snprintf(where, WHERE_MAX, "%.200s: %.100s, found %.180s", path, what, text ? text : "nothing");
    return false;
}

static inline bool schema_is(const char *type, const json_t *value)
{
    return (strcmp(type, "object") == 0 && json_is_object(value)) ||
           (strcmp(type, "array") == 0 && json_is_array(value)) ||
           (strcmp(type, "string") == 0 && json_is_string(value)) ||
           (strcmp(type, "integer") == 0 && json_is_integer(value)) ||
           (strcmp(type, "number") == 0 && json_is_number(value)) ||
           (strcmp(type, "boolean") == 0 && json_is_boolean(value)) ||
           (strcmp(type, "null") == 0 && json_is_null(value));
}

static inline bool schema_fits(const json_t *root, const json_t *schema, const json_t *value,
                               char where[WHERE_MAX], const char *path);

static inline bool schema_members(const json_t *root, const json_t *schema, const json_t *value,
                                  char where[WHERE_MAX], const char *path)
{
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *others = json_object_get(schema, "additionalProperties");
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        char inner[256];
        snprintf(inner, sizeof(inner), "%.200s.%.40s", path, name);
        const json_t *known = json_object_get(properties, name);
        if (!known && json_is_false(others))
            return schema_no(where, inner, "there is no such member", member);
        if (!known && json_is_object(others))
            known = others;
        if (known && !schema_fits(root, known, member, where, inner))
            return false;
    }
    return true;
}

static inline bool schema_items(const json_t *root, const json_t *items, const json_t *value,
                                char where[WHERE_MAX], const char *path)
{
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item)
    {
        char inner[256];
        snprintf(inner, sizeof(inner), "%.200s[%zu]", path, i);
        if (!schema_fits(root, items, item, where, inner))
            return false;
    }
    return true;
}

static inline bool schema_any(const json_t *root, const json_t *list, const json_t *value,
                              char where[WHERE_MAX], const char *path)
{
    size_t i;
    json_t *schema;
    char inner[WHERE_MAX] = "";
    json_array_foreach(list, i, schema)
    {
        if (schema_fits(root, schema, value, inner, path))
            return true;
    }
    memcpy(where, inner, WHERE_MAX);
    return false;
}

static inline const json_t *schema_ref(const json_t *root, const char *ref)
{
    static const char start[] = "#/components/schemas/";
    const json_t *schemas = json_object_get(json_object_get(root, "components"), "schemas");
    return strncmp(ref, start, sizeof(start) - 1) == 0
               ? json_object_get(schemas, ref + sizeof(start) - 1)
               : NULL;
}

static inline bool schema_required(const json_t *list, const json_t *value, char where[WHERE_MAX],
                                   const char *path)
{
    size_t i;
    json_t *name;
    json_array_foreach(list, i, name)
    {
        char inner[256];
        snprintf(inner, sizeof(inner), "%.200s.%.40s", path, json_string_value(name));
        if (json_is_object(value) && !json_object_get(value, json_string_value(name)))
            return schema_no(where, inner, "is required", value);
    }
    return true;
}

static inline bool schema_in(const json_t *list, const json_t *value)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (json_equal(item, value))
            return true;
    }
    return false;
}

static inline bool schema_keyword(const json_t *root, const json_t *schema, const char *keyword,
                                  const json_t *argument, const json_t *value,
                                  char where[WHERE_MAX], const char *path)
{
    const char *text = json_string_value(argument);
    if (strcmp(keyword, "type") == 0)
        return schema_is(text, value) || schema_no(where, path, text, value);
    if (strcmp(keyword, "enum") == 0)
        return schema_in(argument, value) || schema_no(where, path, "is not in the enum", value);
    if (strcmp(keyword, "const") == 0)
        return json_equal(argument, value) || schema_no(where, path, "is not the const", value);
    if (strcmp(keyword, "required") == 0)
        return schema_required(argument, value, where, path);
    if (strcmp(keyword, "properties") == 0 || strcmp(keyword, "additionalProperties") == 0)
        return schema_members(root, schema, value, where, path);
    if (strcmp(keyword, "items") == 0)
        return schema_items(root, argument, value, where, path);
    if (strcmp(keyword, "anyOf") == 0)
        return schema_any(root, argument, value, where, path);
    if (strcmp(keyword, "minimum") == 0)
        return json_number_value(value) >= json_number_value(argument) ||
               schema_no(where, path, "is below the minimum", value);
    if (strcmp(keyword, "$ref") == 0) {
        const json_t *target = schema_ref(root, text);
        return target ? schema_fits(root, target, value, where, path)
                      : schema_no(where, path, "its $ref leads nowhere", argument);
    }
    return strcmp(keyword, "description") == 0 ||
           schema_no(where, path, "its schema has an unknown keyword", schema);
}

static inline bool schema_fits(const json_t *root, const json_t *schema, const json_t *value,
                               char where[WHERE_MAX], const char *path)
{
    const char *keyword;
    json_t *argument;
    json_object_foreach((json_t *)(uintptr_t)schema, keyword, argument)
    {
        if (!schema_keyword(root, schema, keyword, argument, value, where, path))
            return false;
    }
    return true;
}

/* The row of a list whose name this is. */
static inline const json_t *named(const json_t *list, const char *name)
{
    size_t i;
    json_t *row;
    json_array_foreach(list, i, row)
    {
        const char *other = json_string_value(json_object_get(row, "name"));
        if (other && strcmp(other, name) == 0)
            return row;
    }
    return NULL;
}

#endif
