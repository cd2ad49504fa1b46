/* Processes as /proc shows them: start times, and those that carry a marker. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "base/scope.h"
#include "nbtags/number.h"

#define STAT_MAX        4096
#define PARENT          4 /* fields of /proc/PID/stat */
#define START_TIME      22
#define ENVIRONMENT_MAX (4UL << 20)
#define SWEEPS_MAX      50

/* /proc files have no size: read until the end. */
static char *read_proc(pid_t pid, const char *file, size_t maximum, size_t *ret_length)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    char *data = NULL;
    return file_read(path, maximum, &data, ret_length, NULL) < 0 ? NULL : data;
}

/* /proc/PID/stat, a field from 4 on; 0 when there is no such process. */
static int64_t stat_field(pid_t pid, int wanted)
{
    size_t length;
    auto_free char *text = read_proc(pid, "stat", STAT_MAX, &length);
    /* Field 2, the name, may hold anything; the last ')' ends it, and field 3 follows. */
    char *at = text ? strrchr(text, ')') : NULL;
    if (!at)
        return 0;
    at++;
    for (int field = 2; field < wanted && at; field++)
        at = strchr(at + (field > 2), ' ');
    if (!at)
        return 0;
    at++;
    at[strcspn(at, " ")] = '\0';
    int64_t value;
    return nbt_parse_int(at, &value) ? value : 0;
}

uint64_t process_start_time(pid_t pid)
{
    return (uint64_t)stat_field(pid, START_TIME);
}

static char boot_id[64];
static pthread_once_t boot_id_once = PTHREAD_ONCE_INIT;

static void read_boot_id(void)
{
    size_t length;
    auto_free char *text = NULL;
    if (file_read("/proc/sys/kernel/random/boot_id", sizeof(boot_id), &text, &length, NULL) == 0)
        snprintf(boot_id, sizeof(boot_id), "%.*s", (int)strcspn(text, "\n"), text);
}

const char *process_boot_id(void)
{
    pthread_once(&boot_id_once, read_boot_id);
    return boot_id;
}

static int is_marked(pid_t pid, const char *marker)
{
    size_t length;
    auto_free char *environment = read_proc(pid, "environ", ENVIRONMENT_MAX, &length);
    size_t prefix = strlen(PROCESS_MARKER "="), size = strlen(marker);
    for (size_t at = 0; environment && at < length; at += strlen(environment + at) + 1) {
        const char *entry = environment + at;
        if (strncmp(entry, PROCESS_MARKER "=", prefix) != 0 ||
            strncmp(entry + prefix, marker, size) != 0)
            continue;
        char next = entry[prefix + size];
        return next == '\0' || next == '/';
    }
    return 0;
}

/* Opens the pidfd before it looks at the marker, so that the process that is ended is the one that
 * was looked at. */
static int end_if_marked(pid_t pid, const char *marker)
{
    auto_close int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0 || !is_marked(pid, marker))
        return 0;
    struct pollfd entry = {.fd = pidfd, .events = POLLIN};
    if (poll(&entry, 1, 0) > 0) /* a zombie */
        return 0;
    if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0)
        return 0;
    poll(&entry, 1, 1000);
    return 1;
}

/* What ended without being waited for is reaped and not counted. */
static int end_if_child(pid_t pid, const char *unused)
{
    (void)unused;
    if (stat_field(pid, PARENT) != getpid())
        return 0;
    auto_close int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd entry = {.fd = pidfd, .events = POLLIN};
    int lived = pidfd >= 0 && poll(&entry, 1, 0) == 0;
    if (lived && kill(pid, SIGKILL) == 0)
        poll(&entry, 1, 1000);
    return waitpid(pid, NULL, WNOHANG) == pid && lived;
}

static int sweep_once(int (*end)(pid_t pid, const char *marker), const char *marker)
{
    DIR *folder = opendir("/proc");
    int ended = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        int64_t pid;
        if (!isdigit((unsigned char)entry->d_name[0]) || !nbt_parse_int(entry->d_name, &pid) ||
            pid == getpid())
            continue;
        ended += end((pid_t)pid, marker);
    }
    if (folder)
        closedir(folder);
    return ended;
}

static int is_root(pid_t pid, const char *unused)
{
    (void)unused;
    return pid != 1 && stat_field(pid, PARENT) == 0 && process_start_time(pid) != 0;
}

int process_roots(void)
{
    return sweep_once(is_root, NULL);
}

/* A process may fork while it is looked for: go on until a whole pass finds none. */
static int sweep(int (*end)(pid_t pid, const char *marker), const char *marker)
{
    int total = 0;
    for (int i = 0; i < SWEEPS_MAX; i++) {
        int ended = sweep_once(end, marker);
        total += ended;
        if (!ended)
            break;
    }
    return total;
}

int process_sweep(const char *marker)
{
    return sweep(end_if_marked, marker);
}

void process_adopt(void)
{
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

int process_end_children(void)
{
    return sweep(end_if_child, NULL);
}
