/*
 * The client of Kubernetes as a program, for tests that stand outside: kubeconfig from KUBECONFIG,
 * the request from arguments, the answer as one JSON line on stdout.
 *
 *     kube_probe get PATH | list PATH | create PATH FILE [LABEL] | replace PATH FILE
 *     kube_probe apply PATH FILE MANAGER | merge PATH FILE | json PATH FILE | delete PATH [UID]
 *     kube_probe watch PATH EVENTS       ends after so many events, 0: at the end of stdin;
 * PROBE_GET names a path that is read once it is synced kube_probe log NAMESPACE POD [CONTAINER]
 *     kube_probe config
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/kube/call.h"
#include "engine/katib/kube/log.h"
#include "engine/katib/kube/watch.h"
#include "nbtags/number.h"

struct job {
    struct kube_client *client;
    int argc;
    char **argv;
    struct nbt_error err;
};

static const char *argument(const struct job *job, int index)
{
    return index < job->argc ? job->argv[index] : NULL;
}

static json_t *file_argument(const struct job *job, int index)
{
    const char *path = argument(job, index);
    json_t *value = path ? json_load_file(path, 0, NULL) : NULL;
    if (!value)
        exit(2);
    return value;
}

static void print(json_t *value)
{
    auto_free char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
    puts(text ? text : "null");
    fflush(stdout);
    json_decref(value);
}

static int option(const char *name)
{
    int64_t value = 0;
    const char *text = getenv(name);
    return text && nbt_parse_int(text, &value) ? (int)value : 0;
}

static int run_get(struct job *job)
{
    json_t *object = NULL;
    int code = kube_get(job->client, argument(job, 2), &object, &job->err);
    if (code == 0)
        print(object);
    return code;
}

static int run_list(struct job *job)
{
    json_t *list = NULL;
    int code = kube_list(job->client, argument(job, 2), 0, &list, &job->err);
    if (code == 0)
        print(list);
    return code;
}

static int run_create(struct job *job)
{
    auto_json json_t *object = file_argument(job, 3);
    json_t *answer = NULL;
    int code =
        kube_create(job->client, argument(job, 2), object, argument(job, 4), &answer, &job->err);
    if (code == 0)
        print(answer);
    return code;
}

static int run_write(struct job *job)
{
    auto_json json_t *object = file_argument(job, 3);
    const char *verb = argument(job, 1);
    const char *path = argument(job, 2);
    json_t *answer = NULL;
    int code;
    if (strcmp(verb, "replace") == 0)
        code = kube_replace(job->client, path, object, &answer, &job->err);
    else if (strcmp(verb, "apply") == 0)
        code = kube_apply(job->client, path, object, argument(job, 4), true, &answer, &job->err);
    else if (strcmp(verb, "merge") == 0)
        code = kube_patch_merge(job->client, path, object, &answer, &job->err);
    else
        code = kube_patch_json(job->client, path, object, &answer, &job->err);
    if (code == 0)
        print(answer);
    return code;
}

static int run_delete(struct job *job)
{
    return kube_delete(job->client, argument(job, 2), "Background", argument(job, 3), &job->err);
}

struct follow {
    struct job *job;
    struct kube_watch *watch;
    struct kube_log *log;
    int64_t left;
    size_t bytes;
    bool quiet, done, synced;
};

static void count(struct follow *follow)
{
    if (follow->left > 0 && --follow->left == 0) {
        follow->done = true;
        kube_watch_stop(follow->watch);
        follow->watch = NULL;
    }
}

static void say(struct follow *follow, const char *event, const json_t *object)
{
    const json_t *metadata = json_object_get(object, "metadata");
    if (!follow->quiet)
        print(json_pack("{s:s, s:O*, s:O*, s:O*, s:O*}", "event", event, "name",
                        json_object_get(metadata, "name"), "uid", json_object_get(metadata, "uid"),
                        "version", json_object_get(metadata, "resourceVersion"), "kind",
                        json_object_get(object, "kind")));
    count(follow);
}

static void on_added(void *self, const json_t *object)
{
    say(self, "added", object);
}

static void on_modified(void *self, const json_t *object)
{
    say(self, "modified", object);
}

static void on_deleted(void *self, const json_t *object)
{
    say(self, "deleted", object);
}

static void on_version(void *self, const char *version, const char *event)
{
    struct follow *follow = self;
    if (!follow->quiet || strcmp(event, "synced") == 0)
        print(json_pack("{s:s, s:s}", "event", event, "version", version));
    count(follow);
}

static void on_bookmark(void *self, const char *version)
{
    on_version(self, version, "bookmark");
}

static void on_synced(void *self, const char *version)
{
    struct follow *follow = self;
    follow->synced = true;
    on_version(self, version, "synced");
}

static void on_trouble(void *self, const struct nbt_error *err, bool ended)
{
    struct follow *follow = self;
    print(json_pack("{s:s, s:s, s:b}", "event", "trouble", "text", err->text, "ended", (int)ended));
    if (ended) {
        follow->done = true;
        follow->job->err = *err;
    }
    count(follow);
}

static void on_input(void *self, int fd, short revents)
{
    struct follow *follow = self;
    (void)fd;
    (void)revents;
    follow->done = true;
}

/* A request beside a watch, once that is synced. */
static void get_beside(struct follow *follow)
{
    const char *path = getenv("PROBE_GET");
    json_t *object = NULL;
    if (!path || !follow->synced || follow->done)
        return;
    unsetenv("PROBE_GET");
    if (kube_get(follow->job->client, path, &object, &follow->job->err) < 0)
        follow->done = true;
    else
        say(follow, "got", object);
    json_decref(object);
}

static void turn(struct follow *follow)
{
    struct loop *loop = kube_client_loop(follow->job->client);
    if (follow->left == 0)
        loop_add_fd(loop, 0, POLLIN, on_input, follow);
    while (!follow->done) {
        loop_step(loop, -1);
        get_beside(follow);
    }
}

static int run_watch(struct job *job)
{
    static const struct kube_watch_events events = {.added = on_added,
                                                    .modified = on_modified,
                                                    .deleted = on_deleted,
                                                    .bookmark = on_bookmark,
                                                    .synced = on_synced,
                                                    .trouble = on_trouble};
    struct follow follow = {.job = job, .quiet = getenv("PROBE_QUIET") != NULL};
    struct kube_watch_options options = {.path = argument(job, 2),
                                         .events = &events,
                                         .self = &follow,
                                         .idle_ms = option("PROBE_IDLE_MS")};
    if (!nbt_parse_int(argument(job, 3), &follow.left))
        return 2;
    follow.watch = kube_watch_start(job->client, &options);
    turn(&follow);
    kube_watch_stop(follow.watch);
    return 0;
}

static void on_line(void *self, int64_t realtime_ns, const char *text, size_t length, bool whole)
{
    struct follow *follow = self;
    follow->bytes += length;
    if (!follow->quiet)
        print(json_pack("{s:I, s:s%, s:b}", "ns", (json_int_t)realtime_ns, "text", text, length,
                        "whole", (int)whole));
    count(follow);
}

static void on_log_trouble(void *self, const struct nbt_error *err)
{
    on_trouble(self, err, false);
}

static void on_log_end(void *self, int code, const struct nbt_error *err)
{
    struct follow *follow = self;
    follow->done = true;
    if (code < 0)
        follow->job->err = *err;
}

static int run_log(struct job *job)
{
    struct follow follow = {.job = job, .quiet = getenv("PROBE_QUIET") != NULL, .left = -1};
    struct kube_log_options options = {.namespace_ = argument(job, 2),
                                       .pod = argument(job, 3),
                                       .container = argument(job, 4),
                                       .follow = true,
                                       .on_line = on_line,
                                       .on_end = on_log_end,
                                       .on_trouble = on_log_trouble,
                                       .self = &follow};
    follow.log = kube_log_follow(job->client, &options);
    turn(&follow);
    kube_log_stop(follow.log);
    if (job->err.code == 0)
        print(json_pack("{s:s, s:I}", "event", "end", "bytes", (json_int_t)follow.bytes));
    return 0;
}

static int run_config(struct job *job)
{
    const struct kube_config *config = kube_client_config(job->client);
    print(json_pack("{s:s, s:s*, s:s, s:s, s:s}", "origin", config->origin, "context",
                    config->context, "user", config->user, "namespace", config->namespace_,
                    "server", config->server));
    return 0;
}

static const struct {
    const char *verb;
    int (*run)(struct job *);
    int arguments;
} verbs[] = {
    {"get", run_get, 1},       {"list", run_list, 1},     {"create", run_create, 2},
    {"replace", run_write, 2}, {"apply", run_write, 3},   {"merge", run_write, 2},
    {"watch", run_watch, 2},   {"log", run_log, 2},       {"json", run_write, 2},
    {"delete", run_delete, 1}, {"config", run_config, 0},
};

static int run(struct job *job)
{
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (strcmp(verbs[i].verb, job->argv[1]) == 0 && job->argc >= 2 + verbs[i].arguments)
            return verbs[i].run(job);
    fprintf(stderr, "kube_probe: no such verb, or arguments are missing\n");
    return 2;
}

static int report(const struct nbt_error *err)
{
    if (!err->code)
        return 0;
    json_t *problem = json_pack("{s:s, s:s, s:s}", "code", nbt_code_name(err->code), "text",
                                err->text, "path", err->path);
    print(json_pack("{s:o}", "error", problem));
    return 1;
}

int main(int argc, char **argv)
{
    struct job job = {.argc = argc, .argv = argv, .err = NBT_ERROR_INIT};
    struct kube_config *config = NULL;
    struct kube_client_options options = {
        .timeout_ms = option("PROBE_TIMEOUT_MS"),
        .connect_timeout_ms = option("PROBE_CONNECT_TIMEOUT_MS"),
        .exec_timeout_ms = option("PROBE_EXEC_TIMEOUT_MS"),
    };
    struct kube_config_options where = {.account_folder = getenv("PROBE_ACCOUNT")};
    int code = argc < 2 ? 2 : 0;
    if (code == 0)
        code = kube_config_load(&config, &where, &job.err);
    for (size_t i = 0; config && i < config->n_warnings; i++)
        fprintf(stderr, "warning: %s\n", config->warnings[i]);
    if (code == 0)
        code = kube_client_new(&job.client, config, &options, &job.err);
    if (code == 0)
        code = run(&job);
    kube_client_free(job.client);
    kube_config_free(config);
    int reported = report(&job.err);
    return code > 0 ? code : reported;
}
