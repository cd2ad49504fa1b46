/* Reading and writing the rows of the store: the experiment, its trials, its facts. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "engine/local/store_private.h"

static const char *text_at(sqlite3_stmt *row, int column)
{
    return (const char *)sqlite3_column_text(row, column);
}

static char *dump(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
}

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the experiment's state");
}

static int code_after(struct store *store, int step, struct nbt_error *err)
{
    return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_fail(store, err);
}

int store_insert(struct store *store, const struct store_experiment *experiment,
                 struct nbt_error *err)
{
    auto_free char *document = dump(experiment->document);
    auto_free char *status = dump(experiment->status);
    if (!document || !status)
        return no_memory(err);
    return store_change(store, SQL_INSERT, err, "ttttttiiii", experiment->name, experiment->state,
                        experiment->reason, experiment->message, document, status,
                        experiment->created_us, experiment->completed_us, experiment->elapsed_ms,
                        experiment->optimal);
}

static int damaged(struct store *store, const char *what, struct nbt_error *err)
{
    return nbt_error_set(err, NBT_EPARSE,
                         "%s is damaged: %s; `nbkatib delete` removes the experiment, its trials' "
                         "folders hold what they "
                         "produced",
                         store->path, what);
}

static char *copy_at(sqlite3_stmt *row, int column)
{
    const char *text = text_at(row, column);
    return strdup(text ? text : "");
}

static int read_experiment(struct store *store, sqlite3_stmt *row, struct store_experiment *ret,
                           struct nbt_error *err)
{
    const char *document = text_at(row, 4), *status = text_at(row, 5);
    struct store_experiment got = {
        .name = copy_at(row, 0),
        .state = copy_at(row, 1),
        .reason = copy_at(row, 2),
        .message = copy_at(row, 3),
        .document = document ? json_loads(document, 0, NULL) : NULL,
        .status = status ? json_loads(status, 0, NULL) : NULL,
        .created_us = sqlite3_column_int64(row, 6),
        .completed_us = sqlite3_column_int64(row, 7),
        .elapsed_ms = sqlite3_column_int64(row, 8),
        .optimal = sqlite3_column_int64(row, 9),
        .seq = (uint64_t)sqlite3_column_int64(row, 10),
    };
    int code = 0;
    if (!got.name || !got.state || !got.reason || !got.message)
        code = no_memory(err);
    else if (!json_is_object(got.document) || !json_is_object(got.status))
        code = damaged(store, "the Experiment in it cannot be read", err);
    if (code < 0)
        store_experiment_fini(&got);
    else
        *ret = got;
    return code;
}

int store_experiment(struct store *store, struct store_experiment *ret_experiment,
                     struct nbt_error *err)
{
    sqlite3_stmt *row = store_bind(store, SQL_EXPERIMENT, err, "");
    if (!row)
        return err ? err->code : NBT_EIO;
    int step = sqlite3_step(row);
    int code = code_after(store, step, err);
    if (code == 0)
        code = step == SQLITE_ROW ? read_experiment(store, row, ret_experiment, err)
                                  : damaged(store, "it holds no Experiment", err);
    sqlite3_reset(row);
    return code;
}

void store_experiment_fini(struct store_experiment *experiment)
{
    if (!experiment)
        return;
    free(experiment->name);
    free(experiment->state);
    free(experiment->reason);
    free(experiment->message);
    json_decref(experiment->document);
    json_decref(experiment->status);
    *experiment = (struct store_experiment){0};
}

int store_update(struct store *store, const struct store_experiment *experiment,
                 struct nbt_error *err)
{
    auto_free char *status = dump(experiment->status);
    if (!status)
        return no_memory(err);
    return store_change(store, SQL_UPDATE, err, "ttttiii", experiment->state, experiment->reason,
                        experiment->message, status, experiment->completed_us,
                        experiment->elapsed_ms, experiment->optimal);
}

int store_update_document(struct store *store, const json_t *document, struct nbt_error *err)
{
    auto_free char *text = dump(document);
    return text ? store_change(store, SQL_UPDATE_DOCUMENT, err, "t", text) : no_memory(err);
}

int store_trial_create(struct store *store, const struct store_trial *trial, struct nbt_error *err)
{
    return store_change(store, SQL_TRIAL_CREATE, err, "itt", (int64_t)trial->index, trial->name,
                        trial->assignments);
}

int store_trial_start(struct store *store, uint64_t index, int64_t now_us, struct nbt_error *err)
{
    return store_change(store, SQL_TRIAL_START, err, "ii", now_us, (int64_t)index);
}

int store_trial_step(struct store *store, uint64_t index, const char *step, int64_t cell,
                     struct nbt_error *err)
{
    return store_change(store, SQL_TRIAL_STEP, err, "tii", step, cell, (int64_t)index);
}

int store_trial_lose(struct store *store, uint64_t index, struct nbt_error *err)
{
    return store_change(store, SQL_TRIAL_LOSE, err, "i", (int64_t)index);
}

int store_trial_finish(struct store *store, const struct store_trial *trial, struct nbt_error *err)
{
    return store_change(store, SQL_TRIAL_FINISH, err, "ttttttttidii", trial->state,
                        trial->observation, trial->reports, trial->reason, trial->message,
                        trial->step, trial->isolation, trial->warnings, trial->completed_us,
                        trial->seconds, trial->cell, (int64_t)trial->index);
}

static int tell_trials(struct store *store, sqlite3_stmt *row, store_trial_fn fn, void *self,
                       struct nbt_error *err)
{
    int step, code = 0;
    while (code >= 0 && (step = sqlite3_step(row)) == SQLITE_ROW) {
        struct store_trial trial = {
            .index = (uint64_t)sqlite3_column_int64(row, 0),
            .name = text_at(row, 1),
            .state = text_at(row, 2),
            .assignments = text_at(row, 3),
            .observation = text_at(row, 4),
            .reports = text_at(row, 5),
            .reason = text_at(row, 6),
            .message = text_at(row, 7),
            .step = text_at(row, 8),
            .isolation = text_at(row, 9),
            .warnings = text_at(row, 10),
            .started_us = sqlite3_column_int64(row, 11),
            .completed_us = sqlite3_column_int64(row, 12),
            .seconds = sqlite3_column_double(row, 13),
            .cell = sqlite3_column_int64(row, 14),
            .lost = sqlite3_column_int64(row, 15),
        };
        code = fn(self, &trial, err);
    }
    if (code >= 0)
        code = code_after(store, step, err);
    sqlite3_reset(row);
    return code;
}

int store_trials(struct store *store, store_trial_fn fn, void *self, struct nbt_error *err)
{
    sqlite3_stmt *row = store_bind(store, SQL_TRIALS, err, "");
    return row ? tell_trials(store, row, fn, self, err) : NBT_EIO;
}

int store_trial(struct store *store, uint64_t index, store_trial_fn fn, void *self,
                struct nbt_error *err)
{
    sqlite3_stmt *row = store_bind(store, SQL_TRIAL, err, "i", (int64_t)index);
    return row ? tell_trials(store, row, fn, self, err) : NBT_EIO;
}

bool store_trial_exists(struct store *store, const char *name)
{
    sqlite3_stmt *row = store_bind(store, SQL_TRIAL_EXISTS, NULL, "t", name);
    bool found = row && sqlite3_step(row) == SQLITE_ROW;
    if (row) {
        sqlite3_reset(row);
        sqlite3_clear_bindings(row);
    }
    return found;
}

static void count_state(struct store_counts *counts, const char *state, int64_t n)
{
    const struct {
        const char *state;
        int64_t *place;
    } rows[] = {
        {"Pending", &counts->pending},     {"Running", &counts->running},
        {"Succeeded", &counts->succeeded}, {"EarlyStopped", &counts->succeeded},
        {"Failed", &counts->failed},       {"MetricsUnavailable", &counts->failed},
    };
    counts->trials += n;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i].state, state) == 0)
            *rows[i].place += n;
}

int store_count(struct store *store, struct store_counts *ret_counts, struct nbt_error *err)
{
    sqlite3_stmt *row = store_bind(store, SQL_COUNT, err, "");
    if (!row)
        return NBT_EIO;
    struct store_counts counts = {0};
    int step;
    while ((step = sqlite3_step(row)) == SQLITE_ROW)
        count_state(&counts, text_at(row, 0), sqlite3_column_int64(row, 1));
    int code = code_after(store, step, err);
    sqlite3_reset(row);
    if (code == 0)
        *ret_counts = counts;
    return code;
}

int store_fact(struct store *store, const char *kind, const json_t *members, struct nbt_error *err)
{
    auto_free char *body = members ? dump(members) : strdup("{}");
    if (!body)
        return no_memory(err);
    int code = store_change(store, SQL_FACT, err, "itt", clock_realtime_us(), kind, body);
    if (code == 0)
        store->seq = (uint64_t)sqlite3_last_insert_rowid(store->db);
    return code;
}

/* New reference; NULL when the row cannot be read. */
static json_t *fact_of(sqlite3_stmt *row)
{
    char time[CLOCK_TEXT_MAX];
    clock_rfc3339(time, sqlite3_column_int64(row, 1));
    auto_json json_t *members = json_loads(text_at(row, 3), 0, NULL);
    json_t *fact = json_pack("{sI ss ss}", "seq", (json_int_t)sqlite3_column_int64(row, 0), "time",
                             time, "kind", text_at(row, 2));
    if (!fact || !json_is_object(members) || json_object_update_missing(fact, members) < 0) {
        json_decref(fact);
        return NULL;
    }
    return fact;
}

int store_facts(struct store *store, uint64_t since, int limit, store_fact_fn fn, void *self,
                bool *ret_stopped, struct nbt_error *err)
{
    sqlite3_stmt *row = store_bind(store, SQL_FACTS, err, "ii", (int64_t)since, (int64_t)limit);
    if (!row)
        return NBT_EIO;
    int step, told = 0, code = 0;
    *ret_stopped = false;
    while (code == 0 && !*ret_stopped && (step = sqlite3_step(row)) == SQLITE_ROW) {
        auto_json json_t *fact = fact_of(row);
        if (!fact)
            code = damaged(store, "a fact in it cannot be read", err);
        else
            *ret_stopped = fn(self, fact) != 0;
        told++;
    }
    if (code == 0 && !*ret_stopped)
        code = code_after(store, step, err);
    sqlite3_reset(row);
    return code < 0 ? code : told;
}

int store_warnings(struct store *store, json_t **ret_texts, struct nbt_error *err)
{
    sqlite3_stmt *row = store_bind(store, SQL_WARNINGS, err, "");
    auto_json json_t *texts = json_array();
    if (!row || !texts)
        return row ? no_memory(err) : NBT_EIO;
    int step;
    while ((step = sqlite3_step(row)) == SQLITE_ROW) {
        auto_json json_t *body = json_loads(text_at(row, 0), 0, NULL);
        json_array_append(texts, json_object_get(body, "text"));
    }
    int code = code_after(store, step, err);
    sqlite3_reset(row);
    if (code == 0)
        *ret_texts = TAKE(texts);
    return code;
}
