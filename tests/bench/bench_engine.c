/*
 * What the engine itself costs: N trials with a stub for a trial, then list and show. Prints one
 * JSON object a size: bench_engine [N...]
 * {"trials":100,"seconds_per_trial":..,"list_ms":..,"show_ms":..}
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "tests/unit/engine_local/stub.h"

static int ignore(void *self, const json_t *event)
{
    (void)self;
    (void)event;
    return 0;
}

static int run(const char *name, int64_t trials, struct nbt_error *err)
{
    char extra[128];
    snprintf(extra, sizeof(extra),
             "\"maxTrialCount\": %lld, \"parallelTrialCount\": 2, \"maxFailedTrialCount\": 3",
             (long long)trials);
    auto_json json_t *document = stub_experiment(name, "random", STUB_DOUBLE, extra);
    struct engine_submission submission = {document, "{}", 2, true};
    int code = local_engine.submit(&submission, err);
    struct engine_watch watch = {
        .since = 1000000000, .follow = true, .cancel_fd = -1, .on_event = ignore};
    while (code == 0) {
        auto_json json_t *shown = NULL;
        code = local_engine.show(&shown, name, err);
        const char *state = json_string_value(json_object_get(shown, "state"));
        if (code < 0 || strcmp(state, "Running") != 0)
            return code;
        watch.since = (uint64_t)json_integer_value(json_object_get(shown, "seq"));
        code = local_engine.watch(name, &watch, err);
    }
    return code;
}

static double best_ms(int (*fn)(json_t **, const char *, struct nbt_error *), const char *name)
{
    int64_t best = INT64_MAX;
    for (int i = 0; i < 5; i++) {
        json_t *value = NULL;
        int64_t before = clock_monotonic_us();
        if (fn(&value, name, NULL) < 0)
            return -1;
        int64_t took = clock_monotonic_us() - before;
        json_decref(value);
        best = took < best ? took : best;
    }
    return (double)best / 1000;
}

static int list(json_t **ret, const char *name, struct nbt_error *err)
{
    (void)name;
    return local_engine.list(ret, err);
}

static int measure(int64_t trials)
{
    char name[40];
    struct nbt_error err = NBT_ERROR_INIT;
    snprintf(name, sizeof(name), "bench-%lld", (long long)trials);
    int64_t before = clock_monotonic_us();
    if (run(name, trials, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    double seconds = (double)(clock_monotonic_us() - before) / 1e6;
    printf("{\"trials\":%lld,\"seconds_per_trial\":%.6f,\"list_ms\":%.3f,\"show_ms\":%.3f}\n",
           (long long)trials, seconds / (double)trials, best_ms(list, name),
           best_ms(local_engine.show, name));
    fflush(stdout);
    return local_engine.remove(name, &err) < 0;
}

int main(int argc, char **argv)
{
    int status = stub_dispatch(argc, argv);
    if (status >= 0)
        return status;
    static char home[] = "/tmp/nbkatib-bench-XXXXXX";
    if (!mkdtemp(home) || setenv("NBKATIB_HOME", home, 1) < 0)
        return 1;
    static const char *const sizes[] = {"100", "10000"};
    const char *const *list_of_sizes = argc > 1 ? (const char *const *)argv + 1 : sizes;
    int count = argc > 1 ? argc - 1 : (int)COUNT_OF(sizes);
    int failed = 0;
    for (int i = 0; i < count && !failed; i++) {
        int64_t trials;
        failed = !nbt_parse_int(list_of_sizes[i], &trials) || measure(trials);
    }
    return file_remove_tree(home, NULL) < 0 || failed;
}
