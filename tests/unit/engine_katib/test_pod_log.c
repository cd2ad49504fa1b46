/* Files out of what a pod printed: whole, in parts, torn, forged. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/pack.h"
#include "base/scope.h"
#include "check.h"
#include "engine/katib/pod_log.h"
#include "trial/job.h"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/nbk-pod-log-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return file_remove_tree(folder, NULL);
}

static char *path_of(const char *name)
{
    char *path = file_join(folder, name);
    assert_non_null(path);
    return path;
}

static void say(struct pod_log *log, const char *line)
{
    pod_log_line(log, line, strlen(line), true);
}

/* What the runner prints of a file of such contents. */
static char *printed(const char *name, const void *data, size_t size)
{
    auto_free char *source = path_of("source");
    auto_free char *lines = path_of("lines");
    char *text = NULL;
    size_t length;
    FILE *out = fopen(lines, "w");

    assert_non_null(out);
    assert_int_equal(file_replace(source, data, size, 0600, NULL), 0);
    job_tell_file(fileno(out), source, name);
    fclose(out);
    assert_int_equal(file_read(lines, (size_t)64 << 20, &text, &length, NULL), 0);
    return text;
}

static void say_lines(struct pod_log *log, char *text)
{
    char *rest = text;

    for (char *line; (line = strsep(&rest, "\n")) && *line;)
        say(log, line);
}

static void assert_file(const char *name, const void *data, size_t size)
{
    auto_free char *path = path_of(name);
    auto_free char *found = NULL;
    size_t length = 0;

    assert_int_equal(file_read(path, (size_t)64 << 20, &found, &length, NULL), 0);
    if (length != size || memcmp(found, data, size) != 0)
        fail_msg("%s has %zu bytes, expected %zu: %.200s", name, length, size, found);
}

static bool is_there(const char *name)
{
    auto_free char *path = path_of(name);
    return access(path, F_OK) == 0;
}

static void files_come_back(void **state)
{
    CLEANUP(pod_log_fini) struct pod_log log = pod_log_init();
    size_t size = 300000; /* of no pattern: many parts */
    auto_free unsigned char *noise = malloc(size);
    unsigned next = 1;

    (void)state;
    for (size_t i = 0; i < size; i++)
        noise[i] = (unsigned char)((next = next * 1103515245 + 12345) >> 16);
    auto_free char *notebook = printed("executed.ipynb", noise, size);
    auto_free char *metrics = printed("metrics.log", "t s=1\n", 6);
    say(&log, "{\"event\":\"step\",\"step\":\"train\",\"cell\":1}");
    say(&log, "on stderr");
    say_lines(&log, notebook);
    assert_false(pod_log_is_complete(&log));
    say_lines(&log, metrics);
    assert_true(pod_log_is_complete(&log));
    assert_int_equal(pod_log_save(&log, folder, NULL), 0);
    assert_file("executed.ipynb", noise, size);
    assert_file("trial.log", "on stderr\n", 10);
    assert_file("metrics.log", "t s=1\n", 6);
    assert_false(is_there("result.json"));
}

/* What else was printed is the log. */
static void other_lines_are_the_log(void **state)
{
    CLEANUP(pod_log_fini) struct pod_log log = pod_log_init();

    (void)state;
    say(&log, "one");
    say(&log, "{\"event\":\"started\",\"time\":\"t\"}");
    say(&log, "a line {\"event\":\"step\",\"step\":\"a\"}"); /* begun by the notebook */
    say(&log, " goes on");
    pod_log_line(&log, "lo", 2, false);
    say(&log, "ng");
    say(&log, "{\"event\":\"file\""); /* no JSON */
    say(&log, "{\"event\":\"file\"} no more");
    assert_int_equal(pod_log_save(&log, folder, NULL), 0);
    static const char want[] =
        "one\na line  goes on\nlong\n{\"event\":\"file\"\n{\"event\":\"file\"} no more\n";
    assert_file("trial.log", want, sizeof(want) - 1);
}

/* A file that is torn, out of order or of another name leaves nothing. */
static void torn_files_are_left_out(void **state)
{
    static const char *const lines[] = {
        "{\"event\":\"file\",\"name\":\"executed.ipynb\",\"part\":0,\"parts\":2,\"data\":\"AAAA\"}",
        "{\"event\":\"file\",\"name\":\"metrics.log\",\"part\":1,\"parts\":2,\"data\":\"AAAA\"}",
        "{\"event\":\"file\",\"name\":\"../../x\",\"part\":0,\"parts\":1,\"data\":\"AAAA\"}",
        "{\"event\":\"file\",\"name\":\"result.json\",\"part\":0,\"parts\":1,\"data\":\"!\"}",
        "{\"event\":\"file\",\"name\":\"result.json\",\"parts\":0,\"size\":9}",
        "{\"event\":\"file\"}",
        "{\"event\":\"x\",\"event\":7}",
    };
    CLEANUP(pod_log_fini) struct pod_log log = pod_log_init();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        say(&log, lines[i]);
    assert_false(pod_log_is_complete(&log));
    assert_int_equal(pod_log_save(&log, folder, NULL), 0);
    assert_false(is_there("executed.ipynb"));
    assert_false(is_there("result.json"));
    assert_false(is_there("metrics.log"));
}

static void a_file_that_is_no_gzip_is_said(void **state)
{
    CLEANUP(pod_log_fini) struct pod_log log = pod_log_init();
    struct nbt_error err = NBT_ERROR_INIT;

    (void)state;
    say(&log,
        "{\"event\":\"file\",\"name\":\"result.json\",\"part\":0,\"parts\":1,\"data\":\"AAAA\"}");
    assert_true(pod_log_save(&log, folder, &err) < 0);
    assert_non_null(strstr(err.text, "result.json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_come_back, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(other_lines_are_the_log, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(torn_files_are_left_out, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_gzip_is_said, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
