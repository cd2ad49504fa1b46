#include "engine/local/start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "base/scope.h"
#include "engine/local/lock.h"
#include "engine/local/runner.h"

#define READY_MS   60000
#define READY_FD   3
#define ALIVE_FD   4
#define FRESH_US   10000000 /* a new experiment has so long for its engine to come up */
#define ERROR_MAX  768
#define LEAVING_MS 10000 /* an engine that has written its end has so long to go */

/* Runs in a process of its own that ends at once, so that the engine is nobody's child here: no
 * zombie is left in a long-lived caller, and no handler of the caller's sees it end. */
static int launch(const struct home_paths *paths, int ready_fd, int alive_fd, struct nbt_error *err)
{
    const char *argv[] = {
        runner_program(), "engine", paths->name, "--ready-fd", "3", NULL, NULL, NULL};
    if (alive_fd >= 0) {
        argv[5] = "--lifeline-fd";
        argv[6] = "4";
    }
    auto_close int log_fd =
        open(paths->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct process_map maps[] = {
        {1, log_fd}, {2, log_fd}, {READY_FD, ready_fd}, {ALIVE_FD, alive_fd}};
    struct process_options options = {
        .argv = argv,
        .maps = maps,
        .n_maps = COUNT_OF(maps) - (alive_fd < 0),
        .directory = "/",
        .new_session = true,
    };
    struct process process;
    return process_start(&process, &options, err);
}

_Noreturn static void launch_and_leave(const struct home_paths *paths, int ready_fd, int alive_fd)
{
    struct nbt_error err = NBT_ERROR_INIT;
    if (launch(paths, ready_fd, alive_fd, &err) < 0 &&
        write(ready_fd, err.text, strlen(err.text)) < 0)
        _exit(1);
    _exit(0);
}

/* Reads "+", or a reason, until the end of file. */
static int wait_until_ready(int fd, const struct home_paths *paths, struct nbt_error *err)
{
    char text[ERROR_MAX] = "";
    size_t length = 0;
    int64_t deadline = clock_monotonic_ms() + READY_MS;
    while (length < sizeof(text) - 1) {
        struct pollfd entry = {.fd = fd, .events = POLLIN};
        if (poll(&entry, 1, clock_left_ms(deadline)) == 0)
            return nbt_error_set(err, NBT_ETIMEOUT,
                                 "the engine of %s is not up after %d seconds; see %s", paths->name,
                                 READY_MS / 1000, paths->log);
        ssize_t n = read(fd, text + length, sizeof(text) - 1 - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        length += (size_t)n;
        if (text[0] == '+')
            return 0;
    }
    text[length] = '\0';
    if (length == 0)
        return nbt_error_set(err, NBT_EDIED, "the engine of %s ended before it was up; see %s",
                             paths->name, paths->log);
    return nbt_error_set(err, NBT_ESTATE, "%s", text);
}

static int start_and_wait(const struct home_paths *paths, const int ready[2], int alive_fd,
                          struct nbt_error *err)
{
    pid_t pid = fork();
    if (pid == 0)
        launch_and_leave(paths, ready[1], alive_fd);
    close(ready[1]);
    if (pid < 0)
        return nbt_error_errno(err, "cannot start the engine");
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return wait_until_ready(ready[0], paths, err);
}

int start_engine(const struct home_paths *paths, bool detach, struct nbt_error *err)
{
    int ready[2], alive[2] = {-1, -1};
    if (pipe2(ready, O_CLOEXEC) < 0)
        return nbt_error_errno(err, "cannot make a pipe to the engine");
    if (!detach && pipe2(alive, O_CLOEXEC) < 0) {
        nbt_error_errno(err, "cannot make a pipe to the engine");
        close(ready[0]);
        close(ready[1]);
        return NBT_EIO;
    }
    int code = start_and_wait(paths, ready, alive[0], err);
    close(ready[0]);
    if (alive[0] >= 0)
        close(alive[0]);
    /* The other end stays open on purpose: it closes when this process ends, however it ends. */
    if (code < 0 && alive[1] >= 0)
        close(alive[1]);
    return code;
}

const char *shown_state(const struct home_paths *paths, const struct store_experiment *experiment)
{
    if (experiment->completed_us > 0 || lock_is_held(paths->lock, NULL))
        return experiment->state;
    bool fresh = strcmp(experiment->state, "Created") == 0 &&
                 llabs(clock_realtime_us() - experiment->created_us) < FRESH_US;
    return fresh ? experiment->state : "Interrupted";
}

static bool is_over(const struct home_paths *paths)
{
    struct store *store = NULL;
    struct store_experiment experiment = {0};
    bool over = false;
    if (store_open(&store, paths->database, STORE_READ, NULL) == 0 &&
        store_experiment(store, &experiment, NULL) == 0)
        over = experiment.completed_us > 0;
    store_experiment_fini(&experiment);
    store_close(store);
    return over;
}

void wait_for_end(const struct home_paths *paths)
{
    int64_t deadline = clock_monotonic_ms() + LEAVING_MS;
    if (!lock_is_held(paths->lock, NULL) || !is_over(paths))
        return;
    while (lock_is_held(paths->lock, NULL) && clock_left_ms(deadline) > 0)
        poll(NULL, 0, 5);
}
