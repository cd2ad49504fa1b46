#include "engine/local/server.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"
#include "engine/local/socket.h"

#define CLIENTS_MAX 64

struct client {
    struct server *server;
    int fd; /* -1: a free place */
    bool subscribed;
    size_t length;
    char line[SOCKET_LINE_MAX];
};

struct server {
    struct loop *loop;
    int listener;
    server_command_fn fn;
    void *self;
    struct client clients[CLIENTS_MAX];
};

static void drop(struct client *client)
{
    if (client->fd < 0)
        return;
    loop_remove_fd(client->server->loop, client->fd);
    close(client->fd);
    client->fd = -1;
}

/* A client whose socket is full does not read: it is dropped (a subscriber that is only slow misses
 * nothing, since a wake-up it has not read yet stands for the later ones too). */
static void tell(struct client *client, const char *line)
{
    size_t length = strlen(line);
    if (send(client->fd, line, length, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)length)
        return;
    if (!client->subscribed || errno != EAGAIN)
        drop(client);
}

static void answer(struct client *client, json_t *taken)
{
    auto_json json_t *object = taken;
    auto_free char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    auto_free char *line = NULL;
    if (!text || asprintf(&line, "%s\n", text) < 0) {
        drop(client);
        return;
    }
    tell(client, line);
}

static void obey(struct client *client, const char *line)
{
    auto_json json_t *command = json_loads(line, 0, NULL);
    const char *name = json_string_value(json_object_get(command, "command"));
    if (!name) {
        answer(client,
               json_pack("{sb ss}", "ok", 0, "text", "expected a JSON object with \"command\""));
        return;
    }
    if (strcmp(name, "subscribe") == 0) {
        client->subscribed = true;
        answer(client, json_pack("{sb}", "ok", 1));
        return;
    }
    answer(client, client->server->fn(client->server->self, name, command));
}

static void obey_lines(struct client *client)
{
    char *end;
    while (client->fd >= 0 && (end = memchr(client->line, '\n', client->length))) {
        *end = '\0';
        obey(client, client->line);
        size_t used = (size_t)(end - client->line) + 1;
        client->length -= used;
        memmove(client->line, client->line + used, client->length);
    }
    if (client->length == sizeof(client->line))
        drop(client);
}

static void on_client(void *self, int fd, short revents)
{
    struct client *client = self;
    (void)revents;
    ssize_t n = recv(fd, client->line + client->length, sizeof(client->line) - client->length,
                     MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop(client);
        return;
    }
    client->length += (size_t)n;
    obey_lines(client);
}

static struct client *free_place(struct server *server)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (server->clients[i].fd < 0)
            return &server->clients[i];
    return NULL;
}

static void on_listener(void *self, int fd, short revents)
{
    struct server *server = self;
    (void)revents;
    for (int peer; (peer = socket_accept(fd)) >= 0;) {
        struct client *client = free_place(server);
        if (!client || loop_add_fd(server->loop, peer, POLLIN, on_client, client) < 0) {
            close(peer);
            continue;
        }
        client->server = server;
        client->fd = peer;
        client->subscribed = false;
        client->length = 0;
    }
}

struct server *server_new(struct loop *loop, int listener, server_command_fn fn, void *self)
{
    struct server *server = calloc(1, sizeof(*server));
    if (!server || loop_add_fd(loop, listener, POLLIN, on_listener, server) < 0) {
        free(server);
        close(listener);
        return NULL;
    }
    server->loop = loop;
    server->listener = listener;
    server->fn = fn;
    server->self = self;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        server->clients[i].fd = -1;
    return server;
}

void server_free(struct server *server)
{
    if (!server)
        return;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        drop(&server->clients[i]);
    loop_remove_fd(server->loop, server->listener);
    close(server->listener);
    free(server);
}

void server_wake(struct server *server, uint64_t seq)
{
    char line[64];
    snprintf(line, sizeof(line), "{\"seq\":%llu}\n", (unsigned long long)seq);
    for (size_t i = 0; server && i < CLIENTS_MAX; i++)
        if (server->clients[i].fd >= 0 && server->clients[i].subscribed)
            tell(&server->clients[i], line);
}
