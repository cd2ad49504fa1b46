/* What the files of the store share. */
#ifndef ENGINE_LOCAL_STORE_PRIVATE_H
#define ENGINE_LOCAL_STORE_PRIVATE_H

#include <sqlite3.h>

#include "engine/local/store.h"

/* The statements, prepared when they are first used and kept. */
enum store_sql {
    SQL_BEGIN,
    SQL_VIEW,
    SQL_COMMIT,
    SQL_INSERT,
    SQL_EXPERIMENT,
    SQL_UPDATE,
    SQL_UPDATE_DOCUMENT,
    SQL_TRIAL_CREATE,
    SQL_TRIAL_START,
    SQL_TRIAL_STEP,
    SQL_TRIAL_LOSE,
    SQL_TRIAL_FINISH,
    SQL_TRIALS,
    SQL_TRIAL,
    SQL_TRIAL_EXISTS,
    SQL_COUNT,
    SQL_FACT,
    SQL_FACTS,
    SQL_WARNINGS,
    SQL_STATEMENTS,
};

struct store {
    sqlite3 *db;
    char *path;
    bool open_transaction;
    bool full;
    bool fresh; /* just being made: nobody else can lock it */
    uint64_t seq;
    sqlite3_stmt *statements[SQL_STATEMENTS];
};

/* The statement with its parameters set by `types`: i int64_t, d double, t const char * (NULL
 * allowed). NULL, and an error, when it cannot be prepared. */
sqlite3_stmt *store_bind(struct store *store, enum store_sql which, struct nbt_error *err,
                         const char *types, ...);

/* store_bind within a transaction, run to its end. */
nbt_must_check int store_change(struct store *store, enum store_sql which, struct nbt_error *err,
                                const char *types, ...);

/* Turns SQLite's last error into ours, rolls back a writer's transaction. Returns the code. */
int store_fail(struct store *store, struct nbt_error *err);

#endif
