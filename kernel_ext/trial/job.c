#include "trial/job.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/scope.h"
#include "trial/process.h"

#define JOB_MAX    ((size_t)16 << 20)
#define FILE_MAX   ((size_t)64 << 20)
#define SIDECAR_MS 30000 /* that the sidecar may take to start: its image may have to be fetched   \
                          */
#define SEEN_MS 2000     /* that it may take to look around */
#define POLL_MS 100

struct job {
    json_t *json;
    char *in, *work; /* folders: of job.json, and for what the trial makes */
    char *notebook, *directory, *output;
    json_t *assignments;
};

static void job_fini(struct job *job)
{
    json_decref(job->json);
    json_decref(job->assignments);
    free(job->in);
    free(job->work);
    free(job->notebook);
    free(job->directory);
    free(job->output);
}

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the trial's job");
}

static const char *text_at(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static int load(struct job *job, const char *path, struct nbt_error *err)
{
    auto_free char *text = NULL;
    size_t length;
    json_error_t where;
    int result = file_read(path, JOB_MAX, &text, &length, err);
    if (result < 0)
        return result;
    job->json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
    if (!json_is_object(job->json))
        return nbt_error_set(err, NBT_EPARSE, "%s is not a JSON object", path);
    json_int_t version = json_integer_value(json_object_get(job->json, "version"));
    if (version != JOB_VERSION)
        return nbt_error_set(err, NBT_EVERSION,
                             "the job was written in version %lld, this program reads version %d",
                             (long long)version, JOB_VERSION);
    if (!text_at(job->json, "notebook") || !text_at(job->json, "metrics"))
        return nbt_error_set(err, NBT_EINVAL, "%s names no notebook or no metrics file", path);
    return 0;
}

/* The program that was sent, and not another one or a part of it. */
static int check_program(const json_t *job, struct nbt_error *err)
{
    struct utsname machine;
    char sha256[65];
    const json_t *programs = json_object_get(job, "programs");
    const char *expected = uname(&machine) == 0 ? text_at(programs, machine.machine) : NULL;
    if (!programs)
        return 0;
    int result = file_sha256("/proc/self/exe", sha256, err);
    if (result < 0 || (expected && strcmp(expected, sha256) == 0))
        return result;
    return nbt_error_set(err, NBT_EVERSION,
                         "this program is not the one that was sent: its SHA-256 is %s, expected "
                         "%s for %s",
                         sha256, expected ? expected : "none", machine.machine);
}

/* Files. */

static int copy_file(const struct job *job, const char *key, const char *path,
                     struct nbt_error *err)
{
    auto_free char *from = file_join(job->in, key);
    auto_free char *base = file_join(job->work, "notebook");
    auto_free char *to = base ? file_join(base, path) : NULL;
    auto_free char *folder = to ? file_folder(to) : NULL;
    auto_free char *data = NULL;
    size_t length = 0;
    if (!from || !folder)
        return no_memory(err);
    int result = file_mkdir_all(folder, 0755, err);
    if (result == 0)
        result = file_read(from, FILE_MAX, &data, &length, err);
    return result < 0 ? result : file_replace(to, data, length, 0644, err);
}

/* A path from outside stays beneath its folder. */
static bool stays(const char *path)
{
    if (!*path || *path == '/')
        return false;
    for (const char *p = path; p; p = strchr(p, '/')) {
        p += *p == '/';
        size_t length = strcspn(p, "/");
        if (length == 2 && memcmp(p, "..", 2) == 0)
            return false;
    }
    return true;
}

static int copy_files(const struct job *job, struct nbt_error *err)
{
    size_t i;
    json_t *file;
    int result = 0;
    json_array_foreach(json_object_get(job->json, "files"), i, file)
    {
        const char *key = text_at(file, "key"), *path = text_at(file, "path");
        if (!key || !path || strchr(key, '/') || !stays(path)) {
            nbt_error_set(err, NBT_EINVAL,
                          "a file of the job has no key, or a path that leaves "
                          "the notebook's folder");
            nbt_error_path(err, "files[%zu]", i);
            return NBT_EINVAL;
        }
        if (result == 0)
            result = copy_file(job, key, path, err);
    }
    return result;
}

static int set_paths(struct job *job, const char *file, struct nbt_error *err)
{
    const char *directory = text_at(job->json, "directory");
    auto_free char *folder = file_folder(file);
    int result = folder ? file_real_path(folder, &job->in, err) : no_memory(err);
    if (result < 0)
        return result;
    auto_free char *parent = file_folder(job->in);
    job->work = parent ? file_join(parent, "work") : NULL;
    auto_free char *copies = job->work ? file_join(job->work, "notebook") : NULL;
    job->notebook = copies ? file_join(copies, text_at(job->json, "notebook")) : NULL;
    job->directory = directory || !job->notebook ? NULL : file_folder(job->notebook);
    if (directory)
        job->directory = strdup(directory);
    job->output = job->work ? file_join(job->work, "trial") : NULL;
    return job->notebook && job->directory && job->output ? 0 : no_memory(err);
}

static int make_metrics_folder(const struct job *job, struct nbt_error *err)
{
    auto_free char *folder = file_folder(text_at(job->json, "metrics"));
    return folder ? file_mkdir_all(folder, 0755, err) : no_memory(err);
}

static int prepare(struct job *job, const char *file, struct nbt_error *err)
{
    int result = load(job, file, err);
    if (result == 0)
        result = check_program(job->json, err);
    if (result == 0)
        result = job_assignments(&job->assignments, job->json, err);
    if (result == 0)
        result = set_paths(job, file, err);
    if (result == 0)
        result = copy_files(job, err);
    return result < 0 ? result : make_metrics_folder(job, err);
}

/* Running. */

static struct trial_options options_of(const struct job *job)
{
    const char *name = getenv("KATIB_TRIAL_NAME");
    const json_t *json = job->json;
    bool isolate = json_is_true(json_object_get(json, "isolate"));
    return (struct trial_options){
        .name = name ? name : "",
        .notebook = job->notebook,
        .directory = job->directory,
        .output = job->output,
        .metrics_file = text_at(json, "metrics"),
        .assignments = job->assignments,
        .kernel = text_at(json, "kernel"),
        .objective = text_at(json, "objective"),
        .trial_timeout_s = json_integer_value(json_object_get(json, "trial_timeout_s")),
        .cell_timeout_s = json_integer_value(json_object_get(json, "cell_timeout_s")),
        .isolation = isolate ? TRIAL_ISOLATE : TRIAL_SHARE,
        .reports = json_is_true(json_object_get(json, "reports")),
        .log_fd = STDERR_FILENO,
    };
}

static void tell_files(const struct job *job)
{
    static const char *const names[] = {"executed.ipynb", "result.json"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        auto_free char *path = file_join(job->output, names[i]);
        if (path)
            job_tell_file(STDOUT_FILENO, path, names[i]);
    }
    job_tell_file(STDOUT_FILENO, text_at(job->json, "metrics"), "metrics.log");
}

static void nap(int milliseconds)
{
    (void)usleep((useconds_t)milliseconds * 1000);
}

/* The containers of a pod that share their processes have one root each; Katib's sidecar is the
 * second. Where nothing is shared there is none to wait for. */
void job_await_sidecar(void)
{
    int64_t deadline = clock_monotonic_ms() + SIDECAR_MS;
    if (!getenv("KATIB_TRIAL_NAME") || process_roots() == 0)
        return;
    while (process_roots() < 2 && clock_monotonic_ms() < deadline)
        nap(POLL_MS);
    nap(SEEN_MS);
}

int trial_job_main(const char *job_file)
{
    struct nbt_error err = NBT_ERROR_INIT;
    CLEANUP(job_fini) struct job job = {0};
    int status = TRIAL_EXIT_BAD_SPEC;
    int output = STDOUT_FILENO;
    auto_close int signals = trial_signals();
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    if (prepare(&job, job_file, &err) < 0) {
        trial_complain(output, &err);
    } else {
        struct trial_options options = options_of(&job);
        options.cancel_fd = signals;
        status = trial_process_run(&options, output);
        tell_files(&job);
    }
    job_await_sidecar();
    return status;
}
