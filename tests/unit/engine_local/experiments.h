/*
 * What tests do with experiments of the local engine, in a home of their own; stub.h is what runs
 * in them. Failures end the test.
 */
#ifndef TESTS_ENGINE_LOCAL_EXPERIMENTS_H
#define TESTS_ENGINE_LOCAL_EXPERIMENTS_H

#include "base/file.h"
#include "base/scope.h"
#include "check.h"
#include "engine/local/home.h"
#include "engine/local/lock.h"
#include "tests/unit/engine_local/stub.h"

static char home[64];

static inline int make_home(void **state)
{
    (void)state;
    snprintf(home, sizeof(home), "/tmp/nbkatib-engine-XXXXXX");
    return mkdtemp(home) ? setenv("NBKATIB_HOME", home, 1) : -1;
}

static inline int drop_home(void **state)
{
    (void)state;
    return file_remove_tree(home, NULL);
}

/* ---- what tests do with experiments ---- */

static inline int submit_as(const json_t *document, const char *script, bool detach,
                            struct nbt_error *err)
{
    struct engine_submission submission = {document, script, strlen(script), detach};
    return local_engine.submit(&submission, err);
}

static inline void submit(const char *name, const char *algorithm, const char *parameter,
                          const char *extra, const char *script)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *document = stub_experiment(name, algorithm, parameter, extra);
    assert_non_null(document);
    int code = submit_as(document, script, true, &err);
    if (code < 0)
        fail_msg("submit %s: %s", name, err.text);
}

static inline int append(void *self, const json_t *event)
{
    return json_array_append(self, (json_t *)(uintptr_t)event);
}

/* All facts until engine-ended. */
static inline json_t *facts_of(const char *name, struct nbt_error *err)
{
    json_t *facts = json_array();
    struct engine_watch watch = {
        .follow = true, .cancel_fd = -1, .on_event = append, .self = facts};
    if (local_engine.watch(name, &watch, err) == 0)
        return facts;
    json_decref(facts);
    return NULL;
}

static inline json_t *wait_for(const char *name)
{
    struct nbt_error err = NBT_ERROR_INIT;
    json_t *facts = facts_of(name, &err);
    if (!facts)
        fail_msg("watch %s: %s", name, err.text);
    return facts;
}

static inline json_t *show(const char *name)
{
    struct nbt_error err = NBT_ERROR_INIT;
    json_t *found = NULL;
    if (local_engine.show(&found, name, &err) < 0)
        fail_msg("show %s: %s", name, err.text);
    return found;
}

static inline const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static inline size_t count_facts(const json_t *facts, const char *kind)
{
    size_t count = 0, i;
    json_t *fact;
    json_array_foreach(facts, i, fact) count += strcmp(text(fact, "kind"), kind) == 0;
    return count;
}

static inline size_t count_states(const json_t *shown, const char *state)
{
    size_t count = 0, i;
    json_t *trial;
    json_array_foreach(json_object_get(shown, "trials"), i, trial) count +=
        strcmp(text(trial, "state"), state) == 0;
    return count;
}

static inline void wait_for_state(const char *name, const char *trial_state, size_t count)
{
    for (int i = 0; i < 500; i++) {
        auto_json json_t *shown = show(name);
        if (count_states(shown, trial_state) >= count)
            return;
        stub_sleep_ms(20);
    }
    fail_msg("%s: never %zu trials %s", name, count, trial_state);
}

/* "name=value name=value ..." of the trials in order of index. */
static inline char *plan_of(const json_t *shown)
{
    char *plan = strdup("");
    size_t i;
    json_t *trial;
    json_array_foreach(json_object_get(shown, "trials"), i, trial)
    {
        char *longer;
        const json_t *first = json_array_get(json_object_get(trial, "assignments"), 0);
        assert_true(asprintf(&longer, "%s%s=%s ", plan, strrchr(text(trial, "name"), '-'),
                             text(first, "value")) > 0);
        free(plan);
        plan = longer;
    }
    return plan;
}

static inline bool is_running(const char *name)
{
    struct home_paths paths;
    assert_int_equal(home_paths_init(&paths, name, NULL), 0);
    bool held = lock_is_held(paths.lock, NULL);
    home_paths_fini(&paths);
    return held;
}

static inline pid_t engine_of(const char *name)
{
    struct home_paths paths;
    struct lock_holder holder;
    assert_int_equal(home_paths_init(&paths, name, NULL), 0);
    bool held = lock_is_held(paths.lock, &holder);
    home_paths_fini(&paths);
    return held ? holder.pid : 0;
}

static inline void kill_engine(const char *name)
{
    pid_t pid = engine_of(name);
    if (pid > 0)
        kill(pid, SIGKILL);
    for (int i = 0; i < 500 && is_running(name); i++)
        stub_sleep_ms(10);
    assert_false(is_running(name));
}

static inline void resume(const char *name, int64_t max_trials)
{
    struct nbt_error err = NBT_ERROR_INIT;
    if (local_engine.resume(name, max_trials, true, &err) < 0)
        fail_msg("resume %s: %s", name, err.text);
}

static inline void stop(const char *name, enum engine_stop how)
{
    struct nbt_error err = NBT_ERROR_INIT;
    if (local_engine.stop(name, how, &err) < 0)
        fail_msg("stop %s: %s", name, err.text);
}

static inline void wait_until_over(const char *name)
{
    for (int i = 0; i < 1000 && is_running(name); i++)
        stub_sleep_ms(20);
    assert_false(is_running(name));
}

#endif
