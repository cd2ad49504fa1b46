#include "engine/katib/kube/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/process.h"
#include "base/scope.h"
#include "engine/katib/kube/secret.h"

#define ERROR_OUTPUT_MAX   16384
#define ERROR_OUTPUT_SHOWN 300
#define INFO_VARIABLE      "KUBERNETES_EXEC_INFO="

extern char **environ;

struct kube_exec {
    const struct kube_exec_plugin *plugin; /* borrowed */
    struct loop *loop;
    struct process process;
    int out, err_out; /* read ends, -1 when closed */
    int timer;
    struct buf output, error_output;
    bool too_much;
    kube_exec_fn fn;
    void *self;
};

static void close_end(struct kube_exec *exec, int *fd)
{
    if (*fd < 0)
        return;
    loop_remove_fd(exec->loop, *fd);
    close(*fd);
    *fd = -1;
}

static void wipe(struct buf *buf)
{
    if (buf->data)
        sodium_memzero(buf->data, buf->capacity);
    buf_fini(buf);
}

void kube_exec_cancel(struct kube_exec *exec)
{
    if (!exec)
        return;
    close_end(exec, &exec->out);
    close_end(exec, &exec->err_out);
    loop_remove_timer(exec->loop, exec->timer);
    if (exec->process.pid > 0) {
        loop_remove_fd(exec->loop, exec->process.pidfd);
        process_kill(&exec->process);
    }
    wipe(&exec->output);
    wipe(&exec->error_output);
    free(exec);
}

/* Reads what is there now. False at the end. */
static bool drain(int fd, struct buf *into)
{
    char piece[4096];
    for (;;) {
        ssize_t n = read(fd, piece, sizeof(piece));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        if (n == 0)
            return false;
        buf_add(into, piece, (size_t)n);
        sodium_memzero(piece, sizeof(piece));
        if (buf_failed(into))
            return true;
    }
}

/* The last of stderr: its end says why. */
static void drain_errors(struct kube_exec *exec)
{
    bool open = drain(exec->err_out, &exec->error_output);
    if (buf_failed(&exec->error_output))
        buf_clear(&exec->error_output);
    if (!open)
        close_end(exec, &exec->err_out);
}

static void settle(struct kube_exec *exec, int code, struct kube_credential *credential,
                   struct nbt_error *err)
{
    kube_exec_fn fn = exec->fn;
    void *self = exec->self;
    if (code < 0)
        nbt_error_prefix(err, "credential plugin %s", exec->plugin->command);
    kube_exec_cancel(exec);
    fn(self, code, credential, err);
}

static void fail(struct kube_exec *exec, int code, const char *what)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_free char *said = kube_secret_hide(buf_text(&exec->error_output), ERROR_OUTPUT_SHOWN);
    const char *hint = exec->plugin->install_hint;
    bool told = said && *said;
    nbt_error_set(&err, code, "%s%s%s%s%.200s", what, told ? ": " : "", told ? said : "",
                  hint && code == NBT_ENOTFOUND ? ". " : "",
                  hint && code == NBT_ENOTFOUND ? hint : "");
    settle(exec, code, NULL, &err);
}

static void on_late(void *self)
{
    struct kube_exec *exec = self;
    exec->timer = 0;
    if (exec->err_out >= 0)
        drain_errors(exec);
    fail(
        exec, NBT_ETIMEOUT,
        "it took too long and was ended; does it wait for an answer, or for a browser? Run it once "
        "by hand");
}

static void on_output(void *self, int fd, short revents)
{
    struct kube_exec *exec = self;
    (void)revents;
    if (fd == exec->err_out) {
        drain_errors(exec);
        return;
    }
    if (!drain(fd, &exec->output))
        close_end(exec, &exec->out);
    else if (buf_failed(&exec->output))
        fail(exec, NBT_ENOMEM, "it printed more than 1 MiB");
}

/* It ended; what children of it keep open is not waited for. */
static void on_end(void *self, int fd, short revents)
{
    struct kube_exec *exec = self;
    struct kube_credential credential = {0};
    struct nbt_error err = NBT_ERROR_INIT;
    char how[64];
    int status = 0;
    (void)revents;
    if (exec->out >= 0)
        drain(exec->out, &exec->output);
    if (exec->err_out >= 0)
        drain_errors(exec);
    loop_remove_fd(exec->loop, fd);
    process_signal_group(&exec->process, SIGKILL);
    process_reap(&exec->process, -1, &status);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        process_describe(status, how);
        fail(exec, NBT_EDIED, how);
        return;
    }
    int code = kube_credential_parse(&credential, buf_text(&exec->output), exec->output.length,
                                     exec->plugin->api_version, &err);
    settle(exec, code, &credential, &err);
    kube_credential_fini(&credential);
}

static bool is_replaced(const struct kube_exec_plugin *plugin, const char *variable)
{
    size_t name = strcspn(variable, "=") + 1;
    if (strncmp(variable, INFO_VARIABLE, strlen(INFO_VARIABLE)) == 0)
        return true;
    for (size_t i = 0; plugin->environment[i]; i++)
        if (strncmp(variable, plugin->environment[i], name) == 0)
            return true;
    return false;
}

/* Ours, then the plugin's, then what it is asked. The array is the caller's, and *ret_info. */
static const char **environment_of(const struct kube_exec_plugin *plugin, char **ret_info)
{
    size_t count = 2, used = 0;
    for (size_t i = 0; environ[i]; i++)
        count++;
    for (size_t i = 0; plugin->environment[i]; i++)
        count++;
    const char **list = calloc(count, sizeof(*list));
    if (!list || asprintf(ret_info, INFO_VARIABLE "%s", plugin->info) < 0) {
        *ret_info = NULL;
        free(list);
        return NULL;
    }
    for (size_t i = 0; environ[i]; i++)
        if (!is_replaced(plugin, environ[i]))
            list[used++] = environ[i];
    for (size_t i = 0; plugin->environment[i]; i++)
        list[used++] = plugin->environment[i];
    list[used] = *ret_info;
    return list;
}

static int launch(struct kube_exec *exec, int out, int err_out, struct nbt_error *err)
{
    auto_free char *info = NULL;
    auto_free const char **environment = environment_of(exec->plugin, &info);
    const struct process_map maps[] = {{1, out}, {2, err_out}};
    struct process_options options = {
        .argv = (const char *const *)exec->plugin->arguments,
        .environment = environment,
        .maps = maps,
        .n_maps = COUNT_OF(maps),
        .new_session = true,
        .die_with_parent = true,
    };
    if (!environment)
        return nbt_error_set(err, NBT_ENOMEM, "no memory to start %s", exec->plugin->command);
    int code = process_start(&exec->process, &options, err);
    if (code == NBT_ENOTFOUND && err && exec->plugin->install_hint) {
        struct nbt_error told = NBT_ERROR_INIT;
        nbt_error_set(&told, code, "%s. %.300s", err->text, exec->plugin->install_hint);
        *err = told;
    }
    return code;
}

static int listen_to(struct kube_exec *exec, int timeout_ms, struct nbt_error *err)
{
    fcntl(exec->out, F_SETFL, O_NONBLOCK);
    fcntl(exec->err_out, F_SETFL, O_NONBLOCK);
    exec->timer = loop_add_timer(exec->loop, timeout_ms, on_late, exec);
    if (exec->timer < 0 || loop_add_fd(exec->loop, exec->out, POLLIN, on_output, exec) < 0 ||
        loop_add_fd(exec->loop, exec->err_out, POLLIN, on_output, exec) < 0 ||
        loop_add_fd(exec->loop, exec->process.pidfd, POLLIN, on_end, exec) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "no memory to start %s", exec->plugin->command);
    return 0;
}

static int open_ends(struct kube_exec *exec, int *ret_out, int *ret_err, struct nbt_error *err)
{
    int out[2], err_out[2];
    if (pipe2(out, O_CLOEXEC) < 0)
        return nbt_error_errno(err, "cannot make a pipe");
    exec->out = out[0];
    *ret_out = out[1];
    if (pipe2(err_out, O_CLOEXEC) < 0)
        return nbt_error_errno(err, "cannot make a pipe");
    exec->err_out = err_out[0];
    *ret_err = err_out[1];
    return 0;
}

int kube_exec_start(struct kube_exec **ret_exec, const struct kube_exec_plugin *plugin,
                    struct loop *loop, int timeout_ms, kube_exec_fn fn, void *self,
                    struct nbt_error *err)
{
    struct kube_exec *exec = calloc(1, sizeof(*exec));
    auto_close int out = -1;
    auto_close int err_out = -1;
    if (!exec)
        return nbt_error_set(err, NBT_ENOMEM, "no memory to start %s", plugin->command);
    *exec = (struct kube_exec){
        .plugin = plugin,
        .loop = loop,
        .out = -1,
        .err_out = -1,
        .output = buf_init(KUBE_EXEC_OUTPUT_MAX),
        .error_output = buf_init(ERROR_OUTPUT_MAX),
        .fn = fn,
        .self = self,
    };
    int code = open_ends(exec, &out, &err_out, err);
    if (code == 0)
        code = launch(exec, out, err_out, err);
    if (code == 0)
        code = listen_to(exec, timeout_ms, err);
    if (code < 0)
        kube_exec_cancel(exec);
    else
        *ret_exec = exec;
    return code < 0 ? nbt_error_prefix(err, "credential plugin") : code;
}
