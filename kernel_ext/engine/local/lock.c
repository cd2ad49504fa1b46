#include "engine/local/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/process.h"
#include "base/scope.h"

#define FACTS_MAX 8192

enum answer { FREE, HELD, NO_LOCKS };

static void host_name(char host[72])
{
    if (gethostname(host, 72) < 0)
        host[0] = '\0';
    host[71] = '\0';
}

static void copy_text(char *to, size_t size, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    snprintf(to, size, "%s", text ? text : "");
}

static struct lock_holder parse(const char *text, size_t length)
{
    struct lock_holder holder = {0};
    auto_json json_t *object = json_loadb(text, length, 0, NULL);
    copy_text(holder.host, sizeof(holder.host), object, "host");
    copy_text(holder.boot, sizeof(holder.boot), object, "boot");
    copy_text(holder.build, sizeof(holder.build), object, "build");
    copy_text(holder.socket, sizeof(holder.socket), object, "socket");
    holder.pid = (pid_t)json_integer_value(json_object_get(object, "pid"));
    holder.start_time = (uint64_t)json_integer_value(json_object_get(object, "start"));
    return holder;
}

static struct lock_holder read_holder(const char *path)
{
    size_t length;
    auto_free char *text = NULL;
    if (file_read(path, FACTS_MAX, &text, &length, NULL) < 0)
        return (struct lock_holder){0};
    return parse(text, length);
}

static enum answer ask(int fd, int command, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};
    if (fcntl(fd, command, &lock) == 0)
        return command == F_OFD_GETLK && lock.l_type != F_UNLCK ? HELD : FREE;
    return errno == EAGAIN || errno == EACCES ? HELD : NO_LOCKS;
}

bool lock_holder_here(const struct lock_holder *holder)
{
    char host[72];
    host_name(host);
    return holder->pid > 0 && strcmp(holder->host, host) == 0 &&
           strcmp(holder->boot, process_boot_id()) == 0 &&
           process_start_time(holder->pid) == holder->start_time;
}

/* Without locks: what the facts say, and for another host how long ago it gave a sign of life. */
static bool alive(const struct lock_holder *holder, const char *path)
{
    char host[72];
    host_name(host);
    if (holder->pid <= 0)
        return false;
    if (strcmp(holder->host, host) == 0)
        return lock_holder_here(holder);
    struct stat info;
    return stat(path, &info) == 0 && time(NULL) - info.st_mtime < LOCK_SILENCE_S;
}

static bool elsewhere(const struct lock_holder *holder)
{
    char host[72];
    host_name(host);
    return holder->pid > 0 && strcmp(holder->host, host) != 0;
}

/* A network filesystem may grant a lock that another host believes to hold: its facts count too. */
static bool doubtful(const struct lock_holder *holder, const char *path)
{
    return elsewhere(holder) && file_is_network(path) && alive(holder, path);
}

bool lock_is_held(const char *path, struct lock_holder *ret_holder)
{
    struct lock_holder holder = read_holder(path);
    if (ret_holder)
        *ret_holder = holder;
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    switch (ask(fd, F_OFD_GETLK, F_WRLCK)) {
    case HELD: return true;
    case FREE: return doubtful(&holder, path);
    case NO_LOCKS: break;
    }
    return alive(&holder, path);
}

static int refuse(const char *path, const struct lock_holder *holder, struct nbt_error *err)
{
    if (elsewhere(holder))
        return nbt_error_set(
            err, NBT_ESTATE,
            "in use by process %d on host %s; if that host is gone, wait %d seconds or remove %s",
            (int)holder->pid, holder->host, LOCK_SILENCE_S, path);
    if (holder->pid > 0)
        return nbt_error_set(err, NBT_ESTATE, "in use by process %d of this machine",
                             (int)holder->pid);
    return nbt_error_set(err, NBT_ESTATE, "in use by another process");
}

/* The file may have been removed, or replaced with its folder, between open and lock. */
static bool same_file(int fd, const char *path)
{
    struct stat mine, there;
    return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino &&
           mine.st_dev == there.st_dev;
}

static int take_once(int *ret_fd, const char *path, struct nbt_error *err)
{
    auto_close int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return nbt_error_errno(err, "cannot open the lock %s", path);
    enum answer answer = ask(fd, F_OFD_SETLK, F_WRLCK);
    struct lock_holder holder = read_holder(path);
    if (answer == HELD || (answer == FREE && doubtful(&holder, path)) ||
        (answer == NO_LOCKS && alive(&holder, path)))
        return refuse(path, &holder, err);
    *ret_fd = same_file(fd, path) ? TAKE_FD(fd) : -1;
    return 0;
}

static int write_facts(const struct lock *lock, const char *build, const char *socket,
                       struct nbt_error *err)
{
    char host[72];
    host_name(host);
    auto_json json_t *facts = json_pack(
        "{ss ss si sI ss ss}", "host", host, "boot", process_boot_id(), "pid", (int)getpid(),
        "start", (json_int_t)process_start_time(getpid()), "build", build, "socket", socket);
    auto_free char *text = facts ? json_dumps(facts, JSON_COMPACT) : NULL;
    if (!text)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the facts of the lock %s", lock->path);
    /* Shorter facts over longer ones leave a tail: cut first; a reader between the two sees no
     * holder, and asks the lock. */
    if (ftruncate(lock->fd, 0) < 0 || lseek(lock->fd, 0, SEEK_SET) < 0)
        return nbt_error_errno(err, "cannot write the lock %s", lock->path);
    return file_write_all(lock->fd, text, strlen(text), err);
}

int lock_take(struct lock *ret_lock, const char *path, struct nbt_error *err)
{
    struct lock lock = {.fd = -1};
    int code = 0;
    for (int i = 0; i < 100 && lock.fd < 0 && code == 0; i++)
        code = take_once(&lock.fd, path, err);
    if (code < 0)
        return code;
    if (lock.fd < 0)
        return nbt_error_set(err, NBT_ESTATE,
                             "the lock %s is being replaced all the time; try again", path);
    lock.path = strdup(path);
    code = lock.path ? write_facts(&lock, "", "", err)
                     : nbt_error_set(err, NBT_ENOMEM, "no memory for a path");
    if (code < 0) {
        lock_drop(&lock);
        return code;
    }
    *ret_lock = lock;
    return 0;
}

int lock_describe(struct lock *lock, const char *build, const char *socket, struct nbt_error *err)
{
    return write_facts(lock, build, socket, err);
}

void lock_beat(const struct lock *lock)
{
    if (futimens(lock->fd, NULL) < 0)
        return; /* a missed beat is made good by the next */
}

void lock_drop(struct lock *lock)
{
    if (!lock || lock->fd < 0)
        return;
    if (ftruncate(lock->fd, 0) < 0)
        errno = 0; /* the facts outlive us, the lock does not */
    close(lock->fd);
    lock->fd = -1;
    free(lock->path);
    lock->path = NULL;
}
