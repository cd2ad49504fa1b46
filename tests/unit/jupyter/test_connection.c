#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "check.h"
#include "jupyter/connection.h"

static char runtime[] = "/tmp/nbk-test-XXXXXX";

static int make_runtime(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(runtime));
    return setenv("XDG_RUNTIME_DIR", runtime, 1);
}

static int remove_runtime(void **state)
{
    (void)state;
    return file_remove_tree(runtime, NULL);
}

static mode_t mode_of(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? info.st_mode & 0777 : 0;
}

/* Created, read back, gone. */
static void test_create(void **state)
{
    (void)state;
    static const struct {
        enum connection_transport transport;
        const char *start;
    } rows[] = {{CONNECTION_IPC, "ipc:///tmp/nbk-test-"}, {CONNECTION_TCP, "tcp://127.0.0.1:"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct connection made, read;
        char one[CONNECTION_ENDPOINT_MAX], other[CONNECTION_ENDPOINT_MAX];
        assert_int_equal(
            connection_create(&made, rows[i].transport, "python3", "a \"b\".ipynb", &err), 0);
        assert_int_equal(mode_of(made.file), 0600);
        assert_int_equal(mode_of(made.directory), 0700);
        assert_int_equal(strlen(made.key), 64);
        assert_int_equal(connection_read(&read, made.file, &err), 0);
        assert_string_equal(read.key, made.key);
        for (int channel = 0; channel < CONNECTION_CHANNELS; channel++) {
            connection_endpoint(&made, (enum connection_channel)channel, one);
            connection_endpoint(&read, (enum connection_channel)channel, other);
            assert_string_equal(one, other);
            assert_memory_equal(one, rows[i].start, strlen(rows[i].start));
            assert_true(strlen(one) < 107);
        }
        connection_fini(&read);
        auto_free char *folder = strdup(made.directory);
        connection_fini(&made);
        assert_int_equal(access(folder, F_OK), -1);
    }
}

/* While it is held, nobody is given a port, and a kernel's library can still bind it. */
static void test_held_ports(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    struct connection many[20];
    char seen[65536] = {0};
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        assert_int_equal(connection_create(&many[i], CONNECTION_TCP, NULL, NULL, &err), 0);
        for (int k = 0; k < CONNECTION_CHANNELS; k++)
            assert_int_equal(seen[many[i].ports[k]]++, 0);
    }
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)many[0].ports[0])};
    int plain = socket(AF_INET, SOCK_STREAM, 0), reusing = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    assert_int_equal(bind(plain, (struct sockaddr *)&address, sizeof(address)), -1);
    assert_int_equal(setsockopt(reusing, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
    assert_int_equal(bind(reusing, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(reusing, 1), 0);
    close(plain);
    close(reusing);
    for (size_t i = 0; i < COUNT_OF(many); i++)
        connection_fini(&many[i]);
}

/* A process that is killed leaves its folder; the next connection removes it, and none that is in
 * use. */
static void test_sweep(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    struct connection mine;
    int ends[2];
    char folder[256] = "";
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(connection_create(&mine, CONNECTION_IPC, NULL, NULL, &err), 0);
    pid_t child = fork();
    if (child == 0) {
        struct connection theirs;
        if (connection_create(&theirs, CONNECTION_IPC, NULL, NULL, NULL) < 0)
            _exit(1);
        if (write(ends[1], theirs.directory, strlen(theirs.directory)) > 0)
            pause();
        _exit(1);
    }
    assert_true(read(ends[0], folder, sizeof(folder) - 1) > 0);
    assert_int_equal(connection_sweep(), 0);
    assert_int_equal(access(folder, F_OK), 0);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(connection_sweep(), 1);
    assert_int_equal(access(folder, F_OK), -1);
    assert_int_equal(access(mine.file, F_OK), 0);
    connection_fini(&mine);
    close(ends[0]);
    close(ends[1]);
}

/* A parent that others may enter is not used. */
static void test_open_parent(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    struct connection connection;
    auto_free char *parent = file_join(runtime, "nbkatib");
    assert_int_equal(chmod(parent, 0777), 0);
    assert_int_equal(connection_create(&connection, CONNECTION_IPC, NULL, NULL, &err), 0);
    assert_int_equal(strncmp(connection.directory, "/tmp/nbkatib-", 13), 0);
    connection_fini(&connection);
    assert_int_equal(chmod(parent, 0700), 0);
}

#define PORTS "\"shell_port\":1,\"iopub_port\":2,\"stdin_port\":3,\"control_port\":4,\"hb_port\":5"

static void test_read(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        int code;
        const char *want; /* shell endpoint, or part of the error */
    } rows[] = {
        {"defaults", "{" PORTS "}", 0, "tcp://127.0.0.1:1"},
        {"ipc", "{\"transport\":\"ipc\",\"ip\":\"/x/y\"," PORTS "}", 0, "ipc:///x/y-1"},
        {"empty scheme", "{\"signature_scheme\":\"\"," PORTS "}", 0, "tcp://127.0.0.1:1"},
        {"unknown members", "{\"curve_publickey\":null,\"x\":1," PORTS "}", 0, "tcp://127.0.0.1:1"},
        {"scheme", "{\"signature_scheme\":\"hmac-md5\"," PORTS "}", NBT_EUNSUPPORTED,
         "\"hmac-md5\""},
        {"transport", "{\"transport\":\"pgm\"," PORTS "}", NBT_EUNSUPPORTED, "\"pgm\""},
        {"no port", "{\"shell_port\":1}", NBT_EPARSE, "\"iopub_port\""},
        {"port text", "{\"shell_port\":\"1\"}", NBT_EPARSE, "\"shell_port\" is not a port number"},
        {"port range", "{\"shell_port\":65536}", NBT_EPARSE, "\"shell_port\" is not a port number"},
        {"cut", "{\"shell_port\":", NBT_EPARSE, "not a JSON object (line 1"},
        {"list", "[]", NBT_EPARSE, "not a JSON object"},
    };
    auto_free char *path = file_join(runtime, "c.json");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct connection connection;
        char endpoint[CONNECTION_ENDPOINT_MAX] = "";
        assert_int_equal(file_replace(path, rows[i].text, strlen(rows[i].text), 0600, &err), 0);
        int rc = connection_read(&connection, path, &err);
        if (rc != rows[i].code)
            fail_msg("%s: code %d, expected %d (%s)", rows[i].name, rc, rows[i].code, err.text);
        if (rc == 0)
            connection_endpoint(&connection, CONNECTION_SHELL, endpoint);
        if (!strstr(rc == 0 ? endpoint : err.text, rows[i].want))
            fail_msg("%s: got \"%s\", expected \"%s\"", rows[i].name, rc == 0 ? endpoint : err.text,
                     rows[i].want);
        if (rc == 0)
            connection_fini(&connection);
    }
    struct connection connection;
    struct nbt_error err = NBT_ERROR_INIT;
    assert_int_equal(connection_read(&connection, "/nonexistent/c.json", &err), NBT_ENOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create), cmocka_unit_test(test_held_ports),
        cmocka_unit_test(test_sweep),  cmocka_unit_test(test_open_parent),
        cmocka_unit_test(test_read),
    };
    return cmocka_run_group_tests(tests, make_runtime, remove_runtime);
}
