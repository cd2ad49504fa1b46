#include "engine/local/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"

#define BACKLOG 64

/* An address for `path`; *ret_folder, when it is not -1 after, must stay open while the address is
 * used. */
static int address_of(struct sockaddr_un *address, const char *path, int *ret_folder)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    *ret_folder = -1;
    if (strlen(path) < sizeof(address->sun_path)) {
        memcpy(address->sun_path, path, strlen(path) + 1);
        return 0;
    }
    auto_free char *folder = file_folder(path);
    *ret_folder = folder ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (*ret_folder < 0)
        return -1;
    int length = snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/%s",
                          *ret_folder, file_base_name(path));
    if (length < 0 || (size_t)length >= sizeof(address->sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return 0;
}

static int bind_at(int fd, const char *path)
{
    struct sockaddr_un address;
    auto_close int folder = -1;
    if (address_of(&address, path, &folder) < 0)
        return -1;
    if (unlink(path) < 0 && errno != ENOENT)
        return -1;
    mode_t before = umask(0177);
    int result = bind(fd, (struct sockaddr *)&address, sizeof(address));
    umask(before);
    return result;
}

/* A folder of this user alone, outside of the home. The caller frees. */
static char *runtime_folder(void)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char *path = NULL;
    int length = runtime && runtime[0] == '/'
                     ? asprintf(&path, "%s/nbkatib", runtime)
                     : asprintf(&path, "/tmp/nbkatib-%u", (unsigned)geteuid());
    if (length < 0)
        return NULL;
    struct stat info;
    if ((mkdir(path, 0700) < 0 && errno != EEXIST) || lstat(path, &info) < 0 ||
        !S_ISDIR(info.st_mode) || info.st_uid != geteuid() || (info.st_mode & 077)) {
        free(path);
        return NULL;
    }
    return path;
}

static char *fallback_path(const char *path, const char *name)
{
    char hex[65];
    file_sha256_bytes(path, strlen(path), hex);
    auto_free char *folder = runtime_folder();
    char *fallback = NULL;
    if (!folder || asprintf(&fallback, "%s/%s-%.8s", folder, name, hex) < 0)
        return NULL;
    return fallback;
}

static int bind_somewhere(int fd, char **ret_path, const char *path, const char *name,
                          struct nbt_error *err)
{
    auto_free char *place = strdup(path);
    if (!place)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a path");
    if (bind_at(fd, place) < 0) {
        int code =
            nbt_error_errno(err, "cannot listen at %s, nor in XDG_RUNTIME_DIR or /tmp", path);
        free(place);
        place = fallback_path(path, name);
        if (!place || bind_at(fd, place) < 0)
            return code;
        nbt_error_clear(err);
    }
    *ret_path = TAKE(place);
    return 0;
}

int socket_listen(char **ret_path, const char *path, const char *name, struct nbt_error *err)
{
    auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return nbt_error_errno(err, "cannot make a socket");
    auto_free char *place = NULL;
    int code = bind_somewhere(fd, &place, path, name, err);
    if (code < 0 || !place)
        return code;
    if (listen(fd, BACKLOG) < 0) {
        code = nbt_error_errno(err, "cannot listen at %s", place);
        unlink(place);
        return code;
    }
    *ret_path = TAKE(place);
    return TAKE_FD(fd);
}

int socket_accept(int listener)
{
    for (;;) {
        auto_close int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            return -1;
        struct ucred peer;
        socklen_t size = sizeof(peer);
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
            (peer.uid == geteuid() || peer.uid == 0))
            return TAKE_FD(fd);
    }
}

int socket_connect(const char *path, struct nbt_error *err)
{
    struct sockaddr_un address;
    auto_close int folder = -1;
    auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return nbt_error_errno(err, "cannot make a socket");
    if (address_of(&address, path, &folder) < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return nbt_error_errno(err, "cannot reach the engine at %s", path);
    return TAKE_FD(fd);
}

/* One line, byte by byte: answers are short, and what follows them belongs to others. */
static int read_line(int fd, char *line, size_t size, int timeout_ms, struct nbt_error *err)
{
    int64_t deadline = clock_monotonic_ms() + timeout_ms;
    for (size_t length = 0; length < size - 1;) {
        struct pollfd entry = {.fd = fd, .events = POLLIN};
        if (poll(&entry, 1, clock_left_ms(deadline)) == 0)
            return nbt_error_set(err, NBT_ETIMEOUT, "the engine did not answer within %d seconds",
                                 timeout_ms / 1000);
        ssize_t n = recv(fd, line + length, 1, MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            return nbt_error_set(err, NBT_EDIED, "the engine ended before it answered");
        if (line[length] == '\n') {
            line[length] = '\0';
            return 0;
        }
        length++;
    }
    return nbt_error_set(err, NBT_EPROTO, "the engine's answer is longer than %d bytes",
                         SOCKET_LINE_MAX);
}

static int send_line(int fd, const json_t *command, struct nbt_error *err)
{
    auto_free char *text = json_dumps(command, JSON_COMPACT);
    auto_free char *line = NULL;
    if (!text || asprintf(&line, "%s\n", text) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a command");
    ssize_t sent = send(fd, line, strlen(line), MSG_NOSIGNAL);
    if (sent != (ssize_t)strlen(line))
        return nbt_error_errno(err, "cannot send a command to the engine");
    return 0;
}

int socket_ask(int fd, const json_t *command, int timeout_ms, json_t **ret_answer,
               struct nbt_error *err)
{
    char line[SOCKET_LINE_MAX];
    int code = send_line(fd, command, err);
    if (code == 0)
        code = read_line(fd, line, sizeof(line), timeout_ms, err);
    if (code < 0)
        return code;
    auto_json json_t *answer = json_loads(line, 0, NULL);
    if (!json_is_object(answer))
        return nbt_error_set(err, NBT_EPROTO, "the engine's answer is not a JSON object");
    if (!json_is_true(json_object_get(answer, "ok"))) {
        const char *text = json_string_value(json_object_get(answer, "text"));
        return nbt_error_set(err, NBT_ESTATE, "the engine refused: %s",
                             text ? text : "no reason given");
    }
    *ret_answer = TAKE(answer);
    return 0;
}
