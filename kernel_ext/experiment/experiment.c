#include "experiment/experiment.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "experiment/yamldoc.h"

#define PROBLEMS_MAX 1000 /* nobody reads more */

/* JSON starts with a brace and a quoted key; YAML's own {a: 1} does not. */
static bool looks_like_json(const char *text, size_t length)
{
    static const char blanks[] = " \t\r\n";
    size_t i = 0;
    while (i < length && strchr(blanks, text[i]))
        i++;
    if (i == length || text[i] != '{')
        return false;
    for (i++; i < length && strchr(blanks, text[i]); i++)
        ;
    return i == length || text[i] == '"' || text[i] == '}';
}

static int parse_json(json_t **ret_document, const char *name, const char *text, size_t length,
                      struct nbt_error *err)
{
    json_error_t problem;
    if (length > YAMLDOC_SIZE_MAX)
        return nbt_error_set(err, NBT_EPARSE, "%s: %zu bytes; an Experiment has at most %d MiB",
                             name, length, YAMLDOC_SIZE_MAX >> 20);
    auto_json json_t *document = json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem);
    if (!document) {
        nbt_error_set(err, NBT_EPARSE, "%s: line %d, column %d: not valid JSON: %s", name,
                      problem.line, problem.column, problem.text);
        nbt_error_at(err, -1, problem.line, problem.column);
        return NBT_EPARSE;
    }
    if (yamldoc_weigh(document).depth > YAMLDOC_DEPTH_MAX)
        return nbt_error_set(err, NBT_EPARSE,
                             "%s: nested deeper than %d levels; an Experiment needs far fewer",
                             name, YAMLDOC_DEPTH_MAX);
    *ret_document = TAKE(document);
    return 0;
}

static const char *json_type_in_words(const json_t *value)
{
    if (!value)
        return "nothing";
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "a mapping";
    case JSON_ARRAY: return "a list";
    case JSON_STRING: return "a text";
    case JSON_NULL: return "nothing";
    case JSON_TRUE:
    case JSON_FALSE: return "a truth value";
    default: return "a number";
    }
}

int experiment_parse(json_t **ret_document, const char *name, const char *text, size_t length,
                     struct nbt_error *err)
{
    auto_json json_t *document = NULL;
    int code = looks_like_json(text, length) ? parse_json(&document, name, text, length, err)
                                             : yamldoc_read(&document, name, text, length, err);
    if (code < 0)
        return code;
    if (!json_is_object(document))
        return nbt_error_set(err, NBT_EPARSE,
                             "%s: holds %s; an Experiment is a mapping with apiVersion, kind, "
                             "metadata and spec",
                             name, json_type_in_words(document));
    *ret_document = TAKE(document);
    return 0;
}

int experiment_load(json_t **ret_document, const char *path, struct nbt_error *err)
{
    auto_free char *text = NULL;
    size_t length = 0;
    int code = file_read(path, YAMLDOC_SIZE_MAX, &text, &length, err);
    return code < 0 ? code : experiment_parse(ret_document, path, text, length, err);
}

int experiment_to_yaml(const json_t *document, char **ret_text, struct nbt_error *err)
{
    static const char *const first[] = {"apiVersion", "kind", "metadata", "spec", "status", NULL};
    auto_json json_t *ordered = yamldoc_keys_first(document, first);
    if (!ordered)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory while writing YAML");
    return yamldoc_write(ordered, ret_text, err);
}

void experiment_problems_fini(struct experiment_problems *problems)
{
    if (!problems)
        return;
    free(problems->items);
    *problems = (struct experiment_problems){0};
}

/* Bytes of the UTF-8 sequence at `p`, 0 when there is none. */
static size_t sequence_length(const unsigned char *p)
{
    size_t length = *p < 0x80 ? 1 : *p >= 0xF0 ? 4 : *p >= 0xE0 ? 3 : *p >= 0xC2 ? 2 : 0;
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    }
    return length;
}

/* Texts are cut to fit; what is left of a character that was cut through goes too, since JSON would
 * refuse it. */
static void drop_broken_characters(char *text)
{
    char *out = text;
    for (const char *p = text; *p;) {
        size_t length = sequence_length((const unsigned char *)p);
        if (length > 0)
            memmove(out, p, length);
        out += length;
        p += length > 0 ? length : 1;
    }
    *out = '\0';
}

void experiment_problem(struct experiment_problems *problems, bool error, const char *path,
                        const char *format, ...)
{
    /* Counted first: a problem beyond the limit, or without memory, is not listed, but an error
     * stays one. */
    problems->errors += error ? 1 : 0;
    if (problems->count == PROBLEMS_MAX)
        return;
    struct experiment_problem *items =
        reallocarray(problems->items, problems->count + 1, sizeof(*items));
    if (!items)
        return;
    problems->items = items;
    struct experiment_problem *problem = &items[problems->count++];
    problem->error = error;
    snprintf(problem->path, sizeof(problem->path), "%s", path);
    va_list args;
    va_start(args, format);
    vsnprintf(problem->text, sizeof(problem->text), format, args);
    va_end(args);
    drop_broken_characters(problem->path);
    drop_broken_characters(problem->text);
}

/* Lower case letters and digits of `text`, each run of anything else as one dash; no dash at either
 * end. */
static size_t sanitize(char *ret, size_t maximum, const char *text, bool at_start)
{
    size_t n = 0;
    bool dash = false;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool letter = c < 0x80 && isalpha(c);
        bool keep = letter || (c >= '0' && c <= '9' && (n > 0 || !at_start));
        if (!keep) {
            dash = n > 0;
            continue;
        }
        if (n + (dash ? 2 : 1) > maximum)
            break;
        if (dash)
            ret[n++] = '-';
        dash = false;
        ret[n++] = (char)tolower(c);
    }
    ret[n] = '\0';
    return n;
}

void experiment_name(char ret_name[EXPERIMENT_NAME_MAX + 1], const char *text, const char *suffix)
{
    char tail[EXPERIMENT_NAME_MAX + 1];
    /* Leaves room for the shortest name and the dash. */
    size_t tail_length = suffix ? sanitize(tail, EXPERIMENT_NAME_MAX - 2, suffix, false) : 0;
    size_t room = EXPERIMENT_NAME_MAX - (tail_length > 0 ? tail_length + 1 : 0);
    size_t n = sanitize(ret_name, room, text ? text : "", true);
    if (n == 0) {
        const char *stand_in = "notebook";
        n = strlen(stand_in) < room ? strlen(stand_in) : room;
        memcpy(ret_name, stand_in, n);
    }
    if (tail_length > 0) {
        ret_name[n++] = '-';
        memcpy(ret_name + n, tail, tail_length);
        n += tail_length;
    }
    ret_name[n] = '\0';
}

bool experiment_name_valid(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    size_t length = strlen(name);
    return length > 0 && length <= EXPERIMENT_NAME_MAX && strchr(letters, name[0]) &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length &&
           name[length - 1] != '-';
}

const char *experiment_annotation(const json_t *document, const char *key)
{
    const json_t *metadata = json_object_get(document, "metadata");
    return json_string_value(json_object_get(json_object_get(metadata, "annotations"), key));
}

/* The object at a key, made when it is absent; NULL when something else stands there. */
static json_t *get_object(json_t *parent, const char *key)
{
    json_t *child = json_object_get(parent, key);
    if (!child || json_is_null(child)) {
        json_object_set_new(parent, key, json_object());
        child = json_object_get(parent, key);
    }
    return json_is_object(child) ? child : NULL;
}

int experiment_annotate(json_t *document, const char *key, const char *value, struct nbt_error *err)
{
    json_t *metadata = get_object(document, "metadata");
    json_t *annotations = metadata ? get_object(metadata, "annotations") : NULL;
    json_t *text = json_string(value);
    if (!text)
        return nbt_error_set(err, NBT_EINVAL, "annotation %s: its value is not valid UTF-8", key);
    /* Takes the text even when there is nowhere to put it. */
    if (json_object_set_new(annotations, key, text) == 0)
        return 0;
    nbt_error_set(err, NBT_EINVAL,
                  "metadata.annotations is no mapping (or there is no memory left); make it one of "
                  "texts");
    nbt_error_path(err, "metadata.annotations");
    return NBT_EINVAL;
}
