/* Values of a real kernel's variables, while it is idle and while it is at work. */
#include <pthread.h>

#include "base/file.h"
#include "service/live_values.h"
#include "support.h"

static char folder[64];
static struct client *kernel;

/* The file that Jupyter's server would have written, from the one that the kernel was started
 * with. */
static void publish(void)
{
    struct nbt_error err = NBT_ERROR_INIT;
    char path[128], line[4096];
    auto_free char *text = NULL;
    size_t length = 0, n;

    snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)client_pid(kernel));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    n = fread(line, 1, sizeof(line) - 1, file);
    fclose(file);
    line[n] = '\0';
    for (size_t i = 0; i < n && !text; i += strlen(line + i) + 1)
        if (strstr(line + i, "kernel.json"))
            assert_ok(file_read(line + i, 65536, &text, &length, &err));
    assert_non_null(text);
    snprintf(path, sizeof(path), "%s/kernel-5d1e-0d8c.json", folder);
    assert_ok(file_write_atomic(path, text, length, 0600, &err));
    setenv("JUPYTER_RUNTIME_DIR", folder, 1);
}

static int setup(void **state)
{
    struct nbt_error err = NBT_ERROR_INIT;
    char path[160];
    struct kernelspec *spec = NULL;

    (void)state;
    if (!python_has("ipykernel"))
        return 0;
    snprintf(folder, sizeof(folder), "/tmp/nbkatib-values-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/kernels/system-python", folder);
    assert_ok(file_mkdir_all(path, 0700, &err));
    static const char text[] =
        "{\"argv\": [\"" SYSTEM_PYTHON
        "\", \"-m\", \"ipykernel_launcher\", \"-f\", \"{connection_file}\"], \"display_name\": "
        "\"System\", \"language\": \"python\"}";
    snprintf(path, sizeof(path), "%s/kernels/system-python/kernel.json", folder);
    assert_ok(file_write_atomic(path, text, sizeof(text) - 1, 0600, &err));
    setenv("JUPYTER_PATH", folder, 1);
    assert_ok(kernelspec_find(&spec, "system-python", "python", &err));
    struct client_options options = {
        .spec = spec, .directory = "/tmp", .cancel_fd = -1, .output_fd = -1};
    assert_ok(client_start(&kernel, &options, &err));
    kernelspec_free(spec);
    publish();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_free(kernel);
    return folder[0] ? file_remove_tree(folder, NULL) : 0;
}

static bool run(const char *code)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct client_reply reply = {0};
    const struct client_request request = {.code = code, .timeout_ms = 30000};

    assert_ok(client_execute(kernel, &request, &reply, &err));
    bool ok = reply.ok;
    client_reply_fini(&reply);
    return ok;
}

/* Takes at most a second, whatever the kernel does. */
static json_t *values(const char *const *names, size_t n)
{
    struct nbt_error err = NBT_ERROR_INIT;
    json_t *result = NULL;
    int64_t begin = clock_monotonic_ms();

    assert_ok(service_values(&result, "5d1e-0d8c", names, n, &err));
    int64_t took = clock_monotonic_ms() - begin;
    if (took > 1000)
        fail_msg("it took %lld ms", (long long)took);
    return result;
}

static void test_values(void **state)
{
    static const struct {
        const char *name, *code, *type, *value;
    } table[] = {
        {"i", "i = -12345678901234567890", "int", "-12345678901234567890"},
        {"f", "f = 1e-05", "float", "1e-05"},
        {"inf", "inf = float('-inf')", "float", "-inf"},
        {"b", "b = True", "bool", "True"},
        {"s", "s = 'it\\'s \"q\"\\n\\\\ \\u20ac'", "str", "it's \"q\"\n\\ \xe2\x82\xac"},
        {"e", "e = ''", "str", ""},
        {"l", "l = [1]", "other", "list"},
        {"n", "n = None", "other", "NoneType"},
        {"long", "long = 'x' * 5000", "other", "str"},
        {"o", "class O:\n  def __repr__(self): raise SystemExit\no = O()", "other", "O"},
        /* Names of builtins that the notebook took for itself. */
        {"type", "type = 3", "int", "3"},
        {"repr", "repr = 4", "int", "4"},
        {"json", "json = 5", "int", "5"},
    };
    const char *names[COUNT_OF(table) + 1];

    (void)state;
    SKIP_WITHOUT("ipykernel");
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        assert_true(run(table[i].code));
        names[i] = table[i].name;
    }
    names[COUNT_OF(table)] = "absent";
    auto_json json_t *result = values(names, COUNT_OF(names));
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        const json_t *found = json_object_get(json_object_get(result, "values"), table[i].name);
        const char *type = json_string_value(json_object_get(found, "type"));
        const char *value = json_string_value(json_object_get(found, "value"));
        if (!type || !value || strcmp(type, table[i].type) != 0 ||
            strcmp(value, table[i].value) != 0)
            fail_msg("%s is %s %s, expected %s %s", table[i].name, type ? type : "missing",
                     value ? value : "", table[i].type, table[i].value);
    }
    const json_t *missing = json_object_get(result, "missing");
    assert_int_equal(json_array_size(missing), 1);
    assert_true(json_is_null(json_object_get(result, "skipped")));
}

static void test_nothing_is_left(void **state)
{
    static const char *const names[] = {"x", "absent"};

    (void)state;
    SKIP_WITHOUT("ipykernel");
    assert_true(run("x = 1\nimport sys; before = set(globals()) | {'before'}"));
    json_decref(values(names, 2));
    assert_true(run("left = {n for n in set(globals()) - before if not n.startswith('_i')}\n"
                    "assert left <= {'left'}, left"));
}

static void *work(void *self)
{
    *(bool *)self = run("import time; time.sleep(3); done = 1");
    return NULL;
}

static void test_busy(void **state)
{
    static const char *const names[] = {"done"};
    pthread_t thread;
    bool ok = false;

    (void)state;
    SKIP_WITHOUT("ipykernel");
    assert_int_equal(pthread_create(&thread, NULL, work, &ok), 0);
    usleep(300000);
    for (int i = 0; i < 2; i++) {
        auto_json json_t *result = values(names, 1);
        const char *skipped = json_string_value(json_object_get(result, "skipped"));
        assert_non_null(skipped);
        assert_string_equal(skipped, "busy");
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    /* It was neither interrupted nor ended. */
    assert_true(ok);
    auto_json json_t *after = values(names, 1);
    assert_int_equal(json_object_size(json_object_get(after, "values")), 1);
}

static void test_dead(void **state)
{
    static const char *const names[] = {"x"};

    (void)state;
    SKIP_WITHOUT("ipykernel");
    client_shutdown(kernel, false);
    auto_json json_t *result = values(names, 1);
    const char *skipped = json_string_value(json_object_get(result, "skipped"));
    assert_non_null(skipped);
    assert_string_equal(skipped, "dead");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_nothing_is_left),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_dead),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
