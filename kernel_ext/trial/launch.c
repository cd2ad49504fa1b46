#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/process.h"
#include "base/scope.h"
#include "jupyter/kernelspec.h"
#include "trial/run.h"

#define STARTUP_MS 60000

/* Variables that numeric libraries read for the size of their thread pools. */
static const char *const thread_variables[] = {
    "OMP_NUM_THREADS",        "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS",  "BLIS_NUM_THREADS",
};

struct environment {
    char text[COUNT_OF(thread_variables)][64];
    const char *list[COUNT_OF(thread_variables) + 1];
};

static void fill_environment(struct environment *environment, int threads)
{
    size_t n = 0;
    for (size_t i = 0; threads > 0 && i < COUNT_OF(thread_variables); i++) {
        if (getenv(thread_variables[i]) != NULL)
            continue;
        snprintf(environment->text[n], sizeof environment->text[n], "%s=%d", thread_variables[i],
                 threads);
        environment->list[n] = environment->text[n];
        n++;
    }
    environment->list[n] = NULL;
}

static int startup_ms(const struct run *run)
{
    int left = clock_left_ms(run->deadline_ms);
    return left >= 0 && left < STARTUP_MS ? left + 1 : STARTUP_MS;
}

static void free_spec(struct kernelspec **spec)
{
    kernelspec_free(*spec);
}

static int start(struct run *run, struct client_options *client, struct nbt_error *err)
{
    const char *name =
        run->options->kernel != NULL ? run->options->kernel : run->notebook->kernel_name;
    CLEANUP(free_spec) struct kernelspec *spec = NULL;
    int code = kernelspec_find(&spec, name, run->notebook->language, err);
    if (code < 0)
        return code;
    client->spec = spec;
    process_adopt();
    code = client_start(&run->client, client, err);
    if (code < 0)
        return code;
    record_event(&run->record, json_pack("{s:s, s:i, s:s}", "event", "started", "pid",
                                         (int)client_pid(run->client), "kernel", spec->name));
    record_log(&run->record, "kernel %s is ready, process %d", spec->name,
               (int)client_pid(run->client));
    return 0;
}

static int attach(struct run *run, const struct client_options *client, struct nbt_error *err)
{
    int code = client_attach(&run->client, run->options->connection_file, 0, client, err);
    if (code < 0)
        return code;
    record_event(&run->record,
                 json_pack("{s:s, s:i, s:s}", "event", "started", "pid",
                           (int)client_pid(run->client), "kernel", run->notebook->kernel_name));
    return 0;
}

static void launch_failed(struct run *run, int code, const struct nbt_error *why)
{
    if (code == NBT_ECANCELED)
        run_fail(run, TRIAL_KILLED, "Killed", why);
    else if (code == NBT_ETIMEOUT && run->deadline_ms >= 0 && clock_left_ms(run->deadline_ms) == 0)
        run_fail(run, TRIAL_FAILED, "TrialTimeout", why);
    else
        run_fail(run, TRIAL_FAILED, "KernelStartFailed", why);
}

enum run_next run_launch(struct run *run)
{
    struct nbt_error why = NBT_ERROR_INIT;
    struct environment environment;
    fill_environment(&environment, run->options->threads);
    struct client_options client = {
        .directory = run->workspace.directory,
        .environment = environment.list,
        .marker = run->marker,
        .session_name = run->options->notebook,
        .startup_timeout_ms = startup_ms(run),
        .cancel_fd = run->options->cancel_fd,
        .output_fd = run->record.log_fd,
    };
    int code = run->options->connection_file != NULL ? attach(run, &client, &why)
                                                     : start(run, &client, &why);
    if (code == 0)
        return RUN_GO_ON;
    launch_failed(run, code, &why);
    return RUN_STOP;
}
