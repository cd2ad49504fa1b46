#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/process.h"
#include "base/scope.h"
#include "check.h"

static char *scratch; /* a folder of this run */

static int make_scratch(void **state)
{
    (void)state;
    scratch = strdup("/tmp/nbkatib-base-XXXXXX");
    return mkdtemp(scratch) ? 0 : -1;
}

static int drop_scratch(void **state)
{
    (void)state;
    int code = file_remove_tree(scratch, NULL);
    free(scratch);
    return code;
}

static void buf_grows_and_keeps_its_maximum(void **state)
{
    (void)state;
    CLEANUP(buf_fini) struct buf buf = buf_init(10);
    assert_string_equal(buf_text(&buf), "");
    buf_printf(&buf, "%d-%s", 42, "abc");
    buf_putc(&buf, 'x');
    assert_string_equal(buf_text(&buf), "42-abcx");
    buf_puts(&buf, "1234");
    assert_true(buf_failed(&buf));
    assert_string_equal(buf_text(&buf), "42-abcx");
    buf_putc(&buf, 'y'); /* fits, but a failed buffer takes nothing */
    assert_string_equal(buf_text(&buf), "42-abcx");
    assert_null(buf_take(&buf));
    buf_puts(&buf, "0123456789");
    assert_false(buf_failed(&buf));
}

static void time_is_printed_as_rfc3339(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_MAX];
    clock_rfc3339(text, 1700000000000042);
    assert_string_equal(text, "2023-11-14T22:13:20.000042Z");
    clock_rfc3339_seconds(text, 1700000000999999);
    assert_string_equal(text, "2023-11-14T22:13:20Z");
    assert_int_equal(clock_left_ms(-1), -1);
    assert_int_equal(clock_left_ms(clock_monotonic_ms() - 5), 0);
    assert_int_equal(clock_left_ms(INT64_MAX), INT32_MAX);
}

static void text_for_terminals_has_no_controls(void **state)
{
    (void)state;
    static const struct {
        const char *input, *want;
    } cases[] = {
        {"plain äß€😀", "plain äß€😀"},
        {"a\033[2Jb", "a\\x1b[2Jb"},
        {"line\nnext\t", "line\\x0anext\\x09"},
        {"\xc2\x9b"
         "31m",
         "\\xc2\\x9b31m"},
        {"bad \xff\xc3(", "bad \\xff\\xc3("},
        {"\xe2\x80\xae"
         "evil",
         "\\xe2\\x80\\xaeevil"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
        {"cut \xe2\x82", "cut \\xe2\\x82"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_free char *got = file_printable(cases[i].input);
        assert_string_equal(got, cases[i].want);
    }
}

static void files_are_replaced_whole(void **state)
{
    (void)state;
    auto_free char *path = file_join(scratch, "a file");
    auto_free char *data = NULL;
    size_t length;
    struct nbt_error err = NBT_ERROR_INIT;
    assert_int_equal(file_write_atomic(path, "one", 3, 0640, &err), 0);
    assert_int_equal(file_replace(path, "two\0x", 5, 0600, &err), 0);
    assert_int_equal(file_read(path, 5, &data, &length, &err), 0);
    assert_int_equal(length, 5);
    assert_memory_equal(data, "two\0x", 6);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    assert_int_equal(file_read(path, 4, &data, &length, &err), NBT_EINVAL);
    nbt_error_clear(&err);
    assert_int_equal(file_read(scratch, 4, &data, &length, &err), NBT_EINVAL);
    char hex[65];
    file_sha256_bytes("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void a_tree_is_removed_without_following_links(void **state)
{
    (void)state;
    auto_free char *outside = file_join(scratch, "outside");
    auto_free char *tree = file_join(scratch, "tree/a/b");
    auto_free char *root = file_join(scratch, "tree");
    auto_free char *link = file_join(tree, "link");
    assert_int_equal(file_mkdir_all(outside, 0700, NULL), 0);
    assert_int_equal(file_mkdir_all(tree, 0700, NULL), 0);
    assert_int_equal(symlink(outside, link), 0);
    assert_int_equal(chmod(tree, 0500), 0);
    assert_int_equal(file_remove_tree(root, NULL), 0);
    assert_int_equal(access(root, F_OK), -1);
    assert_int_equal(access(outside, F_OK), 0);
    assert_int_equal(file_remove_tree(root, NULL), 0);
}

static void set_variable(const char *name, const char *value)
{
    assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

static void state_is_kept_in_the_first_folder_that_is_named(void **state)
{
    const struct passwd *user = getpwuid(geteuid());
    auto_free char *of_user = file_join(user->pw_dir, ".local/share/nbkatib");
    auto_free char *here = getcwd(NULL, 0);
    auto_free char *below = file_join(here, "own");
    const struct {
        const char *own, *data, *home, *want;
    } rows[] = {
        {"/own", "/data", "/home/u", "/own"},
        {"own", "/data", "/home/u", below},
        {"", "/data", "/home/u", "/data/nbkatib"},
        {NULL, "data", "/home/u", "/home/u/.local/share/nbkatib"},
        {NULL, NULL, "", of_user},
        {NULL, NULL, NULL, of_user},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_free char *got = NULL;
        set_variable("NBKATIB_HOME", rows[i].own);
        set_variable("XDG_DATA_HOME", rows[i].data);
        set_variable("HOME", rows[i].home);
        assert_int_equal(file_state_root(&got, NULL), 0);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("row %zu: got %s, want %s", i, got, rows[i].want);
    }
}

struct trace {
    bool done;
    struct loop *loop;
    char text[32];
    int fds[2];
};

static void add(struct trace *trace, char c)
{
    size_t length = strlen(trace->text);
    trace->text[length] = c;
    trace->text[length + 1] = '\0';
}

static void on_readable(void *self, int fd, short revents)
{
    (void)revents;
    struct trace *trace = self;
    char c;
    assert_int_equal(read(fd, &c, 1), 1);
    add(trace, c);
    loop_remove_fd(trace->loop, fd);
    trace->done = true;
}

static void on_late(void *self)
{
    struct trace *trace = self;
    add(trace, 'b');
    assert_int_equal(write(trace->fds[1], "c", 1), 1);
}

static void on_early(void *self)
{
    add(self, 'a');
}

static void loop_runs_timers_in_order_and_descriptors(void **state)
{
    (void)state;
    struct trace trace = {.loop = loop_new()};
    assert_int_equal(pipe(trace.fds), 0);
    assert_int_equal(loop_add_fd(trace.loop, trace.fds[0], POLLIN, on_readable, &trace), 0);
    assert_true(loop_add_timer(trace.loop, 20, on_late, &trace) > 0);
    assert_true(loop_add_timer(trace.loop, 1, on_early, &trace) > 0);
    int never = loop_add_timer(trace.loop, 5, on_early, &trace);
    loop_remove_timer(trace.loop, never);
    while (!trace.done)
        loop_step(trace.loop, -1);
    assert_string_equal(trace.text, "abc");
    loop_free(trace.loop);
    close(trace.fds[0]);
    close(trace.fds[1]);
}

/* Runs sh -c with fd 1 to a pipe and returns what it printed. */
static void shell(const char *script, const struct process_options *extra, char output[256],
                  int *ret_status)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    const char *argv[] = {"sh", "-c", script, NULL};
    struct process_map map = {1, fds[1]};
    struct process_options options = *extra;
    options.argv = argv;
    options.maps = &map;
    options.n_maps = 1;
    struct process process;
    struct nbt_error err = NBT_ERROR_INIT;
    if (process_start(&process, &options, &err) < 0)
        fail_msg("%s", err.text);
    close(fds[1]);
    size_t length = 0;
    for (ssize_t n; (n = read(fds[0], output + length, 255 - length)) > 0;)
        length += (size_t)n;
    output[length] = '\0';
    close(fds[0]);
    assert_int_equal(process_reap(&process, 5000, ret_status), 0);
    assert_int_equal(process.pid, 0);
}

static void a_process_gets_what_it_was_given(void **state)
{
    (void)state;
    char output[256];
    int status;
    const char *const environment[] = {"PATH=/usr/bin:/bin", "X=1", PROCESS_MARKER "=old", NULL};
    struct process_options options = {
        .environment = environment, .directory = "/", .marker = "m/1", .new_session = true};
    shell("pwd; echo $X $" PROCESS_MARKER "; ls /proc/self/fd | wc -l; exit 3", &options, output,
          &status);
    assert_string_equal(output, "/\n1 m/1\n4\n");
    char text[64];
    process_describe(status, text);
    assert_string_equal(text, "exited with status 3");
}

static void a_missing_program_is_an_error_of_the_start(void **state)
{
    (void)state;
    static const struct {
        const char *program, *directory;
        int want;
    } cases[] = {{"no-such-program-x", NULL, NBT_ENOTFOUND},
                 {"/etc/passwd", NULL, NBT_EIO},
                 {"sh", "/no/such", NBT_ENOTFOUND}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *argv[] = {cases[i].program, NULL};
        struct process_options options = {.argv = argv, .directory = cases[i].directory};
        struct process process = {.pid = -7};
        struct nbt_error err = NBT_ERROR_INIT;
        assert_int_equal(process_start(&process, &options, &err), cases[i].want);
        assert_int_equal(process.pid, -7);
        assert_non_null(strstr(err.text, cases[i].program));
    }
}

static void marked_processes_are_found_and_ended(void **state)
{
    (void)state;
    char marker[64];
    snprintf(marker, sizeof(marker), "base-test-%d", (int)getpid());
    char child_marker[80];
    snprintf(child_marker, sizeof(child_marker), "%s/t1", marker);
    char output[256];
    int status;
    struct process_options options = {.marker = child_marker, .new_session = true};
    shell("setsid sleep 60 >/dev/null 2>&1 & setsid sleep 61 >/dev/null 2>&1 & sleep 0.2; echo up",
          &options, output, &status);
    assert_string_equal(output, "up\n");
    assert_int_equal(process_sweep("base-test"), 0); /* a prefix that is no path prefix */
    assert_int_equal(process_sweep(marker), 2);
    assert_int_equal(process_sweep(marker), 0);
}

static void adopted_processes_are_ended_without_a_marker(void **state)
{
    (void)state;
    char output[256];
    int status;
    struct process_options options = {.marker = "base-test", .new_session = true};
    process_adopt();
    shell("env -i setsid sh -c 'sleep 62 & sleep 63' >/dev/null 2>&1 & sleep 0.3; echo up",
          &options, output, &status);
    assert_string_equal(output, "up\n");
    assert_int_equal(process_sweep("base-test"), 0);
    assert_int_equal(process_end_children(), 3);
    assert_int_equal(process_end_children(), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void a_child_dies_with_its_parent(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t parent = fork();
    if (parent == 0) {
        const char *argv[] = {"sleep", "60", NULL};
        struct process_map map = {1, fds[1]};
        struct process_options options = {
            .argv = argv, .die_with_parent = true, .maps = &map, .n_maps = 1};
        struct process process;
        _exit(process_start(&process, &options, NULL) < 0);
    }
    int status;
    assert_int_equal(waitpid(parent, &status, 0), parent);
    assert_int_equal(WEXITSTATUS(status), 0);
    close(fds[1]);
    struct pollfd entry = {.fd = fds[0], .events = POLLIN};
    assert_int_equal(poll(&entry, 1, 5000), 1); /* end of file: the sleeper is gone */
    close(fds[0]);
}

static void kill_ends_the_group_and_is_idempotent(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    const char *argv[] = {"sh", "-c", "sleep 60 & sleep 61", NULL};
    struct process_map map = {1, fds[1]};
    struct process_options options = {.argv = argv, .new_session = true, .maps = &map, .n_maps = 1};
    struct process process;
    assert_int_equal(process_start(&process, &options, NULL), 0);
    close(fds[1]);
    assert_int_equal(process_start_time(process.pid), process.start_time);
    assert_int_equal(process_reap(&process, 50, NULL), NBT_ETIMEOUT);
    process_kill(&process);
    process_kill(&process);
    struct pollfd entry = {.fd = fds[0], .events = POLLIN};
    assert_int_equal(poll(&entry, 1, 5000), 1);
    close(fds[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_grows_and_keeps_its_maximum),
        cmocka_unit_test(time_is_printed_as_rfc3339),
        cmocka_unit_test(text_for_terminals_has_no_controls),
        cmocka_unit_test(files_are_replaced_whole),
        cmocka_unit_test(a_tree_is_removed_without_following_links),
        cmocka_unit_test(state_is_kept_in_the_first_folder_that_is_named),
        cmocka_unit_test(loop_runs_timers_in_order_and_descriptors),
        cmocka_unit_test(a_process_gets_what_it_was_given),
        cmocka_unit_test(a_missing_program_is_an_error_of_the_start),
        cmocka_unit_test(marked_processes_are_found_and_ended),
        cmocka_unit_test(adopted_processes_are_ended_without_a_marker),
        cmocka_unit_test(a_child_dies_with_its_parent),
        cmocka_unit_test(kill_ends_the_group_and_is_idempotent),
    };
    return cmocka_run_group_tests(tests, make_scratch, drop_scratch);
}
