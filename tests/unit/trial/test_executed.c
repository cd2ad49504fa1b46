/* The executed notebook: the original's bytes around what a run changed. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "support.h"
#include "trial/executed.h"

struct run {
    struct nbt_notebook *notebook;
    struct plan plan;
    struct outputs *outputs;
    struct executed *executed;
    char path[64];
};

/* In place: what is executed points into the run. */
static void open_run(struct run *run, const char *text, const char *assignments)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *values = assignments_of(assignments);
    assert_ok(nbt_read_bytes(&run->notebook, "test.ipynb", text, strlen(text), &err));
    assert_ok(plan_make(&run->plan, run->notebook, values, &err));
    run->outputs = outputs_new(run->plan.n_entries, &outputs_default_limits);
    snprintf(run->path, sizeof run->path, "/tmp/nbkatib-executed-%d.ipynb", (int)getpid());
    assert_ok(
        executed_new(&run->executed, run->notebook, &run->plan, run->outputs, run->path, &err));
}

static void close_run(struct run *run)
{
    executed_free(run->executed);
    outputs_free(run->outputs);
    plan_fini(&run->plan);
    nbt_free(run->notebook);
    unlink(run->path);
}

static void print_to(struct run *run, size_t entry, const char *parent, const char *text)
{
    auto_json json_t *content = json_pack("{s:s, s:s}", "name", "stdout", "text", text);
    const struct client_message message = {.type = "stream", .content = content, .parent = parent};
    outputs_begin(run->outputs, entry);
    outputs_message(run->outputs, &message);
}

static char *saved(struct run *run)
{
    struct nbt_error err = NBT_ERROR_INIT;
    char *text = NULL;
    size_t length;
    assert_ok(executed_save(run->executed, true, &err));
    assert_ok(file_read(run->path, (size_t)64 << 20, &text, &length, &err));
    return text;
}

static const char original[] =
    "{\n"
    "  \"zeta\": NaN,\n"
    "  \"cells\": [\n"
    "    {\"cell_type\": \"markdown\", \"metadata\": {}, \"source\": \"# \\u00e9\"},\n"
    "    {\n"
    "      \"source\": [\"lr = 0.1\"],\n"
    "      \"outputs\": [{\"old\": 1}], \"odd\": [1,2],\n"
    "      \"metadata\": {\"tags\": [\"pipeline-parameters\"],\"x\": 1e400 },\n"
    "      \"execution_count\": 7, \"cell_type\": \"code\"\n"
    "    }\n"
    "  ],\n"
    "  \"nbformat\": 4, \"nbformat_minor\": 4, \"metadata\": {}\n"
    "}\n";

static const char expected[] =
    "{\n"
    "  \"zeta\": NaN,\n"
    "  \"cells\": [\n"
    "    {\"cell_type\": \"markdown\", \"metadata\": {}, \"source\": \"# \\u00e9\"},\n"
    "    {\n"
    "      \"source\": [\"lr = 0.1\"],\n"
    "      \"outputs\": [\n"
    "        {\n"
    "          \"output_type\": \"stream\",\n"
    "          \"name\": \"stdout\",\n"
    "          \"text\": [\n"
    "            \"hi\\n\"\n"
    "          ]\n"
    "        }\n"
    "      ], \"odd\": [1,2],\n"
    "      \"metadata\": {\"tags\": [\"pipeline-parameters\"],\"x\": 1e400,\n"
    "        \"nbkatib\": {\n"
    "          \"status\": \"completed\",\n"
    "          \"seconds\": 0.5\n"
    "        } },\n"
    "      \"execution_count\": 3, \"cell_type\": \"code\"\n"
    "    },\n"
    "    {\n"
    "      \"cell_type\": \"code\",\n"
    "      \"execution_count\": null,\n"
    "      \"metadata\": {\n"
    "        \"tags\": [\n"
    "          \"injected-parameters\"\n"
    "        ],\n"
    "        \"nbkatib\": {\n"
    "          \"status\": \"not-run\"\n"
    "        }\n"
    "      },\n"
    "      \"outputs\": [],\n"
    "      \"source\": [\n"
    "        \"# Parameters\\n\",\n"
    "        \"lr = 0.5\"\n"
    "      ]\n"
    "    }\n"
    "  ],\n"
    "  \"nbformat\": 4, \"nbformat_minor\": 4, \"metadata\": {}\n"
    "}\n";

static void only_what_ran_is_changed(void **state)
{
    (void)state;
    struct run run;
    open_run(&run, original, "lr=0.5");
    print_to(&run, 1, "a", "hi\n");
    executed_mark(run.executed, 1,
                  &(struct executed_cell){.status = "completed", .count = 3, .seconds = 0.5});
    auto_free char *text = saved(&run);
    assert_string_equal(text, expected);
    close_run(&run);
}

#define HEAD(minor) "{\"nbformat\":4,\"nbformat_minor\":" #minor ",\"metadata\":{},\"cells\":["
#define CELL(id, tag, source)                                                                      \
    "{" id "\"cell_type\":\"code\",\"execution_count\":null,\"metadata\":{\"tags\":[\"" tag        \
    "\"]},\"outputs\":[],\"source\":\"" source "\"}"

struct row {
    const char *name, *text, *has, *lacks;
};

static const struct row rows[] = {
    {"no ids below 4.5", HEAD(4) CELL("", PARAMETERS, "lr = 1") "]}", "# Parameters", "\"id\""},
    {"an id from 4.5 on", HEAD(5) CELL("\"id\":\"a\",", PARAMETERS, "lr = 1") "]}",
     "\"id\": \"nbkatib-injected-0\"", "\n"},
    {"an id that is not taken",
     HEAD(5) CELL("\"id\":\"nbkatib-injected-0\",", PARAMETERS, "lr = 1") "]}",
     "\"id\": \"nbkatib-injected-1\"", "\n"},
    {"an earlier injected cell is dropped",
     HEAD(4) CELL("", PARAMETERS, "lr = 1") "," CELL("", "injected-parameters", "lr = 99") "]}",
     "lr = 5", "lr = 99"},
    {"the first cell is dropped",
     HEAD(4) CELL("", "injected-parameters", "lr = 99") "," CELL("", PARAMETERS, "lr = 1") "]}",
     "lr = 5", "lr = 99"},
    {"a skipped cell loses its outputs and claims nothing",
     HEAD(4)
         CELL("", PARAMETERS,
              "lr = 1") ",{\"cell_type\":\"code\",\"execution_count\":9,\"metadata\":{\"tags\":["
                        "\"skip\"],\"nbkatib\":{\"status\":\"completed\"}},\"outputs\":[{\"old\":1}"
                        "],\"source\":\"x\"}]}",
     "\"nbkatib\":{\"status\": \"not-run\"}", "old"},
};

static void notebooks_stay_valid(void **state)
{
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct run run;
        open_run(&run, rows[i].text, "lr=5");
        json_error_t error;
        auto_free char *text = saved(&run);
        auto_json json_t *value = json_loads(text, 0, &error);
        if (value == NULL || strstr(text, rows[i].has) == NULL ||
            strstr(text, rows[i].lacks) != NULL) {
            print_error("%s: want \"%s\" and no \"%s\" in\n%s\n", rows[i].name, rows[i].has,
                        rows[i].lacks, text);
            bad++;
        }
        close_run(&run);
    }
    assert_int_equal(bad, 0);
}

/* A save makes a new file. */
static bool was_saved(const struct run *run, ino_t *inode)
{
    struct stat found = {0};
    bool new_file = stat(run->path, &found) == 0 && found.st_ino != *inode;
    *inode = found.st_ino;
    return new_file;
}

/* Saving after each of 100 cells of 100 KB would write 500 MB: most of those saves are left to a
 * later one. */
static void many_saves_stay_cheap(void **state)
{
    (void)state;
    CLEANUP(buf_fini) struct buf text = buf_init(1 << 20), block = buf_init(1 << 20);
    struct nbt_error err = NBT_ERROR_INIT;
    buf_puts(&text, HEAD(4));
    for (int i = 0; i < 100; i++)
        buf_puts(&text, i == 0 ? CELL("", PARAMETERS, "lr = 1") : "," CELL("", "step:a", "x = lr"));
    buf_puts(&text, "]}");
    for (int i = 0; i < 1000; i++)
        buf_printf(&block, "%099d\n", i);
    struct run run;
    open_run(&run, buf_text(&text), "lr=5");
    int saves = 0;
    ino_t inode = 0;
    for (size_t i = 0; i < run.plan.n_entries; i++) {
        char parent[32];
        snprintf(parent, sizeof parent, "p%zu", i);
        print_to(&run, i, parent, buf_text(&block));
        executed_mark(run.executed, i, &(struct executed_cell){.status = "completed", .count = 1});
        assert_ok(executed_save(run.executed, false, &err));
        saves += was_saved(&run, &inode);
    }
    auto_free char *whole = saved(&run);
    assert_true(strlen(whole) > (size_t)10 << 20);
    if (saves < 1 || saves > 25)
        fail_msg("%d saves during 100 cells, want 1 to 25", saves);
    close_run(&run);
}

/* What was true at the last save is what a killed trial leaves. */
static void the_first_save_says_that_nothing_ran(void **state)
{
    (void)state;
    struct run run;
    open_run(&run, original, "lr=0.5");
    auto_free char *text = saved(&run);
    assert_null(strstr(text, "completed"));
    assert_null(strstr(text, "\"old\""));
    assert_non_null(strstr(text, "\"status\": \"not-run\""));
    close_run(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_ran_is_changed),
        cmocka_unit_test(notebooks_stay_valid),
        cmocka_unit_test(many_saves_stay_cheap),
        cmocka_unit_test(the_first_save_says_that_nothing_ran),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
