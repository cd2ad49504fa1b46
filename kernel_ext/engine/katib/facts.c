#include "engine/katib/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "engine/katib/fetch.h"
#include "engine/katib/members.h"
#include "engine/katib/view.h"
#include "experiment/experiment.h"

#define FACTS_MAX ((size_t)64 << 20) /* bytes that are read at once */

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the facts of the experiment");
}

/* ---- the file ---- */

void facts_fini(struct facts *facts)
{
    if (!facts->place)
        return;
    if (facts->fd >= 0)
        close(facts->fd);
    json_decref(facts->list);
    json_decref(facts->states);
    json_decref(facts->runs);
    *facts = (struct facts){0};
}

/* What a fact says of those to come. */
static void fold(struct facts *facts, const json_t *fact)
{
    const char *kind = text(fact, "kind");
    const char *trial = text(fact, "trial");

    if (strcmp(kind, "trial-created") == 0)
        json_object_set_new(facts->states, trial, json_string("Pending"));
    else if (strcmp(kind, "trial-started") == 0)
        json_object_set_new(facts->states, trial, json_string("Running"));
    else if (strcmp(kind, "trial-step") == 0)
        json_object_set(facts->runs, trial, member(fact, "run"));
    else if (strcmp(kind, "trial-finished") == 0)
        json_object_set(facts->states, trial, member(fact, "state"));
    else if (strcmp(kind, "optimal") == 0)
        facts->best = trial; /* of the list, which keeps it */
    else if (strncmp(kind, "engine-", 7) == 0)
        facts->ended = strcmp(kind, "engine-ended") == 0;
    facts->begun = true;
}

static int keep(struct facts *facts, json_t *fact, struct nbt_error *err)
{
    if (!fact || json_array_append_new(facts->list, fact) < 0)
        return no_memory(err);
    fold(facts, fact);
    return 0;
}

static int keep_lines(struct facts *facts, const char *bytes, size_t length, struct nbt_error *err)
{
    int result = 0;

    for (const char *end; result == 0 && (end = memchr(bytes, '\n', length));) {
        size_t line = (size_t)(end - bytes) + 1;
        json_t *fact = json_loadb(bytes, line, 0, NULL);
        if (!fact)
            return nbt_error_set(err, NBT_EPARSE,
                                 "%s/facts.jsonl is damaged; `nbkatib delete` "
                                 "forgets the experiment",
                                 facts->place->folder);
        result = keep(facts, fact, err);
        facts->read += (off_t)line;
        bytes += line;
        length -= line;
    }
    return result;
}

/* What others wrote meanwhile. */
static int catch_up(struct facts *facts, struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf bytes = buf_init(FACTS_MAX);
    char block[65536];
    off_t at = facts->read;
    ssize_t n;

    while ((n = pread(facts->fd, block, sizeof(block), at)) > 0) {
        buf_add(&bytes, block, (size_t)n);
        at += n;
    }
    if (n < 0 || buf_failed(&bytes))
        return nbt_error_errno(err, "cannot read %s/facts.jsonl", facts->place->folder);
    return keep_lines(facts, buf_text(&bytes), bytes.length, err);
}

int facts_open(struct facts *ret, const struct katib_place *place, struct nbt_error *err)
{
    auto_free char *path = file_join(place->folder, "facts.jsonl");
    struct facts facts = {.place = place,
                          .fd = -1,
                          .list = json_array(),
                          .states = json_object(),
                          .runs = json_object(),
                          .best = ""};
    int result = path && facts.list && facts.states && facts.runs ? 0 : no_memory(err);

    if (result == 0 && (facts.fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0)
        result = nbt_error_errno(err, "cannot open %s", path);
    if (result == 0)
        result = catch_up(&facts, err);
    if (result < 0)
        facts_fini(&facts);
    else
        *ret = facts;
    return result;
}

/* The half of a line that a writer left which died is taken away. */
static int lock(struct facts *facts, struct nbt_error *err)
{
    int result = 0;

    while (flock(facts->fd, LOCK_EX) < 0) {
        if (errno != EINTR)
            return nbt_error_errno(err, "cannot lock %s/facts.jsonl", facts->place->folder);
    }
    if ((result = catch_up(facts, err)) < 0)
        return result;
    return ftruncate(facts->fd, facts->read) < 0
               ? nbt_error_errno(err, "cannot write %s/facts.jsonl", facts->place->folder)
               : 0;
}

static int write_new(struct facts *facts, size_t first, struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf lines = buf_init(FACTS_MAX);

    for (size_t i = first; i < json_array_size(facts->list); i++) {
        auto_free char *line = json_dumps(json_array_get(facts->list, i), JSON_COMPACT);
        buf_puts(&lines, line ? line : "");
        buf_putc(&lines, '\n');
    }
    if (buf_failed(&lines))
        return no_memory(err);
    facts->read += (off_t)lines.length;
    return lines.length ? file_write_all(facts->fd, buf_text(&lines), lines.length, err) : 0;
}

/* The file `ended` says for stamps what the last fact says. */
static int mark(const struct facts *facts, struct nbt_error *err)
{
    auto_free char *path = file_join(facts->place->folder, "ended");

    if (!path)
        return no_memory(err);
    if (facts->ended)
        return file_replace(path, "", 0, 0600, err);
    return unlink(path) < 0 && errno != ENOENT ? nbt_error_errno(err, "cannot remove %s", path) : 0;
}

/* ---- what is new ---- */

/* members NULL: there was no memory for them. */
static int add(struct facts *facts, const char *kind, json_t *members, struct nbt_error *err)
{
    char now[CLOCK_TEXT_MAX];
    json_t *fact = members ? json_object() : NULL;

    clock_rfc3339(now, clock_realtime_us());
    json_object_set_new(fact, "seq", json_integer((json_int_t)json_array_size(facts->list) + 1));
    json_object_set_new(fact, "time", json_string(now));
    json_object_set_new(fact, "kind", json_string(kind));
    json_object_update(fact, members);
    json_decref(members);
    return keep(facts, fact, err);
}

static int see_beginning(struct facts *facts, const json_t *experiment, struct nbt_error *err)
{
    const json_t *spec = member(experiment, "spec");
    const char *notebook = experiment_annotation(experiment, EXPERIMENT_NOTEBOOK);

    return add(facts, "experiment-created",
               json_pack("{s:s, s:s, s:O*, s:O*, s:O*}", "name",
                         text(member(experiment, "metadata"), "name"), "notebook",
                         notebook ? notebook : "", "maxTrialCount", member(spec, "maxTrialCount"),
                         "parallelTrialCount", member(spec, "parallelTrialCount"), "algorithm",
                         member(member(spec, "algorithm"), "algorithmName")),
               err);
}

static int see_created(struct facts *facts, const json_t *view, struct nbt_error *err)
{
    return add(facts, "trial-created",
               json_pack("{s:O, s:O, s:O}", "trial", member(view, "name"), "index",
                         member(view, "index"), "assignments", member(view, "assignments")),
               err);
}

static int see_started(struct facts *facts, const json_t *view, struct nbt_error *err)
{
    return add(facts, "trial-started",
               json_pack("{s:O, s:i}", "trial", member(view, "name"), "pid", 0), err);
}

static int see_finished(struct facts *facts, const json_t *view, struct nbt_error *err)
{
    return add(facts, "trial-finished",
               json_pack("{s:O, s:O, s:O, s:O, s:O, s:O}", "trial", member(view, "name"), "state",
                         member(view, "state"), "reason", member(view, "reason"), "message",
                         member(view, "message"), "observation", member(view, "observation"),
                         "seconds", member(view, "seconds")),
               err);
}

/* Steps that nobody saw are told too. */
static int see_trial(struct facts *facts, const json_t *trial, size_t index,
                     const struct katib_reading *reading, struct nbt_error *err)
{
    enum status_state state = katib_shown_state(trial, index, reading->note);
    const char *known =
        json_string_value(member(facts->states, text(member(trial, "metadata"), "name")));
    bool created = known, started = known && strcmp(known, "Pending") != 0;
    int result = 0;

    if (known && (strcmp(known, status_state_name(state)) == 0 ||
                  (started && strcmp(known, "Running") != 0)))
        return 0;
    auto_json json_t *view = katib_trial_view(trial, index, reading);
    if (!view)
        return no_memory(err);
    katib_set_result(view, facts->place);
    if (!created)
        result = see_created(facts, view, err);
    if (result == 0 && !started && state != STATUS_TRIAL_PENDING)
        result = see_started(facts, view, err);
    if (result == 0 && katib_trial_is_over(state))
        result = see_finished(facts, view, err);
    return result;
}

static int see_trials(struct facts *facts, const json_t *experiment, const json_t *items,
                      struct nbt_error *err)
{
    CLEANUP(katib_reading_fini) struct katib_reading reading = {0};
    auto_json json_t *sorted = NULL;
    size_t i;
    const json_t *trial;
    int result = katib_reading_init(&reading, experiment, err);

    if (result == 0)
        result = katib_sort_trials(&sorted, items, err);
    json_array_foreach(sorted, i, trial)
    {
        if (result == 0)
            result = see_trial(facts, trial, i, &reading, err);
    }
    return result;
}

static int see_best(struct facts *facts, const json_t *experiment, struct nbt_error *err)
{
    auto_json json_t *item = NULL;
    int result = katib_item_view(&item, experiment, err);
    const json_t *best = member(item, "best");
    const json_t *optimal = member(member(experiment, "status"), "currentOptimalTrial");

    if (result < 0 || !text(best, "trial")[0] || strcmp(text(best, "trial"), facts->best) == 0)
        return result;
    return add(facts, "optimal",
               json_pack("{s:O, s:O, s:O, s:O}", "trial", member(best, "trial"), "assignments",
                         member(best, "assignments"), "observation", member(optimal, "observation"),
                         "value", member(member(item, "objective"), "value")),
               err);
}

static int see_end(struct facts *facts, const json_t *experiment, struct nbt_error *err)
{
    const char *reason;
    const char *message;

    katib_why(experiment, &reason, &message);
    return add(facts, "engine-ended",
               json_pack("{s:s, s:s, s:s}", "state", katib_experiment_state(experiment), "reason",
                         reason, "message", message),
               err);
}

/* An end is told once all its trials are. */
static int see(struct facts *facts, const json_t *experiment, const json_t *items,
               struct nbt_error *err)
{
    bool over = katib_is_over(experiment);
    int result = facts->begun ? 0 : see_beginning(facts, experiment, err);

    if (result == 0 && (facts->ended ? !over : json_array_size(facts->list) == 1))
        result = add(facts, "engine-started", json_pack("{s:i}", "pid", 0), err);
    if (result == 0)
        result = see_trials(facts, experiment, items, err);
    if (result == 0)
        result = see_best(facts, experiment, err);
    if (result == 0 && over && !facts->ended)
        result = see_end(facts, experiment, err);
    return result;
}

int facts_see(struct facts *facts, const json_t *experiment, const json_t *items,
              struct nbt_error *err)
{
    int result = lock(facts, err);
    bool ended = facts->ended;
    size_t first = json_array_size(facts->list);

    if (result == 0)
        result = see(facts, experiment, items, err);
    if (result == 0)
        result = write_new(facts, first, err);
    if (result == 0 && ended != facts->ended)
        result = mark(facts, err);
    (void)flock(facts->fd, LOCK_UN);
    return result;
}

static int write_one(struct facts *facts, const char *kind, json_t *members, struct nbt_error *err)
{
    size_t first = json_array_size(facts->list);
    int result = add(facts, kind, members, err);

    return result < 0 ? result : write_new(facts, first, err);
}

int facts_add(struct facts *facts, const char *kind, json_t *members, struct nbt_error *err)
{
    int result = lock(facts, err);

    if (result < 0)
        json_decref(members);
    else
        result = write_one(facts, kind, members, err);
    (void)flock(facts->fd, LOCK_UN);
    return result;
}

int facts_see_step(struct facts *facts, const char *trial, const json_t *event,
                   struct nbt_error *err)
{
    int result = lock(facts, err);
    json_int_t run = json_integer_value(member(event, "run"));
    bool is_new = strcmp(text(facts->states, trial), "Running") == 0 &&
                  run > json_integer_value(member(facts->runs, trial));

    if (result == 0 && is_new)
        result = write_one(facts, "trial-step",
                           json_pack("{s:s, s:O*, s:O*, s:I, s:O*}", "trial", trial, "step",
                                     member(event, "step"), "cell", member(event, "cell"), "run",
                                     run, "cells", member(event, "cells")),
                           err);
    (void)flock(facts->fd, LOCK_UN);
    return result;
}

int facts_tell(struct facts *facts, uint64_t since, engine_event_fn fn, void *self)
{
    int enough = 0;

    while (!enough && facts->told < json_array_size(facts->list)) {
        const json_t *fact = json_array_get(facts->list, facts->told++);
        if (facts->told > since)
            enough = fn(self, fact);
    }
    return enough;
}
