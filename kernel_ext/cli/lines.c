#include "cli/lines.h"

#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "cli/output.h"
#include "cli/text.h"
#include "nbtags/number.h"

static void put_text(struct buf *out, const char *before, const char *text)
{
    auto_free char *shown = file_printable(text);

    if (text[0])
        buf_printf(out, "%s%s", before, shown ? shown : "?");
}

static void put_value(struct buf *out, const json_t *value)
{
    char number[NBT_NUMBER_MAX] = "";

    if (json_is_string(value))
        put_text(out, "", json_string_value(value));
    else if (json_is_number(value))
        nbt_format_double(number, json_number_value(value));
    buf_puts(out, number);
}

static void put_observation(struct buf *out, const json_t *event)
{
    size_t i;
    json_t *metric;

    json_array_foreach(json_object_get(json_object_get(event, "observation"), "metrics"), i, metric)
    {
        put_text(out, "  ", text_of(metric, "name"));
        put_text(out, "=", text_of(metric, "latest"));
    }
}

static void created(struct buf *out, const json_t *event)
{
    put_text(out, "experiment ", text_of(event, "name"));
    put_text(out, "  notebook ", text_of(event, "notebook"));
    put_text(out, "  algorithm ", text_of(event, "algorithm"));
}

static void engine_started(struct buf *out, const json_t *event)
{
    buf_printf(out, "engine started  pid %.0f", number_of(event, "pid"));
}

static void engine_ended(struct buf *out, const json_t *event)
{
    put_text(out, "engine ended  ", text_of(event, "state"));
    put_text(out, "  ", text_of(event, "reason"));
    put_text(out, "  ", text_of(event, "message"));
}

static void condition(struct buf *out, const json_t *event)
{
    put_text(out, "condition ", text_of(event, "type"));
    put_text(out, "=", text_of(event, "status"));
    put_text(out, "  ", text_of(event, "reason"));
    put_text(out, "  ", text_of(event, "message"));
}

static void trial_created(struct buf *out, const json_t *event)
{
    put_text(out, "trial ", text_of(event, "trial"));
    buf_puts(out, "  created  ");
    put_assignments(out, json_object_get(event, "assignments"));
}

static void trial_started(struct buf *out, const json_t *event)
{
    put_text(out, "trial ", text_of(event, "trial"));
    buf_printf(out, "  started  pid %.0f", number_of(event, "pid"));
}

static void trial_step(struct buf *out, const json_t *event)
{
    put_text(out, "trial ", text_of(event, "trial"));
    buf_printf(out, "  %.0f/%.0f", number_of(event, "run"), number_of(event, "cells"));
    put_text(out, "  ", text_of(event, "step"));
}

static void trial_report(struct buf *out, const json_t *event)
{
    put_text(out, "trial ", text_of(event, "trial"));
    put_text(out, "  reports  ", text_of(event, "metric"));
    buf_putc(out, '=');
    put_value(out, json_object_get(event, "value"));
}

static void trial_warning(struct buf *out, const json_t *event)
{
    put_text(out, "trial ", text_of(event, "trial"));
    put_text(out, "  warning  ", text_of(event, "text"));
}

static void trial_finished(struct buf *out, const json_t *event)
{
    char duration[TEXT_DURATION_MAX];

    text_duration(duration, number_of(event, "seconds"));
    put_text(out, "trial ", text_of(event, "trial"));
    put_text(out, "  ", text_of(event, "state"));
    put_observation(out, event);
    put_text(out, "  ", text_of(event, "reason"));
    put_text(out, ": ", text_of(event, "message"));
    buf_printf(out, "  (%s)", duration);
}

static void trial_lost(struct buf *out, const json_t *event)
{
    put_text(out, "trial ", text_of(event, "trial"));
    buf_puts(out, "  lost with its engine; it runs again");
}

static void optimal(struct buf *out, const json_t *event)
{
    put_text(out, "best so far  ", text_of(event, "trial"));
    buf_puts(out, "  ");
    put_value(out, json_object_get(event, "value"));
    buf_puts(out, "  ");
    put_assignments(out, json_object_get(event, "assignments"));
}

static void warning(struct buf *out, const json_t *event)
{
    put_text(out, "warning  ", text_of(event, "text"));
}

void line_of_event(struct buf *out, const json_t *event)
{
    static const struct {
        const char *kind;
        void (*put)(struct buf *out, const json_t *event);
    } table[] = {
        {"experiment-created", created},
        {"engine-started", engine_started},
        {"engine-ended", engine_ended},
        {"condition", condition},
        {"trial-created", trial_created},
        {"trial-started", trial_started},
        {"trial-step", trial_step},
        {"trial-report", trial_report},
        {"trial-warning", trial_warning},
        {"trial-finished", trial_finished},
        {"trial-lost", trial_lost},
        {"optimal", optimal},
        {"warning", warning},
    };
    const char *time = text_of(event, "time");
    const char *clock = strchr(time, 'T');

    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (strcmp(text_of(event, "kind"), table[i].kind) != 0)
            continue;
        if (clock && strlen(clock) > 9) {
            buf_add(out, clock + 1, 8);
            buf_puts(out, "  ");
        }
        table[i].put(out, event);
        return;
    }
}
