/* stop: asks the engine through its socket, or by signal where there is none. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"
#include "engine/local/home.h"
#include "engine/local/lock.h"
#include "engine/local/socket.h"
#include "engine/local/verbs.h"

#define ANSWER_MS 10000

/* An engine names its build when it can be asked; until then, and while a command has the lock,
 * there is nobody to ask. */
static bool find_engine(const struct home_paths *paths, struct lock_holder *ret_holder)
{
    int64_t deadline = clock_monotonic_ms() + ANSWER_MS;
    bool held;
    while ((held = lock_is_held(paths->lock, ret_holder)) && !ret_holder->build[0] &&
           clock_left_ms(deadline) > 0)
        poll(NULL, 0, 10);
    return held;
}

static int ask(const struct lock_holder *holder, enum engine_stop how, struct nbt_error *err)
{
    auto_close int fd = socket_connect(holder->socket, err);
    if (fd < 0)
        return fd;
    auto_json json_t *command =
        json_pack("{ss ss}", "command", "stop", "how", how == ENGINE_STOP_NOW ? "now" : "gentle");
    auto_json json_t *answer = NULL;
    return socket_ask(fd, command, ANSWER_MS, &answer, err);
}

/* SIGTERM is a gentle stop, a second one is at once. The pidfd is opened before the process is
 * looked at again. */
static int signal_engine(const struct lock_holder *holder, enum engine_stop how)
{
    auto_close int pidfd = (int)syscall(SYS_pidfd_open, holder->pid, 0);
    if (pidfd < 0 || !holder->build[0] || !lock_holder_here(holder))
        return NBT_EDIED;
    for (int i = 0; i < (how == ENGINE_STOP_NOW ? 2 : 1); i++) {
        if (i > 0)
            usleep(100000); /* two signals at once are delivered as one */
        if (syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0) < 0)
            return NBT_EDIED;
    }
    return 0;
}

int local_stop(const char *experiment, enum engine_stop how, struct nbt_error *err)
{
    CLEANUP(home_paths_fini) struct home_paths paths = {0};
    int code = home_find(&paths, experiment, err);
    if (code < 0)
        return code;
    struct lock_holder holder;
    if (!find_engine(&paths, &holder))
        return nbt_error_set(err, NBT_ESTATE, "%s is not running; there is nothing to stop",
                             experiment);
    struct nbt_error why = NBT_ERROR_INIT;
    if ((holder.socket[0] && ask(&holder, how, &why) == 0) || signal_engine(&holder, how) == 0)
        return 0;
    /* It may have ended on its own while it was asked. */
    if (!lock_is_held(paths.lock, NULL))
        return 0;
    return nbt_error_set(
        err, NBT_ESTATE, "the engine of %s, process %d on host %s, cannot be reached from here: %s",
        experiment, (int)holder.pid, holder.host, why.code ? why.text : "it has no socket");
}
