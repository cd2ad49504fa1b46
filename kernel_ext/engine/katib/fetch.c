/* file: a trial's files, made local. Its log comes from its pod; what it wrote besides stays in the pod. */
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "engine/katib/kube/log.h"
#include "engine/katib/kube/path.h"
#include "engine/katib/session.h"
#include "engine/katib/template.h"
#include "engine/katib/verbs.h"

#define LOG_MAX ((size_t)64 << 20)

struct fetch {
    struct buf text;
    struct nbt_error *err;
    int code;
    bool done;
};

static void on_line(void *self, int64_t realtime_ns, const char *text, size_t length, bool whole)
{
    struct fetch *fetch = self;

    (void)realtime_ns;
    buf_add(&fetch->text, text, length);
    if (whole)
        buf_putc(&fetch->text, '\n');
}

static void on_end(void *self, int code, const struct nbt_error *err)
{
    struct fetch *fetch = self;

    fetch->done = true;
    fetch->code = code < 0 ? nbt_error_set(fetch->err, code, "%s", err->text) : 0;
}

/* The pod's name: of several, the one that was made last. */
static int find_pod(char **ret, const struct katib_session *session, const char *trial,
                    struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf selector = buf_init(256);
    auto_free char *pods = kube_path("/api/v1", session->namespace_, "pods", NULL, NULL);
    auto_json json_t *list = NULL;

    buf_printf(&selector, KATIB_TRIAL_LABEL "=%s", trial);
    auto_free char *path =
        pods ? kube_path_query(pods, (const char *[]){"labelSelector", buf_text(&selector), NULL})
             : NULL;
    if (!path || buf_failed(&selector))
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the trial's pod");
    int result = kube_list(session->client, path, 100, &list, err);
    if (result < 0)
        return result;
    const json_t *items = json_object_get(list, "items");
    const json_t *last = json_array_get(items, json_array_size(items) - 1);
    const char *name = json_string_value(json_object_get(json_object_get(last, "metadata"), "name"));
    if (!name)
        return nbt_error_set(err, NBT_ENOTFOUND, "trial %s has no pod in the cluster", trial);
    *ret = strdup(name);
    return *ret ? 0 : nbt_error_set(err, NBT_ENOMEM, "no memory for the trial's pod");
}

static int read_log(struct fetch *fetch, const struct katib_session *session, const char *pod)
{
    struct kube_log_options options = {.namespace_ = session->namespace_,
                                       .pod = pod,
                                       .container = KATIB_CONTAINER,
                                       .on_line = on_line,
                                       .on_end = on_end,
                                       .self = fetch};
    struct kube_log *log = kube_log_follow(session->client, &options);

    if (!log)
        return nbt_error_set(fetch->err, NBT_ENOMEM, "no memory for the trial's log");
    while (!fetch->done)
        loop_step(kube_client_loop(session->client), -1);
    kube_log_stop(log);
    return fetch->code;
}

static int fetch_log(const struct katib_place *place, const char *trial, const char *path,
                     struct nbt_error *err)
{
    CLEANUP(katib_session_close) struct katib_session session = {0};
    CLEANUP(buf_fini) struct buf text = buf_init(LOG_MAX);
    struct fetch fetch = {.text = text, .err = err};
    auto_free char *pod = NULL;
    int result = katib_session_of(&session, place, -1, err);

    if (result == 0)
        result = find_pod(&pod, &session, trial, err);
    if (result == 0)
        result = read_log(&fetch, &session, pod);
    text = fetch.text;
    return result < 0 ? result
                      : file_replace(path, buf_text(&text), text.length, 0600, err);
}

static bool is_name(const char *trial)
{
    return trial[0] && strspn(trial, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(trial) &&
           strlen(trial) <= 63;
}

/* What was fetched stays when the pod is gone. */
int katib_file(char **ret_path, const char *experiment, const char *trial, const char *file,
               struct nbt_error *err)
{
    CLEANUP(katib_place_fini) struct katib_place place = {0};
    struct nbt_error found = NBT_ERROR_INIT;
    auto_free char *path = NULL;
    struct stat info;
    int result = katib_place_find(&place, experiment, err);

    if (result < 0)
        return result;
    if (!trial || !is_name(trial) || strcmp(file, "trial.log") != 0)
        return nbt_error_set(err, NBT_ENOTFOUND,
                             "trials of a cluster leave no %s here; their log is trial.log", file);
    result = katib_place_file(&path, &place, trial, file, err);
    if (result < 0)
        return result;
    if (fetch_log(&place, trial, path, &found) < 0 && stat(path, &info) < 0)
        return nbt_error_set(err, found.code, "%s", found.text);
    *ret_path = TAKE(path);
    return 0;
}
