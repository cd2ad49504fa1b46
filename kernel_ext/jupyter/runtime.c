#include "jupyter/runtime.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/file.h"
#include "base/scope.h"
#include "jupyter/connection.h"

#define ID_MAX     64
#define CONNECT_MS 200

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* jupyter_core's jupyter_runtime_dir on Linux. */
static char *runtime_folder(void)
{
    const char *given = variable("JUPYTER_RUNTIME_DIR");
    const char *data = variable("JUPYTER_DATA_DIR");
    const char *xdg = variable("XDG_DATA_HOME");
    const char *home = variable("HOME");
    char *path = NULL;
    int length = -1;
    if (given)
        return strdup(given);
    if (data)
        length = asprintf(&path, "%s/runtime", data);
    else if (xdg)
        length = asprintf(&path, "%s/jupyter/runtime", xdg);
    else
        length = asprintf(&path, "%s/.local/share/jupyter/runtime", home ? home : "");
    return length < 0 ? NULL : path;
}

static bool is_id(const char *id)
{
    size_t length = strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    return length > 0 && length <= ID_MAX && id[length] == '\0';
}

/* Whoever writes that file decides what we connect to. */
static int check_owner(const char *path, const char *id, struct nbt_error *err)
{
    struct stat info;
    if (lstat(path, &info) < 0)
        return nbt_error_set(err, NBT_ENOTFOUND,
                             "no kernel with the id %s runs here: %s is not there", id, path);
    if (!S_ISREG(info.st_mode) || info.st_uid != geteuid())
        return nbt_error_set(err, NBT_EINVAL,
                             "%s is no file of this user, so that it is not the connection file of "
                             "a kernel that may be asked",
                             path);
    return 0;
}

/* Steals the folder. */
static int find_in(char **ret_path, char *folder, const char *id, struct nbt_error *err)
{
    auto_free char *owned = folder;
    auto_free char *path = NULL;
    if (!owned || asprintf(&path, "%s/kernel-%s.json", owned, id) < 0) {
        path = NULL;
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a path");
    }
    int rc = check_owner(path, id, err);
    if (rc == 0)
        *ret_path = TAKE(path);
    return rc;
}

int runtime_connection_file(char **ret_path, const char *kernel_id, const char *beside,
                            struct nbt_error *err)
{
    if (!is_id(kernel_id))
        return nbt_error_set(err, NBT_EINVAL,
                             "'%.80s' is no kernel's id; expected letters, digits and '-', as in "
                             "5d1e0d8c-3a4b-4c1d-9e2f-0123456789ab",
                             kernel_id);
    if (beside && *beside) {
        struct nbt_error found = NBT_ERROR_INIT;
        int rc = find_in(ret_path, file_folder(beside), kernel_id, &found);
        if (rc != NBT_ENOTFOUND)
            return rc < 0 ? nbt_error_set(err, rc, "%s", found.text) : rc;
    }
    return find_in(ret_path, runtime_folder(), kernel_id, err);
}

union address {
    struct sockaddr any;
    struct sockaddr_in tcp;
    struct sockaddr_un ipc;
};

static socklen_t address_of(union address *address, const struct connection *connection)
{
    int port = connection->ports[CONNECTION_SHELL];
    *address = (union address){0};
    if (connection->transport == CONNECTION_IPC) {
        address->ipc.sun_family = AF_UNIX;
        snprintf(address->ipc.sun_path, sizeof(address->ipc.sun_path), "%s-%d", connection->ip,
                 port);
        return sizeof(address->ipc);
    }
    address->tcp.sin_family = AF_INET;
    address->tcp.sin_port = htons((uint16_t)port);
    bool any = strcmp(connection->ip, "0.0.0.0") == 0 || strcmp(connection->ip, "*") == 0;
    if (inet_pton(AF_INET, any ? "127.0.0.1" : connection->ip, &address->tcp.sin_addr) != 1)
        address->tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sizeof(address->tcp);
}

static bool connects(const struct connection *connection)
{
    union address address;
    socklen_t length = address_of(&address, connection);
    auto_close int fd =
        socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    if (connect(fd, &address.any, length) == 0)
        return true;
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    int problem = 0;
    socklen_t size = sizeof(problem);
    return (errno == EINPROGRESS || errno == EAGAIN) && poll(&wait, 1, CONNECT_MS) == 1 &&
           getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem == 0;
}

bool runtime_listens(const char *connection_file)
{
    struct connection connection;
    if (connection_read(&connection, connection_file, NULL) < 0)
        return false;
    bool listens = connects(&connection);
    connection_fini(&connection);
    return listens;
}
