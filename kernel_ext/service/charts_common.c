/* What charts share: patterns, texts, axes, and which trials are drawn. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "nbtags/number.h"
#include "service/charts.h"

#define LABEL_DIGITS 4

static const char *placeholder(const json_t *value)
{
    const char *text = json_string_value(value);

    return text && text[0] == '$' ? text + 1 : NULL;
}

static void fill(json_t *value, const json_t *bindings);

static void fill_object(json_t *object, const json_t *bindings)
{
    const char *key;
    json_t *member;
    void *next;

    json_object_foreach_safe(object, next, key, member)
    {
        const char *name = placeholder(member);
        if (!name)
            fill(member, bindings);
        else if (json_object_get(bindings, name))
            json_object_set(object, key, json_object_get(bindings, name));
        else
            json_object_del(object, key);
    }
}

static void fill_array(json_t *array, const json_t *bindings)
{
    for (size_t i = json_array_size(array); i-- > 0;) {
        const char *name = placeholder(json_array_get(array, i));
        if (!name)
            fill(json_array_get(array, i), bindings);
        else if (json_object_get(bindings, name))
            json_array_set(array, i, json_object_get(bindings, name));
        else
            json_array_remove(array, i);
    }
}

static void fill(json_t *value, const json_t *bindings)
{
    if (json_is_object(value))
        fill_object(value, bindings);
    else if (json_is_array(value))
        fill_array(value, bindings);
}

json_t *chart_fill(const char *pattern, json_t *bindings)
{
    auto_json json_t *own = bindings;
    auto_free char *text = strdup(pattern);

    if (!text || !own)
        return NULL;
    for (char *p = text; (p = strchr(p, '\'')); p++)
        *p = '"';
    json_t *value = json_loads(text, 0, NULL);
    fill(value, own);
    return value;
}

json_t *chart_note(const char *title, const char *text)
{
    return chart_fill("{'$schema': 'https://vega.github.io/schema/vega-lite/v5.json',"
                      " 'description': '$text', 'title': '$title', 'width': 560, 'height': 60,"
                      " 'data': {'values': [{'note': '$text'}]},"
                      " 'mark': {'type': 'text', 'fontSize': 13, 'limit': 560},"
                      " 'encoding': {'text': {'field': 'note', 'type': 'nominal'}},"
                      " 'config': {'view': {'stroke': null}}}",
                      json_pack("{s:s, s:s}", "title", title, "text", text));
}

char *chart_text(const char *text)
{
    auto_free char *shown = file_printable(text);
    size_t end = 0, points = 0;

    while (shown && shown[end] && points < CHARTS_TEXT_MAX) {
        do
            end++;
        while (((unsigned char)shown[end] & 0xc0) == 0x80);
        points++;
    }
    if (!shown || !shown[end])
        return TAKE(shown);
    CLEANUP(buf_fini) struct buf cut = buf_init(8 * (size_t)CHARTS_TEXT_MAX);
    buf_add(&cut, shown, end);
    buf_puts(&cut, "…");
    return buf_take(&cut);
}

bool chart_draws(size_t place, size_t count, size_t limit)
{
    return count <= limit || place * limit / count != (place + 1) * limit / count;
}

json_t *chart_subtitle(size_t count, size_t limit)
{
    if (count <= limit)
        return NULL;
    return json_sprintf("%zu of %zu trials are drawn: the best one and others evenly spread", limit,
                        count);
}

bool dimension_has_choices(const struct space_dimension *dimension)
{
    return dimension->kind == SPACE_CATEGORICAL || dimension->kind == SPACE_DISCRETE;
}

bool dimension_is_log(const struct space_dimension *dimension)
{
    bool log =
        dimension->distribution == SPACE_LOG_UNIFORM || dimension->distribution == SPACE_LOG_NORMAL;

    return log && !dimension_has_choices(dimension) && dimension->min > 0;
}

double dimension_place(const struct space_dimension *dimension, double coordinate)
{
    bool choices = dimension_has_choices(dimension);
    double low = choices ? 0 : dimension->min;
    double high = choices ? (double)dimension->n_choices - 1 : dimension->max;
    double place = (coordinate - low) / (high - low);

    if (!(high > low))
        return 0.5;
    if (dimension_is_log(dimension))
        place = log(coordinate / low) / log(high / low);
    return fmin(1, fmax(0, place));
}

json_t *dimension_value(const struct space_dimension *dimension, double coordinate)
{
    char number[NBT_NUMBER_MAX];

    if (!isfinite(coordinate))
        return json_null();
    if (dimension_has_choices(dimension)) {
        auto_free char *text = chart_text(dimension->choices[(size_t)coordinate]);
        return json_string(text ? text : "?");
    }
    nbt_format_double(number, space_round(coordinate, LABEL_DIGITS));
    return json_string(number);
}
