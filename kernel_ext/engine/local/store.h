/*
 * The database of one experiment: its document, its trials and the facts in their order. Written by
 * its engine alone, under the lock; read by everyone. WAL with synchronous FULL; a rollback journal
 * on network filesystems. Not a place for decisions.
 *
 * Writers: every change belongs to a transaction, which the first change opens and store_commit
 * makes durable; a fact is told to watchers after that alone. When a change fails the transaction
 * is rolled back, and the error says why; store_full tells a full disk. One
 * thread.
 *
 *     if (store_open(&store, paths.database, STORE_WRITE, &err) < 0) ...
 *     store_fact(store, "trial-lost", members, &err);
 *     store_commit(store, &err);
 */
#ifndef ENGINE_LOCAL_STORE_H
#define ENGINE_LOCAL_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "nbtags/error.h"

#define STORE_VERSION 1 /* PRAGMA user_version; migrations in store.c lead here */

struct store;

enum store_mode {
    STORE_READ,   /* never writes; works in a folder that cannot be written */
    STORE_WRITE,  /* migrates an older version; needs the lock */
    STORE_CREATE, /* a new file */
};

/* NBT_ENOTFOUND, NBT_EVERSION (newer, or older and opened to read), NBT_EPARSE (not ours, or
 * damaged), NBT_ESTATE (locked). */
nbt_must_check int store_open(struct store **ret_store, const char *path, enum store_mode mode,
                              struct nbt_error *err);
void store_close(struct store *store);

/* One consistent view over several reads (readers), until store_close. */
nbt_must_check int store_view(struct store *store, struct nbt_error *err);

nbt_must_check int store_commit(struct store *store,
                                struct nbt_error *err); /* 0 also when nothing was changed */
void store_rollback(struct store *store);
bool store_dirty(const struct store *store);   /* changes wait for a commit */
uint64_t store_seq(const struct store *store); /* of the last fact that was appended here */
bool store_full(const struct store *store);    /* the last failure was a full disk */

/* ---- the experiment ---- */

struct store_experiment {
    char *name;
    char *state; /* Created, Running, Stopping, Succeeded, Failed, Stopped */
    char *reason;
    char *message;
    json_t *document; /* without status */
    json_t *status;   /* conditions, startTime, completionTime: what experiment/status.h marks */
    int64_t created_us;
    int64_t completed_us; /* 0 while it is not over: Succeeded, Failed, Stopped */
    int64_t elapsed_ms;   /* time that engines worked on it */
    int64_t optimal;      /* index of the best trial; -1: none */
    uint64_t seq;         /* of the newest fact */
};

/* Inserts the one row of a new database. */
nbt_must_check int store_insert(struct store *store, const struct store_experiment *experiment,
                                struct nbt_error *err);
nbt_must_check int store_experiment(struct store *store, struct store_experiment *ret_experiment,
                                    struct nbt_error *err);
void store_experiment_fini(struct store_experiment *experiment);

/* Writes state, reason, message, status, completed_us, elapsed_ms and optimal. */
nbt_must_check int store_update(struct store *store, const struct store_experiment *experiment,
                                struct nbt_error *err);
nbt_must_check int store_update_document(struct store *store, const json_t *document,
                                         struct nbt_error *err);

/* ---- trials ---- */

/* Texts may be NULL; readers get pointers that live until the callback returns. */
struct store_trial {
    uint64_t index;
    const char *name;
    const char *state;       /* Katib's words */
    const char *assignments; /* JSON [{name, value}] */
    const char *observation; /* JSON {"metrics": [...]} */
    const char *reports;     /* JSON array: the objective's values in order */
    const char *reason, *message, *step, *isolation;
    const char *warnings;             /* JSON array of texts */
    int64_t started_us, completed_us; /* 0: not yet */
    double seconds;
    int64_t cell; /* -1: none */
    int64_t lost; /* engines that died while it ran */
};

nbt_must_check int store_trial_create(struct store *store, const struct store_trial *trial,
                                      struct nbt_error *err);
nbt_must_check int store_trial_start(struct store *store, uint64_t index, int64_t now_us,
                                     struct nbt_error *err);
nbt_must_check int store_trial_step(struct store *store, uint64_t index, const char *step,
                                    int64_t cell, struct nbt_error *err);
nbt_must_check int store_trial_lose(struct store *store, uint64_t index,
                                    struct nbt_error *err); /* Pending again */
/* Writes all but index, name, assignments, started_us and lost. */
nbt_must_check int store_trial_finish(struct store *store, const struct store_trial *trial,
                                      struct nbt_error *err);

typedef int (*store_trial_fn)(void *self, const struct store_trial *trial,
                              struct nbt_error *err); /* negative ends */
nbt_must_check int store_trials(struct store *store, store_trial_fn fn, void *self,
                                struct nbt_error *err); /* by index */
nbt_must_check int store_trial(struct store *store, uint64_t index, store_trial_fn fn, void *self,
                               struct nbt_error *err);
bool store_trial_exists(struct store *store, const char *name);

struct store_counts {
    int64_t trials, pending, running, succeeded,
        failed; /* succeeded with EarlyStopped, failed with MetricsUnavailable */
};
nbt_must_check int store_count(struct store *store, struct store_counts *ret_counts,
                               struct nbt_error *err);

/* ---- facts ---- */

/* Appends {"kind", ... members}; borrows members. */
nbt_must_check int store_fact(struct store *store, const char *kind, const json_t *members,
                              struct nbt_error *err);

/* The facts after `since`, in order, at most `limit` of them; the callback borrows
 * {"seq","time","kind", ...}. Returns how many were told; a callback that returns non-zero ends it,
 * *ret_stopped says so. */
typedef int (*store_fact_fn)(void *self, const json_t *fact);
nbt_must_check int store_facts(struct store *store, uint64_t since, int limit, store_fact_fn fn,
                               void *self, bool *ret_stopped, struct nbt_error *err);
/* Texts of the facts of kind "warning". New reference. */
nbt_must_check int store_warnings(struct store *store, json_t **ret_texts, struct nbt_error *err);

#endif
