#include "jupyter/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/scope.h"
#include "jupyter/connection_folder.h"

#define FILE_MAX ((size_t)64 << 10)

static const char *const channel_names[CONNECTION_CHANNELS] = {
    [CONNECTION_SHELL] = "shell_port",  [CONNECTION_IOPUB] = "iopub_port",
    [CONNECTION_STDIN] = "stdin_port",  [CONNECTION_CONTROL] = "control_port",
    [CONNECTION_HEARTBEAT] = "hb_port",
};

static const struct connection unset = {.lock_fd = -1, .holders = {-1, -1, -1, -1, -1}};

static char *random_key(void)
{
    unsigned char bytes[32];
    char *key = malloc(2 * sizeof(bytes) + 1);
    if (!key)
        return NULL;
    randombytes_buf(bytes, sizeof(bytes));
    return sodium_bin2hex(key, 2 * sizeof(bytes) + 1, bytes, sizeof(bytes));
}

/* Bound with SO_REUSEADDR but not listening: nobody is given this port by bind(0), and the kernel,
 * whose library sets the same option, can still bind it. */
static int hold_port(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) < 0)
        return -1;
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) < 0)
        return -1;
    *ret_port = ntohs(address.sin_port);
    return TAKE_FD(fd);
}

static int choose_tcp(struct connection *connection, struct nbt_error *err)
{
    for (int i = 0; i < CONNECTION_CHANNELS; i++) {
        connection->holders[i] = hold_port(&connection->ports[i]);
        if (connection->holders[i] < 0)
            return nbt_error_errno(err, "cannot reserve a port on 127.0.0.1 for the kernel");
    }
    connection->ip = strdup("127.0.0.1");
    return 0;
}

static void choose_ipc(struct connection *connection)
{
    for (int i = 0; i < CONNECTION_CHANNELS; i++)
        connection->ports[i] = i + 1;
    connection->ip = file_join(connection->directory, "k");
}

static int write_file(const struct connection *connection, const char *kernel_name,
                      const char *session_name, struct nbt_error *err)
{
    auto_json json_t *document =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "transport",
                  connection->transport == CONNECTION_TCP ? "tcp" : "ipc", "ip", connection->ip,
                  "key", connection->key, "signature_scheme", "hmac-sha256", "kernel_name",
                  kernel_name ? kernel_name : "");
    for (int i = 0; i < CONNECTION_CHANNELS; i++)
        json_object_set_new(document, channel_names[i], json_integer(connection->ports[i]));
    if (session_name)
        json_object_set_new(document, "jupyter_session", json_string(session_name));
    auto_free char *text = json_dumps(document, JSON_INDENT(2));
    if (!text)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory for a connection file");
    return file_replace(connection->file, text, strlen(text), 0600, err);
}

static int create(struct connection *connection, const char *kernel_name, const char *session_name,
                  struct nbt_error *err)
{
    int rc = connection_folder_create(&connection->directory, &connection->lock_fd, err);
    if (rc < 0)
        return rc;
    connection->key = random_key();
    connection->file = file_join(connection->directory, "kernel.json");
    if (connection->transport == CONNECTION_TCP)
        rc = choose_tcp(connection, err);
    else
        choose_ipc(connection);
    if (rc < 0)
        return rc;
    if (!connection->key || !connection->file || !connection->ip)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory for a connection");
    return write_file(connection, kernel_name, session_name, err);
}

int connection_create(struct connection *ret_connection, enum connection_transport transport,
                      const char *kernel_name, const char *session_name, struct nbt_error *err)
{
    if (sodium_init() < 0)
        return nbt_error_set(err, NBT_EIO,
                             "libsodium found no source of random numbers on this machine");
    struct connection connection = unset;
    connection.transport = transport;
    int rc = create(&connection, kernel_name, session_name, err);
    if (rc < 0)
        connection_fini(&connection);
    else
        *ret_connection = connection;
    return rc;
}

void connection_release_ports(struct connection *connection)
{
    for (int i = 0; i < CONNECTION_CHANNELS; i++) {
        if (connection->holders[i] >= 0)
            close(connection->holders[i]);
        connection->holders[i] = -1;
    }
}

/* ---- reading ---- */

static int read_text(const json_t *document, const char *name, const char *missing, char **ret_text,
                     struct nbt_error *err)
{
    const char *text = json_string_value(json_object_get(document, name));
    if (!text)
        text = missing;
    if (!text)
        return nbt_error_set(err, NBT_EPARSE, "it has no text \"%s\"", name);
    *ret_text = strdup(text);
    return *ret_text ? 0 : nbt_error_set(err, NBT_ENOMEM, "out of memory");
}

static int read_transport(const json_t *document, struct connection *connection,
                          struct nbt_error *err)
{
    auto_free char *transport = NULL, *scheme = NULL;
    int rc = read_text(document, "transport", "tcp", &transport, err);
    if (rc == 0)
        rc = read_text(document, "signature_scheme", "hmac-sha256", &scheme, err);
    if (rc < 0)
        return rc;
    if (strcmp(transport, "tcp") != 0 && strcmp(transport, "ipc") != 0)
        return nbt_error_set(err, NBT_EUNSUPPORTED,
                             "its transport is \"%s\"; tcp and ipc are supported", transport);
    if (*scheme && strcmp(scheme, "hmac-sha256") != 0)
        return nbt_error_set(
            err, NBT_EUNSUPPORTED,
            "its signature_scheme is \"%s\"; hmac-sha256 is supported, start the kernel with that",
            scheme);
    connection->transport = strcmp(transport, "ipc") == 0 ? CONNECTION_IPC : CONNECTION_TCP;
    return 0;
}

static int read_ports(const json_t *document, struct connection *connection, struct nbt_error *err)
{
    for (int i = 0; i < CONNECTION_CHANNELS; i++) {
        const json_t *port = json_object_get(document, channel_names[i]);
        json_int_t value = json_integer_value(port);
        if (!json_is_integer(port) || value < 1 || value > 65535)
            return nbt_error_set(err, NBT_EPARSE, "its \"%s\" is not a port number from 1 to 65535",
                                 channel_names[i]);
        connection->ports[i] = (int)value;
    }
    return 0;
}

static int read_document(const json_t *document, struct connection *connection,
                         struct nbt_error *err)
{
    int rc = read_transport(document, connection, err);
    if (rc == 0)
        rc = read_text(document, "ip", "127.0.0.1", &connection->ip, err);
    if (rc == 0)
        rc = read_text(document, "key", "", &connection->key, err);
    if (rc == 0)
        rc = read_ports(document, connection, err);
    if (rc == 0 && strlen(connection->ip) > CONNECTION_ENDPOINT_MAX - 32)
        rc = nbt_error_set(err, NBT_EPARSE, "its \"ip\" is longer than %d bytes",
                           CONNECTION_ENDPOINT_MAX - 32);
    return rc;
}

static int read_file(struct connection *connection, const char *path, struct nbt_error *err)
{
    auto_free char *text = NULL;
    size_t length = 0;
    int rc = file_real_path(path, &connection->file, err);
    if (rc == 0)
        rc = file_read(connection->file, FILE_MAX, &text, &length, err);
    if (rc < 0)
        return rc;
    json_error_t problem;
    auto_json json_t *document = json_loadb(text, length, 0, &problem);
    if (!json_is_object(document))
        rc = nbt_error_set(err, NBT_EPARSE, "it is not a JSON object (line %d: %s)",
                           document ? 1 : problem.line, document ? "another value" : problem.text);
    else
        rc = read_document(document, connection, err);
    return rc < 0 ? nbt_error_prefix(err, "connection file %s", connection->file) : 0;
}

int connection_read(struct connection *ret_connection, const char *path, struct nbt_error *err)
{
    struct connection connection = unset;
    struct nbt_error local = NBT_ERROR_INIT;
    int rc = read_file(&connection, path, &local);
    if (rc == 0) {
        *ret_connection = connection;
        return 0;
    }
    connection_fini(&connection);
    return nbt_error_set(err, local.code, "%s", local.text);
}

void connection_endpoint(const struct connection *connection, enum connection_channel channel,
                         char ret_endpoint[CONNECTION_ENDPOINT_MAX])
{
    bool tcp = connection->transport == CONNECTION_TCP;
    snprintf(ret_endpoint, CONNECTION_ENDPOINT_MAX, tcp ? "tcp://%s:%d" : "ipc://%s-%d",
             connection->ip, connection->ports[channel]);
}

void connection_fini(struct connection *connection)
{
    if (!connection)
        return;
    connection_release_ports(connection);
    connection_folder_remove(connection->directory, connection->lock_fd);
    free(connection->file);
    free(connection->ip);
    free(connection->directory);
    if (connection->key)
        sodium_memzero(connection->key, strlen(connection->key));
    free(connection->key);
    *connection = unset;
}
