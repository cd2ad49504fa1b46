/*
 * An experiment as charts read it, and the table of charts. Each chart is a pure function from this
 * view to a Vega-Lite document with its data inside; names of fields are neutral (p0, p1), since
 * Vega-Lite reads "a.b[c]" as a path, and what a user wrote stands only in titles and values.
 *
 *     struct charts view;
 *     charts_init(&view, show, curves, &err);
 *     json_t *list = charts_json(&view, &err);
 *     charts_fini(&view);
 */
#ifndef SERVICE_CHARTS_H
#define SERVICE_CHARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "experiment/experiment.h"
#include "experiment/space.h"
#include "experiment/status.h"
#include "nbtags/error.h"

#define CHARTS_TRIALS_MAX 2000    /* drawn in one chart; fewer when that would make it too large */
#define CHARTS_BYTES_MAX  1000000 /* of one chart's JSON */
#define CHARTS_TEXT_MAX   60      /* code points of a name or value in a chart */
#define CHARTS_AXES_MAX   24      /* parameters in one chart */
#define CHARTS_NONE       ((size_t)-1)

struct charts_trial {
    const char *name; /* without its experiment's; borrows */
    const char *reason;
    enum status_state state;
    size_t number; /* from 1 */
    bool has_value;
    double value;        /* the objective's, when has_value */
    double *coordinates; /* [space.n]: a choice's index or the number itself; NAN: unknown */
    const json_t *curve; /* the objective's intermediate reports, or NULL; borrows */
};

struct charts {
    struct experiment_spec spec;
    struct space space;
    char *objective; /* printable, shortened, as all texts here */
    char **names;    /* [space.n] */
    struct charts_trial *trials;
    double *coordinates; /* all trials' */
    size_t n, n_values, n_curves;
    size_t best;   /* index of a trial; CHARTS_NONE */
    uint64_t seed; /* of the experiment */
};

/* `curves`: {trial's full name: [values]}, or NULL. Borrows both for as long as the view lives. */
nbt_must_check int charts_init(struct charts *ret, const json_t *show, const json_t *curves,
                               struct nbt_error *err);
void charts_fini(struct charts *charts);

/* [{"name","title","spec"}]; new reference. */
nbt_must_check int charts_json(json_t **ret, const struct charts *charts, struct nbt_error *err);

/* service_charts of a show document: reads the curves from the experiment's events. */
nbt_must_check int charts_of_show(json_t **ret, const json_t *show, struct nbt_error *err);

struct chart {
    const char *name; /* stable */
    const char *title;
    /* At most `limit` trials; a new reference, NULL when there is nothing to show or no memory. */
    json_t *(*spec)(const struct charts *charts, size_t limit);
};

extern const struct chart chart_objective, chart_parallel, chart_parameters, chart_learning,
    chart_importance;

/* ---- what charts share ---- */

/* Vega-Lite written as JSON with ' for ". A string "$name" is replaced by the member of `bindings`,
 * and goes where there is none; bindings themselves are not searched. Takes bindings. NULL without
 * memory. */
json_t *chart_fill(const char *pattern, json_t *bindings);

/* A chart that says why there is none. */
json_t *chart_note(const char *title, const char *text);

/* Printable and at most CHARTS_TEXT_MAX code points; the caller frees. */
char *chart_text(const char *text);

/* Of `count` things the one at `place` is drawn: all, or `limit` of them evenly spread. */
bool chart_draws(size_t place, size_t count, size_t limit);

/* "500 of 10000 trials are drawn: the best one and others evenly spread"; NULL when
 * all are.
 */
json_t *chart_subtitle(size_t count, size_t limit);

bool dimension_has_choices(const struct space_dimension *dimension);
bool dimension_is_log(const struct space_dimension *dimension);

/* A coordinate on its axis, in [0, 1]. */
double dimension_place(const struct space_dimension *dimension, double coordinate);

/* Its text, shortened; JSON null when it is unknown. */
json_t *dimension_value(const struct space_dimension *dimension, double coordinate);

#endif
