#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"

extern char **environ;

/* What the child needs, prepared before fork, so that between fork and exec only async-signal-safe
 * calls are made. */
struct plan {
    const struct process_options *options;
    char **environment;
    char **programs; /* the paths to try, in order of PATH */
    int report_fd;
    int null_fd;
    int *sources; /* descriptors to become 0 .. n_fds - 1 */
    int n_fds;
    pid_t parent;
};

static void strings_free(char **strings)
{
    for (size_t i = 0; strings && strings[i]; i++)
        free(strings[i]);
    free(strings);
}

static const char *variable(char *const *environment, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; environment[i]; i++)
        if (strncmp(environment[i], name, length) == 0 && environment[i][length] == '=')
            return environment[i] + length + 1;
    return NULL;
}

/* The environment with the marker in place of an inherited one. Owned by the caller. */
static char **environment_of(const struct process_options *options)
{
    const char *const *from =
        options->environment ? options->environment : (const char *const *)environ;
    size_t count = 0;
    while (from[count])
        count++;
    char **list = calloc(count + 2, sizeof(*list));
    size_t used = 0;
    for (size_t i = 0; list && i < count; i++) {
        if (options->marker && strncmp(from[i], PROCESS_MARKER "=", sizeof(PROCESS_MARKER)) == 0)
            continue;
        list[used] = strdup(from[i]);
        if (!list[used++]) {
            strings_free(list);
            return NULL;
        }
    }
    if (list && options->marker &&
        asprintf(&list[used], PROCESS_MARKER "=%s", options->marker) < 0) {
        list[used] = NULL;
        strings_free(list);
        return NULL;
    }
    return list;
}

static char **programs_of(const char *name, char *const *environment)
{
    const char *path = variable(environment, "PATH");
    path = path && *path ? path : "/usr/local/bin:/usr/bin:/bin";
    size_t count = 2;
    for (const char *at = path; *at; at++)
        count += *at == ':';
    char **list = calloc(count + 1, sizeof(*list));
    if (!list)
        return NULL;
    if (strchr(name, '/')) {
        list[0] = strdup(name);
        return list;
    }
    for (size_t i = 0; path; i++) {
        size_t length = strcspn(path, ":");
        if (asprintf(&list[i], "%.*s/%s", length ? (int)length : 1, length ? path : ".", name) <
            0) {
            list[i] = NULL;
            break;
        }
        path = path[length] ? path + length + 1 : NULL;
    }
    return list;
}

/* Child's descriptor n comes from sources[n]; standard ones default to /dev/null, gaps stay closed
 * (-1). */
static int map_descriptors(struct plan *plan)
{
    plan->n_fds = 3;
    for (size_t i = 0; i < plan->options->n_maps; i++)
        if (plan->options->maps[i].child_fd >= plan->n_fds)
            plan->n_fds = plan->options->maps[i].child_fd + 1;
    plan->sources = calloc((size_t)plan->n_fds, sizeof(*plan->sources));
    if (!plan->sources)
        return NBT_ENOMEM;
    for (int i = 0; i < plan->n_fds; i++)
        plan->sources[i] = i < 3 ? plan->null_fd : -1;
    for (size_t i = 0; i < plan->options->n_maps; i++) {
        const struct process_map *map = &plan->options->maps[i];
        plan->sources[map->child_fd] = map->parent_fd < 0 ? plan->null_fd : map->parent_fd;
    }
    return 0;
}

static void close_from(int first)
{
    if (syscall(SYS_close_range, (unsigned)first, ~0U, 0) == 0)
        return;
    for (int fd = first; fd < 4096; fd++)
        close(fd);
}

/* Moves every source above the targets first, so that no dup2 overwrites one that is still needed.
 */
static int place_descriptors(struct plan *plan)
{
    int floor = plan->n_fds + 1;
    int report = fcntl(plan->report_fd, F_DUPFD_CLOEXEC, floor);
    if (report < 0)
        return -1;
    plan->report_fd = report;
    for (int i = 0; i < plan->n_fds; i++)
        if (plan->sources[i] >= 0 &&
            (plan->sources[i] = fcntl(plan->sources[i], F_DUPFD, floor)) < 0)
            return -1;
    for (int i = 0; i < plan->n_fds; i++) {
        if (plan->sources[i] < 0)
            close(i);
        else if (dup2(plan->sources[i], i) < 0)
            return -1;
    }
    if (dup2(plan->report_fd, plan->n_fds) < 0 || fcntl(plan->n_fds, F_SETFD, FD_CLOEXEC) < 0)
        return -1;
    plan->report_fd = plan->n_fds;
    close_from(plan->n_fds + 1);
    return 0;
}

static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        if (number != SIGKILL && number != SIGSTOP)
            signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void fail_child(const struct plan *plan)
{
    int reason = errno;
    ssize_t written = write(plan->report_fd, &reason, sizeof(reason));
    _exit(written < 0 ? 126 : 127);
}

_Noreturn static void run_child(struct plan *plan)
{
    const struct process_options *options = plan->options;
    if (options->die_with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != plan->parent)
            _exit(127);
    }
    if (options->new_session)
        setsid();
    reset_signals();
    if (place_descriptors(plan) < 0 || (options->directory && chdir(options->directory) < 0))
        fail_child(plan);
    int reason = ENOENT;
    for (size_t i = 0; plan->programs[i]; i++) {
        execve(plan->programs[i], (char *const *)(uintptr_t)options->argv, plan->environment);
        if (errno != ENOENT && errno != ENOTDIR)
            reason = errno;
    }
    errno = reason;
    fail_child(plan);
}

/* The child's errno through the pipe; 0 when exec closed it. */
static int read_report(int fd)
{
    int reason = 0;
    ssize_t n;
    do
        n = read(fd, &reason, sizeof(reason));
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof(reason) ? reason : 0;
}

static int forked(struct process *ret_process, pid_t pid, int report_fd,
                  const struct process_options *options, struct nbt_error *err)
{
    struct process process = {.pid = pid, .pidfd = (int)syscall(SYS_pidfd_open, pid, 0)};
    process.start_time = process_start_time(pid);
    int reason = read_report(report_fd);
    if (reason || process.pidfd < 0) {
        int saved = reason ? reason : errno;
        process_kill(&process);
        errno = saved;
        return nbt_error_errno(err, "cannot start %s%s%s", options->argv[0],
                               options->directory ? " in " : "",
                               options->directory ? options->directory : "");
    }
    *ret_process = process;
    return 0;
}

static int start(struct process *ret_process, struct plan *plan, struct nbt_error *err)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0)
        return nbt_error_errno(err, "cannot make a pipe");
    plan->report_fd = report[1];
    plan->parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        run_child(plan);
    int code;
    close(report[1]);
    if (pid < 0)
        code = nbt_error_errno(err, "cannot start a process");
    else
        code = forked(ret_process, pid, report[0], plan->options, err);
    close(report[0]);
    return code;
}

int process_start(struct process *ret_process, const struct process_options *options,
                  struct nbt_error *err)
{
    struct plan plan = {.options = options, .null_fd = open("/dev/null", O_RDWR | O_CLOEXEC)};
    plan.environment = environment_of(options);
    plan.programs = plan.environment ? programs_of(options->argv[0], plan.environment) : NULL;
    int code;
    if (plan.null_fd < 0)
        code = nbt_error_errno(err, "cannot open /dev/null");
    else if (!plan.environment || !plan.programs || map_descriptors(&plan) < 0)
        code = nbt_error_set(err, NBT_ENOMEM, "no memory to start %s", options->argv[0]);
    else
        code = start(ret_process, &plan, err);
    strings_free(plan.environment);
    strings_free(plan.programs);
    free(plan.sources);
    if (plan.null_fd >= 0)
        close(plan.null_fd);
    return code;
}

static void close_pidfd(struct process *process)
{
    if (process->pidfd >= 0)
        close(process->pidfd);
    *process = (struct process){.pidfd = -1};
}

int process_reap(struct process *process, int timeout_ms, int *ret_status)
{
    int64_t deadline = timeout_ms < 0 ? -1 : clock_monotonic_ms() + timeout_ms;
    for (;;) {
        struct pollfd entry = {.fd = process->pidfd, .events = POLLIN};
        int ready = poll(&entry, 1, clock_left_ms(deadline));
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0)
            return NBT_ETIMEOUT;
        break;
    }
    int status = 0;
    pid_t pid;
    do
        pid = waitpid(process->pid, &status, 0);
    while (pid < 0 && errno == EINTR);
    close_pidfd(process);
    if (ret_status)
        *ret_status = status;
    return 0;
}

int process_signal(const struct process *process, int signal)
{
    if (process->pid <= 0)
        return NBT_EDIED;
    if (process->pidfd >= 0)
        return syscall(SYS_pidfd_send_signal, process->pidfd, signal, NULL, 0) < 0 ? NBT_EDIED : 0;
    return kill(process->pid, signal) < 0 ? NBT_EDIED : 0;
}

int process_signal_group(const struct process *process, int signal)
{
    if (process->pid <= 0)
        return NBT_EDIED;
    /* Until it is reaped, its pid cannot belong to another group. */
    return killpg(process->pid, signal) < 0 ? process_signal(process, signal) : 0;
}

void process_kill(struct process *process)
{
    if (!process || process->pid <= 0)
        return;
    process_signal_group(process, SIGKILL);
    process_signal(process, SIGKILL);
    pid_t pid;
    do
        pid = waitpid(process->pid, NULL, 0);
    while (pid < 0 && errno == EINTR);
    close_pidfd(process);
}

void process_describe(int status, char text[64])
{
    if (WIFEXITED(status))
        snprintf(text, 64, "exited with status %d", WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        snprintf(text, 64, "was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(text, 64, "changed state (%d)", status);
}
