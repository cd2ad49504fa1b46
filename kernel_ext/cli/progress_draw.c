#include "cli/progress_draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "cli/output.h"
#include "service/text.h"

#define NARROWEST 20
#define BAR_MAX   40

enum colour { PLAIN, BOLD, DIM, GREEN, RED, CYAN, YELLOW };

/* One line under construction: what does not fit is shortened, so that the terminal never wraps. */
struct line {
    struct buf *out;
    const struct progress_style *style;
    size_t left; /* columns */
};

static struct line line_start(struct buf *out, const struct progress_style *style)
{
    return (struct line){out, style, style->width < NARROWEST ? NARROWEST : style->width};
}

static void put(struct line *line, enum colour colour, const char *text)
{
    static const char *const codes[] = {"", "1", "2", "32", "31", "36", "33"};
    bool coloured = line->style->colour && colour != PLAIN && line->left > 0;

    if (coloured)
        buf_printf(line->out, "\033[%sm", codes[colour]);
    line->left -= text_fit(line->out, text, line->left);
    if (coloured)
        buf_puts(line->out, "\033[0m");
}

static void line_end(struct line *line)
{
    buf_putc(line->out, '\n');
}

static size_t running(const struct progress *progress)
{
    size_t n = 0;

    for (size_t i = 0; i < progress->n_trials; i++)
        n += progress->trials[i].running;
    return n;
}

/* Eighths of a block for the last cell; nothing is claimed full before it is. */
static void put_bar(struct line *line, double share, size_t width)
{
    static const char *const eighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    double bounded = share < 0 ? 0 : share > 1 ? 1 : share;
    size_t parts = (size_t)(bounded * (double)width * 8);

    for (size_t i = 0; i < width; i++) {
        size_t here = parts > i * 8 ? parts - i * 8 : 0;
        if (line->style->ascii)
            put(line, PLAIN, here >= 4 ? "#" : ".");
        else
            put(line, here ? GREEN : DIM, here >= 8 ? "█" : here ? eighths[here] : "░");
    }
}

static void draw_counts(const struct progress *progress, struct line *line)
{
    char text[64];

    snprintf(text, sizeof(text), "  %lld succeeded", (long long)progress->succeeded);
    put(line, GREEN, text);
    snprintf(text, sizeof(text), "  %lld failed", (long long)progress->failed);
    put(line, progress->failed ? RED : DIM, text);
    if (progress->killed) {
        snprintf(text, sizeof(text), "  %lld killed", (long long)progress->killed);
        put(line, YELLOW, text);
    }
    if (progress->other) {
        snprintf(text, sizeof(text), "  %lld other", (long long)progress->other);
        put(line, YELLOW, text);
    }
    snprintf(text, sizeof(text), "  %zu running", running(progress));
    put(line, CYAN, text);
}

/* How long trials take, and what is left of the budget at that pace. */
static void put_pace(const struct progress *progress, struct line *line, int64_t now_ms)
{
    char mean[TEXT_DURATION_MAX], left[TEXT_DURATION_MAX], text[2 * TEXT_DURATION_MAX + 32];
    int64_t open = progress->max_trials - progress->succeeded;
    double each, work;

    if (progress->succeeded == 0 || progress->succeeded_s <= 0)
        return;
    each = progress->succeeded_s / (double)progress->succeeded;
    text_duration(mean, each);
    snprintf(text, sizeof(text), "  %s a trial", mean);
    put(line, DIM, text);
    if (open <= 0 || progress->state)
        return;
    work = each * (double)open;
    for (size_t i = 0; i < progress->n_trials; i++) {
        const struct progress_trial *trial = &progress->trials[i];
        if (trial->running)
            work -= fmin(each, (double)(now_ms - trial->started_ms) / 1000.0);
    }
    work = ceil(work / fmin((double)open, fmax(1, (double)progress->parallel)));
    if (work < 1) /* the last ones take longer than the others did */
        return;
    text_duration(left, work);
    if (work < 60) /* a guess has no tenths */
        snprintf(left, sizeof(left), "%.0fs", work);
    snprintf(text, sizeof(text), "  about %s left", left);
    put(line, DIM, text);
}

static void draw_head(const struct progress *progress, const struct progress_style *style,
                      int64_t now_ms, struct buf *out)
{
    struct line line = line_start(out, style);
    char text[64], elapsed[TEXT_DURATION_MAX];

    put(&line, BOLD, progress->name ? progress->name : "");
    put(&line, DIM, "  ");
    put(&line, DIM, progress->algorithm ? progress->algorithm : "");
    text_duration(elapsed, (double)(now_ms - progress->started_ms) / 1000.0);
    snprintf(text, sizeof(text), "  %s", progress->started_ms < 0 ? "" : elapsed);
    put(&line, PLAIN, text);
    put_pace(progress, &line, now_ms);
    line_end(&line);
}

static void draw_bar(const struct progress *progress, const struct progress_style *style,
                     struct buf *out)
{
    struct line line = line_start(out, style);
    char text[64];
    size_t width = line.left > 60 ? line.left - 60 : 0;

    if (progress->max_trials > 0) {
        width = width < 10 ? 10 : width > BAR_MAX ? BAR_MAX : width;
        put_bar(&line, (double)progress->succeeded / (double)progress->max_trials, width);
        snprintf(text, sizeof(text), "  %lld/%lld", (long long)progress->succeeded,
                 (long long)progress->max_trials);
        put(&line, BOLD, text);
    } else {
        put(&line, BOLD, "trials");
    }
    draw_counts(progress, &line);
    line_end(&line);
}

static const char *short_name(const struct progress *progress, const char *trial)
{
    return text_short_trial(progress->name ? progress->name : "", trial ? trial : "");
}

static void draw_best(const struct progress *progress, const struct progress_style *style,
                      struct buf *out)
{
    struct line line = line_start(out, style);

    put(&line, DIM, "best   ");
    if (!progress->best_value) {
        put(&line, DIM, "none yet");
    } else {
        put(&line, PLAIN, progress->metric ? progress->metric : "");
        put(&line, PLAIN, " ");
        put(&line, BOLD, progress->best_value);
        put(&line, PLAIN, "  ");
        put(&line, CYAN, progress->best_assignments ? progress->best_assignments : "");
        put(&line, DIM, "  ");
        put(&line, DIM, short_name(progress, progress->best_trial));
    }
    line_end(&line);
}

static void extent(const double *values, size_t n, double *ret_low, double *ret_high)
{
    *ret_low = values[0];
    *ret_high = values[0];
    for (size_t i = 1; i < n; i++) {
        *ret_low = fmin(*ret_low, values[i]);
        *ret_high = fmax(*ret_high, values[i]);
    }
}

static void draw_trend(const struct progress *progress, const struct progress_style *style,
                       struct buf *out)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const plain[] = {"_", "_", ".", ".", "-", "-", "=", "^"};
    struct line line = line_start(out, style);
    double low, high;

    if (progress->n_history < 2)
        return;
    put(&line, DIM, "trend  ");
    size_t shown = progress->n_history < line.left ? progress->n_history : line.left;
    const double *values = progress->history + progress->n_history - shown;
    extent(values, shown, &low, &high);
    for (size_t i = 0; i < shown; i++) {
        /* Halves keep the difference of two huge values finite. */
        double share = high > low ? (values[i] / 2 - low / 2) / (high / 2 - low / 2) : 0.5;
        size_t level = (size_t)(share * 7.999);
        put(&line, PLAIN, style->ascii ? plain[level & 7] : bars[level & 7]);
    }
    line_end(&line);
}

static void draw_trial(const struct progress *progress, const struct progress_trial *trial,
                       const struct progress_style *style, int64_t now_ms, struct buf *out)
{
    struct line line = line_start(out, style);
    char text[64], elapsed[TEXT_DURATION_MAX];

    text_duration(elapsed, (double)(now_ms - trial->started_ms) / 1000.0);
    put(&line, PLAIN, "  ");
    put(&line, PLAIN, short_name(progress, trial->name));
    snprintf(text, sizeof(text), "  %7s  ", elapsed);
    put(&line, DIM, text);
    if (trial->cells > 0) {
        snprintf(text, sizeof(text), "%lld/%lld ", (long long)trial->run, (long long)trial->cells);
        put(&line, PLAIN, text);
    }
    put(&line, YELLOW, trial->step ? trial->step : "");
    put(&line, PLAIN, "  ");
    put(&line, CYAN, trial->assignments ? trial->assignments : "");
    line_end(&line);
}

static void draw_more(size_t more, const struct progress_style *style, struct buf *out)
{
    struct line line = line_start(out, style);
    char text[64];

    snprintf(text, sizeof(text), "  and %zu more running", more);
    put(&line, DIM, text);
    line_end(&line);
}

static void draw_trials(const struct progress *progress, const struct progress_style *style,
                        int64_t now_ms, size_t rows, struct buf *out)
{
    size_t all = running(progress), shown = 0;
    size_t room = all > rows && rows > 0 ? rows - 1 : rows;

    for (size_t i = 0; i < progress->n_trials && shown < room; i++) {
        if (!progress->trials[i].running)
            continue;
        draw_trial(progress, &progress->trials[i], style, now_ms, out);
        shown++;
    }
    if (shown < all && rows > 0)
        draw_more(all - shown, style, out);
}

void progress_draw(const struct progress *progress, const struct progress_style *style,
                   int64_t now_ms, struct buf *out)
{
    bool note = progress->note && progress->note[0];
    size_t rows = style->rows < 6 ? 5 : style->rows - 1;
    size_t fixed = 3U + (progress->n_history >= 2) + note;

    draw_head(progress, style, now_ms, out);
    draw_bar(progress, style, out);
    draw_best(progress, style, out);
    draw_trend(progress, style, out);
    draw_trials(progress, style, now_ms, rows > fixed ? rows - fixed : 0, out);
    if (note) {
        struct line line = line_start(out, style);
        put(&line, YELLOW, progress->note);
        line_end(&line);
    }
}
