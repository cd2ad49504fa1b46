#include "engine/local/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "engine/local/store_private.h"

#define APPLICATION_ID 0x6e626b74 /* "nbkt" */
#define BUSY_MS        5000

/* migrations[n] leads from version n to n + 1. */
static const char *const migrations[STORE_VERSION] = {
    "CREATE TABLE experiment("
    " id INTEGER PRIMARY KEY CHECK(id = 1), name TEXT NOT NULL, state TEXT NOT NULL, reason TEXT "
    "NOT NULL,"
    " message TEXT NOT NULL, document TEXT NOT NULL, status TEXT NOT NULL, created_us INTEGER NOT "
    "NULL,"
    " completed_us INTEGER NOT NULL, elapsed_ms INTEGER NOT NULL, optimal INTEGER NOT NULL);"
    "CREATE TABLE trials("
    " idx INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, state TEXT NOT NULL, assignments TEXT "
    "NOT NULL,"
    " observation TEXT, reports TEXT, reason TEXT, message TEXT, step TEXT, isolation TEXT, "
    "warnings TEXT,"
    " started_us INTEGER NOT NULL DEFAULT 0, completed_us INTEGER NOT NULL DEFAULT 0,"
    " seconds REAL NOT NULL DEFAULT 0, cell INTEGER NOT NULL DEFAULT -1, lost INTEGER NOT NULL "
    "DEFAULT 0);"
    "CREATE INDEX trials_state ON trials(state);"
    "CREATE TABLE facts("
    " seq INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL);"
    "CREATE INDEX facts_warning ON facts(seq) WHERE kind = 'warning';",
};

static const char *const statements[SQL_STATEMENTS] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_VIEW] = "BEGIN",
    [SQL_COMMIT] = "COMMIT",
    [SQL_INSERT] = "INSERT INTO experiment VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SQL_EXPERIMENT] = "SELECT name, state, reason, message, document, status, created_us, "
                       "completed_us, elapsed_ms, optimal,"
                       " (SELECT coalesce(max(seq), 0) FROM facts) FROM experiment",
    [SQL_UPDATE] = "UPDATE experiment SET state = ?, reason = ?, message = ?, status = ?, "
                   "completed_us = ?, elapsed_ms = ?,"
                   " optimal = ?",
    [SQL_UPDATE_DOCUMENT] = "UPDATE experiment SET document = ?",
    [SQL_TRIAL_CREATE] =
        "INSERT INTO trials(idx, name, state, assignments) VALUES(?, ?, 'Pending', ?)",
    [SQL_TRIAL_START] = "UPDATE trials SET state = 'Running', started_us = ? WHERE idx = ?",
    [SQL_TRIAL_STEP] = "UPDATE trials SET step = ?, cell = ? WHERE idx = ?",
    [SQL_TRIAL_LOSE] = "UPDATE trials SET state = 'Pending', started_us = 0, step = NULL, cell = "
                       "-1, lost = lost + 1"
                       " WHERE idx = ?",
    [SQL_TRIAL_FINISH] =
        "UPDATE trials SET state = ?, observation = ?, reports = ?, reason = ?, message = ?, step "
        "= ?,"
        " isolation = ?, warnings = ?, completed_us = ?, seconds = ?, cell = ? WHERE idx = ?",
#define TRIAL_COLUMNS                                                                              \
    "SELECT idx, name, state, assignments, observation, reports, reason, message, step, "          \
    "isolation, warnings,"                                                                         \
    " started_us, completed_us, seconds, cell, lost FROM trials"
    [SQL_TRIALS] = TRIAL_COLUMNS " ORDER BY idx",
    [SQL_TRIAL] = TRIAL_COLUMNS " WHERE idx = ?",
    [SQL_TRIAL_EXISTS] = "SELECT 1 FROM trials WHERE name = ?",
    [SQL_COUNT] = "SELECT state, count(*) FROM trials GROUP BY state",
    [SQL_FACT] = "INSERT INTO facts(time_us, kind, body) VALUES(?, ?, ?)",
    [SQL_FACTS] = "SELECT seq, time_us, kind, body FROM facts WHERE seq > ? ORDER BY seq LIMIT ?",
    [SQL_WARNINGS] = "SELECT body FROM facts WHERE kind = 'warning' ORDER BY seq",
};

static int code_of(int sqlite)
{
    switch (sqlite & 0xff) {
    case SQLITE_NOMEM: return NBT_ENOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return NBT_ESTATE;
    case SQLITE_ERROR: /* our statements are right: a table or column of ours is missing */
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return NBT_EPARSE;
    default: return NBT_EIO;
    }
}

static const char *cure_of(int code, bool full)
{
    if (full)
        return "; free some space, then `nbkatib resume` goes on";
    switch (code) {
    case NBT_ESTATE:
        return "; another process writes to it, end that one and try again; or its filesystem has "
               "no file locks, then set NBKATIB_HOME to a folder on another one";
    case NBT_EPARSE:
        return "; the file is damaged or no database of nbkatib: `nbkatib delete` removes the "
               "experiment, its trials' folders"
               " hold what they produced";
    default: return "";
    }
}

int store_fail(struct store *store, struct nbt_error *err)
{
    int sqlite = sqlite3_extended_errcode(store->db);
    int system = sqlite3_system_errno(store->db);
    store->full = (sqlite & 0xff) == SQLITE_FULL ||
                  ((sqlite & 0xff) == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT));
    int code = code_of(sqlite);
    const char *detail = store->full ? "the disk is full" : sqlite3_errmsg(store->db);
    if (code == NBT_ESTATE && store->fresh)
        code = nbt_error_set(err, NBT_EIO,
                             "state of the experiment, %s: its filesystem has no file locks, which "
                             "are needed; set NBKATIB_HOME to a folder on another one",
                             store->path);
    else
        nbt_error_set(err, code, "state of the experiment, %s: %s%s", store->path, detail,
                      cure_of(code, store->full));
    store_rollback(store);
    return code;
}

static int run(struct store *store, const char *sql, struct nbt_error *err)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_fail(store, err);
}

static int pragma(struct store *store, const char *sql, int64_t *ret_value, struct nbt_error *err)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return store_fail(store, err);
    int step = sqlite3_step(statement);
    if (step == SQLITE_ROW)
        *ret_value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_fail(store, err);
}

static int migrate(struct store *store, int64_t version, struct nbt_error *err)
{
    int code = run(store, "BEGIN IMMEDIATE", err);
    if (code < 0)
        return code;
    store->open_transaction = true;
    for (; code == 0 && version < STORE_VERSION; version++)
        code = run(store, migrations[version], err);
    char sql[96];
    snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d",
             APPLICATION_ID, STORE_VERSION);
    if (code == 0)
        code = run(store, sql, err);
    return code == 0 ? store_commit(store, err) : code;
}

static int check_version(struct store *store, enum store_mode mode, struct nbt_error *err)
{
    int64_t version = 0, application = 0;
    int code = pragma(store, "PRAGMA user_version", &version, err);
    if (code == 0)
        code = pragma(store, "PRAGMA application_id", &application, err);
    if (code < 0)
        return code;
    if (mode == STORE_CREATE)
        return migrate(store, 0, err);
    if (application != APPLICATION_ID || version < 1)
        return nbt_error_set(err, NBT_EPARSE,
                             "%s is not a database of nbkatib (application %lld, version %lld): "
                             "`nbkatib delete` removes the "
                             "experiment, its trials' folders hold what they produced",
                             store->path, (long long)application, (long long)version);
    if (version > STORE_VERSION)
        return nbt_error_set(err, NBT_EVERSION,
                             "%s was written by a newer nbkatib (version %lld of its tables, this "
                             "one knows up to %d): "
                             "use that nbkatib, or a newer one",
                             store->path, (long long)version, STORE_VERSION);
    if (version < STORE_VERSION && mode == STORE_READ)
        return nbt_error_set(
            err, NBT_EVERSION,
            "%s was written by an older nbkatib (version %lld of its tables, this one reads %d): "
            "`nbkatib resume` brings it up to date",
            store->path, (long long)version, STORE_VERSION);
    return version < STORE_VERSION ? migrate(store, version, err) : 0;
}

static int set_journal(struct store *store, struct nbt_error *err)
{
    /* WAL keeps its index in shared memory, which network filesystems do not have. */
    const char *journal =
        file_is_network(store->path) ? "PRAGMA journal_mode = DELETE" : "PRAGMA journal_mode = WAL";
    int code = run(store, journal, err);
    return code == 0 ? run(store, "PRAGMA synchronous = FULL", err) : code;
}

/* A reader in a folder that cannot be written cannot make WAL's index: SQLite then reads the file
 * alone. */
static char *address(const char *path, enum store_mode mode)
{
    auto_free char *shm = NULL;
    auto_free char *folder = file_folder(path);
    if (!folder || asprintf(&shm, "%s-shm", path) < 0)
        return NULL;
    bool alone = mode == STORE_READ && access(folder, W_OK) < 0 && access(shm, R_OK) < 0;
    sqlite3_str *uri = sqlite3_str_new(NULL);
    sqlite3_str_appendall(uri, "file:");
    for (const char *at = path; *at; at++) {
        if (strchr("?#%", *at))
            sqlite3_str_appendf(uri, "%%%02x", (unsigned char)*at);
        else
            sqlite3_str_appendchar(uri, 1, *at);
    }
    if (alone)
        sqlite3_str_appendall(uri, "?immutable=1");
    return sqlite3_str_finish(uri);
}

static int connect(struct store *store, enum store_mode mode, struct nbt_error *err)
{
    static const int flags[] = {
        [STORE_READ] = SQLITE_OPEN_READONLY,
        [STORE_WRITE] = SQLITE_OPEN_READWRITE,
        [STORE_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
    };
    char *uri = address(store->path, mode);
    if (!uri)
        return nbt_error_set(err, NBT_ENOMEM, "no memory to open %s", store->path);
    int result =
        sqlite3_open_v2(uri, &store->db, flags[mode] | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    sqlite3_free(uri);
    if (!store->db)
        return nbt_error_set(err, NBT_ENOMEM, "no memory to open %s", store->path);
    if (result != SQLITE_OK)
        return store_fail(store, err);
    sqlite3_extended_result_codes(store->db, 1);
    store->fresh = mode == STORE_CREATE;
    sqlite3_busy_timeout(store->db, store->fresh ? 0 : BUSY_MS);
    /* A file from elsewhere: no functions or views of its own are trusted. */
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return 0;
}

static int check_file(const char *path, enum store_mode mode, struct nbt_error *err)
{
    struct stat info;
    if (mode == STORE_CREATE)
        return 0;
    if (stat(path, &info) < 0)
        return nbt_error_errno(err, "cannot open the experiment's state %s", path);
    if (!S_ISREG(info.st_mode))
        return nbt_error_set(err, NBT_EPARSE,
                             "%s is not a file, expected the experiment's database", path);
    return 0;
}

int store_open(struct store **ret_store, const char *path, enum store_mode mode,
               struct nbt_error *err)
{
    int code = check_file(path, mode, err);
    if (code < 0)
        return code;
    struct store *store = calloc(1, sizeof(*store));
    if (!store || !(store->path = strdup(path))) {
        store_close(store);
        return nbt_error_set(err, NBT_ENOMEM, "no memory to open %s", path);
    }
    code = connect(store, mode, err);
    if (code == 0 && mode == STORE_CREATE)
        code = set_journal(store, err);
    if (code == 0)
        code = check_version(store, mode, err);
    if (code == 0 && mode == STORE_WRITE)
        code = set_journal(store, err);
    if (code < 0) {
        store_close(store);
        return code;
    }
    *ret_store = store;
    return 0;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    for (int i = 0; i < SQL_STATEMENTS; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->db);
    free(store->path);
    free(store);
}

static void bind_one(sqlite3_stmt *statement, int at, char type, va_list *args)
{
    switch (type) {
    case 'i': sqlite3_bind_int64(statement, at, va_arg(*args, int64_t)); break;
    case 'd': sqlite3_bind_double(statement, at, va_arg(*args, double)); break;
    default:
        sqlite3_bind_text(statement, at, va_arg(*args, const char *), -1, SQLITE_STATIC);
        break;
    }
}

static sqlite3_stmt *bind_all(struct store *store, enum store_sql which, struct nbt_error *err,
                              const char *types, va_list *args)
{
    sqlite3_stmt **place = &store->statements[which];
    if (!*place && sqlite3_prepare_v3(store->db, statements[which], -1, SQLITE_PREPARE_PERSISTENT,
                                      place, NULL) != SQLITE_OK) {
        store_fail(store, err);
        return NULL;
    }
    sqlite3_reset(*place);
    for (int i = 0; types[i]; i++)
        bind_one(*place, i + 1, types[i], args);
    return *place;
}

sqlite3_stmt *store_bind(struct store *store, enum store_sql which, struct nbt_error *err,
                         const char *types, ...)
{
    va_list args;
    va_start(args, types);
    sqlite3_stmt *statement = bind_all(store, which, err, types, &args);
    va_end(args);
    return statement;
}

/* Runs a statement without rows and lets go of the texts bound to it. */
static int finish(struct store *store, sqlite3_stmt *statement, struct nbt_error *err)
{
    int step = sqlite3_step(statement);
    int code = step == SQLITE_DONE || step == SQLITE_ROW ? 0 : store_fail(store, err);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return code;
}

static int simple(struct store *store, enum store_sql which, struct nbt_error *err)
{
    sqlite3_stmt *statement = store_bind(store, which, err, "");
    return statement ? finish(store, statement, err) : code_of(sqlite3_errcode(store->db));
}

int store_change(struct store *store, enum store_sql which, struct nbt_error *err,
                 const char *types, ...)
{
    if (!store->open_transaction) {
        int code = simple(store, SQL_BEGIN, err);
        if (code < 0)
            return code;
        store->open_transaction = true;
    }
    va_list args;
    va_start(args, types);
    sqlite3_stmt *statement = bind_all(store, which, err, types, &args);
    va_end(args);
    return statement ? finish(store, statement, err) : code_of(sqlite3_errcode(store->db));
}

int store_commit(struct store *store, struct nbt_error *err)
{
    if (!store->open_transaction)
        return 0;
    int code = simple(store, SQL_COMMIT, err);
    if (code == 0)
        store->open_transaction = false;
    return code;
}

void store_rollback(struct store *store)
{
    /* SQLite may have rolled back by itself (a full disk). */
    if (store->db && !sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    store->open_transaction = false;
}

bool store_dirty(const struct store *store)
{
    return store->open_transaction;
}

bool store_full(const struct store *store)
{
    return store->full;
}

uint64_t store_seq(const struct store *store)
{
    return store->seq;
}

int store_view(struct store *store, struct nbt_error *err)
{
    return simple(store, SQL_VIEW, err);
}
