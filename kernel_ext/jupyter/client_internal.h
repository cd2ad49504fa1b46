/* What the files of the client share. Nobody else includes this. */
#ifndef JUPYTER_CLIENT_INTERNAL_H
#define JUPYTER_CLIENT_INTERNAL_H

#include "jupyter/client.h"
#include "jupyter/connection.h"
#include "jupyter/wire.h"

#define CLIENT_TAIL         ((size_t)64 << 10) /* bytes kept of the kernel's own output */
#define CLIENT_STARTUP_MS   60000
#define CLIENT_INTERRUPT_MS 2500 /* what a kernel may take to heed an interrupt or a shutdown */
#define CLIENT_BARRIER_AFTER                                                                       \
    1000 /* reply without idle, or idle without reply, before kernel_info is asked */
#define CLIENT_BARRIER_MS     4000
#define CLIENT_POKE_AFTER     2000 /* no busy: the request may not have been seen */
#define CLIENT_LAST_WORDS_MS  50 /* quiet time after which a dead kernel's sockets count as read */
#define CLIENT_IOPUB_AGAIN_MS 50 /* replied but iopub silent while starting: ask again */
#define CLIENT_INPUT_MS       2000 /* a kernel that answers but has no stdin is used without */

/* The last bytes that the kernel wrote to its stdout and stderr. */
struct tail {
    char *bytes; /* CLIENT_TAIL of them */
    size_t at;   /* where the next byte goes */
    bool wrapped;
    char *text; /* what client_output_tail gave out last */
};

/* One request of ours that is under way. */
struct request {
    char id[WIRE_ID_MAX]; /* "" : none */
    bool replied;
    int64_t sent_ms;
    int64_t replied_ms, idled_ms; /* monotonic, 0: not yet */
    int64_t heard_ms;             /* when its latest iopub message had been handed on, 0: none */
    int64_t busy_us, input_us, reply_us, idle_us;
    json_t *reply; /* content, owned */
};

/* One socket. Its descriptor tells of commands, not of messages, and only once: after anything was
 * done with the socket it must be read until it is empty before the descriptor means something
 * again. `look` says that this is due. */
struct source {
    void *socket;
    int fd;
    bool look;
};

struct client {
    struct connection connection;
    struct wire_session session;
    struct wire_memo memo;
    struct process process; /* ours; pid 0 when attached or reaped */
    bool attached;
    pid_t pid;
    int pidfd; /* attached with a pid: owned; else -1 */
    bool dead;
    int status;               /* of waitpid, when dead and not attached */
    int64_t oom_kills_before; /* -1 unknown */
    int cancel_fd, output_fd;
    int output_pipe; /* read end of the kernel's stdout and stderr; -1 */
    bool interrupt_by_message;
    char *name;    /* of the kernel, for messages */
    char *command; /* argv joined, for messages */
    struct source shell, iopub, control, input;
    struct source monitor; /* tells a lost connection when there is no pid to watch */
    struct tail tail;
    bool stopped; /* paused because it publishes faster than we read */
    size_t burst; /* bytes read from iopub since it was last found empty */
    unsigned pumped;
    int64_t rejected; /* messages that were not signed with our key or no messages at all */
    json_t *kernel_info;
    struct request main,
        probe; /* the execute_request, and the kernel_info_request that guards it */
    bool iopub_heard;
    char *input_prompt; /* of an input_request that should not have come */
    client_message_fn on_message;
    void *self;
};

/* channels.c */
nbt_must_check int channels_open(struct client *client, struct nbt_error *err);
void channels_close(struct client *client);
/* The kernel can reach us on stdin. Until then it drops what it would ask, and waits for ever. */
bool channels_input_connected(struct client *client);
nbt_must_check int channels_send(struct client *client, struct source *source,
                                 const struct wire_outgoing *outgoing, char ret_id[WIRE_ID_MAX],
                                 struct nbt_error *err);

/* pump.c: waits up to timeout_ms for something to happen, and takes in all that did: 0, or
 * NBT_ECANCELED, NBT_EIO. The caller looks at the requests and at `dead`. */
nbt_must_check int pump(struct client *client, int timeout_ms, struct nbt_error *err);
/* The same for everything but iopub and shell, whose messages stay for the next request. */
nbt_must_check int pump_look(struct client *client, int timeout_ms, struct nbt_error *err);
void pump_last_words(
    struct client *client); /* what a dead kernel still left in its sockets and pipe */

/* dispatch.c: what a message means for the requests under way; hands it on. */
void dispatch_iopub(struct client *client, struct wire_message *message);
void dispatch_shell(struct client *client, struct wire_message *message);
void dispatch_stdin(struct client *client, const struct wire_message *message);

/* request.c */
nbt_must_check int request_send(struct client *client, struct request *request,
                                const struct wire_outgoing *outgoing, struct nbt_error *err);
nbt_must_check int request_probe(struct client *client, struct nbt_error *err);
void request_fini(struct request *request);

/* ready.c: from connected sockets to a kernel that answered and whose iopub is heard. */
nbt_must_check int ready_wait(struct client *client, int64_t deadline_ms, struct nbt_error *err);

/* death.c */
void death_notice(struct client *client); /* the pidfd is readable: ends the group, reaps */
int death_report(struct client *client, const char *when, struct nbt_error *err); /* NBT_EDIED */
int64_t death_oom_kills(void); /* out-of-memory kills of our cgroup so far; -1 unknown */

/* tail.c */
nbt_must_check int tail_init(struct tail *tail);
void tail_fini(struct tail *tail);
void tail_add(struct tail *tail, const char *data, size_t length);
const char *tail_text(struct tail *tail);

/* stop.c */
void stop_kill(struct client *client);

#endif
