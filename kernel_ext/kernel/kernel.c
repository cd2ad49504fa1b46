#include "kernel/kernel.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/scope.h"
#include "kernel/history.h"
#include "kernel/internal.h"
#include "kernel/rpc.h"
#include "nbtags/number.h"

#define LEAVING_MS 1500 /* that workers have to end; Jupyter waits 2.5 s before it kills */

/* What main's scope owns. */
struct house {
    struct kernel kernel;
    struct connection connection;
    int signal_fd;
    int parent_fd; /* readable when the starter ended; -1: not watched */
};

/* ---- what ends it, and what interrupts it ---- */

static void on_signal(void *self, int fd, short revents)
{
    struct kernel *kernel = self;
    struct signalfd_siginfo info;

    (void)revents;
    while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGINT)
            cells_interrupt(kernel);
        else
            kernel->ending = true;
    }
}

static void on_parent(void *self, int fd, short revents)
{
    struct kernel *kernel = self;

    (void)revents;
    loop_remove_fd(kernel->loop, fd);
    kernel->ending = true;
}

/* Blocked before any thread starts, so that all of them inherit it; children get their own back. */
static int catch_signals(struct house *house, struct nbt_error *err)
{
    sigset_t signals;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    house->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (house->signal_fd < 0)
        return nbt_error_errno(err, "cannot catch signals");
    return loop_add_fd(house->kernel.loop, house->signal_fd, POLLIN, on_signal, &house->kernel) < 0
               ? nbt_error_set(err, NBT_ENOMEM, "out of memory for the kernel")
               : 0;
}

/* A kernel whose starter dies without a word would live for ever: Jupyter names itself in
 * JPY_PARENT_PID. A starter that is not our parent (a container's first process, another namespace)
 * cannot be watched. */
static void watch_parent(struct house *house)
{
    const char *text = getenv("JPY_PARENT_PID");
    pid_t parent = getppid();
    int64_t named;

    if (!text || !nbt_parse_int(text, &named) || named != parent || parent <= 1)
        return;
    house->parent_fd = (int)syscall(SYS_pidfd_open, parent, 0);
    bool watched = house->parent_fd < 0 || loop_add_fd(house->kernel.loop, house->parent_fd, POLLIN,
                                                       on_parent, &house->kernel) == 0;
    if (!watched || getppid() != parent)
        house->kernel.ending = true;
}

static void on_tick(void *self)
{
    struct kernel *kernel = self;

    comms_tick(kernel);
    if (loop_add_timer(kernel->loop, RPC_TICK_MS, on_tick, kernel) < 0)
        kernel->ending = true;
}

/* ---- life ---- */

static int open_kernel(struct house *house, struct nbt_error *err)
{
    struct kernel *kernel = &house->kernel;
    struct server_handler handler = {kernel_request, kernel};

    kernel->loop = loop_new();
    kernel->history = history_new();
    if (!kernel->loop || !kernel->history)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory for the kernel");
    int result = catch_signals(house, err);
    if (result == 0)
        result = server_open(&kernel->server, &house->connection, &handler, err);
    if (result == 0)
        result = server_attach(kernel->server, kernel->loop, err);
    if (result == 0)
        result = pool_new(&kernel->pool, kernel->loop, err);
    if (result == 0)
        watch_parent(house);
    return result;
}

static void serve(struct kernel *kernel)
{
    on_tick(kernel);
    while (!kernel->ending) {
        server_dispatch(kernel->server);
        if (!kernel->ending)
            loop_step(kernel->loop, -1);
    }
}

/* Workers that do not end in time hold memory that cannot be freed: the process then ends without.
 */
static void end_kernel(struct kernel *kernel)
{
    cells_abort(kernel);
    cells_interrupt(kernel);
    comms_close(kernel);
    bool ended = pool_stop(kernel->pool, LEAVING_MS);
    server_close(kernel->server);
    kernel->server = NULL;
    if (!ended)
        _exit(0);
}

static void close_kernel(struct house *house)
{
    struct kernel *kernel = &house->kernel;

    pool_free(kernel->pool);
    server_close(kernel->server);
    history_free(kernel->history);
    loop_free(kernel->loop);
    if (house->signal_fd >= 0)
        close(house->signal_fd);
    if (house->parent_fd >= 0)
        close(house->parent_fd);
    connection_fini(&house->connection);
}

int kernel_main(const char *connection_file, const char *version, struct nbt_error *err)
{
    struct house house = {.kernel = {.version = version}, .signal_fd = -1, .parent_fd = -1};
    int result = connection_read(&house.connection, connection_file, err);

    if (result < 0)
        return result;
    result = open_kernel(&house, err);
    if (result == 0) {
        serve(&house.kernel);
        end_kernel(&house.kernel);
    }
    close_kernel(&house);
    return result;
}
