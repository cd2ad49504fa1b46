/* The database of an experiment: what goes in comes out, in order and after a commit alone; what is
 * no such database is refused. */
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "check.h"
#include "engine/local/store.h"

static char folder[64];
static char path[96];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/nbkatib-store-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/experiment.db", folder);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    return file_remove_tree(folder, NULL);
}

static struct store *open_store(enum store_mode mode)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct store *store = NULL;
    if (store_open(&store, path, mode, &err) < 0)
        fail_msg("open: %s", err.text);
    return store;
}

static int create(void **state)
{
    if (make_folder(state) < 0)
        return -1;
    struct store *store = open_store(STORE_CREATE);
    json_t *document = json_pack("{s{ss}}", "metadata", "name", "e\xc3\xa9");
    json_t *status = json_object();
    struct store_experiment experiment = {
        .name = (char[]){"exp"},
        .state = (char[]){"Created"},
        .reason = (char[]){""},
        .message = (char[]){""},
        .document = document,
        .status = status,
        .created_us = 1700000000000,
        .optimal = -1,
    };
    assert_int_equal(store_insert(store, &experiment, NULL), 0);
    assert_int_equal(store_commit(store, NULL), 0);
    store_close(store);
    json_decref(document);
    json_decref(status);
    return 0;
}

static int append(void *self, const json_t *fact)
{
    return json_array_append(self, (json_t *)(uintptr_t)fact);
}

static size_t facts_after(struct store *store, uint64_t since, int limit)
{
    auto_json json_t *facts = json_array();
    bool stopped;
    int told = store_facts(store, since, limit, append, facts, &stopped, NULL);
    assert_int_equal(told, json_array_size(facts));
    for (size_t i = 0; i < json_array_size(facts); i++)
        assert_int_equal(json_integer_value(json_object_get(json_array_get(facts, i), "seq")),
                         since + i + 1);
    return (size_t)told;
}

static void facts_are_seen_after_the_commit(void **state)
{
    (void)state;
    struct store *writer = open_store(STORE_WRITE), *reader = open_store(STORE_READ);
    auto_json json_t *members = json_pack("{ss}", "trial", "t-1");
    for (int i = 0; i < 5; i++)
        assert_int_equal(store_fact(writer, "trial-lost", members, NULL), 0);
    assert_true(store_dirty(writer));
    assert_int_equal(facts_after(reader, 0, 100), 0);
    assert_int_equal(store_commit(writer, NULL), 0);
    assert_false(store_dirty(writer));
    assert_int_equal(store_seq(writer), 5);
    assert_int_equal(facts_after(reader, 0, 100), 5);
    assert_int_equal(facts_after(reader, 3, 100), 2);
    assert_int_equal(facts_after(reader, 0, 2), 2);
    assert_int_equal(store_fact(writer, "warning", NULL, NULL), 0);
    store_rollback(writer);
    assert_int_equal(facts_after(reader, 5, 100), 0);
    store_close(writer);
    store_close(reader);
}

static int check_trial(void *self, const struct store_trial *trial, struct nbt_error *err)
{
    (void)err;
    assert_string_equal(trial->state, self);
    assert_string_equal(trial->assignments, "[]");
    return 0;
}

static void a_trial_goes_through_its_states(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_WRITE);
    struct store_trial trial = {.index = 0, .name = "exp-a", .assignments = "[]"};
    assert_int_equal(store_trial_create(store, &trial, NULL), 0);
    assert_true(store_trial_exists(store, "exp-a"));
    assert_false(store_trial_exists(store, "exp-b"));
    assert_int_equal(store_trial(store, 0, check_trial, (char[]){"Pending"}, NULL), 0);
    assert_int_equal(store_trial_start(store, 0, 5, NULL), 0);
    assert_int_equal(store_trial(store, 0, check_trial, (char[]){"Running"}, NULL), 0);
    assert_int_equal(store_trial_lose(store, 0, NULL), 0);
    assert_int_equal(store_trial(store, 0, check_trial, (char[]){"Pending"}, NULL), 0);
    trial.state = "EarlyStopped";
    assert_int_equal(store_trial_finish(store, &trial, NULL), 0);
    assert_int_equal(store_commit(store, NULL), 0);
    struct store_counts counts;
    assert_int_equal(store_count(store, &counts, NULL), 0);
    assert_int_equal(counts.trials, 1);
    assert_int_equal(counts.succeeded, 1);
    struct nbt_error err = NBT_ERROR_INIT;
    assert_true(store_trial_create(store, &trial, &err) < 0);
    store_close(store);
}

static void the_experiment_comes_back_as_it_went(void **state)
{
    (void)state;
    struct store *store = open_store(STORE_READ);
    struct store_experiment got = {0};
    assert_int_equal(store_view(store, NULL), 0);
    assert_int_equal(store_experiment(store, &got, NULL), 0);
    assert_string_equal(got.name, "exp");
    assert_string_equal(got.state, "Created");
    assert_int_equal(got.optimal, -1);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(got.document, "metadata"), "name")),
        "e\xc3\xa9");
    store_experiment_fini(&got);
    store_close(store);
}

static void run_sql(const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void check_refused(const char *name, int want, const char *part)
{
    static const enum store_mode modes[] = {STORE_READ, STORE_WRITE};
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct store *store = NULL;
        int code = store_open(&store, path, modes[i], &err);
        if (code != want || !strstr(err.text, part))
            fail_msg("%s, mode %d: %d '%s'; want %d '%s'", name, (int)modes[i], code, err.text,
                     want, part);
        assert_null(store);
    }
}

static void what_is_no_database_of_ours_is_refused(void **state)
{
    (void)state;
    run_sql("PRAGMA user_version = 99");
    check_refused("newer", NBT_EVERSION, "newer nbkatib");
    run_sql("PRAGMA user_version = 1; PRAGMA application_id = 5");
    check_refused("foreign", NBT_EPARSE, "not a database of nbkatib");
    assert_int_equal(truncate(path, 0), 0);
    check_refused("empty", NBT_EPARSE, "not a database of nbkatib");
    const char garbage[] = "This is no database, it only stands in its place and is long enough to "
                           "be looked at as one.......";
    assert_int_equal(file_write_atomic(path, garbage, sizeof(garbage), 0600, NULL), 0);
    check_refused("garbage", NBT_EPARSE, "damaged");
    assert_int_equal(unlink(path), 0);
    check_refused("absent", NBT_ENOTFOUND, "experiment.db");
    assert_int_equal(mkdir(path, 0700), 0);
    check_refused("a folder", NBT_EPARSE, "is not a file");
}

static void a_damaged_page_is_an_error(void **state)
{
    (void)state;
    run_sql("PRAGMA journal_mode = DELETE");
    static char noise[65536];
    memset(noise, 0x5a, sizeof(noise));
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    fseek(file, 4096, SEEK_SET);
    fwrite(noise, 1, sizeof(noise), file);
    fclose(file);
    struct nbt_error err = NBT_ERROR_INIT;
    struct store *store = NULL;
    struct store_experiment got = {0};
    int code = store_open(&store, path, STORE_READ, &err);
    if (code == 0)
        code = store_experiment(store, &got, &err);
    assert_int_equal(code, NBT_EPARSE);
    assert_non_null(strstr(err.text, "nbkatib delete"));
    store_close(store);
}

static void a_locked_database_is_an_error(void **state)
{
    (void)state;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    struct store *store = open_store(STORE_WRITE);
    struct nbt_error err = NBT_ERROR_INIT;
    assert_int_equal(store_fact(store, "warning", NULL, &err), NBT_ESTATE);
    assert_non_null(strstr(err.text, "another process"));
    sqlite3_close(db);
    store_close(store);
}

/* As another user, since root may write anywhere. */
static void a_read_only_folder_can_be_read(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(chmod(path, 0644), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct store *store = NULL;
        struct store_experiment got = {0};
        int code = setuid(65534);
        if (code == 0)
            code = store_open(&store, path, STORE_READ, NULL);
        if (code == 0)
            code = store_experiment(store, &got, NULL);
        store_experiment_fini(&got);
        store_close(store);
        _exit(code == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(facts_are_seen_after_the_commit, create, drop_folder),
        cmocka_unit_test_setup_teardown(a_trial_goes_through_its_states, create, drop_folder),
        cmocka_unit_test_setup_teardown(the_experiment_comes_back_as_it_went, create, drop_folder),
        cmocka_unit_test_setup_teardown(what_is_no_database_of_ours_is_refused, create,
                                        drop_folder),
        cmocka_unit_test_setup_teardown(a_damaged_page_is_an_error, create, drop_folder),
        cmocka_unit_test_setup_teardown(a_locked_database_is_an_error, create, drop_folder),
        cmocka_unit_test_setup_teardown(a_read_only_folder_can_be_read, create, drop_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
