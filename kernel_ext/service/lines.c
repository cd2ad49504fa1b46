#include "service/lines.h"

#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "service/text.h"
#include "service/values.h"

static void put_text(struct buf *out, const char *before, const char *text)
{
    auto_free char *shown = file_printable(text);

    if (text[0])
        buf_printf(out, "%s%s", before, shown ? shown : "?");
}

static void put_trial(struct buf *out, const json_t *event, const struct line_style *style)
{
    put_text(out, "trial ", text_short_trial(style->experiment, text_of(event, "trial")));
}

static void put_observation(struct buf *out, const json_t *event)
{
    size_t i;
    json_t *metric;

    json_array_foreach(json_object_get(json_object_get(event, "observation"), "metrics"), i, metric)
    {
        put_text(out, "  ", text_of(metric, "name"));
        buf_putc(out, '=');
        put_value(out, json_object_get(metric, "latest"));
    }
}

static void created(struct buf *out, const json_t *event, const struct line_style *style)
{
    put_text(out, "experiment ", text_of(event, "name"));
    put_text(out, "  notebook ", text_of(event, "notebook"));
    buf_puts(out, "  algorithm ");
    put_algorithm(out, text_of(event, "algorithm"), style->algorithm);
}

static void engine_started(struct buf *out, const json_t *event, const struct line_style *style)
{
    (void)style;
    buf_printf(out, "engine started  pid %.0f", number_of(event, "pid"));
}

static void engine_ended(struct buf *out, const json_t *event, const struct line_style *style)
{
    (void)style;
    put_text(out, "engine ended  ", text_of(event, "state"));
    put_text(out, "  ", text_of(event, "reason"));
    put_text(out, "  ", text_of(event, "message"));
}

static void condition(struct buf *out, const json_t *event, const struct line_style *style)
{
    (void)style;
    put_text(out, "condition ", text_of(event, "type"));
    put_text(out, "=", text_of(event, "status"));
    put_text(out, "  ", text_of(event, "reason"));
    put_text(out, "  ", text_of(event, "message"));
}

static void trial_created(struct buf *out, const json_t *event, const struct line_style *style)
{
    put_trial(out, event, style);
    buf_puts(out, "  starts  ");
    put_assignments(out, json_object_get(event, "assignments"));
}

static void trial_started(struct buf *out, const json_t *event, const struct line_style *style)
{
    put_trial(out, event, style);
    buf_printf(out, "  started  pid %.0f", number_of(event, "pid"));
}

static void trial_step(struct buf *out, const json_t *event, const struct line_style *style)
{
    put_trial(out, event, style);
    buf_printf(out, "  %.0f/%.0f", number_of(event, "run"), number_of(event, "cells"));
    buf_puts(out, "  ");
    put_step(out, event);
}

static void trial_report(struct buf *out, const json_t *event, const struct line_style *style)
{
    put_trial(out, event, style);
    put_text(out, "  reports  ", text_of(event, "metric"));
    buf_putc(out, '=');
    put_value(out, json_object_get(event, "value"));
}

static void trial_warning(struct buf *out, const json_t *event, const struct line_style *style)
{
    put_trial(out, event, style);
    put_text(out, "  warning  ", text_of(event, "text"));
}

static void trial_finished(struct buf *out, const json_t *event, const struct line_style *style)
{
    char duration[TEXT_DURATION_MAX];

    text_duration(duration, number_of(event, "seconds"));
    put_trial(out, event, style);
    put_text(out, "  ", text_of(event, "state"));
    put_observation(out, event);
    put_text(out, "  ", text_of(event, "reason"));
    put_text(out, ": ", text_of(event, "message"));
    buf_printf(out, "  (%s)", duration);
}

static void trial_lost(struct buf *out, const json_t *event, const struct line_style *style)
{
    put_trial(out, event, style);
    buf_puts(out, "  lost with its engine; it runs again");
}

static void optimal(struct buf *out, const json_t *event, const struct line_style *style)
{
    put_text(out, "best so far  ", text_short_trial(style->experiment, text_of(event, "trial")));
    buf_puts(out, "  ");
    put_value(out, json_object_get(event, "value"));
    buf_puts(out, "  ");
    put_assignments(out, json_object_get(event, "assignments"));
}

static void warning(struct buf *out, const json_t *event, const struct line_style *style)
{
    (void)style;
    put_text(out, "warning  ", text_of(event, "text"));
}

/* What people are told without --verbose: what began, what ended, what is new. */
static bool is_detail(const json_t *event, bool detail)
{
    return detail || (strcmp(text_of(event, "kind"), "condition") == 0 &&
                      strcmp(text_of(event, "status"), "True") != 0);
}

void line_of_event(struct buf *out, const json_t *event, const struct line_style *style)
{
    static const struct {
        const char *kind;
        bool detail;
        void (*put)(struct buf *out, const json_t *event, const struct line_style *style);
    } table[] = {
        {"experiment-created", false, created},
        {"engine-started", true, engine_started},
        {"engine-ended", true, engine_ended},
        {"condition", false, condition},
        {"trial-created", false, trial_created},
        {"trial-started", true, trial_started},
        {"trial-step", true, trial_step},
        {"trial-report", true, trial_report},
        {"trial-warning", false, trial_warning},
        {"trial-finished", false, trial_finished},
        {"trial-lost", false, trial_lost},
        {"optimal", false, optimal},
        {"warning", false, warning},
    };

    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (strcmp(text_of(event, "kind"), table[i].kind) != 0)
            continue;
        if (!style->verbose && is_detail(event, table[i].detail))
            return;
        if (text_of(event, "time")[0]) {
            auto_free char *time = file_printable(text_of(event, "time"));
            text_clock(out, time ? time : "?");
            buf_puts(out, "  ");
        }
        table[i].put(out, event, style);
        return;
    }
}
