#include "engine/katib/fetch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "engine/katib/kube/log.h"
#include "engine/katib/members.h"
#include "engine/katib/pod_log.h"
#include "engine/katib/verbs.h"
#include "engine/katib/view.h"
#include "trial/job.h"

#define READ_MS      60000 /* that reading a log may take */
#define FAILURES_MAX 8
#define RESULT_MAX   ((size_t)16 << 20)
#define FETCHED      "fetched" /* a file: nothing more will come */

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the trial's files");
}

static bool is_there(const char *folder, const char *name)
{
    auto_free char *path = file_join(folder, name);
    struct stat info;
    return path && stat(path, &info) == 0;
}

/* ---- the pod ---- */

/* Of several the one that was made last. */
static int find_pod(json_t **ret, const struct katib_session *session, const char *trial,
                    struct nbt_error *err)
{
    auto_json json_t *pods = NULL;
    json_t *last = NULL, *pod;
    size_t i;
    int result = katib_get_pods(&pods, session, KATIB_TRIAL_LABEL, trial, err);

    if (result < 0)
        return result;
    json_array_foreach(pods, i, pod)
    {
        if (!last || strcmp(text(member(pod, "metadata"), "creationTimestamp"),
                            text(member(last, "metadata"), "creationTimestamp")) > 0)
            last = pod;
    }
    const char *phase = text(member(last, "status"), "phase");
    if (!last)
        return nbt_error_set(err, NBT_ENOTFOUND,
                             "trial %s has no pod in the cluster (any more), and its files were "
                             "not fetched before",
                             trial);
    if (strcmp(phase, "Pending") == 0)
        return nbt_error_set(err, NBT_ENOTFOUND, "the pod of trial %s has not begun yet", trial);
    *ret = json_incref(last);
    return 0;
}

static bool has_ended(const json_t *pod)
{
    const char *phase = text(member(pod, "status"), "phase");
    return strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0;
}

/* ---- its log ---- */

struct reading {
    struct pod_log *log;
    struct nbt_error err;
    bool done;
};

static void on_line(void *self, int64_t realtime_ns, const char *line, size_t length, bool whole)
{
    struct reading *reading = self;

    (void)realtime_ns;
    pod_log_line(reading->log, line, length, whole);
}

static void on_end(void *self, int code, const struct nbt_error *err)
{
    struct reading *reading = self;

    reading->done = true;
    if (code < 0)
        nbt_error_set(&reading->err, code, "%s", err->text);
}

static int read_log(struct pod_log *ret, const struct katib_session *session, const json_t *pod,
                    struct nbt_error *err)
{
    struct reading reading = {.log = ret, .err = NBT_ERROR_INIT};
    struct kube_log_options options = {.namespace_ = session->namespace_,
                                       .pod = text(member(pod, "metadata"), "name"),
                                       .container = katib_container_of(pod),
                                       .on_line = on_line,
                                       .on_end = on_end,
                                       .self = &reading};
    int64_t deadline = clock_monotonic_ms() + READ_MS;
    struct kube_log *log = kube_log_follow(session->client, &options);

    if (!log)
        return no_memory(err);
    while (!reading.done && clock_left_ms(deadline) > 0)
        loop_step(kube_client_loop(session->client), clock_left_ms(deadline));
    kube_log_stop(log);
    if (!reading.done)
        return nbt_error_set(err, NBT_ETIMEOUT, "the pod's log did not come within %d s",
                             READ_MS / 1000);
    return reading.err.code < 0 ? nbt_error_set(err, reading.err.code, "%s", reading.err.text) : 0;
}

static int save(const struct pod_log *log, const char *folder, bool ended, struct nbt_error *err)
{
    auto_free char *fetched = file_join(folder, FETCHED);
    int result = fetched ? file_mkdir_all(folder, 0700, err) : no_memory(err);

    if (result == 0)
        result = pod_log_save(log, folder, err);
    if (result == 0 && (ended || pod_log_is_complete(log)))
        result = file_replace(fetched, "", 0, 0600, err);
    return result;
}

int katib_fetch(const struct katib_session *session, const struct katib_place *place,
                const char *trial, struct nbt_error *err)
{
    CLEANUP(pod_log_fini) struct pod_log log = pod_log_init();
    auto_free char *folder = katib_place_trial(place, trial);
    auto_json json_t *pod = NULL;

    if (!folder)
        return no_memory(err);
    if (is_there(folder, FETCHED))
        return 0;
    int result = find_pod(&pod, session, trial, err);
    if (result == 0)
        result = read_log(&log, session, pod, err);
    return result < 0 ? result : save(&log, folder, has_ended(pod), err);
}

/* ---- failures ---- */

static bool failed_anew(const struct facts *facts, const json_t *trial)
{
    enum status_state state = katib_trial_state(trial);
    const char *known = text(facts->states, text(member(trial, "metadata"), "name"));

    return (state == STATUS_TRIAL_FAILED || state == STATUS_TRIAL_METRICS_UNAVAILABLE) &&
           (!known[0] || strcmp(known, "Pending") == 0 || strcmp(known, "Running") == 0);
}

void katib_fetch_failures(const struct katib_session *session, const struct facts *facts,
                          const json_t *items)
{
    size_t left = FAILURES_MAX;

    for (size_t i = json_array_size(items); i > 0 && left > 0; i--) {
        const json_t *trial = json_array_get(items, i - 1);
        struct nbt_error ignored = NBT_ERROR_INIT;
        if (!failed_anew(facts, trial))
            continue;
        left--;
        if (katib_fetch(session, facts->place, text(member(trial, "metadata"), "name"), &ignored) <
            0)
            nbt_error_clear(&ignored); /* Katib's own words remain */
    }
}

static json_t *result_of(const char *folder)
{
    auto_free char *path = file_join(folder, "result.json");
    auto_free char *data = NULL;
    size_t length;
    struct stat info;

    if (!path || stat(path, &info) < 0 || file_read(path, RESULT_MAX, &data, &length, NULL) < 0)
        return NULL;
    return json_loadb(data, length, 0, NULL);
}

void katib_set_result(json_t *view, const struct katib_place *place)
{
    auto_free char *folder = katib_place_trial(place, text(view, "name"));
    auto_json json_t *result = folder ? result_of(folder) : NULL;
    bool failed = strcmp(text(view, "state"), "Failed") == 0 ||
                  strcmp(text(view, "state"), "MetricsUnavailable") == 0;
    size_t i;
    const json_t *warning;

    if (!result)
        return;
    json_object_set_new(view, "folder", json_string(folder));
    json_object_set(view, "isolation", member(result, "isolation"));
    json_array_foreach(member(result, "warnings"), i, warning)
    {
        json_array_append(member(view, "warnings"), member(warning, "text"));
    }
    if (!failed || !text(result, "reason")[0])
        return;
    json_object_set(view, "reason", member(result, "reason"));
    json_object_set(view, "message", member(result, "message"));
    if (json_integer_value(member(result, "cell")) >= 0)
        json_object_set(view, "cell", member(result, "cell"));
}

/* ---- the contract ---- */

static bool is_name(const char *trial)
{
    return trial[0] && strspn(trial, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(trial) &&
           strlen(trial) <= 63;
}

static bool is_file(const char *file)
{
    for (size_t i = 0; i < POD_LOG_FILES; i++) {
        if (strcmp(pod_log_names[i], file) == 0)
            return true;
    }
    return strcmp(file, POD_LOG_TEXT) == 0;
}

static int fetch_now(const struct katib_place *place, const char *trial, struct nbt_error *err)
{
    CLEANUP(katib_session_close) struct katib_session session = {0};
    int result = katib_session_of(&session, place, KATIB_PATIENT, err);
    return result < 0 ? result : katib_fetch(&session, place, trial, err);
}

static int nothing_left(const char *folder, const char *trial, const char *file,
                        struct nbt_error *err)
{
    if (!is_there(folder, FETCHED))
        return nbt_error_set(err, NBT_ENOTFOUND, "trial %s has left no %s yet", trial, file);
    return nbt_error_set(err, NBT_ENOTFOUND,
                         "trial %s has left no %s in its pod's log: it did not come that far, or "
                         "the file has more than %zu MiB, compressed",
                         trial, file, JOB_FILE_MAX >> 20);
}

/* What was fetched stays when the pod is gone. */
int katib_file(char **ret_path, const char *experiment, const char *trial, const char *file,
               struct nbt_error *err)
{
    CLEANUP(katib_place_fini) struct katib_place place = {0};
    struct nbt_error found = NBT_ERROR_INIT;
    int result = katib_place_find(&place, experiment, err);

    if (result < 0)
        return result;
    if (!trial)
        return nbt_error_set(err, NBT_ENOTFOUND,
                             "Katib's own log is not here, but its facts are: "
                             "`nbkatib logs %s`",
                             experiment);
    if (!is_name(trial) || !is_file(file))
        return nbt_error_set(err, NBT_ENOTFOUND, "there is no file %s of a trial %s", file, trial);
    auto_free char *folder = katib_place_trial(&place, trial);
    if (!folder)
        return no_memory(err);
    if (!is_there(folder, FETCHED))
        result = fetch_now(&place, trial, &found);
    if (!is_there(folder, file))
        return result < 0 ? nbt_error_set(err, result, "%s", found.text)
                          : nothing_left(folder, trial, file, err);
    *ret_path = file_join(folder, file);
    return *ret_path ? 0 : no_memory(err);
}
