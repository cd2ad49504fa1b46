#include "service/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "nbtags/number.h"
#include "service/text.h"
#include "service/values.h"

#define LINE_MAX_BYTES 4096

void progress_init(struct progress *progress)
{
    *progress = (struct progress){.strategy = "latest", .started_ms = -1};
}

static void trial_fini(struct progress_trial *trial)
{
    free(trial->name);
    free(trial->assignments);
    free(trial->step);
}

void progress_fini(struct progress *progress)
{
    for (size_t i = 0; i < progress->n_trials; i++)
        trial_fini(&progress->trials[i]);
    free(progress->trials);
    free(progress->name);
    free(progress->algorithm);
    free(progress->metric);
    free(progress->best_trial);
    free(progress->best_assignments);
    free(progress->best_value);
    free(progress->note);
    free(progress->state);
    free(progress->reason);
    free(progress->message);
    progress_init(progress);
}

/* Keeps a printable copy; an old text stays when memory is short. */
static void keep(char **place, const char *text)
{
    char *copy = file_printable(text);

    if (!copy)
        return;
    free(*place);
    *place = copy;
}

static const char *strategy_of(const json_t *objective, const char *metric)
{
    static const char *const known[] = {"min", "max", "latest"};
    const char *type = text_of(objective, "type");
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(objective, "metricStrategies"), i, row)
    {
        for (size_t k = 0; k < COUNT_OF(known); k++) {
            if (strcmp(text_of(row, "name"), metric) == 0 &&
                strcmp(text_of(row, "value"), known[k]) == 0)
                return known[k];
        }
    }
    return strcmp(type, "maximize") == 0 ? "max" : "min";
}

void progress_experiment(struct progress *progress, const json_t *document, const char *algorithm)
{
    const json_t *spec = json_object_get(document, "spec");
    const json_t *objective = json_object_get(spec, "objective");
    const char *metric = text_of(objective, "objectiveMetricName");
    CLEANUP(buf_fini) struct buf text = buf_init(LINE_MAX_BYTES);

    keep(&progress->name, text_of(json_object_get(document, "metadata"), "name"));
    keep(&progress->metric, metric);
    put_algorithm(&text, text_of(json_object_get(spec, "algorithm"), "algorithmName"), algorithm);
    keep(&progress->algorithm, buf_text(&text));
    progress->strategy = strategy_of(objective, metric);
    progress->max_trials = (int64_t)number_of(spec, "maxTrialCount");
    progress->parallel = (int64_t)number_of(spec, "parallelTrialCount");
}

void progress_note(struct progress *progress, const char *note)
{
    keep(&progress->note, note);
}

static struct progress_trial *find(struct progress *progress, const char *name)
{
    for (size_t i = 0; i < progress->n_trials; i++) {
        if (progress->trials[i].name && strcmp(progress->trials[i].name, name) == 0)
            return &progress->trials[i];
    }
    return NULL;
}

static struct progress_trial *find_or_add(struct progress *progress, const char *name)
{
    struct progress_trial *trial = find(progress, name);
    struct progress_trial *grown;

    if (trial)
        return trial;
    grown = realloc(progress->trials, (progress->n_trials + 1) * sizeof(*grown));
    if (!grown)
        return NULL;
    progress->trials = grown;
    trial = &grown[progress->n_trials++];
    *trial = (struct progress_trial){0};
    keep(&trial->name, name);
    return trial;
}

static void forget(struct progress *progress, const char *name)
{
    struct progress_trial *trial = find(progress, name);

    if (!trial)
        return;
    trial_fini(trial);
    size_t after = progress->n_trials - (size_t)(trial - progress->trials) - 1;
    memmove(trial, trial + 1, after * sizeof(*trial));
    progress->n_trials--;
}

static void remember(struct progress *progress, const json_t *event)
{
    const char *text = metric_value(json_object_get(event, "observation"),
                                    progress->metric ? progress->metric : "", progress->strategy);
    double value;

    if (!nbt_parse_double(text, &value))
        return;
    if (progress->n_history == PROGRESS_HISTORY) {
        memmove(progress->history, progress->history + 1, (PROGRESS_HISTORY - 1) * sizeof(double));
        progress->n_history--;
    }
    progress->history[progress->n_history++] = value;
}

static void on_created(struct progress *progress, const json_t *event, int64_t now_ms)
{
    struct progress_trial *trial = find_or_add(progress, text_of(event, "trial"));
    CLEANUP(buf_fini) struct buf text = buf_init(LINE_MAX_BYTES);

    (void)now_ms;
    put_assignments(&text, json_object_get(event, "assignments"));
    if (trial)
        keep(&trial->assignments, buf_text(&text));
}

static void on_started(struct progress *progress, const json_t *event, int64_t now_ms)
{
    struct progress_trial *trial = find_or_add(progress, text_of(event, "trial"));

    if (!trial)
        return;
    trial->running = true;
    trial->started_ms = now_ms;
    trial->run = 0;
    keep(&trial->step, "");
}

static void on_step(struct progress *progress, const json_t *event, int64_t now_ms)
{
    struct progress_trial *trial = find_or_add(progress, text_of(event, "trial"));
    CLEANUP(buf_fini) struct buf step = buf_init(LINE_MAX_BYTES);

    (void)now_ms;
    if (!trial)
        return;
    put_step(&step, event);
    keep(&trial->step, buf_text(&step));
    trial->run = (int64_t)number_of(event, "run");
    trial->cells = (int64_t)number_of(event, "cells");
}

static void on_finished(struct progress *progress, const json_t *event, int64_t now_ms)
{
    const char *state = text_of(event, "state");

    (void)now_ms;
    if (strcmp(state, "Succeeded") == 0)
        progress->succeeded++;
    else if (strcmp(state, "Failed") == 0)
        progress->failed++;
    else if (strcmp(state, "Killed") == 0)
        progress->killed++;
    else
        progress->other++;
    if (strcmp(state, "Succeeded") == 0)
        progress->succeeded_s += number_of(event, "seconds");
    remember(progress, event);
    forget(progress, text_of(event, "trial"));
}

static void on_lost(struct progress *progress, const json_t *event, int64_t now_ms)
{
    struct progress_trial *trial = find(progress, text_of(event, "trial"));

    (void)now_ms;
    if (trial)
        trial->running = false;
}

static void on_optimal(struct progress *progress, const json_t *event, int64_t now_ms)
{
    CLEANUP(buf_fini) struct buf text = buf_init(LINE_MAX_BYTES);
    CLEANUP(buf_fini) struct buf value = buf_init(LINE_MAX_BYTES);

    (void)now_ms;
    put_assignments(&text, json_object_get(event, "assignments"));
    put_value(&value, json_object_get(event, "value"));
    keep(&progress->best_trial, text_of(event, "trial"));
    keep(&progress->best_assignments, buf_text(&text));
    keep(&progress->best_value, buf_text(&value));
}

static void on_engine_started(struct progress *progress, const json_t *event, int64_t now_ms)
{
    (void)event;
    progress->started_ms = now_ms;
    free(progress->state);
    progress->state = NULL;
}

static void on_ended(struct progress *progress, const json_t *event, int64_t now_ms)
{
    (void)now_ms;
    keep(&progress->state, text_of(event, "state"));
    keep(&progress->reason, text_of(event, "reason"));
    keep(&progress->message, text_of(event, "message"));
}

void progress_event(struct progress *progress, const json_t *event, int64_t now_ms)
{
    static const struct {
        const char *kind;
        void (*fn)(struct progress *progress, const json_t *event, int64_t now_ms);
    } table[] = {
        {"engine-started", on_engine_started},
        {"engine-ended", on_ended},
        {"trial-created", on_created},
        {"trial-started", on_started},
        {"trial-step", on_step},
        {"trial-finished", on_finished},
        {"trial-lost", on_lost},
        {"optimal", on_optimal},
    };
    const char *kind = text_of(event, "kind");

    if (progress->started_ms < 0)
        progress->started_ms = now_ms;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (strcmp(kind, table[i].kind) == 0)
            table[i].fn(progress, event, now_ms);
    }
}
