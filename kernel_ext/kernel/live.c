/*
 * An experiment shown while it runs: one display that is updated at most four times a second, then
 * what it came to. An interrupt ends the view; the experiment goes on.
 */
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/scope.h"
#include "kernel/bundle.h"
#include "kernel/verbs.h"
#include "service/lines.h"
#include "service/progress.h"
#include "service/text.h"
#include "service/values.h"

#define UPDATE_MS  250
#define LINE_BYTES ((size_t)64 << 10)
#define TRIALS_MAX 32 /* running trials that are named */

struct live {
    struct cell *cell;
    const char *experiment;
    struct progress progress;
    struct line_style style;
    char display[CELL_DISPLAY_MAX];
    uint64_t since, seq;
    int64_t shown_ms;
    bool quiet, shown, changed, ended;
};

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* ---- the picture ---- */

static void put_counts(struct buf *out, const struct live *live)
{
    const struct progress *progress = &live->progress;
    char elapsed[TEXT_DURATION_MAX];
    int64_t began = progress->started_ms < 0 ? clock_monotonic_ms() : progress->started_ms;

    text_duration(elapsed, (double)(clock_monotonic_ms() - began) / 1000);
    buf_printf(out, "%s  %s  %" PRId64, live->experiment,
               progress->state ? progress->state : "Running", progress->succeeded);
    if (progress->max_trials > 0)
        buf_printf(out, " of %" PRId64, progress->max_trials);
    buf_printf(out, " trials succeeded, %" PRId64 " failed, %zu running  %s", progress->failed,
               progress->n_trials, elapsed);
}

static void put_best(struct buf *out, const struct progress *progress)
{
    if (progress->best_trial)
        buf_printf(out, "best so far  %s %s  %s", or_empty(progress->metric),
                   or_empty(progress->best_value), or_empty(progress->best_assignments));
}

static void fill_table(struct table *table, const struct live *live)
{
    const struct progress *progress = &live->progress;

    *table = (struct table){.heads = {"TRIAL", "CELLS", "STEP", "ASSIGNMENT"}};
    for (size_t i = 0; i < progress->n_trials && i < TRIALS_MAX; i++) {
        const struct progress_trial *trial = &progress->trials[i];
        char cells[64];
        snprintf(cells, sizeof(cells), "%" PRId64 "/%" PRId64, trial->run, trial->cells);
        table_add(table,
                  (const char *const[]){text_short_trial(live->experiment, or_empty(trial->name)),
                                        trial->cells > 0 ? cells : "", or_empty(trial->step),
                                        or_empty(trial->assignments)});
    }
}

static void put_bar(struct buf *html, const struct progress *progress)
{
    if (progress->max_trials > 0)
        buf_printf(html, "<progress max=\"%" PRId64 "\" value=\"%" PRId64 "\"></progress>",
                   progress->max_trials, progress->succeeded);
}

static json_t *picture(const struct live *live)
{
    CLEANUP(buf_fini) struct buf counts = buf_init(LINE_BYTES);
    CLEANUP(buf_fini) struct buf best = buf_init(LINE_BYTES);
    CLEANUP(buf_fini) struct buf text = buf_init(BUNDLE_MAX);
    CLEANUP(buf_fini) struct buf html = buf_init(BUNDLE_MAX);
    CLEANUP(table_fini) struct table table = {0};
    const struct table_limits whole = {.cell = (size_t)-1, .row = (size_t)-1};

    put_counts(&counts, live);
    put_best(&best, &live->progress);
    fill_table(&table, live);
    buf_printf(&text, "%s\n%s%s", buf_text(&counts), buf_text(&best), best.length ? "\n" : "");
    buf_puts(&html, "<p>");
    put_bar(&html, &live->progress);
    html_text(&html, buf_text(&counts));
    buf_puts(&html, "<br>");
    html_text(&html, buf_text(&best));
    buf_puts(&html, "</p>");
    if (table.n_rows) {
        table_put(&table, &whole, &text);
        html_table(&html, &table);
    }
    return bundle_html(buf_text(&text), buf_text(&html));
}

static void show(struct live *live, bool now)
{
    int64_t time = clock_monotonic_ms();

    if (live->quiet || !live->changed || (!now && live->shown && time - live->shown_ms < UPDATE_MS))
        return;
    cell_display(live->cell, live->display, live->shown, picture(live));
    live->shown = true;
    live->changed = false;
    live->shown_ms = time;
}

/* ---- events ---- */

static void warn(const struct live *live, const json_t *event)
{
    CLEANUP(buf_fini) struct buf line = buf_init(LINE_BYTES);
    const char *kind = text_of(event, "kind");

    if (strcmp(kind, "warning") != 0 && strcmp(kind, "trial-warning") != 0 &&
        strcmp(text_of(event, "state"), "Failed") != 0)
        return;
    line_of_event(&line, event, &live->style);
    buf_putc(&line, '\n');
    cell_stream(live->cell, "stderr", buf_text(&line));
}

static int on_event(void *self, const json_t *event)
{
    struct live *live = self;

    live->seq = (uint64_t)json_integer_value(json_object_get(event, "seq"));
    progress_event(&live->progress, event, clock_monotonic_ms());
    if (live->seq <= live->since)
        return 0;
    live->ended = strcmp(text_of(event, "kind"), "engine-ended") == 0;
    live->changed = true;
    warn(live, event);
    show(live, false);
    return cell_cancelled(live->cell) ? 1 : 0;
}

static void on_tick(void *self)
{
    show(self, false);
}

static int watch(struct live *live, struct nbt_error *err)
{
    struct engine_watch watch = {.follow = true,
                                 .cancel_fd = cell_cancel_fd(live->cell),
                                 .tick_ms = UPDATE_MS,
                                 .on_event = on_event,
                                 .on_tick = on_tick,
                                 .self = live};
    int code = service_watch(live->experiment, &watch, err);

    live->changed = true;
    show(live, true);
    if (code == 0 && !live->ended && cell_cancelled(live->cell))
        return nbt_error_set(err, NBT_ECANCELED,
                             "interrupted; %s goes on: 'show %s' tells how far it is, 'stop %s' "
                             "ends it",
                             live->experiment, live->experiment, live->experiment);
    return code;
}

/* ---- the end ---- */

static int tell(struct cell *cell, const struct parsed *parsed, const char *experiment,
                struct nbt_error *err)
{
    auto_json json_t *document = NULL;
    int code = service_show(&document, experiment, err);

    if (code < 0)
        return code;
    code = show_outcome(cell, parsed, document, err);
    if (code < 0)
        return code;
    if (strcmp(text_of(document, "state"), "Failed") == 0)
        return nbt_error_set(err, NBT_ESTATE, "%s failed: %s: %s", experiment,
                             text_of(document, "reason"), text_of(document, "message"));
    return 0;
}

int live_follow(struct cell *cell, const struct parsed *parsed, const char *experiment,
                uint64_t since, struct nbt_error *err)
{
    struct live live = {.cell = cell,
                        .experiment = experiment,
                        .since = since,
                        .quiet = parsed_flag(parsed, "quiet")};
    auto_json json_t *document = NULL;
    int code = service_show(&document, experiment, err);

    if (code < 0)
        return code;
    progress_init(&live.progress);
    progress_experiment(&live.progress, json_object_get(document, "experiment"),
                        text_of(document, "resolvedAlgorithm"));
    live.style = (struct line_style){.experiment = experiment,
                                     .algorithm = text_of(document, "resolvedAlgorithm")};
    cell_display_id(cell, live.display);
    code = watch(&live, err);
    progress_fini(&live.progress);
    return code < 0 ? code : tell(cell, parsed, experiment, err);
}
