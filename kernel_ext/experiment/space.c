#include "experiment/space.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nbtags/number.h"

/* Integers that a double holds exactly; coordinates are doubles. */
#define EXACT_MAX 9007199254740992.0

/* Continuous values carry this many digits, so that two C libraries whose exp differs in the last
 * bit still agree. */
#define VALUE_DIGITS 14

static int bad(struct nbt_error *err, size_t i, const char *field, const char *format, ...)
    nbt_printf(4, 5);

static int bad(struct nbt_error *err, size_t i, const char *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    nbt_error_vset(err, NBT_EINVAL, format, args);
    va_end(args);
    nbt_error_path(err, "spec.parameters[%zu].%s", i, field);
    return NBT_EINVAL;
}

double space_round(double value, int digits)
{
    if (value == 0 || !isfinite(value))
        return value;
    int shift = digits - 1 - (int)floor(log10(fabs(value)));
    double scaled = shift > 300 ? value * 1e300 * pow(10, shift - 300) : value * pow(10, shift);
    if (!isfinite(scaled) || fabs(scaled) > EXACT_MAX)
        return value;
    char text[64];
    snprintf(text, sizeof(text), "%" PRId64 "e%d", (int64_t)round(scaled), -shift);
    double rounded = value;
    nbt_parse_double(text, &rounded);
    return rounded;
}

/* Digits after the point of a number's shortest decimal: 1.5e-7 has 8. */
static int decimals(double value)
{
    char text[NBT_NUMBER_MAX];
    nbt_format_double(text, value);
    const char *point = strchr(text, '.');
    const char *exponent = strchr(text, 'e');
    size_t end = exponent ? (size_t)(exponent - text) : strlen(text);
    int64_t count = point ? (int64_t)(end - (size_t)(point - text) - 1) : 0;
    int64_t power = 0;
    if (exponent)
        nbt_parse_int(exponent + 1, &power);
    return count > power ? (int)(count - power) : 0;
}

static double round_decimals(double value, int digits)
{
    double scale = digits <= 22 ? pow(10, digits) : INFINITY;
    double scaled = value * scale;
    return fabs(scaled) < EXACT_MAX ? round(scaled) / scale : value;
}

static double lattice_value(const struct space_dimension *d, double index)
{
    double value = d->min + index * d->step;
    return d->kind == SPACE_INT ? value : round_decimals(value, d->step_decimals);
}

/* The number of a feasibleSpace field; false when it is absent or empty. */
static int number_field(double *ret, bool *ret_present, const json_t *feasible, const char *name,
                        bool integer, size_t i, struct nbt_error *err)
{
    const char *text = json_string_value(json_object_get(feasible, name));
    *ret_present = text && *text;
    if (!*ret_present)
        return 0;
    int64_t whole = 0;
    bool good = integer ? nbt_parse_int(text, &whole) : nbt_parse_double(text, ret);
    if (good && integer)
        *ret = (double)whole;
    char field[48];
    snprintf(field, sizeof(field), "feasibleSpace.%s", name);
    if (!good || (integer && fabs(*ret) > EXACT_MAX))
        return bad(err, i, field, "'%s' is not %s", text,
                   integer ? "an integer between -2^53 and 2^53, write one such as 10"
                           : "a number, write one such as 0.1 or 1e-3");
    return 0;
}

static int lattice(struct space_dimension *d, size_t i, struct nbt_error *err)
{
    if (!(d->step > 0))
        return bad(err, i, "feasibleSpace.step", "the step is %g, expected more than 0", d->step);
    double slack = d->kind == SPACE_INT ? 0 : 1e-9;
    double cells = floor((d->max - d->min) / d->step + slack) + 1;
    if (!(cells < EXACT_MAX)) { /* finer than doubles can tell apart */
        d->step = 0;
        return 0;
    }
    int low = decimals(d->min), step = decimals(d->step);
    d->step_decimals = low > step ? low : step;
    d->cells = cells;
    double top = lattice_value(d, cells - 1);
    d->max = top;
    return 0;
}

static int numeric(struct space_dimension *d, const json_t *feasible, size_t i,
                   struct nbt_error *err)
{
    bool has_min = false, has_max = false, has_step = false, integer = d->kind == SPACE_INT;
    int rc = number_field(&d->min, &has_min, feasible, "min", integer, i, err);
    if (rc == 0)
        rc = number_field(&d->max, &has_max, feasible, "max", integer, i, err);
    if (rc == 0)
        rc = number_field(&d->step, &has_step, feasible, "step", integer, i, err);
    if (rc < 0)
        return rc;
    if (!has_min || !has_max)
        return bad(err, i, "feasibleSpace", "%s of '%s' is missing, a range needs min and max",
                   has_min ? "max" : "min", d->name);
    if (d->min > d->max)
        return bad(err, i, "feasibleSpace.min", "min %g is above max %g, exchange them", d->min,
                   d->max);
    bool log = d->distribution == SPACE_LOG_UNIFORM || d->distribution == SPACE_LOG_NORMAL;
    if (log && d->min <= 0)
        return bad(err, i, "feasibleSpace.min",
                   "min %g has no logarithm, a log scale needs min above 0", d->min);
    d->cells = d->min < d->max ? INFINITY : 1;
    if (!has_step && !integer)
        return 0;
    d->step = has_step ? d->step : 1;
    return lattice(d, i, err);
}

static int choices(struct space_dimension *d, const json_t *feasible, size_t i,
                   struct nbt_error *err)
{
    const json_t *list = json_object_get(feasible, "list");
    size_t n = json_array_size(list);
    if (n == 0)
        return bad(err, i, "feasibleSpace.list",
                   "the list of '%s' is empty, name at least one value", d->name);
    d->choices = calloc(n, sizeof(*d->choices));
    if (!d->choices)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for %zu choices", n);
    for (; d->n_choices < n; d->n_choices++) {
        const char *text = json_string_value(json_array_get(list, d->n_choices));
        if (!text)
            return bad(err, i, "feasibleSpace.list", "item %zu is not a string, write it in quotes",
                       d->n_choices);
        if (!(d->choices[d->n_choices] = strdup(text)))
            return nbt_error_set(err, NBT_ENOMEM, "no memory for %zu choices", n);
    }
    d->cells = (double)n;
    return 0;
}

static int kind_of(enum space_kind *ret, const char *type, size_t i, struct nbt_error *err)
{
    static const char *const names[] = {"int", "double", "discrete", "categorical"};
    for (int k = 0; type && k < 4; k++)
        if (strcmp(type, names[k]) == 0) {
            *ret = (enum space_kind)k;
            return 0;
        }
    return bad(err, i, "parameterType",
               "parameterType is '%s', expected int, double, discrete or categorical",
               type ? type : "");
}

static int distribution_of(enum space_distribution *ret, const char *name, size_t i,
                           struct nbt_error *err)
{
    static const char *const names[] = {"uniform", "logUniform", "normal", "logNormal"};
    *ret = SPACE_UNIFORM;
    if (!name || !*name || strcmp(name, "unknown") == 0)
        return 0;
    for (int k = 0; k < 4; k++)
        if (strcmp(name, names[k]) == 0) {
            *ret = (enum space_distribution)k;
            return 0;
        }
    return bad(err, i, "feasibleSpace.distribution",
               "distribution is '%s', expected uniform, logUniform, normal or logNormal", name);
}

static int dimension_init(struct space_dimension *d, const json_t *parameter, size_t i,
                          struct nbt_error *err)
{
    const json_t *feasible = json_object_get(parameter, "feasibleSpace");
    const char *name = json_string_value(json_object_get(parameter, "name"));
    if (!name || !*name)
        return bad(err, i, "name", "the parameter has no name, give it one");
    if (!(d->name = strdup(name)))
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the search space");
    int rc =
        kind_of(&d->kind, json_string_value(json_object_get(parameter, "parameterType")), i, err);
    if (rc == 0)
        rc = distribution_of(&d->distribution,
                             json_string_value(json_object_get(feasible, "distribution")), i, err);
    if (rc < 0)
        return rc;
    return d->kind == SPACE_INT || d->kind == SPACE_DOUBLE ? numeric(d, feasible, i, err)
                                                           : choices(d, feasible, i, err);
}

int space_init(struct space *ret_space, const json_t *parameters, struct nbt_error *err)
{
    struct space space = {.n = 0, .cells = 1};
    size_t n = json_array_size(parameters);
    space.dimensions = calloc(n ? n : 1, sizeof(*space.dimensions));
    if (!space.dimensions)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a search space of %zu parameters", n);
    bool continuous = false;
    for (; space.n < n; space.n++) {
        struct space_dimension *d = &space.dimensions[space.n];
        int rc = dimension_init(d, json_array_get(parameters, space.n), space.n, err);
        if (rc < 0) {
            space.n++;
            space_fini(&space);
            return rc;
        }
        continuous = continuous || isinf(d->cells);
        space.cells = fmin(space.cells * d->cells, DBL_MAX);
    }
    if (continuous)
        space.cells = INFINITY;
    *ret_space = space;
    return 0;
}

void space_fini(struct space *space)
{
    if (!space)
        return;
    for (size_t i = 0; i < space->n; i++) {
        struct space_dimension *d = &space->dimensions[i];
        for (size_t k = 0; k < d->n_choices; k++)
            free(d->choices[k]);
        free(d->choices);
        free(d->name);
    }
    free(space->dimensions);
    *space = (struct space){0};
}

const char *space_text(const struct space_dimension *dimension, double coordinate,
                       char text[SPACE_TEXT_MAX])
{
    if (dimension->choices) {
        size_t index = coordinate > 0 ? (size_t)coordinate : 0;
        return dimension->choices[index < dimension->n_choices ? index : dimension->n_choices - 1];
    }
    double value = dimension->step > 0 ? lattice_value(dimension, coordinate) : coordinate;
    if (dimension->kind == SPACE_INT)
        nbt_format_int(text, (int64_t)value);
    else
        nbt_format_double(text, value);
    return text;
}

static bool choice_coordinate(const struct space_dimension *d, const char *text, double *ret)
{
    double wanted = 0, value = 0;
    bool number = d->kind == SPACE_DISCRETE && nbt_parse_double(text, &wanted);
    for (size_t i = 0; i < d->n_choices; i++)
        if (strcmp(d->choices[i], text) == 0) {
            *ret = (double)i;
            return true;
        }
    for (size_t i = 0; number && i < d->n_choices; i++)
        if (nbt_parse_double(d->choices[i], &value) && value == wanted) {
            *ret = (double)i;
            return true;
        }
    return false;
}

bool space_coordinate(const struct space_dimension *dimension, const char *text,
                      double *ret_coordinate)
{
    if (dimension->choices)
        return choice_coordinate(dimension, text, ret_coordinate);
    double value;
    if (!nbt_parse_double(text, &value))
        return false;
    if (!(dimension->step > 0)) {
        if (value < dimension->min || value > dimension->max)
            return false;
        *ret_coordinate = value;
        return true;
    }
    double place = (value - dimension->min) / dimension->step;
    double index = round(place);
    double slack = dimension->kind == SPACE_INT ? 0 : 1e-6;
    if (fabs(place - index) > slack || index < 0 || index >= dimension->cells)
        return false;
    *ret_coordinate = index + 0.0; /* no negative zero */
    return true;
}

/* Inverse of the standard normal distribution, Acklam's rational approximation (relative error
 * below 1.2e-9). */
static double normal_quantile(double p)
{
    static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
                               -2.759285104469687e+02, 1.383577518672690e+02,
                               -3.066479806614716e+01, 2.506628277459239e+00};
    static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
                               -1.556989798598866e+02, 6.680131188771972e+01,
                               -1.328068155288572e+01};
    static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
                               -2.400758277161838e+00, -2.549732539343734e+00,
                               4.374664141464968e+00,  2.938163982698783e+00};
    static const double e[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                               3.754408661907416e+00};
    if (p > 0.5)
        return -normal_quantile(1 - p);
    if (p < 0.02425) {
        double q = sqrt(-2 * log(p));
        return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
               ((((e[0] * q + e[1]) * q + e[2]) * q + e[3]) * q + 1);
    }
    double q = p - 0.5, r = q * q;
    return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
           (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

/* u on [low, high]: evenly, or by the normal with its middle as mean and `sigma`, cut off at the
 * ends. */
static double spread(double low, double high, double sigma, double u)
{
    if (!(sigma > 0))
        return low * (1 - u) + high * u;
    double tail = 0.5 * erfc((high - low) / 2 / sigma / sqrt(2));
    double p = tail + u * (1 - 2 * tail);
    double value = low / 2 + high / 2 + sigma * normal_quantile(fmax(p, DBL_MIN));
    return fmin(fmax(value, low), high);
}

double space_quantile(const struct space_dimension *dimension, double u)
{
    const struct space_dimension *d = dimension;
    if (d->cells == 1)
        return d->choices || d->step > 0 ? 0 : d->min;
    if (d->choices || (d->step > 0 && d->distribution == SPACE_UNIFORM))
        return fmin(floor(u * d->cells), d->cells - 1);
    bool log_scale = d->distribution == SPACE_LOG_UNIFORM || d->distribution == SPACE_LOG_NORMAL;
    bool bell = d->distribution == SPACE_NORMAL || d->distribution == SPACE_LOG_NORMAL;
    /* Half a step beyond each end, so that the end's value has as much room as any other. */
    double low = d->min - d->step / 2, high = d->max + d->step / 2;
    if (log_scale) {
        low = log(fmax(low, d->min / 2));
        high = log(high);
    }
    double sigma = log_scale ? (log(d->max) - log(d->min)) / 6 : (d->max - d->min) / 6;
    double value = spread(low, high, bell ? sigma : 0, u);
    value = log_scale ? exp(value) : value;
    if (d->step > 0)
        return fmin(fmax(round((value - d->min) / d->step), 0), d->cells - 1) + 0.0;
    return fmin(fmax(space_round(value, VALUE_DIGITS), d->min), d->max);
}
