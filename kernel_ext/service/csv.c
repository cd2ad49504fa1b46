#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "nbtags/number.h"
#include "service/internal.h"
#include "service/trials.h"

#define CSV_MAX ((size_t)256 << 20)

/* RFC 4180: quoted where a comma, a quote or a line's end stands in it. */
static void put_text(struct buf *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        buf_puts(out, text);
        return;
    }
    buf_putc(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            buf_putc(out, '"');
        buf_putc(out, *text);
    }
    buf_putc(out, '"');
}

static void put_value(struct buf *out, const json_t *value)
{
    char number[NBT_NUMBER_MAX];

    if (json_is_string(value))
        put_text(out, json_string_value(value));
    else if (json_is_integer(value))
        buf_printf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value)) {
        nbt_format_double(number, json_real_value(value));
        buf_puts(out, number);
    }
}

static const json_t *named(const json_t *list, const char *name)
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

/* Names of all rows of a list within the trials, in order of appearance: {name: true}. */
static json_t *columns(const json_t *trials, const char *object, const char *list)
{
    json_t *names = json_object();
    size_t i, k;
    json_t *trial, *row;

    json_array_foreach(trials, i, trial)
    {
        const json_t *holder = object ? json_object_get(trial, object) : trial;
        json_array_foreach(json_object_get(holder, list), k, row)
        {
            const char *name = json_string_value(json_object_get(row, "name"));
            if (name)
                json_object_set_new(names, name, json_true());
        }
    }
    return names;
}

static void put_heads(struct buf *out, const json_t *names)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)names, name, value)
    {
        (void)value;
        buf_putc(out, ',');
        put_text(out, name);
    }
}

static void put_cells(struct buf *out, const json_t *names, const json_t *list, const char *member)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)names, name, value)
    {
        (void)value;
        buf_putc(out, ',');
        put_value(out, json_object_get(named(list, name), member));
    }
}

static const char *const first_columns[] = {"name", "index", "state"};
static const char *const last_columns[] = {"startTime", "completionTime", "seconds", "reason",
                                           "message"};

static void put_trial(struct buf *out, const json_t *trial, const json_t *parameters,
                      const json_t *metrics)
{
    const json_t *observation = json_object_get(trial, "observation");

    for (size_t i = 0; i < COUNT_OF(first_columns); i++) {
        buf_puts(out, i ? "," : "");
        put_value(out, json_object_get(trial, first_columns[i]));
    }
    put_cells(out, parameters, json_object_get(trial, "assignments"), "value");
    put_cells(out, metrics, json_object_get(observation, "metrics"), "latest");
    for (size_t i = 0; i < COUNT_OF(last_columns); i++) {
        buf_putc(out, ',');
        put_value(out, json_object_get(trial, last_columns[i]));
    }
    buf_puts(out, "\r\n");
}

static void put_head(struct buf *out, const json_t *parameters, const json_t *metrics)
{
    for (size_t i = 0; i < COUNT_OF(first_columns); i++)
        buf_printf(out, "%s%s", i ? "," : "", first_columns[i]);
    put_heads(out, parameters);
    put_heads(out, metrics);
    for (size_t i = 0; i < COUNT_OF(last_columns); i++)
        buf_printf(out, ",%s", last_columns[i]);
    buf_puts(out, "\r\n");
}

int service_csv(char **ret_text, const char *experiment, struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf out = buf_init(CSV_MAX);
    auto_json json_t *show = NULL;
    size_t i;
    json_t *trial;
    int result = service_show(&show, experiment, err);

    if (result < 0)
        return result;
    const json_t *trials = json_object_get(show, "trials");
    auto_json json_t *parameters = columns(trials, NULL, "assignments");
    auto_json json_t *metrics = columns(trials, "observation", "metrics");
    put_head(&out, parameters, metrics);
    json_array_foreach(trials, i, trial) put_trial(&out, trial, parameters, metrics);
    char *text = buf_take(&out);
    if (!text)
        return nbt_error_set(err, NBT_ENOMEM, "the table is larger than %zu MiB", CSV_MAX >> 20);
    *ret_text = text;
    return 0;
}
