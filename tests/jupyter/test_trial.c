/* Trials of whole notebooks on a real ipykernel: how each ends, what it says, and what it leaves.
 */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "nbtags/number.h"
#include "support.h"
#include "trial/trial.h"

#define NOTEBOOKS TESTS_DIR "/jupyter/notebooks/"

struct given {
    const char *name, *value;
};

struct want {
    const char *name; /* notebook */
    struct given assignments[4];
    enum trial_state state;
    const char *reason, *text; /* text: part of the error's */
    int cell, line;            /* -1, 0: none */
    const char *statuses;      /* of the cells in order, injected ones too */
    const char *metrics;       /* "name=last;..." of those that have values */
    int warnings;
    int cell_timeout_s, trial_timeout_s;
    bool reports;
    const char *objective;
};

static const struct want table[] = {
    {.name = "success",
     .assignments = {{"lr", "0.25"}, {"n", "2"}},
     .state = TRIAL_SUCCEEDED,
     .reason = "",
     .text = "",
     .cell = -1,
     .statuses = "completed completed completed completed completed completed",
     .metrics = "accuracy=0.5;loss=0.5;"},
    {.name = "success",
     .state = TRIAL_SUCCEEDED,
     .reason = "",
     .text = "",
     .cell = -1,
     .statuses = "completed completed completed completed completed",
     .metrics = "accuracy=0.30000000000000004;loss=0.7;"},
    {.name = "success",
     .assignments = {{"depth", "2"}},
     .state = TRIAL_FAILED,
     .reason = "AssignmentInvalid",
     .text = "no parameter depth",
     .cell = -1,
     .metrics = ""},
    {.name = "success",
     .assignments = {{"lr", "fast"}},
     .state = TRIAL_FAILED,
     .reason = "AssignmentInvalid",
     .text = "lr",
     .cell = 1,
     .line = 1,
     .metrics = ""},
    {.name = "failing",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_FAILED,
     .reason = "CellFailed",
     .text = "ValueError: bad lr",
     .cell = 1,
     .line = 3,
     .statuses = "completed completed failed not-run not-run",
     .metrics = ""},
    {.name = "slow",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_FAILED,
     .reason = "CellTimeout",
     .text = "the cell's limit of 1 s",
     .cell = 1,
     .statuses = "completed completed timeout not-run",
     .metrics = "",
     .cell_timeout_s = 1},
    {.name = "slow",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_FAILED,
     .reason = "TrialTimeout",
     .text = "the trial's limit of 2 s",
     .cell = 1,
     .statuses = "completed completed timeout not-run",
     .metrics = "",
     .trial_timeout_s = 2},
    {.name = "exits",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_FAILED,
     .reason = "KernelDied",
     .text = "status 3",
     .cell = 1,
     .statuses = "completed completed died not-run not-run",
     .metrics = ""},
    {.name = "killed",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_FAILED,
     .reason = "KernelDied",
     .text = "signal 9",
     .cell = 1,
     .statuses = "completed completed died not-run",
     .metrics = ""},
    {.name = "nan",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_FAILED,
     .reason = "MetricInvalid",
     .text = "metric acc is NaN, not a finite number",
     .cell = 2,
     .line = 1,
     .statuses = "completed completed completed completed",
     .metrics = ""},
    {.name = "infinite",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_FAILED,
     .reason = "MetricInvalid",
     .text = "metric acc is minus infinity",
     .cell = 2,
     .line = 1,
     .metrics = ""},
    {.name = "numpy",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_SUCCEEDED,
     .reason = "",
     .text = "",
     .cell = -1,
     .metrics = "acc=2.5;"},
    {.name = "string",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_FAILED,
     .reason = "MetricInvalid",
     .text = "metric acc is str 'high', not",
     .cell = 2,
     .line = 1,
     .metrics = ""},
    {.name = "shaped",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_FAILED,
     .reason = "MetricInvalid",
     .text = "Array of shape (3,)",
     .cell = 2,
     .line = 1,
     .metrics = ""},
    {.name = "container",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_FAILED,
     .reason = "MetricInvalid",
     .text = "not 'list'",
     .cell = 2,
     .line = 1,
     .metrics = ""},
    {.name = "boolean",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_SUCCEEDED,
     .reason = "",
     .text = "",
     .cell = -1,
     .metrics = "acc=1;"},
    {.name = "shadowed",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_SUCCEEDED,
     .reason = "",
     .text = "",
     .cell = -1,
     .metrics = "acc=0.5;"},
    {.name = "undefined",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_FAILED,
     .reason = "CellFailed",
     .text = "NameError: name 'acc' is not defined",
     .cell = 2,
     .line = 1,
     .statuses = "completed completed completed failed",
     .metrics = ""},
    {.name = "deleted",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_METRICS_UNAVAILABLE,
     .reason = "MetricMissing",
     .text = "metric acc is not defined",
     .cell = 2,
     .line = 1,
     .statuses = "completed completed completed completed",
     .metrics = "",
     .warnings = 1},
    {.name = "input",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_FAILED,
     .reason = "InputRequested",
     .text = "asks for input",
     .cell = 1,
     .statuses = "completed completed failed not-run",
     .metrics = ""},
    {.name = "expressions",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_SUCCEEDED,
     .reason = "",
     .text = "",
     .cell = -1,
     .metrics = "acc=2;same=14;"},
    {.name = "types",
     .assignments =
         {{"n", "5"}, {"lr", "1"}, {"flag", "True"}, {"name", "it's \"q\" \\ é\n$x {y} 3"}},
     .state = TRIAL_SUCCEEDED,
     .reason = "",
     .text = "",
     .cell = -1,
     .metrics = "ok=1;"},
    {.name = "late",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_SUCCEEDED,
     .reason = "",
     .text = "",
     .cell = -1,
     .statuses = "completed completed completed completed failed not-run",
     .metrics = "acc=0.5;",
     .warnings = 1},
    {.name = "late_death",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_SUCCEEDED,
     .reason = "",
     .text = "",
     .cell = -1,
     .statuses = "completed completed completed completed died",
     .metrics = "acc=0.5;",
     .warnings = 1},
    {.name = "reports",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_SUCCEEDED,
     .reason = "",
     .text = "",
     .cell = -1,
     .metrics = "val-acc=0.25;",
     .reports = true},
    {.name = "allowed",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_SUCCEEDED,
     .reason = "",
     .text = "",
     .cell = -1,
     .statuses = "completed completed failed completed completed",
     .metrics = "acc=0.5;"},
    {.name = "exit_zero",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_METRICS_UNAVAILABLE,
     .reason = "MetricMissing",
     .text = "ended itself in cell 1",
     .cell = -1,
     .statuses = "completed completed failed not-run not-run",
     .metrics = ""},
    {.name = "exit_after",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_SUCCEEDED,
     .reason = "",
     .text = "",
     .cell = -1,
     .statuses = "completed completed completed completed completed not-run",
     .metrics = "acc=0.5;"},
    {.name = "stale",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_SUCCEEDED,
     .reason = "",
     .text = "",
     .cell = -1,
     .statuses = "completed completed completed completed",
     .metrics = "acc=0.5;"},
    {.name = "success",
     .assignments = {{"lr", "0.5"}},
     .state = TRIAL_METRICS_UNAVAILABLE,
     .reason = "MetricMissing",
     .text = "the objective f1",
     .cell = -1,
     .metrics = "accuracy=1.5;loss=-0.5;",
     .objective = "f1"},
    {.name = "missing-file",
     .state = TRIAL_FAILED,
     .reason = "NotebookInvalid",
     .text = "missing-file",
     .cell = -1,
     .metrics = ""},
};

/* A folder of its own for each trial: nb/ holds the notebook, out/ is the trial's. */
struct place {
    char root[64], folder[80], notebook[160], output[80];
};

static void write_text(const char *path, const char *text)
{
    struct nbt_error err = NBT_ERROR_INIT;
    assert_ok(file_replace(path, text, strlen(text), 0644, &err));
}

static struct place place_for(const char *notebook)
{
    struct place place;
    char path[200];
    auto_free char *text = NULL;
    size_t length = 0;
    struct nbt_error err = NBT_ERROR_INIT;
    snprintf(place.root, sizeof place.root, "/tmp/nbkatib trial é'\"-XXXXXX");
    assert_non_null(mkdtemp(place.root));
    snprintf(place.folder, sizeof place.folder, "%s/nb", place.root);
    snprintf(place.output, sizeof place.output, "%s/out", place.root);
    assert_int_equal(mkdir(place.folder, 0700), 0);
    snprintf(place.notebook, sizeof place.notebook, "%s/%s.ipynb", place.folder, notebook);
    snprintf(path, sizeof path, NOTEBOOKS "%s.ipynb", notebook);
    if (file_read(path, 1 << 20, &text, &length, &err) == 0)
        write_text(place.notebook, text);
    snprintf(path, sizeof path, "%s/data.txt", place.folder);
    write_text(path, "0.75");
    return place;
}

static void drop_place(struct place *place)
{
    struct nbt_error err = NBT_ERROR_INIT;
    assert_ok(file_remove_tree(place->root, &err));
}

static void on_event(void *self, const json_t *event)
{
    json_array_append((json_t *)self, (json_t *)event);
}

static json_t *assignments_of(const struct given *given)
{
    json_t *list = json_array();
    for (size_t i = 0; i < 4 && given[i].name != NULL; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "name", given[i].name, "value", given[i].value));
    return list;
}

static struct trial_options options_for(const struct place *place)
{
    return (struct trial_options){.name = "t",
                                  .notebook = place->notebook,
                                  .directory = place->folder,
                                  .output = place->output,
                                  .isolation = TRIAL_SHARE,
                                  .cancel_fd = -1};
}

static json_t *load(const char *folder, const char *name)
{
    char path[200];
    json_error_t bad;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    json_t *value = json_load_file(path, 0, &bad);
    if (value == NULL)
        fail_msg("%s: %s", path, bad.text);
    return value;
}

static char *text_in(const char *folder, const char *name)
{
    char path[200];
    char *text = NULL;
    size_t length;
    struct nbt_error err = NBT_ERROR_INIT;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(file_read(path, (size_t)64 << 20, &text, &length, &err));
    return text;
}

static char *statuses_of(const json_t *notebook)
{
    struct buf text = buf_init(4096);
    size_t i;
    const json_t *cell;
    json_array_foreach(json_object_get(notebook, "cells"), i, cell)
    {
        const json_t *record = json_object_get(json_object_get(cell, "metadata"), "nbkatib");
        const char *status = json_string_value(json_object_get(record, "status"));
        buf_printf(&text, "%s%s", i == 0 ? "" : " ", status == NULL ? "none" : status);
    }
    return buf_take(&text);
}

static char *metrics_of(const struct trial_result *result)
{
    struct buf text = buf_init(4096);
    for (size_t i = 0; i < result->n_metrics; i++) {
        const struct trial_metric *metric = &result->metrics[i];
        char number[NBT_NUMBER_MAX];
        if (metric->n_values == 0)
            continue;
        nbt_format_double(number, metric->values[metric->n_values - 1]);
        buf_printf(&text, "%s=%s;", metric->name, number);
    }
    return buf_take(&text);
}

static const json_t *last_event(const json_t *events)
{
    return json_array_get(events, json_array_size(events) - 1);
}

/* Says what is wrong with a row and goes on, so that one run shows all. */
static int wrong(const struct want *want, const char *what, const char *got, const char *wanted)
{
    print_error("%s: %s is \"%s\", want \"%s\"\n", want->name, what, got, wanted);
    return 1;
}

static int compare(const struct want *want, const char *what, const char *got, const char *wanted)
{
    return strcmp(got, wanted) == 0 ? 0 : wrong(want, what, got, wanted);
}

static int compare_number(const struct want *want, const char *what, int got, int wanted)
{
    char texts[2][16];
    snprintf(texts[0], sizeof texts[0], "%d", got);
    snprintf(texts[1], sizeof texts[1], "%d", wanted);
    return compare(want, what, texts[0], texts[1]);
}

static int check_result(const struct want *want, const struct trial_result *result)
{
    auto_free char *metrics = metrics_of(result);
    int bad =
        compare(want, "state", trial_state_name(result->state), trial_state_name(want->state));
    bad += compare(want, "reason", result->reason, want->reason);
    if (strstr(result->error.text, want->text) == NULL)
        bad += wrong(want, "text", result->error.text, want->text);
    bad += compare_number(want, "cell", result->error.cell, want->cell);
    bad += compare_number(want, "line", result->error.line, want->line);
    bad += compare(want, "metrics", metrics, want->metrics);
    return bad +
           compare_number(want, "warnings", (int)json_array_size(result->warnings), want->warnings);
}

static int check_left(const struct want *want, const struct place *place, const json_t *events)
{
    auto_json json_t *result = load(place->output, "result.json");
    const char *last = json_string_value(json_object_get(last_event(events), "event"));
    const char *state = json_string_value(json_object_get(result, "state"));
    int bad = compare(want, "last event", last, "finished");
    bad += compare(want, "state in result.json", state, trial_state_name(want->state));
    if (want->statuses == NULL)
        return bad;
    auto_json json_t *executed = load(place->output, "executed.ipynb");
    auto_free char *statuses = statuses_of(executed);
    return bad + compare(want, "statuses", statuses, want->statuses);
}

static int run_row(const struct want *want)
{
    struct place place = place_for(want->name);
    struct nbt_error err = NBT_ERROR_INIT;
    struct trial_result result;
    auto_json json_t *events = json_array();
    auto_json json_t *assignments = assignments_of(want->assignments);
    struct trial_options options = options_for(&place);
    options.assignments = assignments;
    options.on_event = on_event;
    options.self = events;
    options.objective = want->objective;
    options.reports = want->reports;
    options.cell_timeout_s = want->cell_timeout_s;
    options.trial_timeout_s = want->trial_timeout_s;
    assert_ok(trial_run(&result, &options, &err));
    int bad = check_result(want, &result) + check_left(want, &place, events);
    trial_result_fini(&result);
    drop_place(&place);
    return bad;
}

static void notebooks_end_as_they_should(void **state)
{
    (void)state;
    SKIP_WITHOUT("ipykernel");
    int bad = 0;
    for (size_t i = 0; i < COUNT_OF(table); i++)
        bad += run_row(&table[i]);
    assert_int_equal(bad, 0);
}

/* Runs one notebook with lr = 0.5 and `change` applied; the caller ends the result and the place.
 */
static struct trial_result run_one(struct place *place, const char *notebook,
                                   struct trial_options change, json_t *events)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct trial_result result;
    auto_json json_t *assignments = json_pack("[{s:s, s:s}]", "name", "lr", "value", "0.5");
    *place = place_for(notebook);
    change.name = "t";
    change.notebook = place->notebook;
    change.directory = place->folder;
    change.output = place->output;
    change.assignments = assignments;
    change.on_event = events == NULL ? NULL : on_event;
    change.self = events;
    assert_ok(trial_run(&result, &change, &err));
    return result;
}

static bool exists(const char *folder, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static void an_isolated_trial_leaves_its_folder_alone(void **state)
{
    (void)state;
    SKIP_WITHOUT("ipykernel");
    struct place place;
    struct trial_options options = {
        .isolation = TRIAL_ISOLATE, .snapshots = true, .keep_workspace = true, .cancel_fd = -1};
    struct trial_result result = run_one(&place, "writes", options, NULL);
    assert_int_equal(result.state, TRIAL_SUCCEEDED);
    assert_false(exists(place.folder, "made.txt"));
    assert_true(exists(place.output, "work/made.txt"));
    assert_true(exists(place.output, "work/second.txt"));
    assert_true(exists(place.output, "snapshots/01-train/made.txt"));
    assert_false(exists(place.output, "snapshots/01-train/second.txt"));
    assert_true(exists(place.output, "snapshots/02-more/second.txt"));
    if (strcmp(result.isolation, "copy") != 0 && strcmp(result.isolation, "reflink") != 0)
        fail_msg("isolation is \"%s\", want copy or reflink", result.isolation);
    trial_result_fini(&result);
    drop_place(&place);
}

static void a_shared_trial_works_in_the_folder(void **state)
{
    (void)state;
    SKIP_WITHOUT("ipykernel");
    struct place place;
    struct trial_options options = {.isolation = TRIAL_SHARE, .cancel_fd = -1};
    struct trial_result result = run_one(&place, "writes", options, NULL);
    assert_int_equal(result.state, TRIAL_SUCCEEDED);
    assert_true(exists(place.folder, "made.txt"));
    assert_string_equal(result.isolation, "shared");
    trial_result_fini(&result);
    drop_place(&place);
}

static void daemons_of_cells_end_with_the_trial(void **state)
{
    (void)state;
    SKIP_WITHOUT("ipykernel");
    struct place place;
    struct trial_options options = {.isolation = TRIAL_SHARE, .cancel_fd = -1};
    struct trial_result result = run_one(&place, "daemon", options, NULL);
    assert_int_equal(result.state, TRIAL_SUCCEEDED);
    assert_string_equal(result.metrics[0].name, "pid");
    pid_t pid = (pid_t)result.metrics[0].values[0];
    assert_true(pid > 1);
    if (process_start_time(pid) != 0 && kill(pid, 0) == 0) {
        char path[64];
        auto_free char *status = NULL;
        size_t length;
        struct nbt_error err = NBT_ERROR_INIT;
        snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
        if (file_read(path, 1 << 16, &status, &length, &err) == 0 &&
            strstr(status, "State:\tZ") == NULL)
            fail_msg("process %d that a cell started is still running", (int)pid);
    }
    trial_result_fini(&result);
    drop_place(&place);
}

static void a_flood_is_kept_in_bounds(void **state)
{
    (void)state;
    SKIP_WITHOUT("ipykernel");
    struct place place;
    struct stat executed;
    char path[120];
    struct trial_options options = {.isolation = TRIAL_SHARE, .cancel_fd = -1};
    struct trial_result result = run_one(&place, "flood", options, NULL);
    assert_int_equal(result.state, TRIAL_SUCCEEDED);
    snprintf(path, sizeof path, "%s/executed.ipynb", place.output);
    assert_int_equal(stat(path, &executed), 0);
    if (executed.st_size > 4 * 1024 * 1024)
        fail_msg("the executed notebook has %lld bytes, want at most 4 MiB",
                 (long long)executed.st_size);
    auto_free char *text = text_in(place.output, "executed.ipynb");
    assert_contains(text, "bytes of output left out here");
    assert_contains(text, "the end");
    trial_result_fini(&result);
    drop_place(&place);
}

static char *join_lines(const json_t *lines)
{
    struct buf text = buf_init(1 << 20);
    size_t i;
    const json_t *line;
    json_array_foreach(lines, i, line) buf_puts(&text, json_string_value(line));
    return buf_take(&text);
}

static char *output_text(const json_t *executed, size_t cell, size_t output)
{
    const json_t *item = json_array_get(
        json_object_get(json_array_get(json_object_get(executed, "cells"), cell), "outputs"),
        output);
    const json_t *text = json_object_get(item, "text");
    return join_lines(text != NULL ? text
                                   : json_object_get(json_object_get(item, "data"), "text/plain"));
}

static void displays_are_updated_and_cleared(void **state)
{
    (void)state;
    SKIP_WITHOUT("ipykernel");
    struct place place;
    struct trial_options options = {.isolation = TRIAL_SHARE, .cancel_fd = -1};
    struct trial_result result = run_one(&place, "displays", options, NULL);
    assert_int_equal(result.state, TRIAL_SUCCEEDED);
    auto_json json_t *executed = load(place.output, "executed.ipynb");
    auto_free char *display = output_text(executed, 2, 0);
    auto_free char *kept = output_text(executed, 2, 1);
    auto_free char *stays = output_text(executed, 3, 0);
    assert_string_equal(display, "two");
    assert_string_equal(kept, "kept\n");
    assert_string_equal(stays, "stays\n");
    trial_result_fini(&result);
    drop_place(&place);
}

static void reports_come_in_order(void **state)
{
    (void)state;
    SKIP_WITHOUT("ipykernel");
    static const double want[] = {0.1, 0, 0.2, 1, 0.3, 2, 0.25};
    struct place place;
    auto_json json_t *events = json_array();
    struct trial_options options = {.isolation = TRIAL_SHARE, .reports = true, .cancel_fd = -1};
    struct trial_result result = run_one(&place, "reports", options, events);
    assert_int_equal(result.metrics[0].n_values, COUNT_OF(want));
    for (size_t i = 0; i < COUNT_OF(want); i++)
        assert_true(result.metrics[0].values[i] > want[i] - 1e-12 &&
                    result.metrics[0].values[i] < want[i] + 1e-12);
    auto_free char *metrics = text_in(place.output, "metrics.log");
    assert_contains(metrics, "Z val-acc=0.25\n");
    assert_contains(metrics, "Z val-acc=0.1\n");
    trial_result_fini(&result);
    drop_place(&place);
}

static void the_users_thread_counts_stay(void **state)
{
    (void)state;
    SKIP_WITHOUT("ipykernel");
    struct place place;
    struct trial_options options = {.isolation = TRIAL_SHARE, .threads = 2, .cancel_fd = -1};
    setenv("MKL_NUM_THREADS", "7", 1);
    unsetenv("OMP_NUM_THREADS");
    struct trial_result result = run_one(&place, "threads", options, NULL);
    unsetenv("MKL_NUM_THREADS");
    assert_int_equal(result.state, TRIAL_SUCCEEDED);
    assert_true(result.metrics[0].values[0] == 1.0);
    assert_true(result.metrics[1].values[0] == 7.0);
    trial_result_fini(&result);
    drop_place(&place);
}

struct canceler {
    int fd;
    json_t *events;
};

/* Cancels when the step that sleeps begins. */
static void cancel_on_step(void *self, const json_t *event)
{
    const struct canceler *canceler = self;
    const char *step = json_string_value(json_object_get(event, "step"));
    json_array_append(canceler->events, (json_t *)event);
    if (step != NULL && strcmp(step, "train") == 0)
        assert_int_equal(write(canceler->fd, "x", 1), 1);
}

static void a_canceled_trial_says_so(void **state)
{
    (void)state;
    SKIP_WITHOUT("ipykernel");
    int ends[2];
    struct nbt_error err = NBT_ERROR_INIT;
    struct trial_result result;
    struct place place = place_for("slow");
    auto_json json_t *events = json_array();
    assert_int_equal(pipe(ends), 0);
    struct canceler canceler = {ends[1], events};
    struct trial_options options = options_for(&place);
    options.cancel_fd = ends[0];
    options.on_event = cancel_on_step;
    options.self = &canceler;
    int64_t begin = clock_monotonic_ms();
    assert_ok(trial_run(&result, &options, &err));
    assert_int_equal(result.state, TRIAL_KILLED);
    assert_string_equal(result.reason, "Killed");
    assert_true(clock_monotonic_ms() - begin < 20000);
    auto_json json_t *executed = load(place.output, "executed.ipynb");
    auto_free char *statuses = statuses_of(executed);
    assert_string_equal(statuses, "completed interrupted not-run");
    trial_result_fini(&result);
    close(ends[0]);
    close(ends[1]);
    drop_place(&place);
}

static void a_missing_kernel_is_named(void **state)
{
    (void)state;
    struct place place;
    struct trial_options options = {
        .isolation = TRIAL_SHARE, .kernel = "no-such-kernel", .cancel_fd = -1};
    struct trial_result result = run_one(&place, "success", options, NULL);
    assert_int_equal(result.state, TRIAL_FAILED);
    assert_string_equal(result.reason, "KernelStartFailed");
    assert_contains(result.error.text, "no-such-kernel");
    trial_result_fini(&result);
    drop_place(&place);
}

static void executed_notebooks_are_valid(void **state)
{
    (void)state;
    SKIP_WITHOUT("ipykernel");
    SKIP_WITHOUT("nbformat");
    static const char *const names[] = {"success", "failing", "exits", "stale", "displays"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct place place;
        char command[600];
        struct trial_options options = {.isolation = TRIAL_SHARE, .cancel_fd = -1};
        struct trial_result result = run_one(&place, names[i], options, NULL);
        char link[64];
        snprintf(link, sizeof link, "/tmp/nbkatib-valid-%d", (int)getpid());
        assert_int_equal(symlink(place.output, link), 0);
        snprintf(command, sizeof command,
                 SYSTEM_PYTHON
                 " -c 'import json, nbformat; n = nbformat.read(\"%s/executed.ipynb\", 4); "
                 "nbformat.validate(n)'",
                 link);
        int status = system(command);
        unlink(link);
        if (status != 0)
            fail_msg("%s: nbformat refuses the executed notebook", names[i]);
        trial_result_fini(&result);
        drop_place(&place);
    }
}

/* Runs trial_main in a fresh process, this program again: a messaging context does not survive a
 * fork; the caller reads its events from *ret_events. */
static pid_t start_process(const struct place *place, int *ret_events)
{
    char spec[120];
    int ends[2];
    struct nbt_error err = NBT_ERROR_INIT;
    struct trial_options options = options_for(place);
    auto_json json_t *assignments = json_pack("[{s:s, s:s}]", "name", "lr", "value", "0.5");
    options.assignments = assignments;
    snprintf(spec, sizeof spec, "%s/spec.json", place->root);
    assert_ok(trial_spec_write(spec, &options, &err));
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char number[16];
        close(ends[0]);
        snprintf(number, sizeof number, "%d", ends[1]);
        execl("/proc/self/exe", "test_trial", spec, number, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    *ret_events = ends[0];
    return pid;
}

/* Reads events until one holds `text`, or to the end. */
static bool read_until(int fd, struct buf *events, const char *text)
{
    char block[4096];
    ssize_t n;
    while (strstr(buf_text(events), text) == NULL && (n = read(fd, block, sizeof block)) > 0)
        buf_add(events, block, (size_t)n);
    return strstr(buf_text(events), text) != NULL;
}

struct process_row {
    const char *notebook, *signal_at;
    int want_status;
    const char *want_state;
};

static const struct process_row process_rows[] = {
    {"success", NULL, 0, "Succeeded"},
    {"failing", NULL, 1, "Failed"},
    {"slow", "\"step\":\"train\"", 130, "Killed"},
};

static void a_process_tells_and_exits(void **state)
{
    (void)state;
    SKIP_WITHOUT("ipykernel");
    for (size_t i = 0; i < COUNT_OF(process_rows); i++) {
        const struct process_row *row = &process_rows[i];
        CLEANUP(buf_fini) struct buf events = buf_init(1 << 20);
        struct place place = place_for(row->notebook);
        int fd, status;
        pid_t pid = start_process(&place, &fd);
        if (row->signal_at != NULL) {
            assert_true(read_until(fd, &events, row->signal_at));
            assert_int_equal(kill(pid, SIGTERM), 0);
        }
        assert_true(read_until(fd, &events, "\"finished\""));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != row->want_status)
            fail_msg("%s: status %x, want exit %d: %s", row->notebook, status, row->want_status,
                     buf_text(&events));
        auto_json json_t *result = load(place.output, "result.json");
        assert_string_equal(json_string_value(json_object_get(result, "state")), row->want_state);
        close(fd);
        drop_place(&place);
    }
}

/* A trial that is killed without warning leaves what ran until then. */
static void a_killed_process_leaves_what_ran(void **state)
{
    (void)state;
    SKIP_WITHOUT("ipykernel");
    CLEANUP(buf_fini) struct buf events = buf_init(1 << 20);
    struct place place = place_for("slow");
    int fd, status;
    pid_t pid = start_process(&place, &fd);
    assert_true(read_until(fd, &events, "\"step\":\"train\""));
    usleep(500000);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    auto_json json_t *executed = load(place.output, "executed.ipynb");
    auto_free char *statuses = statuses_of(executed);
    auto_free char *begun = output_text(executed, 2, 0);
    assert_string_equal(statuses, "completed completed running not-run");
    assert_string_equal(begun, "begun 0.5\n");
    assert_false(exists(place.output, "result.json"));
    close(fd);
    drop_place(&place);
}

static int system_kernel(void **state)
{
    (void)state;
    setenv("PATH", "/usr/bin:/bin", 1);
    unsetenv("VIRTUAL_ENV");
    return 0;
}

int main(int argc, char **argv)
{
    int64_t status_fd;
    if (argc == 3 && nbt_parse_int(argv[2], &status_fd))
        return trial_main(argv[1], (int)status_fd);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notebooks_end_as_they_should),
        cmocka_unit_test(an_isolated_trial_leaves_its_folder_alone),
        cmocka_unit_test(a_shared_trial_works_in_the_folder),
        cmocka_unit_test(daemons_of_cells_end_with_the_trial),
        cmocka_unit_test(a_flood_is_kept_in_bounds),
        cmocka_unit_test(displays_are_updated_and_cleared),
        cmocka_unit_test(reports_come_in_order),
        cmocka_unit_test(the_users_thread_counts_stay),
        cmocka_unit_test(a_canceled_trial_says_so),
        cmocka_unit_test(a_missing_kernel_is_named),
        cmocka_unit_test(executed_notebooks_are_valid),
        cmocka_unit_test(a_process_tells_and_exits),
        cmocka_unit_test(a_killed_process_leaves_what_ran),
    };
    return cmocka_run_group_tests(tests, system_kernel, NULL);
}
