/* Starting a kernel, attaching to one, and what is known of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/scope.h"
#include "jupyter/client_internal.h"

#define TCP_ATTEMPTS 3
#define PIPE_BYTES   (1 << 20)
#define COMMAND_MAX  ((size_t)4096)

static struct client *client_new(const struct client_options *options, const char *name)
{
    struct client *client = calloc(1, sizeof(*client));
    if (!client)
        return NULL;
    *client = (struct client){
        .connection = {.lock_fd = -1, .holders = {-1, -1, -1, -1, -1}},
        .process = {.pidfd = -1},
        .pidfd = -1,
        .output_pipe = -1,
        .shell.fd = -1,
        .iopub.fd = -1,
        .control.fd = -1,
        .input.fd = -1,
        .monitor.fd = -1,
        .oom_kills_before = death_oom_kills(),
        .cancel_fd = options->cancel_fd,
        .output_fd = options->output_fd,
        .interrupt_by_message = options->spec && options->spec->interrupt_by_message,
        .name = strdup(name),
    };
    if (client->name && tail_init(&client->tail) == 0)
        return client;
    client_free(client);
    return NULL;
}

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "out of memory for a kernel's client");
}

/* ---- start ---- */

/* The variables of a Jupyter launcher, then the caller's. Freed with kernelspec_strings_free. */
static char **extra_environment(const struct client_options *options)
{
    size_t n = 0, used = 0;
    while (options->environment && options->environment[n])
        n++;
    char **extra = calloc(n + 3, sizeof(*extra));
    if (!extra)
        return NULL;
    bool whole = asprintf(&extra[used++], "JPY_PARENT_PID=%ld", (long)getpid()) >= 0;
    if (whole && options->session_name)
        whole = asprintf(&extra[used++], "JPY_SESSION_NAME=%s", options->session_name) >= 0;
    for (size_t i = 0; whole && i < n; i++) {
        extra[used] = strdup(options->environment[i]);
        whole = extra[used++] != NULL;
    }
    if (whole)
        return extra;
    extra[used - 1] = NULL;
    kernelspec_strings_free(extra);
    return NULL;
}

static char *join(char *const *argv)
{
    struct buf text = buf_init(COMMAND_MAX);
    for (size_t i = 0; argv[i]; i++)
        buf_printf(&text, "%s%s", i ? " " : "", argv[i]);
    char *joined = strdup(buf_text(&text));
    buf_fini(&text);
    return joined;
}

static int launch(struct client *client, const struct client_options *options, char **argv,
                  char **environment, struct nbt_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return nbt_error_errno(err, "cannot make a pipe for the kernel's output");
    client->output_pipe = ends[0];
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    /* Larger than usual: nobody reads it while the caller is busy between two cells. */
    fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
    const struct process_map maps[] = {{.child_fd = 1, .parent_fd = ends[1]},
                                       {.child_fd = 2, .parent_fd = ends[1]}};
    const struct process_options process = {
        .argv = (const char *const *)argv,
        .environment = (const char *const *)environment,
        .directory = options->directory,
        .maps = maps,
        .n_maps = COUNT_OF(maps),
        .marker = options->marker,
        .new_session = true,
        .die_with_parent = true,
    };
    int rc = process_start(&client->process, &process, err);
    close(ends[1]);
    client->pid = rc < 0 ? 0 : client->process.pid;
    return rc;
}

static int prepare_and_launch(struct client *client, const struct client_options *options,
                              struct nbt_error *err)
{
    char **extra = extra_environment(options);
    char **argv = NULL, **environment = NULL;
    int rc = extra ? kernelspec_command(options->spec, client->connection.file,
                                        (const char *const *)extra, &argv, &environment, err)
                   : no_memory(err);
    if (rc == 0 && argv) {
        client->command = join(argv);
        rc = launch(client, options, argv, environment, err);
    }
    kernelspec_strings_free(extra);
    kernelspec_strings_free(argv);
    kernelspec_strings_free(environment);
    if (rc < 0)
        nbt_error_prefix(err, "kernel \"%s\"", client->name);
    return rc;
}

/* Sockets are connected before the kernel exists, so that not one of its first messages is missed.
 */
static int start_client(struct client *client, const struct client_options *options,
                        struct nbt_error *err)
{
    bool tcp = options->transport_tcp || kernelspec_needs_tcp(options->spec);
    int rc = connection_create(&client->connection, tcp ? CONNECTION_TCP : CONNECTION_IPC,
                               options->spec->name, options->session_name, err);
    if (rc == 0)
        rc = wire_session_init(&client->session, client->connection.key,
                               strlen(client->connection.key), err);
    if (rc == 0)
        rc = channels_open(client, err);
    if (rc == 0)
        rc = prepare_and_launch(client, options, err);
    int64_t allowed =
        options->startup_timeout_ms > 0 ? options->startup_timeout_ms : CLIENT_STARTUP_MS;
    if (rc == 0)
        rc = ready_wait(client, clock_monotonic_ms() + allowed, err);
    if (rc == 0)
        connection_release_ports(&client->connection);
    return rc;
}

static bool port_was_taken(struct client *client)
{
    return client->connection.transport == CONNECTION_TCP && client->dead &&
           strstr(tail_text(&client->tail), "ddress already in use");
}

int client_start(struct client **ret_client, const struct client_options *options,
                 struct nbt_error *err)
{
    for (int attempt = 1;; attempt++) {
        struct nbt_error local = NBT_ERROR_INIT;
        struct client *client = client_new(options, options->spec->name);
        if (!client)
            return no_memory(err);
        int rc = start_client(client, options, &local);
        if (rc == 0) {
            *ret_client = client;
            return 0;
        }
        bool again = port_was_taken(client) && attempt < TCP_ATTEMPTS;
        client_free(client);
        if (!again)
            return nbt_error_set(err, local.code, "%s", local.text);
    }
}

/* ---- attach ---- */

static int watch_pid(struct client *client, pid_t pid, struct nbt_error *err)
{
    if (pid <= 0)
        return 0;
    client->pid = pid;
    client->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (client->pidfd >= 0)
        return 0;
    if (errno == ESRCH)
        return nbt_error_set(err, NBT_EDIED, "the kernel with pid %ld has ended", (long)pid);
    return nbt_error_errno(err, "cannot watch the kernel with pid %ld", (long)pid);
}

static int attach(struct client *client, const char *connection_file, pid_t pid, int timeout_ms,
                  struct nbt_error *err)
{
    client->attached = true;
    client->command = strdup(connection_file);
    int rc = client->command ? connection_read(&client->connection, connection_file, err)
                             : no_memory(err);
    if (rc == 0)
        rc = wire_session_init(&client->session, client->connection.key,
                               strlen(client->connection.key), err);
    if (rc == 0)
        rc = watch_pid(client, pid, err);
    if (rc == 0)
        rc = channels_open(client, err);
    return rc == 0 ? ready_wait(client, clock_monotonic_ms() + timeout_ms, err) : rc;
}

int client_attach(struct client **ret_client, const char *connection_file, pid_t pid,
                  const struct client_options *options, struct nbt_error *err)
{
    struct client *client =
        client_new(options, options->spec ? options->spec->name : connection_file);
    if (!client)
        return no_memory(err);
    int timeout_ms =
        options->startup_timeout_ms > 0 ? options->startup_timeout_ms : CLIENT_STARTUP_MS;
    int rc = attach(client, connection_file, pid, timeout_ms, err);
    if (rc < 0)
        client_free(client);
    else
        *ret_client = client;
    return rc;
}

/* ---- what is known ---- */

const json_t *client_kernel_info(const struct client *client)
{
    return client->kernel_info;
}

bool client_alive(struct client *client)
{
    /* A cancel that is pending says nothing about the kernel. */
    if (!client->dead && client->iopub.socket)
        (void)!pump_look(client, 0, NULL);
    return !client->dead;
}

pid_t client_pid(const struct client *client)
{
    return client->pid;
}

const char *client_output_tail(struct client *client)
{
    return tail_text(&client->tail);
}
