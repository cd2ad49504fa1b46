#include "trial/observe.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "nbtags/number.h"

/*
 * The builtins come from their module, since notebooks call variables `float`, `type` or `len`.
 * Text is told from numbers first: float("0.5") would take it. An answer is short ASCII, so that
 * its repr holds it as it is.
 */
static const char python[] =
    "(lambda v, b: 's:' + b.type(v).__name__ + ' ' + b.ascii(v)[:60]"
    " if b.isinstance(v, (b.str, b.bytes, b.bytearray))"
    " else 's:' + b.type(v).__name__ + ' of shape ' + b.ascii(b.tuple(v.shape))"
    " if b.len(b.getattr(v, 'shape', ())) > 0"
    " else 'n:' + b.repr(b.float(v)))(%s, __import__('builtins'))";

static const char julia[] =
    "let v = %s; v = v isa AbstractArray && ndims(v) == 0 ? v[] : v;"
    " v isa Real ? string(\"n:\", Float64(v)) : string(\"s:\", typeof(v)) end";

/* Evaluated in R's base environment, since notebooks define functions called `cat` or `class`; the
 * first line is for the error's text. */
static const char r[] =
    "base::invisible(%1$s)\n"
    "base::local(cat(if ((is.numeric(v) || is.logical(v)) && length(v) == 1L)"
    " sprintf(\"n:%%.17g\", as.numeric(v)) else paste0(\"s:\", class(v)[1L], \" of length \", "
    "length(v))), base::list2env(base::list(v = %1$s), parent = base::baseenv()))";

static char *filled(const char *form, const char *variable)
{
    CLEANUP(buf_fini) struct buf text = buf_init((size_t)64 << 10);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    buf_printf(&text, form, variable);
#pragma GCC diagnostic pop
    return buf_take(&text);
}

json_t *observe_expressions(const struct nbt_notebook *notebook, int cell)
{
    const char *form = strcmp(notebook->language, "julia") == 0 ? julia : python;
    if (strcmp(notebook->language, "r") == 0)
        return NULL;
    json_t *expressions = json_object();
    for (size_t i = 0; i < notebook->n_metrics; i++) {
        if (notebook->metrics[i].cell != cell)
            continue;
        auto_free char *expression = filled(form, notebook->metrics[i].variable);
        if (expression != NULL)
            json_object_set_new(expressions, notebook->metrics[i].variable,
                                json_string(expression));
    }
    return expressions;
}

char *observe_code(const struct nbt_metric *metric)
{
    return filled(r, metric->variable);
}

static int refuse(const struct nbt_metric *metric, int code, const char *found,
                  struct nbt_error *err)
{
    auto_free char *printable = file_printable(found);
    if (code == NBT_ENOTFOUND)
        nbt_error_set(err, code,
                      "metric %s is not defined (%s); assign it in a cell before its metrics cell",
                      metric->variable, printable);
    else
        nbt_error_set(err, code, "metric %s is %s, not a finite number; assign it one",
                      metric->variable, printable);
    nbt_error_prefix(err, "cell %d, line %d", metric->cell, metric->line);
    nbt_error_at(err, metric->cell, metric->line, metric->column);
    return code;
}

static const char *not_finite(const char *number)
{
    const char *digits = number + (number[0] == '-' || number[0] == '+');
    if (strcasecmp(digits, "nan") == 0 || strcasecmp(digits, "na") == 0)
        return "NaN";
    if (strncasecmp(digits, "inf", 3) == 0)
        return number[0] == '-' ? "minus infinity" : "infinity";
    return NULL;
}

int observe_undefined(const struct nbt_metric *metric, const char *found, struct nbt_error *err)
{
    return refuse(metric, NBT_ENOTFOUND, found, err);
}

int observe_parse(const struct nbt_metric *metric, const char *answer, double *ret_value,
                  struct nbt_error *err)
{
    if (strncmp(answer, "n:", 2) == 0) {
        const char *number = answer + 2;
        if (nbt_parse_double(number, ret_value))
            return 0;
        const char *why = not_finite(number);
        return refuse(metric, NBT_EINVAL, why != NULL ? why : number, err);
    }
    return refuse(metric, NBT_EINVAL, strncmp(answer, "s:", 2) == 0 ? answer + 2 : answer, err);
}

/* Between the quotes of a repr: what our expressions answer needs no unescaping to be understood.
 */
static char *unquoted(const char *repr)
{
    size_t length = strlen(repr);
    if (length >= 2 && (repr[0] == '\'' || repr[0] == '"') && repr[length - 1] == repr[0])
        return strndup(repr + 1, length - 2);
    return strdup(repr);
}

static int raised(const struct nbt_metric *metric, const json_t *result, struct nbt_error *err)
{
    const char *name = json_string_value(json_object_get(result, "ename"));
    const char *value = json_string_value(json_object_get(result, "evalue"));
    CLEANUP(buf_fini) struct buf text = buf_init((size_t)64 << 10);
    bool undefined =
        name != NULL && (strcmp(name, "NameError") == 0 || strcmp(name, "UndefVarError") == 0);
    if (undefined)
        return refuse(metric, NBT_ENOTFOUND, value == NULL ? name : value, err);
    buf_printf(&text, "refused as a number (%s: %s)", name == NULL ? "error" : name,
               value == NULL ? "" : value);
    return refuse(metric, NBT_EINVAL, buf_text(&text), err);
}

int observe_value(const struct nbt_metric *metric, const json_t *reply, double *ret_value,
                  struct nbt_error *err)
{
    const json_t *result =
        json_object_get(json_object_get(reply, "user_expressions"), metric->variable);
    const char *text =
        json_string_value(json_object_get(json_object_get(result, "data"), "text/plain"));
    const char *status = json_string_value(json_object_get(result, "status"));
    if (status != NULL && strcmp(status, "error") == 0)
        return raised(metric, result, err);
    if (text == NULL)
        return refuse(metric, NBT_ENOTFOUND, "the kernel did not answer", err);
    auto_free char *answer = unquoted(text);
    if (answer == NULL)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a metric");
    return observe_parse(metric, answer, ret_value, err);
}
