/* The lock: who holds it, that it dies with its holder, and what the file says when there is no
 * lock to ask. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "base/scope.h"
#include "check.h"
#include "engine/local/lock.h"

static char path[64];

static int make_place(void **state)
{
    (void)state;
    char folder[] = "/tmp/nbkatib-lock-XXXXXX";
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/lock", folder);
    return 0;
}

static int drop_place(void **state)
{
    (void)state;
    *strrchr(path, '/') = '\0';
    return file_remove_tree(path, NULL);
}

/* A child that takes the lock and waits; returns when it holds it. */
static pid_t holder_process(void)
{
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct lock lock;
        char code = lock_take(&lock, path, NULL) == 0 && lock_describe(&lock, "b1", "/s", NULL) == 0
                        ? '+'
                        : '-';
        if (write(ready[1], &code, 1) == 1)
            pause();
        _exit(1);
    }
    char code = '?';
    assert_int_equal(read(ready[0], &code, 1), 1);
    assert_int_equal(code, '+');
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void it_excludes_and_says_by_whom(void **state)
{
    (void)state;
    pid_t pid = holder_process();
    struct lock_holder holder;
    struct lock lock;
    struct nbt_error err = NBT_ERROR_INIT;
    assert_true(lock_is_held(path, &holder));
    assert_int_equal(holder.pid, pid);
    assert_string_equal(holder.boot, process_boot_id());
    assert_int_equal(holder.start_time, process_start_time(pid));
    assert_string_equal(holder.build, "b1");
    assert_string_equal(holder.socket, "/s");
    assert_true(lock_holder_here(&holder));
    assert_int_equal(lock_take(&lock, path, &err), NBT_ESTATE);
    char number[32];
    snprintf(number, sizeof(number), "process %d", (int)pid);
    assert_non_null(strstr(err.text, number));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_false(lock_is_held(path, &holder));
    assert_false(lock_holder_here(&holder));
    nbt_error_clear(&err);
    assert_int_equal(lock_take(&lock, path, &err), 0);
    lock_drop(&lock);
    lock_drop(&lock);
}

static void dropping_it_forgets_the_holder(void **state)
{
    (void)state;
    struct lock lock;
    struct lock_holder holder;
    assert_int_equal(lock_take(&lock, path, NULL), 0);
    assert_int_equal(lock_describe(&lock, "build", "/a/long/path/of/a/socket", NULL), 0);
    assert_int_equal(lock_describe(&lock, "build", "/s", NULL), 0);
    assert_true(lock_is_held(path, &holder));
    assert_string_equal(holder.socket, "/s");
    lock_drop(&lock);
    assert_false(lock_is_held(path, &holder));
    assert_int_equal(holder.pid, 0);
}

static void damaged_or_missing_facts_are_nobody(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "{", "[]", "{\"pid\": \"x\"}", "{\"pid\": 1, \"start\": 2}", "\x80\xff"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct lock_holder holder;
        assert_int_equal(file_write_atomic(path, texts[i], strlen(texts[i]), 0600, NULL), 0);
        assert_false(lock_is_held(path, &holder));
        assert_false(lock_holder_here(&holder));
        struct lock lock;
        assert_int_equal(lock_take(&lock, path, NULL), 0);
        lock_drop(&lock);
    }
    assert_int_equal(unlink(path), 0);
    assert_false(lock_is_held(path, NULL));
}

static void a_link_in_its_place_is_refused(void **state)
{
    (void)state;
    struct lock lock;
    struct nbt_error err = NBT_ERROR_INIT;
    unlink(path);
    assert_int_equal(symlink("/tmp/nbkatib-nowhere", path), 0);
    assert_true(lock_take(&lock, path, &err) < 0);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_excludes_and_says_by_whom),
        cmocka_unit_test(dropping_it_forgets_the_holder),
        cmocka_unit_test(damaged_or_missing_facts_are_nobody),
        cmocka_unit_test(a_link_in_its_place_is_refused),
    };
    return cmocka_run_group_tests(tests, make_place, drop_place);
}
