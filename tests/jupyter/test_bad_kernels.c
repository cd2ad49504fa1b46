/* Kernels that misbehave: what the client says and does, and that nothing is left behind. */
#include <sys/resource.h>
#include <sys/stat.h>

#include "support.h"

#define KERNEL TESTS_DIR "/jupyter/kernels/bad_kernel.py"

/* A spec whose kernel runs in that mode. */
static struct kernelspec *bad_spec(const char *mode)
{
    struct kernelspec *spec = calloc(1, sizeof(*spec));
    assert_non_null(spec);
    *spec = (struct kernelspec){
        .name = strdup(mode),
        .resource_dir = strdup(""),
        .display_name = strdup("bad"),
        .language = strdup("python"),
        .argv = json_pack("[s,s,s,s]", SYSTEM_PYTHON, KERNEL, mode, "{connection_file}"),
        .env = json_object(),
        .metadata = json_object(),
    };
    return spec;
}

static int start(struct client **ret_client, const char *mode, struct client_options options,
                 struct nbt_error *err)
{
    struct kernelspec *spec = bad_spec(mode);
    options.spec = spec;
    options.output_fd = -1;
    options.cancel_fd = options.cancel_fd ? options.cancel_fd : -1;
    int rc = client_start(ret_client, &options, err);
    kernelspec_free(spec);
    return rc;
}

static bool is_gone(pid_t pid)
{
    return process_start_time(pid) == 0;
}

static int count_folders(void)
{
    FILE *pipe = popen(
        "ls -d /tmp/nbkatib-*/* ${XDG_RUNTIME_DIR:-/nonexistent}/nbkatib/* 2>/dev/null | grep -c "
        "/$PPID-",
        "r");
    int count = 0;
    assert_non_null(pipe);
    if (fscanf(pipe, "%d", &count) != 1)
        count = 0;
    pclose(pipe);
    return count;
}

/* ---- at start ---- */

static void test_start(void **state)
{
    (void)state;
    SKIP_WITHOUT("zmq");
    static const struct {
        const char *mode;
        int timeout_ms, code;
        const char *text;
    } rows[] = {
        {"dies-at-start", 20000, NBT_EDIED, "exited with status 3"},
        {"dies-at-start", 20000, NBT_EDIED, "its last output: cannot go on"},
        {"dies-at-start", 20000, NBT_EDIED, "bad_kernel.py dies-at-start"},
        {"killed-at-start", 20000, NBT_EDIED, "was killed by signal 9"},
        {"never-ready", 700, NBT_ETIMEOUT,
         "was not ready after 0.7 s: it did not answer kernel_info_request"},
        {"mute", 1500, NBT_ETIMEOUT, "did not answer kernel_info_request"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct client *client = NULL;
        int rc = start(&client, rows[i].mode,
                       (struct client_options){.startup_timeout_ms = rows[i].timeout_ms}, &err);
        if (rc != rows[i].code)
            fail_msg("%s: code %d, expected %d (%s)", rows[i].mode, rc, rows[i].code, err.text);
        assert_contains(err.text, rows[i].text);
        assert_null(client);
        assert_int_equal(count_folders(), 0);
    }
}

static void test_missing_program(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    struct client *client = NULL;
    struct kernelspec *spec = bad_spec("x");
    struct client_options options = {.spec = spec, .cancel_fd = -1, .output_fd = -1};
    json_array_set_new(spec->argv, 0, json_string("/nonexistent/python"));
    assert_int_equal(client_start(&client, &options, &err), NBT_ENOTFOUND);
    assert_contains(err.text, "kernel \"x\": cannot start /nonexistent/python");
    assert_int_equal(count_folders(), 0);
    kernelspec_free(spec);
}

static void test_cancel_at_start(void **state)
{
    (void)state;
    SKIP_WITHOUT("zmq");
    int ends[2];
    struct nbt_error err = NBT_ERROR_INIT;
    struct client *client = NULL;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    int64_t start_ms = clock_monotonic_ms();
    assert_int_equal(
        start(&client, "never-ready", (struct client_options){.cancel_fd = ends[0]}, &err),
        NBT_ECANCELED);
    assert_true(clock_monotonic_ms() - start_ms < 5000);
    close(ends[0]);
    close(ends[1]);
}

/* ---- with code ---- */

struct execution {
    const char *mode;
    int64_t timeout_ms;
    int code;          /* of client_execute */
    const char *error; /* part of the error's text; NULL: none */
    const char *heard; /* part of what was published; NULL: anything */
    int ok;            /* -1: not looked at */
    int idle_missing;
    const char *ename;
    int alive;
    int most_ms;
};

static const struct execution executions[] = {
    {"well", -1, 0, NULL, "status busy;status idle;", 1, 0, NULL, 1, 2000},
    {"dies-mid-cell", -1, NBT_EDIED, "signal 11", "stream last words\n;", -1, 0, NULL, 0, 5000},
    {"dies-mid-cell", -1, NBT_EDIED, "segmentation imminent", NULL, -1, 0, NULL, 0, 5000},
    {"dies-mid-cell", -1, NBT_EDIED, "died while it ran the code", NULL, -1, 0, NULL, 0, 5000},
    {"ignores-interrupt", 300, NBT_ETIMEOUT,
     "longer than the 0.3 s that it may take. The kernel ignored the interrupt", "stream deaf\n;",
     -1, 0, NULL, 0, 6000},
    {"dies-on-interrupt", 300, NBT_ETIMEOUT, "The kernel ended when it was interrupted", NULL, -1,
     0, NULL, 0, 3000},
    {"heeds-interrupt", 300, NBT_ETIMEOUT, "It was interrupted; the kernel still runs",
     "stream interrupted\n;", -1, 0, NULL, 1, 3000},
    {"no-idle", -1, 0, NULL, "stream printed\n;", 1, 1, NULL, 1, 4000},
    {"no-reply", -1, NBT_EPROTO, "did not reply to the code", "stream printed\n;", -1, 0, NULL, 1,
     6000},
    {"no-busy-no-reply", -1, NBT_EPROTO, "did not reply to the code", NULL, -1, 0, NULL, 1, 8000},
    {"no-busy", -1, 0, NULL, "stream printed\n;status idle;", 1, 0, NULL, 1, 2000},
    {"slow-no-busy", -1, 0, NULL, NULL, 1, 0, NULL, 1, 5000},
    {"reply-without-parent", -1, 0, NULL, NULL, 1, 0, NULL, 1, 2000},
    {"abort", -1, 0, NULL, NULL, 0, 0, "KernelAborted", 1, 2000},
    {"reply-not-json", -1, 0, NULL, NULL, 0, 0, "UnreadableReply", 1, 2000},
    {"asks-input", -1, NBT_EUNSUPPORTED, "asked for input (\"your name? \")", NULL, -1, 0, NULL, 1,
     3000},
    {"asks-input-late", -1, NBT_EUNSUPPORTED, "asked for input", NULL, -1, 0, NULL, 1, 3000},
    {"no-stdin", -1, 0, NULL, "status idle;", 1, 0, NULL, 1, 2000},
    {"asks-input-deaf", -1, NBT_EUNSUPPORTED, "ignored the interrupt and was killed", NULL, -1, 0,
     NULL, 0, 6000},
    {"wrong-hmac", -1, 0, NULL, "status busy;stream true\n;status idle;", 1, 0, NULL, 1, 2000},
    {"bad-json", -1, 0, NULL,
     "display_data bad \xEF\xBF\xBD utf8 \xEF\xBF\xBD lone \xE2\x90\x80 nul;", 1, 0, NULL, 1, 2000},
    {"bad-json", -1, 0, NULL,
     "stream not JSON \xEF\xBF\xBD at all;display_data {;stream ;status idle;", 1, 0, NULL, 1,
     2000},
    {"junk-frames", -1, 0, NULL, "status busy;stream many buffers\n;status idle;", 1, 0, NULL, 1,
     2000},
    {"no-parent-output", -1, 0, NULL, "status busy;stream from a library\n;status idle;", 1, 0,
     NULL, 1, 2000},
    {"empty-parents", -1, 0, NULL, "stream list parent\n;", 1, 0, NULL, 1, 2000},
    {"exits-after-reply", -1, 0, NULL, "status idle;", 1, 0, NULL, 1, 2000},
};

static void check_reply(const struct execution *row, struct client_reply *reply)
{
    const char *ename = json_string_value(json_object_get(reply->content, "ename"));
    if (row->ok >= 0 && reply->ok != row->ok)
        fail_msg("%s: ok %d, expected %d", row->mode, reply->ok, row->ok);
    if (reply->idle_missing != row->idle_missing)
        fail_msg("%s: idle_missing %d, expected %d", row->mode, reply->idle_missing,
                 row->idle_missing);
    if (row->ename && (!ename || strcmp(ename, row->ename) != 0))
        fail_msg("%s: ename %s, expected %s", row->mode, ename ? ename : "none", row->ename);
}

static void execute_row(const struct execution *row)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct client *client = NULL;
    struct client_reply reply = {0};
    struct heard heard = heard_init();
    assert_ok(start(&client, row->mode, (struct client_options){0}, &err));
    pid_t pid = client_pid(client);
    const struct client_request request = {
        .code = "x = 1", .timeout_ms = row->timeout_ms, .on_message = hear, .self = &heard};
    int64_t start_ms = clock_monotonic_ms();
    int rc = client_execute(client, &request, &reply, &err);
    int64_t took_ms = clock_monotonic_ms() - start_ms;
    if (rc != row->code)
        fail_msg("%s: code %d, expected %d (%s)", row->mode, rc, row->code, err.text);
    if (row->error)
        assert_contains(err.text, row->error);
    if (row->heard)
        assert_contains(buf_text(&heard.lines), row->heard);
    assert_lacks(buf_text(&heard.lines), "forged");
    if (rc == 0)
        check_reply(row, &reply);
    if (took_ms > row->most_ms)
        fail_msg("%s: took %ld ms, expected at most %d", row->mode, (long)took_ms, row->most_ms);
    if (client_alive(client) != row->alive)
        fail_msg("%s: alive %d, expected %d", row->mode, !row->alive, row->alive);
    client_reply_fini(&reply);
    client_free(client);
    buf_fini(&heard.lines);
    assert_true(is_gone(pid));
    assert_int_equal(count_folders(), 0);
}

static void test_execute(void **state)
{
    (void)state;
    SKIP_WITHOUT("zmq");
    for (size_t i = 0; i < COUNT_OF(executions); i++)
        execute_row(&executions[i]);
}

static void test_late_output(void **state)
{
    (void)state;
    SKIP_WITHOUT("zmq");
    struct nbt_error err = NBT_ERROR_INIT;
    struct client *client = NULL;
    struct client_reply reply = {0};
    struct heard heard = heard_init();
    struct client_request request = {
        .code = "1", .timeout_ms = -1, .on_message = hear, .self = &heard};
    assert_ok(start(&client, "late-output", (struct client_options){0}, &err));
    assert_ok(client_execute(client, &request, &reply, &err));
    char first[128];
    snprintf(first, sizeof(first), "%s", reply.msg_id);
    client_reply_fini(&reply);
    usleep(400000);
    heard.first_parent[0] = '\0';
    assert_ok(client_execute(client, &request, &reply, &err));
    client_reply_fini(&reply);
    /* Output of the first request, told during the second one, under the first one's id. */
    assert_contains(buf_text(&heard.lines), "stream late 1\n");
    assert_string_equal(heard.first_parent, first);
    client_free(client);
    buf_fini(&heard.lines);
}

static void test_dead_between(void **state)
{
    (void)state;
    SKIP_WITHOUT("zmq");
    struct nbt_error err = NBT_ERROR_INIT;
    struct client *client = NULL;
    struct client_reply reply = {0};
    struct client_request request = {.code = "1", .timeout_ms = -1};
    assert_ok(start(&client, "exits-after-reply", (struct client_options){0}, &err));
    assert_ok(client_execute(client, &request, &reply, &err));
    client_reply_fini(&reply);
    usleep(500000);
    assert_int_equal(client_execute(client, &request, &reply, &err), NBT_EDIED);
    assert_contains(err.text, "exited with status 0");
    assert_false(client_alive(client));
    client_free(client);
}

/* ---- floods ---- */

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void slow_hear(void *self, const struct client_message *message)
{
    struct heard *heard = self;
    heard->messages++;
    heard->bytes += json_string_length(json_object_get(message->content, "text"));
    if (heard->messages % 16 == 0)
        usleep(1000);
}

/* 1 GiB, read by somebody who is slower than the kernel: nothing is lost, and memory stays bounded.
 */
static void test_flood(void **state)
{
    (void)state;
    SKIP_WITHOUT("zmq");
    struct nbt_error err = NBT_ERROR_INIT;
    struct client *client = NULL;
    struct client_reply reply = {0};
    struct heard heard = heard_init();
    struct client_request request = {
        .code = "16384", .timeout_ms = -1, .on_message = slow_hear, .self = &heard};
    assert_ok(start(&client, "floods", (struct client_options){0}, &err));
    long before = peak_kib();
    assert_ok(client_execute(client, &request, &reply, &err));
    assert_true(reply.ok);
    assert_false(reply.idle_missing);
    client_reply_fini(&reply);
    assert_int_equal(heard.bytes, (size_t)1 << 30);
    long grown = peak_kib() - before;
    print_message("1 GiB flood: peak memory grew by %ld MiB\n", grown / 1024);
    if (grown > 384L * 1024)
        fail_msg("peak memory grew by %ld MiB, expected at most 384", grown / 1024);
    client_free(client);
    buf_fini(&heard.lines);
}

static void test_flood_stdout(void **state)
{
    (void)state;
    SKIP_WITHOUT("zmq");
    struct nbt_error err = NBT_ERROR_INIT;
    struct client *client = NULL;
    struct client_reply reply = {0};
    struct client_request request = {.code = "1", .timeout_ms = 60000};
    assert_ok(start(&client, "floods-stdout", (struct client_options){0}, &err));
    assert_ok(client_execute(client, &request, &reply, &err));
    client_reply_fini(&reply);
    (void)client_alive(client);
    const char *tail = client_output_tail(client);
    assert_int_equal(strlen(tail), 64 * 1024);
    assert_string_equal(tail + strlen(tail) - 8, "the end\n");
    client_free(client);
}

static void test_interrupts_flood(void **state)
{
    (void)state;
    SKIP_WITHOUT("zmq");
    struct nbt_error err = NBT_ERROR_INIT;
    struct client *client = NULL;
    struct client_reply reply = {0};
    struct heard heard = heard_init();
    struct client_request request = {
        .code = "10000000", .timeout_ms = 1000, .on_message = slow_hear, .self = &heard};
    assert_ok(start(&client, "floods", (struct client_options){0}, &err));
    int64_t start_ms = clock_monotonic_ms();
    assert_int_equal(client_execute(client, &request, &reply, &err), NBT_ETIMEOUT);
    assert_true(clock_monotonic_ms() - start_ms < 10000);
    client_free(client);
    buf_fini(&heard.lines);
}

/* ---- the end ---- */

static void test_gentle_shutdown(void **state)
{
    (void)state;
    SKIP_WITHOUT("zmq");
    static const struct {
        const char *mode;
        int least_ms, most_ms;
    } rows[] = {{"well", 0, 2000}, {"ignores-shutdown", 2400, 6000}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct client *client = NULL;
        assert_ok(start(&client, rows[i].mode, (struct client_options){0}, &err));
        pid_t pid = client_pid(client);
        int64_t start_ms = clock_monotonic_ms();
        client_shutdown(client, true);
        int64_t took_ms = clock_monotonic_ms() - start_ms;
        if (took_ms < rows[i].least_ms || took_ms > rows[i].most_ms)
            fail_msg("%s: %ld ms, expected %d to %d", rows[i].mode, (long)took_ms, rows[i].least_ms,
                     rows[i].most_ms);
        assert_true(is_gone(pid));
        client_free(client);
    }
}

/* Freed memory that the sanitizer keeps back would count as ours in test_flood. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=8";
}

int main(void)
{
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_missing_program),
        cmocka_unit_test(test_cancel_at_start),
        cmocka_unit_test(test_execute),
        cmocka_unit_test(test_late_output),
        cmocka_unit_test(test_dead_between),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_flood_stdout),
        cmocka_unit_test(test_interrupts_flood),
        cmocka_unit_test(test_gentle_shutdown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
