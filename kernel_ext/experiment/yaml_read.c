#include <string.h>
#include <yaml.h>

#include "base/scope.h"
#include "experiment/yamldoc.h"

struct anchor {
    char *name;
    json_t *value; /* NULL while its node is still being read */
};

struct reader {
    yaml_parser_t parser;
    const char *name;
    size_t nodes, bytes;
    struct anchor anchors[YAMLDOC_ANCHORS_MAX];
    size_t n_anchors;
    struct nbt_error *err;
};

#define auto_event CLEANUP(yaml_event_delete) yaml_event_t

static int read_node(struct reader *reader, const yaml_event_t *event, size_t depth,
                     json_t **ret_value);

static int refuse(struct reader *reader, yaml_mark_t mark, const char *format, ...)
    nbt_printf(3, 4);

static int refuse(struct reader *reader, yaml_mark_t mark, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    nbt_error_vset(reader->err, NBT_EPARSE, format, args);
    va_end(args);
    nbt_error_at(reader->err, -1, (int)mark.line + 1, (int)mark.column + 1);
    return nbt_error_prefix(reader->err, "%s: line %zu, column %zu", reader->name, mark.line + 1,
                            mark.column + 1);
}

static int no_memory(struct reader *reader)
{
    return nbt_error_set(reader->err, NBT_ENOMEM, "%s: out of memory while reading YAML",
                         reader->name);
}

/* What libyaml calls it, and what to do about it. */
static const struct {
    const char *problem, *cure;
} cures[] = {
    {"found character that cannot start any token",
     "; indent with spaces, not tabs, and put texts that start with @, ` or % in quotes"},
    {"found a tab character that violates indentation", "; indent with spaces, not tabs"},
    {"mapping values are not allowed in this context",
     "; put a text that holds \": \" in quotes, and check the indentation"},
    {"could not find expected ':'", "; a key needs a colon and a space after it"},
    {"did not find expected key", "; check that the lines of a mapping start in the same column"},
    {"did not find expected '-' indicator",
     "; check that the dashes of a list stand in the same column"},
    {"control characters are not allowed", "; write such a character as \\xNN in double quotes"},
};

static const char *cure_for(const char *problem)
{
    for (size_t i = 0; i < COUNT_OF(cures); i++) {
        if (strcmp(problem, cures[i].problem) == 0)
            return cures[i].cure;
    }
    return "";
}

static int refuse_syntax(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *problem = parser->problem ? parser->problem : "not YAML";
    if (parser->error == YAML_MEMORY_ERROR)
        return no_memory(reader);
    yaml_mark_t mark = parser->error == YAML_READER_ERROR ? parser->mark : parser->problem_mark;
    return refuse(reader, mark, "not valid YAML: %s%s%s%s", problem, parser->context ? " " : "",
                  parser->context ? parser->context : "", cure_for(problem));
}

static int next(struct reader *reader, yaml_event_t *event)
{
    if (!yaml_parser_parse(&reader->parser, event))
        return refuse_syntax(reader);
    return 0;
}

/* A document may be small and yet stand for gigabytes, by aliases of aliases. */
static int charge(struct reader *reader, yaml_mark_t mark, struct yamldoc_weight weight,
                  size_t depth)
{
    reader->nodes += weight.nodes;
    reader->bytes += weight.bytes;
    if (depth + weight.depth - 1 > YAMLDOC_DEPTH_MAX)
        return refuse(reader, mark, "nested deeper than %d levels; an Experiment needs far fewer",
                      YAMLDOC_DEPTH_MAX);
    if (reader->nodes > YAMLDOC_NODES_MAX)
        return refuse(reader, mark,
                      "more than %d values once aliases are expanded; an Experiment has far fewer",
                      YAMLDOC_NODES_MAX);
    if (reader->bytes > YAMLDOC_SIZE_MAX)
        return refuse(reader, mark, "more than %d MiB of text once aliases are expanded",
                      YAMLDOC_SIZE_MAX >> 20);
    return 0;
}

static int check_tag(struct reader *reader, const yaml_char_t *tag, yaml_mark_t mark)
{
    if (!tag)
        return 0;
    return refuse(reader, mark,
                  "the tag %s is not read; drop it, and write texts in quotes and numbers without",
                  (const char *)tag);
}

static struct anchor *find_anchor(struct reader *reader, const char *name)
{
    /* An anchor may be set again; the latest counts. */
    for (size_t i = reader->n_anchors; i-- > 0;) {
        if (strcmp(reader->anchors[i].name, name) == 0)
            return &reader->anchors[i];
    }
    return NULL;
}

static int open_anchor(struct reader *reader, const yaml_char_t *name, yaml_mark_t mark,
                       struct anchor **ret_anchor)
{
    if (!name)
        return 0;
    if (reader->n_anchors == YAMLDOC_ANCHORS_MAX)
        return refuse(reader, mark, "more than %d anchors; write the values out",
                      YAMLDOC_ANCHORS_MAX);
    struct anchor *anchor = &reader->anchors[reader->n_anchors];
    anchor->name = strdup((const char *)name);
    if (!anchor->name)
        return no_memory(reader);
    reader->n_anchors++;
    *ret_anchor = anchor;
    return 0;
}

static int read_alias(struct reader *reader, const yaml_event_t *event, size_t depth,
                      json_t **ret_value)
{
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *anchor = find_anchor(reader, name);
    if (!anchor)
        return refuse(reader, event->start_mark, "the alias *%s has no anchor &%s before it", name,
                      name);
    if (!anchor->value)
        return refuse(reader, event->start_mark, "the anchor &%s holds itself", name);
    int code = charge(reader, event->start_mark, yamldoc_weigh(anchor->value), depth);
    if (code < 0)
        return code;
    /* A copy, since defaults are later filled in place. */
    json_t *value = json_deep_copy(anchor->value);
    if (!value)
        return no_memory(reader);
    *ret_value = value;
    return 0;
}

static int read_text(struct reader *reader, const yaml_event_t *event, json_t **ret_value)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (memchr(text, '\0', length))
        return refuse(reader, event->start_mark, "a text holds a NUL character; remove it");
    json_t *value = json_stringn(text, length);
    if (!value)
        return no_memory(reader);
    *ret_value = value;
    return 0;
}

static int read_plain(struct reader *reader, const yaml_event_t *event, json_t **ret_value)
{
    const char *text = (const char *)event->data.scalar.value;
    struct yamldoc_scalar scalar = yamldoc_resolve(text);
    json_t *value = NULL;
    switch (scalar.kind) {
    case YAMLDOC_NULL: value = json_null(); break;
    case YAMLDOC_BOOL: value = json_boolean(scalar.boolean); break;
    case YAMLDOC_INT: value = json_integer(scalar.integer); break;
    case YAMLDOC_REAL: value = json_real(scalar.real); break;
    case YAMLDOC_BEYOND:
        return refuse(reader, event->start_mark,
                      "%s is no number that JSON can hold; write a finite number of at most 64 "
                      "bits, or put it in quotes when it is a text",
                      text);
    case YAMLDOC_STRING:
    case YAMLDOC_MERGE: return read_text(reader, event, ret_value);
    }
    if (!value)
        return no_memory(reader);
    *ret_value = value;
    return 0;
}

static int read_scalar(struct reader *reader, const yaml_event_t *event, json_t **ret_value)
{
    int code = check_tag(reader, event->data.scalar.tag, event->start_mark);
    if (code < 0)
        return code;
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return read_plain(reader, event, ret_value);
    return read_text(reader, event, ret_value);
}

static int read_list(struct reader *reader, const yaml_event_t *start, size_t depth,
                     json_t **ret_value)
{
    auto_json json_t *list = json_array();
    int code = check_tag(reader, start->data.sequence_start.tag, start->start_mark);
    if (code < 0)
        return code;
    if (!list)
        return no_memory(reader);
    for (;;) {
        auto_event event = {0};
        auto_json json_t *value = NULL;
        if ((code = next(reader, &event)) < 0)
            return code;
        if (event.type == YAML_SEQUENCE_END_EVENT)
            break;
        if ((code = read_node(reader, &event, depth + 1, &value)) < 0)
            return code;
        if (json_array_append_new(list, TAKE(value)) < 0)
            return no_memory(reader);
    }
    *ret_value = TAKE(list);
    return 0;
}

static int check_plain_key(struct reader *reader, const yaml_event_t *event, const char *key)
{
    struct yamldoc_scalar scalar = yamldoc_resolve(key);
    if (scalar.kind == YAMLDOC_MERGE)
        return refuse(reader, event->start_mark,
                      "merge keys (<<) are not read; write the fields "
                      "out");
    if (scalar.kind == YAMLDOC_STRING || scalar.kind == YAMLDOC_INT)
        return 0;
    return refuse(reader, event->start_mark,
                  "the key \"%s\" is read as a truth value, a number or nothing in YAML; put it in "
                  "quotes",
                  key);
}

static int check_key(struct reader *reader, const yaml_event_t *event, const json_t *object)
{
    if (event->type != YAML_SCALAR_EVENT)
        return refuse(reader, event->start_mark, "a key must be a text, not a %s",
                      event->type == YAML_ALIAS_EVENT ? "alias" : "list or mapping");
    const char *key = (const char *)event->data.scalar.value;
    int code = check_tag(reader, event->data.scalar.tag, event->start_mark);
    if (code < 0)
        return code;
    if (event->data.scalar.anchor)
        return refuse(reader, event->start_mark, "a key must not have an anchor");
    if (strlen(key) != event->data.scalar.length)
        return refuse(reader, event->start_mark, "a key holds a NUL character; remove it");
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
        (code = check_plain_key(reader, event, key)) < 0)
        return code;
    if (json_object_get(object, key))
        return refuse(reader, event->start_mark,
                      "the key \"%s\" stands twice in one mapping; keep "
                      "one of them",
                      key);
    return 0;
}

static int read_entry(struct reader *reader, const yaml_event_t *key, size_t depth, json_t *object)
{
    auto_event event = {0};
    auto_json json_t *value = NULL;
    int code = check_key(reader, key, object);
    if (code < 0)
        return code;
    reader->bytes += key->data.scalar.length;
    if ((code = next(reader, &event)) < 0 ||
        (code = read_node(reader, &event, depth + 1, &value)) < 0)
        return code;
    if (json_object_set_new(object, (const char *)key->data.scalar.value, TAKE(value)) < 0)
        return no_memory(reader);
    return 0;
}

static int read_mapping(struct reader *reader, const yaml_event_t *start, size_t depth,
                        json_t **ret_value)
{
    auto_json json_t *object = json_object();
    int code = check_tag(reader, start->data.mapping_start.tag, start->start_mark);
    if (code < 0)
        return code;
    if (!object)
        return no_memory(reader);
    for (;;) {
        auto_event event = {0};
        if ((code = next(reader, &event)) < 0)
            return code;
        if (event.type == YAML_MAPPING_END_EVENT)
            break;
        if ((code = read_entry(reader, &event, depth, object)) < 0)
            return code;
    }
    *ret_value = TAKE(object);
    return 0;
}

static const yaml_char_t *anchor_of(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT: return event->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT: return event->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT: return event->data.mapping_start.anchor;
    default: return NULL;
    }
}

static int read_content(struct reader *reader, const yaml_event_t *event, size_t depth,
                        json_t **ret_value)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT: return read_scalar(reader, event, ret_value);
    case YAML_SEQUENCE_START_EVENT: return read_list(reader, event, depth, ret_value);
    case YAML_MAPPING_START_EVENT: return read_mapping(reader, event, depth, ret_value);
    default: return refuse(reader, event->start_mark, "a value was expected here");
    }
}

static int read_node(struct reader *reader, const yaml_event_t *event, size_t depth,
                     json_t **ret_value)
{
    struct anchor *anchor = NULL;
    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(reader, event, depth, ret_value);
    struct yamldoc_weight weight = {.nodes = 1, .depth = 1};
    if (event->type == YAML_SCALAR_EVENT)
        weight.bytes = event->data.scalar.length;
    int code = charge(reader, event->start_mark, weight, depth);
    if (code < 0 ||
        (code = open_anchor(reader, anchor_of(event), event->start_mark, &anchor)) < 0 ||
        (code = read_content(reader, event, depth, ret_value)) < 0)
        return code;
    if (anchor)
        anchor->value = json_incref(*ret_value);
    return 0;
}

/* After the first document nothing may follow: which of several would be meant? */
static int read_end(struct reader *reader)
{
    auto_event event = {0};
    int code = next(reader, &event);
    if (code == 0 && event.type == YAML_DOCUMENT_END_EVENT) {
        yaml_event_delete(&event);
        code = next(reader, &event);
    }
    if (code == 0 && event.type != YAML_STREAM_END_EVENT)
        return refuse(reader, event.start_mark,
                      "a second document starts here; keep one Experiment in a file");
    return code;
}

static int read_stream(struct reader *reader, json_t **ret_value)
{
    auto_event start = {0};
    auto_event document = {0};
    auto_event root = {0};
    auto_json json_t *value = NULL;
    int code;
    if ((code = next(reader, &start)) < 0 || (code = next(reader, &document)) < 0)
        return code;
    if (document.type != YAML_DOCUMENT_START_EVENT)
        return nbt_error_set(reader->err, NBT_EPARSE, "%s: holds no document; it is empty",
                             reader->name);
    if ((code = next(reader, &root)) < 0 || (code = read_node(reader, &root, 1, &value)) < 0 ||
        (code = read_end(reader)) < 0)
        return code;
    *ret_value = TAKE(value);
    return 0;
}

static void reader_fini(struct reader *reader)
{
    for (size_t i = 0; i < reader->n_anchors; i++) {
        free(reader->anchors[i].name);
        json_decref(reader->anchors[i].value);
    }
    yaml_parser_delete(&reader->parser);
}

int yamldoc_read(json_t **ret_value, const char *name, const char *text, size_t length,
                 struct nbt_error *err)
{
    struct reader reader = {.name = name, .err = err};
    if (length > YAMLDOC_SIZE_MAX)
        return nbt_error_set(err, NBT_EPARSE, "%s: %zu bytes; an Experiment has at most %d MiB",
                             name, length, YAMLDOC_SIZE_MAX >> 20);
    if (!yaml_parser_initialize(&reader.parser))
        return no_memory(&reader);
    /* Without this a byte order mark could switch the whole text to UTF-16. */
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, length);
    int code = read_stream(&reader, ret_value);
    reader_fini(&reader);
    return code;
}
