/*
 * A client of one Jupyter kernel: starts it or attaches to one, runs code, delivers what the kernel
 * says, ends it. Blocking, one thread, one request at a time; every wait also watches the kernel's
 * pidfd, a deadline and a cancel descriptor. The traps that it answers are in research notes "top
 * pitfalls": iopub before shell, no high-water mark, done only when reply and idle are both there,
 * kernel_info as a barrier, no second execute_request for a lost one.
 *
 *     struct client_options options = {.spec = spec, .directory = "/home/me"};
 *     struct client *client;
 *     if (client_start(&client, &options, &err) < 0) ...
 *     struct client_request request = {.code = "print(1)", .timeout_ms = -1, .on_message =
 * print_output}; struct client_reply reply; if (client_execute(client, &request, &reply, &err) < 0)
 * ... client_reply_fini(&reply); client_free(client);
 */
#ifndef JUPYTER_CLIENT_H
#define JUPYTER_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/process.h"
#include "jupyter/kernelspec.h"
#include "nbtags/error.h"

struct client;

struct client_options {
    const struct kernelspec *spec;  /* borrowed for the start */
    const char *directory;          /* the kernel's working directory */
    const char *const *environment; /* extra "K=V", NULL-terminated, or NULL */
    const char *marker;             /* PROCESS_MARKER of the kernel and its children */
    const char *session_name;       /* JPY_SESSION_NAME: the notebook's path; NULL: none */
    int startup_timeout_ms;         /* from exec to ready; 0: 60 000 */
    int cancel_fd;                  /* readable means: give up with NBT_ECANCELED; -1: none */
    int output_fd; /* the kernel's own stdout and stderr go there too; -1: only the kept tail */
    bool transport_tcp; /* tcp on loopback instead of ipc */
};

/* What a kernel published for a request. Borrowed by the callback. */
struct client_message {
    const char *type; /* "stream", "display_data", "update_display_data", "execute_result", "error",
                         "clear_output", "execute_input", "status", ... */
    const json_t *content; /* object */
    const json_t *metadata;
    const char *parent;  /* msg_id of the request it belongs to, "" for none */
    int64_t received_us; /* realtime */
};
typedef void (*client_message_fn)(void *self, const struct client_message *message);

struct client_request {
    const char *code;
    json_t *user_expressions; /* object name -> expression, borrowed, or NULL */
    bool silent;              /* no history, no execution count, no execute_input */
    int64_t timeout_ms; /* from sending to done; -1: none. On expiry: interrupt, 2.5 s, kill */
    client_message_fn
        on_message; /* every iopub message of this request and late ones of earlier requests */
    void *self;
};

struct client_reply {
    const char *msg_id;      /* owned by the client until the next request */
    bool ok;                 /* status "ok" */
    int64_t execution_count; /* -1 when none */
    json_t *content;   /* the execute_reply's content, owned; error: ename, evalue, traceback */
    bool idle_missing; /* closed by a kernel_info barrier */
    int64_t busy_us, input_us, reply_us,
        idle_us; /* realtime of the four moments, 0 when it did not come */
};

/* Starts a kernel and waits until it answers and its iopub is heard. NBT_EDIED (argv, exit status,
 * tail of its stderr), NBT_ETIMEOUT, NBT_ECANCELED, NBT_ENOTFOUND. */
nbt_must_check int client_start(struct client **ret_client, const struct client_options *options,
                                struct nbt_error *err);

/* Attaches to a running kernel; it is never killed by us, and its death shows by its pid when `pid`
 * > 0. */
nbt_must_check int client_attach(struct client **ret_client, const char *connection_file, pid_t pid,
                                 const struct client_options *options, struct nbt_error *err);

/* Runs code to its end. 0 also when the code raised (reply.ok false). NBT_ETIMEOUT (the kernel was
 * interrupted, and killed when it ignored that: see client_alive), NBT_EDIED (with exit status,
 * out-of-memory kill named, stderr tail), NBT_ECANCELED, NBT_EPROTO (no reply came),
 * NBT_EUNSUPPORTED (the code asked for input although the request forbids it; it was interrupted as
 * for a timeout). Messages that came before a failure have been delivered. */
nbt_must_check int client_execute(struct client *client, const struct client_request *request,
                                  struct client_reply *ret_reply, struct nbt_error *err);
void client_reply_fini(struct client_reply *reply);

const json_t *client_kernel_info(const struct client *client); /* the kernel_info_reply's content */
bool client_alive(struct client *client);
pid_t client_pid(const struct client *client); /* 0 when attached without a pid */
const char *
client_output_tail(struct client *client); /* last 64 KiB of the kernel's own stdout and stderr */
nbt_must_check int
client_interrupt(struct client *client,
                 struct nbt_error *err); /* by signal or message, as the spec says */

/* gentle: shutdown_request, up to 2.5 s, then as not gentle: SIGKILL to the group. Reaps, removes
 * sockets and files. */
void client_shutdown(struct client *client, bool gentle);
void client_free(
    struct client *client); /* client_shutdown(client, false) when still running; NULL is allowed */

#endif
