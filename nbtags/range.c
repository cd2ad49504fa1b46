#include "nbtags/range.h"

#include <string.h>

#include "nbtags/internal.h"
#include "nbtags/number.h"

struct form {
    struct nbt_notebook *notebook;
    const char *p, *end;
    struct nbt_range range;
    const char *problem;
    bool failed; /* no memory */
};

static char peek(struct form *form)
{
    while (form->p < form->end && strchr(" \t", *form->p))
        form->p++;
    if (form->p == form->end)
        return '\0';
    return *form->p;
}

static bool take(struct form *form, char c)
{
    if (peek(form) != c)
        return false;
    form->p++;
    return true;
}

static const char *keep(struct form *form, const char *text, size_t length)
{
    const char *kept = nbt_arena_text(form->notebook, text, length);
    form->failed |= !kept;
    return kept ? kept : "";
}

/* A string in either quote; a backslash takes the next character as it is. */
static const char *quoted(struct form *form)
{
    char quote = *form->p++;
    char *text = nbt_arena(form->notebook, (size_t)(form->end - form->p) + 1);
    if (!text) {
        form->failed = true;
        return "";
    }
    size_t length = 0;
    for (; form->p < form->end && *form->p != quote; form->p++) {
        if (*form->p == '\\' && form->p + 1 < form->end)
            form->p++;
        text[length++] = *form->p;
    }
    if (form->p == form->end) {
        form->problem = "a string in it is not closed";
        return "";
    }
    form->p++;
    return text;
}

/* A string, or a word up to the next separator. NULL when there is neither. */
static const char *value(struct form *form)
{
    char c = peek(form);
    if (c == '"' || c == '\'')
        return quoted(form);
    const char *start = form->p;
    while (form->p < form->end && !strchr(" \t,:[]{}\"'", *form->p))
        form->p++;
    if (form->p == start) {
        form->problem = "a value is missing in it";
        return NULL;
    }
    return keep(form, start, (size_t)(form->p - start));
}

static void choices(struct form *form)
{
    while (!form->problem && !form->failed && !take(form, ']')) {
        const char *choice = value(form);
        if (!choice)
            return;
        void *array = form->range.choices;
        const char **place =
            nbt_arena_push(form->notebook, &array, &form->range.n_choices, sizeof *place);
        form->failed |= !place;
        if (form->failed)
            return;
        form->range.choices = array;
        *place = choice;
        if (!take(form, ',') && peek(form) != ']')
            form->problem = "its list is not closed with ]";
    }
}

static void set_limit(struct form *form, const char *key, const char *limit)
{
    const char **places[] = {&form->range.min, &form->range.max, &form->range.step};
    static const char *const keys[] = {"min", "max", "step"};
    static const char *const problems[] = {"its min is not a number", "its max is not a number",
                                           "its step is not a number above 0"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(key, keys[i]) != 0)
            continue;
        double number;
        if (!nbt_parse_double(limit, &number) || (i == 2 && number <= 0))
            form->problem = problems[i];
        *places[i] = limit;
    }
}

static void settings(struct form *form)
{
    while (!form->problem && !form->failed && !take(form, '}')) {
        const char *key = value(form);
        if (!key || form->problem)
            return;
        if (!take(form, ':')) {
            form->problem = "a : is missing in it";
            return;
        }
        const char *setting = value(form);
        if (!setting)
            return;
        set_limit(form, key, setting);
        if (!take(form, ',') && peek(form) != '}' && !form->problem)
            form->problem = "its settings are not closed with }";
    }
}

/* Past "#@param", or "# text #@param"; NULL when there is none. */
static const char *find_form(const char *comment, size_t length)
{
    static const char word[] = "@param";
    const char *p = memmem(comment, length, word, strlen(word));
    if (!p)
        return NULL;
    const char *before = p;
    while (before > comment && (before[-1] == ' ' || before[-1] == '\t'))
        before--;
    return before > comment && before[-1] == '#' ? p + strlen(word) : NULL;
}

static void check_order(struct form *form)
{
    double min, max;
    if (form->range.min && form->range.max && nbt_parse_double(form->range.min, &min) &&
        nbt_parse_double(form->range.max, &max) && min > max)
        form->problem = "its min is above its max";
}

int nbt_range_read(struct nbt_notebook *notebook, const char *comment, size_t length,
                   struct nbt_range *ret_range, const char **ret_problem)
{
    const char *start = find_form(comment, length);
    struct form form = {.notebook = notebook, .p = start, .end = comment + length};
    if (!start)
        return NBT_FORM_NONE;
    if (take(&form, '['))
        choices(&form);
    if (!form.problem && take(&form, '{'))
        settings(&form);
    check_order(&form);
    if (form.failed)
        return NBT_ENOMEM;
    if (form.problem) {
        *ret_problem = form.problem;
        return NBT_FORM_BAD;
    }
    const struct nbt_range *range = &form.range;
    if (!range->min && !range->max && !range->step && !range->n_choices)
        return NBT_FORM_NONE;
    *ret_range = (struct nbt_range){
        .min = range->min ? range->min : "",
        .max = range->max ? range->max : "",
        .step = range->step ? range->step : "",
        .choices = range->choices,
        .n_choices = range->n_choices,
    };
    return NBT_FORM_RANGE;
}
