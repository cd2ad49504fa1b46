/*
 * The client of Kubernetes as a program, for tests that stand outside: kubeconfig from KUBECONFIG,
 * the request from arguments, the answer as one JSON line on stdout.
 *
 *     kube_probe get PATH | list PATH | create PATH FILE [LABEL] | replace PATH FILE
 *     kube_probe apply PATH FILE MANAGER | merge PATH FILE | json PATH FILE | delete PATH [UID]
 *     kube_probe config
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/kube/call.h"
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
    int code = kube_create(job->client, argument(job, 2), object, argument(job, 4), &answer,
                           &job->err);
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
    {"get", run_get, 1},     {"list", run_list, 1},     {"create", run_create, 2},
    {"replace", run_write, 2}, {"apply", run_write, 3}, {"merge", run_write, 2},
    {"json", run_write, 2},  {"delete", run_delete, 1}, {"config", run_config, 0},
};

static int option(const char *name)
{
    int64_t value = 0;
    const char *text = getenv(name);
    return text && nbt_parse_int(text, &value) ? (int)value : 0;
}

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
