/* submit: the experiment's folder comes into being whole, by one rename, and its engine is started.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "engine/local/start.h"
#include "engine/local/state.h"
#include "engine/local/verbs.h"

/* Its own copy, with the seed in it: the same document then gives the same trials, whoever asks
 * again. */
static json_t *own_document(const json_t *document, struct nbt_error *err)
{
    json_t *copy = json_deep_copy(document);
    if (!copy)
        return NULL;
    json_object_del(copy, "status");
    if (experiment_annotation(copy, EXPERIMENT_SEED))
        return copy;
    uint64_t seed = (uint64_t)clock_realtime_us();
    if (getrandom(&seed, sizeof(seed), 0) < 0)
        errno = 0;
    char text[32];
    snprintf(text, sizeof(text), "%llu", (unsigned long long)seed);
    if (experiment_annotate(copy, EXPERIMENT_SEED, text, err) == 0)
        return copy;
    json_decref(copy);
    return NULL;
}

/* What would only fail in the engine is found out before anything is created. */
static int check(const json_t *document, struct nbt_error *err)
{
    struct settings settings;
    struct state state;
    int code = settings_init(&settings, document, "/", err);
    if (code < 0)
        return code;
    if ((code = state_init(&state, document, &settings, err)) == 0)
        state_fini(&state);
    settings_fini(&settings);
    return code;
}

static int first_facts(struct store *store, const struct store_experiment *experiment,
                       struct nbt_error *err)
{
    const json_t *spec = json_object_get(experiment->document, "spec");
    const char *notebook = experiment_annotation(experiment->document, EXPERIMENT_NOTEBOOK);
    auto_json json_t *created =
        json_pack("{ss ss sO? sO? sO?}", "name", experiment->name, "notebook",
                  notebook ? notebook : "", "maxTrialCount", json_object_get(spec, "maxTrialCount"),
                  "parallelTrialCount", json_object_get(spec, "parallelTrialCount"), "algorithm",
                  json_object_get(json_object_get(spec, "algorithm"), "algorithmName"));
    const json_t *mark = json_array_get(json_object_get(experiment->status, "conditions"), 0);
    auto_json json_t *condition =
        json_pack("{sO? sO? sO? sO?}", "type", json_object_get(mark, "type"), "status",
                  json_object_get(mark, "status"), "reason", json_object_get(mark, "reason"),
                  "message", json_object_get(mark, "message"));
    if (!created || !condition)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for an experiment");
    int code = store_fact(store, "experiment-created", created, err);
    return code == 0 ? store_fact(store, "condition", condition, err) : code;
}

static int fill_store(struct store *store, const char *name, json_t *document,
                      struct nbt_error *err)
{
    int64_t now = clock_realtime_us();
    auto_json json_t *status = json_object();
    struct store_experiment experiment = {
        .name = (char *)(uintptr_t)name,
        .state = (char[]){"Created"},
        .reason = (char[]){""},
        .message = (char[]){""},
        .document = document,
        .status = status,
        .created_us = now,
        .optimal = -1,
    };
    int code = status_mark(status, STATUS_CREATED, true, NULL, NULL, now, err);
    if (code == 0)
        code = store_insert(store, &experiment, err);
    if (code == 0)
        code = first_facts(store, &experiment, err);
    return code == 0 ? store_commit(store, err) : code;
}

static int fill_folder(const struct home_paths *paths, json_t *document,
                       const struct engine_submission *submission, struct nbt_error *err)
{
    struct store *store = NULL;
    int code = file_write_atomic(paths->notebook, submission->notebook_text,
                                 submission->notebook_size, 0600, err);
    if (code == 0)
        code = file_mkdir_all(paths->trials, 0700, err);
    if (code == 0)
        code = store_open(&store, paths->database, STORE_CREATE, err);
    if (code == 0)
        code = fill_store(store, paths->name, document, err);
    store_close(store);
    return code;
}

/* Never onto another: a folder of ours is never empty, so that plain rename refuses too where there
 * is no renameat2. */
static int move(const char *from, const struct home_paths *to, struct nbt_error *err)
{
    if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to->folder, RENAME_NOREPLACE) == 0)
        return 0;
    if ((errno == EINVAL || errno == ENOSYS) && rename(from, to->folder) == 0)
        return 0;
    if (errno == EEXIST || errno == ENOTEMPTY)
        return nbt_error_set(
            err, NBT_EEXIST,
            "an experiment '%s' exists already; choose another name, or `nbkatib delete %s` first",
            to->name, to->name);
    return nbt_error_errno(err, "cannot create %s", to->folder);
}

static int build(const struct home_paths *paths, json_t *document,
                 const struct engine_submission *submission, struct nbt_error *err)
{
    auto_free char *scratch = NULL;
    CLEANUP(home_paths_fini) struct home_paths inside = {0};
    int code = home_scratch(&scratch, err);
    if (code == 0)
        code = home_paths_in(&inside, scratch, paths->name, err);
    if (code == 0)
        code = fill_folder(&inside, document, submission, err);
    if (code == 0)
        code = move(scratch, paths, err);
    if (code < 0 && scratch && file_remove_tree(scratch, NULL) < 0)
        errno = 0; /* cleaned later: home_scratch */
    if (code < 0)
        return code;
    if (file_sync_folder(paths->folder, NULL) < 0)
        errno = 0; /* it is there; only power lost now could undo the rename */
    return 0;
}

int local_submit(const struct engine_submission *submission, struct nbt_error *err)
{
    const json_t *metadata = json_object_get(submission->document, "metadata");
    const char *name = json_string_value(json_object_get(metadata, "name"));
    CLEANUP(home_paths_fini) struct home_paths paths = {0};
    int code = home_create(err);
    if (code == 0)
        code = home_paths_init(&paths, name ? name : "", err);
    if (code < 0)
        return code;
    auto_json json_t *document = own_document(submission->document, err);
    if (!document)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the experiment");
    code = check(document, err);
    if (code == 0)
        code = build(&paths, document, submission, err);
    if (code < 0 || (code = start_engine(&paths, submission->detach, err)) == 0)
        return code;
    /* Nothing ran: the name is free again. Refused, rightly, when the engine is up after all. */
    if (local_remove(name, NULL) < 0)
        errno = 0;
    return code;
}
