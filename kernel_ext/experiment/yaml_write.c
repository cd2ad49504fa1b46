#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "experiment/yamldoc.h"
#include "experiment/yamltext.h"
#include "nbtags/number.h"

#define TEXT_MAX ((size_t)64 << 20)

/* A reader looks for the colon of a key in this many characters only. */
#define SIMPLE_KEY_MAX 1000

/* A value after "key:" or "-", from the blank or newline on; `indent` is the column of the
 * collection it stands in. */
static void write_value(struct buf *out, const json_t *value, int indent);

static void write_real(struct buf *out, double value)
{
    char text[NBT_NUMBER_MAX];
    nbt_format_double(text, value);
    buf_puts(out, text);
    /* Else it would come back as an integer. */
    if (!strpbrk(text, ".eE"))
        buf_puts(out, ".0");
}

static void write_scalar(struct buf *out, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_TRUE: buf_puts(out, "true"); break;
    case JSON_FALSE: buf_puts(out, "false"); break;
    case JSON_INTEGER: buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value)); break;
    case JSON_REAL: write_real(out, json_real_value(value)); break;
    case JSON_STRING:
        yamltext_scalar(out, json_string_value(value), json_string_length(value));
        break;
    default: buf_puts(out, "null"); break;
    }
}

static void write_key(struct buf *out, const char *key, int indent)
{
    struct buf text = buf_init(TEXT_MAX);
    yamltext_scalar(&text, key, strlen(key));
    if (text.length > SIMPLE_KEY_MAX)
        buf_printf(out, "? %s\n%*s:", buf_text(&text), indent, "");
    else
        buf_printf(out, "%s:", buf_text(&text));
    out->failed = out->failed || buf_failed(&text);
    buf_fini(&text);
}

/* The first entry goes on in the line that the caller began. */
static void write_entries(struct buf *out, const json_t *object, int indent)
{
    const char *key;
    json_t *value;
    bool first = true;
    json_object_foreach((json_t *)object, key, value)
    {
        if (!first)
            buf_printf(out, "%*s", indent, "");
        first = false;
        write_key(out, key, indent);
        write_value(out, value, indent);
    }
}

static void write_items(struct buf *out, const json_t *array, int indent)
{
    size_t index;
    json_t *value;
    json_array_foreach(array, index, value)
    {
        if (index > 0)
            buf_printf(out, "%*s", indent, "");
        buf_putc(out, '-');
        if (json_object_size(value) > 0) {
            buf_putc(out, ' ');
            write_entries(out, value, indent + 2);
        } else if (json_array_size(value) > 0) {
            buf_putc(out, ' ');
            write_items(out, value, indent + 2);
        } else {
            write_value(out, value, indent);
        }
    }
}

static void write_value(struct buf *out, const json_t *value, int indent)
{
    if (json_object_size(value) > 0) {
        buf_printf(out, "\n%*s", indent + 2, "");
        write_entries(out, value, indent + 2);
    } else if (json_array_size(value) > 0) {
        /* Kubernetes' habit: the dashes stand under the key. */
        buf_printf(out, "\n%*s", indent, "");
        write_items(out, value, indent);
    } else if (json_is_object(value) || json_is_array(value)) {
        buf_puts(out, json_is_object(value) ? " {}\n" : " []\n");
    } else if (json_is_string(value) &&
               yamltext_is_literal(json_string_value(value), json_string_length(value))) {
        buf_putc(out, ' ');
        yamltext_literal(out, json_string_value(value), json_string_length(value), indent);
    } else {
        buf_putc(out, ' ');
        write_scalar(out, value);
        buf_putc(out, '\n');
    }
}

static void write_root(struct buf *out, const json_t *value)
{
    if (json_object_size(value) > 0) {
        write_entries(out, value, 0);
    } else if (json_array_size(value) > 0) {
        write_items(out, value, 0);
    } else {
        if (json_is_object(value) || json_is_array(value))
            buf_puts(out, json_is_object(value) ? "{}" : "[]");
        else if (json_is_string(value))
            yamltext_quoted(out, json_string_value(value), json_string_length(value));
        else
            write_scalar(out, value);
        buf_putc(out, '\n');
    }
}

int yamldoc_write(const json_t *value, char **ret_text, struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf out = buf_init(TEXT_MAX);
    if (yamldoc_weigh(value).depth > YAMLDOC_DEPTH_MAX)
        return nbt_error_set(err, NBT_EINVAL, "the document is nested deeper than %d levels",
                             YAMLDOC_DEPTH_MAX);
    write_root(&out, value);
    char *text = buf_take(&out);
    if (!text)
        return nbt_error_set(err, NBT_ENOMEM, "the document does not fit %zu MiB of YAML",
                             TEXT_MAX >> 20);
    *ret_text = text;
    return 0;
}

static int set_if_there(json_t *target, const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return value ? json_object_set(target, key, value) : 0;
}

json_t *yamldoc_keys_first(const json_t *object, const char *const *keys)
{
    auto_json json_t *ordered = json_object();
    const char *key;
    json_t *value;
    int failed = ordered ? 0 : -1;
    for (; *keys && failed == 0; keys++)
        failed = set_if_there(ordered, object, *keys);
    json_object_foreach((json_t *)object, key, value)
    {
        if (failed == 0 && !json_object_get(ordered, key))
            failed = json_object_set(ordered, key, value);
    }
    return failed == 0 ? TAKE(ordered) : NULL;
}
