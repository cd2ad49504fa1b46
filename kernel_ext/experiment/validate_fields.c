#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "experiment/validate.h"

/* A path that is too long says so. */
static struct place shorten(struct place place, int length)
{
    if (length >= (int)sizeof(place.text))
        memcpy(place.text + sizeof(place.text) - 4, "...", 4);
    return place;
}

struct place place_field(struct place parent, const char *name)
{
    struct place place;
    int length = snprintf(place.text, sizeof(place.text), "%s%s%s", parent.text,
                          parent.text[0] ? "." : "", name);
    return shorten(place, length);
}

struct place place_item(struct place parent, size_t index)
{
    struct place place;
    int length = snprintf(place.text, sizeof(place.text), "%s[%zu]", parent.text, index);
    return shorten(place, length);
}

static void add(struct experiment_problems *problems, bool error, struct place place,
                const char *format, va_list args) nbt_printf(4, 0);

static void add(struct experiment_problems *problems, bool error, struct place place,
                const char *format, va_list args)
{
    char text[sizeof(problems->items->text)];
    vsnprintf(text, sizeof(text), format, args);
    experiment_problem(problems, error, place.text, "%s", text);
}

void validate_error(struct experiment_problems *problems, struct place place, const char *format,
                    ...)
{
    va_list args;
    va_start(args, format);
    add(problems, true, place, format, args);
    va_end(args);
}

void validate_warning(struct experiment_problems *problems, struct place place, const char *format,
                      ...)
{
    va_list args;
    va_start(args, format);
    add(problems, false, place, format, args);
    va_end(args);
}

const char *validate_describe(char text[DESCRIPTION_MAX], const json_t *value)
{
    auto_free char *dump = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    const char *shown = dump ? dump : "?";
    /* Cut where no character is split: a dump is valid UTF-8. */
    int cut = (int)strlen(shown) < 40 ? (int)strlen(shown) : 40;
    while (cut > 0 && ((unsigned char)shown[cut] & 0xC0) == 0x80)
        cut--;
    const char *dots = shown[cut] ? "..." : "";
    switch (json_typeof(value)) {
    case JSON_OBJECT: snprintf(text, DESCRIPTION_MAX, "a mapping"); break;
    case JSON_ARRAY: snprintf(text, DESCRIPTION_MAX, "a list"); break;
    case JSON_NULL: snprintf(text, DESCRIPTION_MAX, "nothing"); break;
    case JSON_STRING: snprintf(text, DESCRIPTION_MAX, "the text %.*s%s", cut, shown, dots); break;
    case JSON_TRUE:
    case JSON_FALSE: snprintf(text, DESCRIPTION_MAX, "the truth value %s", shown); break;
    default: snprintf(text, DESCRIPTION_MAX, "the number %.*s%s", cut, shown, dots); break;
    }
    return text;
}

static bool is_count(const json_t *value)
{
    return json_is_integer(value) && json_integer_value(value) >= INT32_MIN &&
           json_integer_value(value) <= INT32_MAX;
}

static bool has_shape(const json_t *value, enum shape shape)
{
    switch (shape) {
    case SHAPE_TEXT: return json_is_string(value);
    case SHAPE_COUNT: return is_count(value);
    case SHAPE_NUMBER: return json_is_number(value);
    case SHAPE_BOOL: return json_is_boolean(value);
    case SHAPE_LIST: return json_is_array(value);
    case SHAPE_MAPPING: return json_is_object(value);
    case SHAPE_ANY: break;
    }
    return true;
}

static const char *const shape_words[] = {
    [SHAPE_TEXT] = "a text",     [SHAPE_COUNT] = "a whole number of at most 2147483647",
    [SHAPE_NUMBER] = "a number", [SHAPE_BOOL] = "true or false",
    [SHAPE_LIST] = "a list",     [SHAPE_MAPPING] = "a mapping",
    [SHAPE_ANY] = "a value",
};

/* Katib wants numbers as texts in one place and as numbers in another: the commonest mistake, so
 * its cure is spelt out. */
static void report_shape(struct experiment_problems *problems, struct place place,
                         const json_t *value, enum shape shape)
{
    char found[DESCRIPTION_MAX];
    auto_free char *dump = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    const char *expected = shape_words[shape];
    validate_describe(found, value);
    if (shape == SHAPE_TEXT && (json_is_number(value) || json_is_boolean(value)))
        validate_error(problems, place, "found %s where a text is expected; write \"%s\" in quotes",
                       found, dump ? dump : "...");
    else if ((shape == SHAPE_COUNT || shape == SHAPE_NUMBER) && json_is_string(value))
        validate_error(problems, place, "found %s where %s is expected; write it without quotes",
                       found, expected);
    else
        validate_error(problems, place, "found %s where %s is expected", found, expected);
}

bool validate_shape(struct experiment_problems *problems, struct place place, const json_t *value,
                    enum shape shape)
{
    if (has_shape(value, shape))
        return true;
    report_shape(problems, place, value, shape);
    return false;
}

bool validate_missing(const json_t *value)
{
    return !value || json_is_null(value) ||
           (json_is_string(value) && json_string_length(value) == 0);
}

const char *validate_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return validate_missing(value) ? NULL : json_string_value(value);
}

bool validate_see(json_t *seen, const char *text)
{
    if (json_object_get(seen, text))
        return false;
    json_object_set_new(seen, text, json_true());
    return true;
}

static void list_words(char text[256], const char *const *words)
{
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; words[i] && n < 200; i++)
        n += (size_t)snprintf(text + n, 256 - n, "%s%s", i ? ", " : "", words[i]);
}

static void check_words(struct experiment_problems *problems, struct place place,
                        const json_t *value, const char *const *words)
{
    char found[DESCRIPTION_MAX], all[256];
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], json_string_value(value)) == 0)
            return;
    }
    list_words(all, words);
    validate_error(problems, place, "found %s; expected one of %s", validate_describe(found, value),
                   all);
}

static void check_field(struct experiment_problems *problems, struct place parent,
                        const json_t *object, const struct field *field)
{
    const json_t *value = json_object_get(object, field->name);
    struct place place = place_field(parent, field->name);
    if (validate_missing(value)) {
        if (field->required)
            validate_error(problems, place, "is missing; give %s", field->required);
        else if (value && json_is_string(value))
            validate_shape(problems, place, value, field->shape);
        return;
    }
    if (validate_shape(problems, place, value, field->shape) && field->words)
        check_words(problems, place, value, field->words);
}

static bool is_known(const struct field *fields, const char *name)
{
    for (; fields->name; fields++) {
        if (strcmp(fields->name, name) == 0)
            return true;
    }
    return false;
}

void validate_fields(struct experiment_problems *problems, struct place place, const json_t *value,
                     const struct field *fields)
{
    const char *key;
    json_t *item;
    if (!validate_shape(problems, place, value, SHAPE_MAPPING))
        return;
    for (const struct field *field = fields; field->name; field++)
        check_field(problems, place, value, field);
    json_object_foreach((json_t *)value, key, item)
    {
        if (!is_known(fields, key))
            validate_warning(problems, place_field(place, key),
                             "Katib has no such field here; it is kept and has no effect");
    }
}
