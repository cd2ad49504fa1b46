#include "cli/view.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/progress_draw.h"
#include "cli/result.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "service/lines.h"
#include "service/service.h"

#define REDRAW_MS   100 /* at most ten pictures a second */
#define PICTURE_MAX ((size_t)1 << 20)
#define LINE_BYTES  ((size_t)64 << 10)

struct view {
    const struct view_options *options;
    struct progress progress;
    struct line_style style;
    struct terminal terminal;
    bool live, lines, json;
    bool ended;
    uint64_t seq;
    int64_t drawn_ms;
    int handled; /* interrupts that were answered */
};

static void draw(struct view *view, bool now)
{
    CLEANUP(buf_fini) struct buf picture = buf_init(PICTURE_MAX);
    int64_t time = clock_monotonic_ms();

    if (!view->live || (!now && time - view->drawn_ms < REDRAW_MS))
        return;
    struct progress_style style = terminal_style();
    progress_draw(&view->progress, &style, time, &picture);
    terminal_draw(&view->terminal, &picture, style.width);
    view->drawn_ms = time;
}

static bool is_warning(const json_t *event)
{
    const char *kind = text_of(event, "kind");

    return strcmp(kind, "warning") == 0 || strcmp(kind, "trial-warning") == 0;
}

/* What a live view would lose: it stays above the picture. */
static bool stays(const json_t *event)
{
    return is_warning(event) || strcmp(text_of(event, "state"), "Failed") == 0;
}

static void tell(struct view *view, const json_t *event)
{
    CLEANUP(buf_fini) struct buf line = buf_init(LINE_BYTES);

    if (view->json) {
        say_json_line(event);
        return;
    }
    if (!(view->live ? stays(event) : view->lines || is_warning(event)))
        return;
    line_of_event(&line, event, &view->style);
    if (line.length == 0)
        return;
    terminal_erase(&view->terminal);
    FILE *stream = is_warning(event) ? stderr : stdout;
    fprintf(stream, "%s\n", buf_text(&line));
    fflush(stream);
    view->drawn_ms = 0;
}

static int on_event(void *self, const json_t *event)
{
    struct view *view = self;
    const char *kind = text_of(event, "kind");
    uint64_t seq = (uint64_t)json_integer_value(json_object_get(event, "seq"));

    view->seq = seq;
    progress_event(&view->progress, event, clock_monotonic_ms());
    if (seq <= view->options->since)
        return 0;
    if (strcmp(kind, "engine-started") == 0)
        view->ended = false;
    if (strcmp(kind, "engine-ended") == 0)
        view->ended = true;
    tell(view, event);
    draw(view, false);
    return 0;
}

static void on_tick(void *self)
{
    draw(self, false);
}

static int watch(struct view *view, bool follow, int cancel_fd, struct nbt_error *err)
{
    struct engine_watch watch = {
        .since = view->seq,
        .follow = follow,
        .cancel_fd = cancel_fd,
        .tick_ms = REDRAW_MS,
        .on_event = on_event,
        .on_tick = on_tick,
        .self = view,
    };

    return service_watch(view->options->experiment, &watch, err);
}

static void note(struct view *view, const char *text)
{
    progress_note(&view->progress, text);
    if (view->live)
        draw(view, true);
    else
        fprintf(stderr, "nbkatib: %s\n", text);
}

/* The first interrupt asks for a gentle stop, the second for one now; after that a third ends this
 * process alone. */
static int interrupted(struct view *view, struct nbt_error *err)
{
    bool second = signals_count() >= 2;
    int result;

    view->handled = signals_count();
    signals_drain();
    result =
        service_stop(view->options->experiment, second ? ENGINE_STOP_NOW : ENGINE_STOP_GENTLE, err);
    if (result == NBT_ESTATE) {
        nbt_error_clear(err);
        return 0;
    }
    if (result < 0)
        return result;
    if (second)
        signals_release();
    note(view, second ? "stopping now: running trials are killed"
                      : "stopping: running trials finish first; press Ctrl-C again to kill them");
    return 0;
}

static int follow(struct view *view, struct nbt_error *err)
{
    int cancel_fd = signals_catch(err);
    int result = cancel_fd < 0 ? cancel_fd : watch(view, false, -1, err);

    while (result == 0 && !view->ended) {
        result = watch(view, true, cancel_fd, err);
        if (result < 0 || view->ended)
            break;
        /* Neither an end nor an interrupt: the engine died. */
        if (signals_count() == view->handled)
            break;
        if (!view->options->stop)
            return nbt_error_set(err, NBT_ECANCELED, "interrupted");
        result = interrupted(view, err);
    }
    return result;
}

static int result_of(struct view *view)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *show = NULL;

    if (service_show(&show, view->options->experiment, &err) < 0)
        return fail(view->options->parsed, &err, NULL);
    return result_tell(view->options->parsed, show);
}

static int run_view(struct view *view)
{
    struct nbt_error err = NBT_ERROR_INIT;
    int result = follow(view, &err);

    progress_note(&view->progress, "");
    draw(view, true);
    if (result < 0)
        return fail(view->options->parsed, &err, NULL);
    return result_of(view);
}

int view_follow(const struct view_options *options)
{
    bool quiet = parsed_flag(options->parsed, "quiet");
    bool json = parsed_flag(options->parsed, "json");
    bool live = terminal_is_live() && !quiet && !json;
    struct view view = {
        .options = options, .live = live, .lines = !quiet && !json && !live, .json = json};
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *show = NULL;

    if (service_show(&show, options->experiment, &err) < 0)
        return fail(options->parsed, &err, NULL);
    progress_init(&view.progress);
    progress_experiment(&view.progress, json_object_get(show, "experiment"),
                        text_of(show, "resolvedAlgorithm"));
    view.style = (struct line_style){.experiment = options->experiment,
                                     .algorithm = text_of(show, "resolvedAlgorithm"),
                                     .verbose = parsed_flag(options->parsed, "verbose")};
    int status = run_view(&view);
    progress_fini(&view.progress);
    return status;
}
