/* The client against the real ipykernel. */
#include <signal.h>
#include <sys/stat.h>

#include "nbtags/number.h"
#include "support.h"

static struct client_options options_of(const struct kernelspec *spec)
{
    return (struct client_options){
        .spec = spec, .directory = "/tmp", .cancel_fd = -1, .output_fd = -1};
}

/* ipykernel of the system's Python, as a spec that lies in a JUPYTER_PATH of the test's own. */
static struct kernelspec *ipykernel_spec(void)
{
    char folder[] = "/tmp/nbkatib-test-XXXXXX";
    char path[256];
    struct kernelspec *spec = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "mkdir -p %s/kernels/system-python", folder);
    assert_int_equal(system(path), 0);
    snprintf(path, sizeof(path), "%s/kernels/system-python/kernel.json", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("{\"argv\": [\"" SYSTEM_PYTHON
          "\", \"-m\", \"ipykernel_launcher\", \"-f\", \"{connection_file}\"],"
          " \"display_name\": \"System\", \"language\": \"python\"}",
          file);
    fclose(file);
    setenv("JUPYTER_PATH", folder, 1);
    assert_ok(kernelspec_find(&spec, "System-Python", "python", &err));
    snprintf(path, sizeof(path), "rm -r %s", folder);
    assert_int_equal(system(path), 0);
    unsetenv("JUPYTER_PATH");
    return spec;
}

static int setup(void **state)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct client *client = NULL;
    if (!python_has("ipykernel"))
        return 0;
    struct kernelspec *spec = ipykernel_spec();
    struct client_options options = options_of(spec);
    options.session_name = "folder/my notebook.ipynb";
    assert_ok(client_start(&client, &options, &err));
    kernelspec_free(spec);
    *state = client;
    return 0;
}

static int teardown(void **state)
{
    client_free(*state);
    return 0;
}

struct row {
    const char *code;
    int ok;
    const char *heard; /* part of "type text;" lines; "" : anything */
    const char *ename;
};

static const struct row rows[] = {
    {"print('a')", 1, "status busy;execute_input ;stream a", NULL},
    {"6*7", 1, "execute_result 42;", NULL},
    {"import sys; print('e', file=sys.stderr)", 1, "stream e", NULL},
    {"print('h\\u00e9 \\U0001F600')", 1, "stream h\xC3\xA9 \xF0\x9F\x98\x80", NULL},
    {"1/0", 0, "error ZeroDivisionError;", "ZeroDivisionError"},
    {"def f(:", 0, "error SyntaxError;", "SyntaxError"},
    {"input('name?')", 0, "error StdinNotImplementedError;", "StdinNotImplementedError"},
    {"raise KeyboardInterrupt", 0, "error KeyboardInterrupt;", "KeyboardInterrupt"},
    {"", 1, "status busy;", NULL},
    {"print('lone \\ud83d')", -1, "", NULL},
    {"from IPython.display import display; display({'application/json': float('nan'), "
     "'text/plain': 'n'}, raw=True)",
     -1, "", NULL},
    {"import os; os.environ['JPY_SESSION_NAME']", 1, "execute_result 'folder/my notebook.ipynb';",
     NULL},
    {"int(os.environ['JPY_PARENT_PID']) == os.getppid()", 1, "execute_result True;", NULL},
    {"get_ipython().history_manager.hist_file", 1, "execute_result ':memory:';", NULL},
    {"os.getcwd()", 1, "execute_result '/tmp';", NULL},
    {"os.getpgid(0) == os.getpid()", 1, "execute_result True;", NULL},
};

static void run_row(struct client *client, const struct row *row)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct client_reply reply = {0};
    struct heard heard = heard_init();
    const struct client_request request = {
        .code = row->code, .timeout_ms = 30000, .on_message = hear, .self = &heard};
    assert_ok(client_execute(client, &request, &reply, &err));
    const char *ename = json_string_value(json_object_get(reply.content, "ename"));
    if (row->ok >= 0 && reply.ok != row->ok)
        fail_msg("%s: ok %d, expected %d; %s", row->code, reply.ok, row->ok,
                 buf_text(&heard.lines));
    assert_contains(buf_text(&heard.lines), row->heard);
    if (row->ename && (!ename || strcmp(ename, row->ename) != 0))
        fail_msg("%s: ename %s, expected %s", row->code, ename ? ename : "none", row->ename);
    if (*row->code)
        assert_true(reply.busy_us > 0 && reply.input_us >= reply.busy_us &&
                    reply.idle_us >= reply.input_us);
    assert_false(reply.idle_missing);
    client_reply_fini(&reply);
    buf_fini(&heard.lines);
}

static void test_execute(void **state)
{
    SKIP_WITHOUT("ipykernel");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        run_row(*state, &rows[i]);
}

static void test_kernel_info(void **state)
{
    SKIP_WITHOUT("ipykernel");
    const json_t *language = json_object_get(client_kernel_info(*state), "language_info");
    assert_string_equal(json_string_value(json_object_get(language, "name")), "python");
    assert_true(client_alive(*state));
    assert_true(client_pid(*state) > 0);
}

static void test_user_expressions(void **state)
{
    SKIP_WITHOUT("ipykernel");
    struct nbt_error err = NBT_ERROR_INIT;
    struct client_reply reply = {0};
    auto_json json_t *expressions = json_pack("{s:s, s:s}", "a", "2**70", "b", "undefined_name");
    const struct client_request request = {
        .code = "pass", .user_expressions = expressions, .silent = true, .timeout_ms = 30000};
    assert_ok(client_execute(*state, &request, &reply, &err));
    assert_true(reply.ok);
    const json_t *values = json_object_get(reply.content, "user_expressions");
    const json_t *a =
        json_object_get(json_object_get(json_object_get(values, "a"), "data"), "text/plain");
    const json_t *b = json_object_get(json_object_get(values, "b"), "status");
    assert_string_equal(json_string_value(a), "1180591620717411303424");
    assert_string_equal(json_string_value(b), "error");
    client_reply_fini(&reply);
}

static void test_timeout_then_well(void **state)
{
    SKIP_WITHOUT("ipykernel");
    struct nbt_error err = NBT_ERROR_INIT;
    struct client_reply reply = {0};
    struct heard heard = heard_init();
    struct client_request request = {.code =
                                         "import time\nprint('before', flush=True)\ntime.sleep(60)",
                                     .timeout_ms = 500,
                                     .on_message = hear,
                                     .self = &heard};
    assert_int_equal(client_execute(*state, &request, &reply, &err), NBT_ETIMEOUT);
    assert_contains(err.text, "longer than the 0.5 s");
    assert_contains(buf_text(&heard.lines), "stream before");
    assert_contains(buf_text(&heard.lines), "error KeyboardInterrupt;");
    assert_true(client_alive(*state));
    nbt_error_clear(&err);
    request = (struct client_request){.code = "1", .timeout_ms = 30000};
    assert_ok(client_execute(*state, &request, &reply, &err));
    assert_true(reply.ok);
    client_reply_fini(&reply);
    buf_fini(&heard.lines);
}

static void test_bad_code(void **state)
{
    SKIP_WITHOUT("ipykernel");
    struct nbt_error err = NBT_ERROR_INIT;
    struct client_reply reply = {0};
    const struct client_request request = {.code = "print('\xff')", .timeout_ms = 30000};
    assert_int_equal(client_execute(*state, &request, &reply, &err), NBT_EINVAL);
    assert_contains(err.text, "not valid UTF-8");
}

static char *connection_path_of(struct client *client)
{
    char path[64], line[4096];
    snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)client_pid(client));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t n = fread(line, 1, sizeof(line) - 1, file);
    fclose(file);
    line[n] = '\0';
    for (size_t i = 0; i < n; i += strlen(line + i) + 1)
        if (strstr(line + i, "kernel.json"))
            return strdup(line + i);
    return NULL;
}

static void test_private_files(void **state)
{
    SKIP_WITHOUT("ipykernel");
    struct stat info;
    auto_free char *path = connection_path_of(*state);
    assert_non_null(path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    *strrchr(path, '/') = '\0';
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
}

/* A second client, on the running kernel; it leaves, and the kernel lives. With a pid and without.
 */
static void test_attach(void **state)
{
    SKIP_WITHOUT("ipykernel");
    auto_free char *path = connection_path_of(*state);
    for (int with_pid = 0; with_pid < 2; with_pid++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct client *second = NULL;
        struct client_reply reply = {0};
        struct heard heard = heard_init();
        struct client_options options = options_of(NULL);
        const struct client_request request = {
            .code = "print('second')", .timeout_ms = 30000, .on_message = hear, .self = &heard};
        assert_ok(client_attach(&second, path, with_pid ? client_pid(*state) : 0, &options, &err));
        assert_ok(client_execute(second, &request, &reply, &err));
        assert_contains(buf_text(&heard.lines), "stream second");
        client_reply_fini(&reply);
        client_free(second);
        buf_fini(&heard.lines);
        assert_true(client_alive(*state));
    }
}

static void test_attached_dies(void **state)
{
    (void)state;
    SKIP_WITHOUT("ipykernel");
    for (int with_pid = 0; with_pid < 2; with_pid++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct client *first = NULL, *second = NULL;
        struct client_reply reply = {0};
        struct kernelspec *spec = ipykernel_spec();
        struct client_options options = options_of(spec);
        const struct client_request request = {.code = "import os; os._exit(4)",
                                               .timeout_ms = 30000};
        assert_ok(client_start(&first, &options, &err));
        auto_free char *path = connection_path_of(first);
        assert_ok(client_attach(&second, path, with_pid ? client_pid(first) : 0, &options, &err));
        assert_int_equal(client_execute(second, &request, &reply, &err), NBT_EDIED);
        assert_contains(err.text, "ended while it ran the code");
        assert_false(client_alive(first));
        client_free(second);
        client_free(first);
        kernelspec_free(spec);
    }
}

static void test_tcp(void **state)
{
    (void)state;
    SKIP_WITHOUT("ipykernel");
    struct nbt_error err = NBT_ERROR_INIT;
    struct client *client = NULL;
    struct client_reply reply = {0};
    struct heard heard = heard_init();
    struct kernelspec *spec = ipykernel_spec();
    struct client_options options = options_of(spec);
    options.transport_tcp = true;
    assert_ok(client_start(&client, &options, &err));
    auto_free char *path = connection_path_of(client);
    struct connection connection;
    assert_ok(connection_read(&connection, path, &err));
    assert_int_equal(connection.transport, CONNECTION_TCP);
    connection_fini(&connection);
    const struct client_request request = {
        .code = "print('tcp')", .timeout_ms = 30000, .on_message = hear, .self = &heard};
    assert_ok(client_execute(client, &request, &reply, &err));
    assert_contains(buf_text(&heard.lines), "stream tcp");
    client_reply_fini(&reply);
    client_free(client);
    kernelspec_free(spec);
    buf_fini(&heard.lines);
}

/* Ended, although its new parent may not have reaped it yet. */
static bool has_ended(pid_t pid)
{
    char path[64], line[256] = "";
    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "r");
    const char *state = file && fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
    if (file)
        fclose(file);
    return !state || state[2] == 'Z' || state[2] == 'X';
}

/* The kernel's own stdout goes to the tail and to output_fd; a child of a cell ends with the
 * kernel. */
static void test_output_and_children(void **state)
{
    (void)state;
    SKIP_WITHOUT("ipykernel");
    struct nbt_error err = NBT_ERROR_INIT;
    struct client *client = NULL;
    struct client_reply reply = {0};
    struct heard heard = heard_init();
    struct kernelspec *spec = ipykernel_spec();
    struct client_options options = options_of(spec);
    char name[] = "/tmp/nbkatib-test-XXXXXX";
    options.output_fd = mkstemp(name);
    assert_ok(client_start(&client, &options, &err));
    const struct client_request request = {
        .code = "import os, sys, subprocess\nsys.__stdout__.write('straight out\\n'); "
                "sys.__stdout__.flush()\n"
                "child = subprocess.Popen(['sleep', '600'])\nprint(f'child={child.pid};')",
        .timeout_ms = 30000,
        .on_message = hear,
        .self = &heard};
    assert_ok(client_execute(client, &request, &reply, &err));
    assert_true(client_alive(client));
    assert_contains(client_output_tail(client), "straight out\n");
    char logged[4096] = "";
    assert_true(pread(options.output_fd, logged, sizeof(logged) - 1, 0) > 0);
    assert_contains(logged, "straight out\n");
    const char *at = strstr(buf_text(&heard.lines), "child=");
    assert_non_null(at);
    char digits[NBT_NUMBER_MAX] = "";
    memcpy(digits, at + 6, strspn(at + 6, "0123456789"));
    int64_t parsed = 0;
    assert_true(nbt_parse_int(digits, &parsed));
    pid_t child = (pid_t)parsed;
    assert_false(has_ended(child));
    client_reply_fini(&reply);
    client_free(client);
    for (int i = 0; i < 100 && !has_ended(child); i++)
        usleep(10000);
    assert_true(has_ended(child));
    close(options.output_fd);
    unlink(name);
    kernelspec_free(spec);
    buf_fini(&heard.lines);
}

/* A cell right after one that failed runs: ipykernel does not take it for a part of an aborted
 * queue. */
static void test_after_errors(void **state)
{
    SKIP_WITHOUT("ipykernel");
    const struct row pair[] = {
        {"1/0", 0, "error ZeroDivisionError;", "ZeroDivisionError"},
        {"print('runs')", 1, "stream runs", NULL},
    };
    for (int i = 0; i < 60; i++)
        run_row(*state, &pair[i % 2]);
}

static void count_slowly(void *self, const struct client_message *message)
{
    if (strcmp(message->type, "display_data") != 0)
        return;
    ++*(size_t *)self;
    usleep(1000);
}

/* Far more messages than a default high-water mark holds, for a reader that is slower than the
 * kernel: all arrive. */
static void test_nothing_lost(void **state)
{
    SKIP_WITHOUT("ipykernel");
    struct nbt_error err = NBT_ERROR_INIT;
    struct client_reply reply = {0};
    size_t count = 0;
    const struct client_request request = {.code =
                                               "from IPython.display import publish_display_data\n"
                                               "for i in range(6000):\n"
                                               "    publish_display_data({'text/plain': str(i)})",
                                           .timeout_ms = 120000,
                                           .on_message = count_slowly,
                                           .self = &count};
    assert_ok(client_execute(*state, &request, &reply, &err));
    assert_true(reply.ok);
    assert_false(reply.idle_missing);
    assert_int_equal(count, 6000);
    client_reply_fini(&reply);
}

static void test_many_starts(void **state)
{
    (void)state;
    SKIP_WITHOUT("ipykernel");
    struct client *clients[4] = {NULL};
    struct kernelspec *spec = ipykernel_spec();
    struct client_options options = options_of(spec);
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct client_reply reply = {0};
        const struct client_request request = {.code = "1", .timeout_ms = 30000};
        assert_ok(client_start(&clients[i], &options, &err));
        assert_ok(client_execute(clients[i], &request, &reply, &err));
        client_reply_fini(&reply);
    }
    for (size_t i = 0; i < COUNT_OF(clients); i++)
        client_free(clients[i]);
    kernelspec_free(spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_execute),
        cmocka_unit_test(test_kernel_info),
        cmocka_unit_test(test_user_expressions),
        cmocka_unit_test(test_timeout_then_well),
        cmocka_unit_test(test_bad_code),
        cmocka_unit_test(test_after_errors),
        cmocka_unit_test(test_nothing_lost),
        cmocka_unit_test(test_private_files),
        cmocka_unit_test(test_attach),
        cmocka_unit_test(test_attached_dies),
        cmocka_unit_test(test_tcp),
        cmocka_unit_test(test_output_and_children),
        cmocka_unit_test(test_many_starts),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, setup, teardown);
}
