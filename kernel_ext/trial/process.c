/* The trial as a process of its own: what the local engine starts. */
#include "trial/process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/file.h"
#include "base/scope.h"
#include "trial/spec.h"
#include "trial/trial.h"

/* One line for each event. A reader that is gone ends us by other means; what is on disk stays
 * true. */
static void tell(void *self, const json_t *event)
{
    const int *fd = self;
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_free char *text = json_dumps(event, JSON_COMPACT);
    if (text == NULL || *fd < 0)
        return;
    size_t length = strlen(text);
    text[length] = '\n';
    if (file_write_all(*fd, text, length + 1, &ignored) < 0)
        nbt_error_clear(&ignored);
}

int trial_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void trial_complain(int status_fd, const struct nbt_error *err)
{
    const char *reason = err->code == NBT_ENOSPACE ? "DiskFull" : "TrialNotRecorded";
    json_t *event =
        json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:[], s:[], s:s, s:f}", "event", "finished",
                  "state", "Failed", "reason", reason, "message", err->text, "cell", err->cell,
                  "line", err->line, "metrics", "warnings", "isolation", "", "seconds", 0.0);
    if (event != NULL)
        tell(&status_fd, event);
    json_decref(event);
}

static int exit_status(enum trial_state state)
{
    if (state == TRIAL_KILLED)
        return TRIAL_EXIT_KILLED;
    return state == TRIAL_SUCCEEDED ? TRIAL_EXIT_SUCCEEDED : TRIAL_EXIT_FAILED;
}

int trial_process_run(struct trial_options *options, int status_fd)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct trial_result result = {0};
    options->on_event = tell;
    options->self = &status_fd;
    if (trial_run(&result, options, &err) < 0) {
        trial_complain(status_fd, &err);
        return TRIAL_EXIT_FAILED;
    }
    int status = exit_status(result.state);
    trial_result_fini(&result);
    return status;
}

int trial_main(const char *spec_file, int status_fd)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct trial_options options;
    auto_json json_t *spec = NULL;
    auto_close int signals = trial_signals();
    if (spec_read(&spec, &options, spec_file, &err) < 0) {
        trial_complain(status_fd, &err);
        return TRIAL_EXIT_BAD_SPEC;
    }
    options.cancel_fd = signals;
    return trial_process_run(&options, status_fd);
}
