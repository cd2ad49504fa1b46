/*
 * Comms of the target `nbkatib`: each has an rpc client, and one job at a time, so that its
 * messages are answered in order; different comms are answered side by side. What rpc_is_quick is
 * answered at once, when it is its turn.
 */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "kernel/internal.h"
#include "kernel/rpc.h"
#include "service/values.h"

#define TARGET      "nbkatib"
#define WAITING_MAX 1024 /* messages of one comm */
#define COMMS_MAX   256

struct waiting {
    struct server_request *request;
    struct waiting *next;
};

struct comm {
    struct pool_job job; /* first: a job is its comm */
    struct kernel *kernel;
    struct comm *next;
    char *id;
    struct rpc_client *client;
    struct waiting *first, **end;
    size_t n_waiting;
    bool busy, greeted, closed;
    json_t *result; /* of the job */
};

static struct comm *find(const struct kernel *kernel, const char *id)
{
    struct comm *comm = kernel->comms;

    while (comm && strcmp(comm->id, id) != 0)
        comm = comm->next;
    return comm;
}

static void send(const struct kernel *kernel, const struct server_request *request,
                 const char *type, const char *id, json_t *data)
{
    auto_json json_t *content = json_pack("{s:s, s:o}", "comm_id", id, "data", data);

    if (content)
        server_publish(kernel->server, request, type, content);
}

static void send_error(const struct comm *comm, const struct server_request *request, int code,
                       const char *text)
{
    json_t *id = json_object_get(json_object_get(request->message.content, "data"), "id");

    send(comm->kernel, request, "comm_msg", comm->id,
         json_pack("{s:s, s:O, s:{s:i, s:s}}", "jsonrpc", "2.0", "id", id ? id : json_null(),
                   "error", "code", code, "message", text));
}

static void comm_free(struct comm *comm)
{
    json_decref(comm->result);
    free(comm->id);
    free(comm);
}

/* ---- jobs ---- */

static void go_on(struct comm *comm);

static void start(struct comm *comm, void (*work)(struct pool_job *),
                  void (*done)(struct pool_job *))
{
    comm->busy = true;
    comm->job = (struct pool_job){.work = work, .done = done};
    pool_run(comm->kernel->pool, &comm->job);
}

static void end_client(struct pool_job *job)
{
    struct comm *comm = (struct comm *)job;

    rpc_client_free(TAKE(comm->client));
}

/* A pool that stops leaves the work out. */
static void on_client_ended(struct pool_job *job)
{
    struct comm *comm = (struct comm *)job;

    rpc_client_free(comm->client);
    comm_free(comm);
}

static const json_t *first_message(const struct comm *comm)
{
    return json_object_get(comm->first->request->message.content, "data");
}

static void answer(struct pool_job *job)
{
    struct comm *comm = (struct comm *)job;

    comm->result = rpc_answer(comm->client, first_message(comm));
}

static struct server_request *take_first(struct comm *comm)
{
    struct waiting *waiting = comm->first;
    struct server_request *request = waiting->request;

    comm->first = waiting->next;
    if (!comm->first)
        comm->end = &comm->first;
    comm->n_waiting--;
    free(waiting);
    return request;
}

static void note_greeting(struct comm *comm, const struct server_request *request)
{
    const json_t *data = json_object_get(request->message.content, "data");

    if (strcmp(text_of(data, "method"), "hello") == 0 && json_object_get(comm->result, "result"))
        comm->greeted = true;
}

static void send_answer(struct comm *comm)
{
    struct server_request *request = take_first(comm);

    note_greeting(comm, request);
    if (comm->result && !comm->closed)
        send(comm->kernel, request, "comm_msg", comm->id, TAKE(comm->result));
    json_decref(TAKE(comm->result));
    server_done(comm->kernel->server, request);
}

static void on_answered(struct pool_job *job)
{
    struct comm *comm = (struct comm *)job;

    send_answer(comm);
    go_on(comm);
}

static void look(struct pool_job *job)
{
    struct comm *comm = (struct comm *)job;

    comm->result = rpc_events(comm->client);
}

static void on_looked(struct pool_job *job)
{
    struct comm *comm = (struct comm *)job;
    size_t i;
    json_t *event;

    json_array_foreach(comm->result, i, event)
    {
        if (!comm->closed)
            send(comm->kernel, NULL, "comm_msg", comm->id, json_incref(event));
    }
    json_decref(TAKE(comm->result));
    go_on(comm);
}

/* The next thing that a comm has to do, when its last job is done. */
static void go_on(struct comm *comm)
{
    comm->busy = false;
    while (comm->closed && comm->first)
        server_done(comm->kernel->server, take_first(comm));
    while (comm->first && rpc_is_quick(first_message(comm))) {
        answer(&comm->job);
        send_answer(comm);
    }
    if (comm->closed)
        start(comm, end_client, on_client_ended);
    else if (comm->first)
        start(comm, answer, on_answered);
}

static void leave(struct comm *comm)
{
    struct comm **place = &comm->kernel->comms;

    while (*place != comm)
        place = &(*place)->next;
    *place = comm->next;
    comm->closed = true;
    if (!comm->busy)
        go_on(comm);
}

/* ---- requests ---- */

static bool add(struct kernel *kernel, const char *id)
{
    struct comm *comm = calloc(1, sizeof(*comm));

    if (!comm)
        return false;
    comm->kernel = kernel;
    comm->id = strdup(id);
    comm->client = rpc_client_new();
    comm->end = &comm->first;
    if (!comm->id || !comm->client) {
        rpc_client_free(comm->client);
        comm_free(comm);
        return false;
    }
    comm->next = kernel->comms;
    kernel->comms = comm;
    return true;
}

static size_t count(const struct kernel *kernel)
{
    size_t n = 0;

    for (const struct comm *comm = kernel->comms; comm; comm = comm->next)
        n++;
    return n;
}

void comm_open(struct kernel *kernel, struct server_request *request)
{
    const json_t *content = request->message.content;
    const char *id = text_of(content, "comm_id");
    struct comm *old = find(kernel, id);

    if (old)
        leave(old);
    if (id[0] && (strcmp(text_of(content, "target_name"), TARGET) != 0 ||
                  count(kernel) >= COMMS_MAX || !add(kernel, id)))
        send(kernel, request, "comm_close", id, json_object());
    server_done(kernel->server, request);
}

/* False when the message must not wait; it was answered then. */
static bool accepts(const struct comm *comm, const struct server_request *request)
{
    if (request->content_size > RPC_MESSAGE_MAX || request->message.raw)
        send_error(comm, request, RPC_INVALID_REQUEST,
                   "the message is larger than 9 MiB, or its content is no JSON");
    else if (comm->n_waiting >= WAITING_MAX)
        send_error(comm, request, RPC_INTERNAL, "1024 messages of this comm wait for an answer");
    else
        return true;
    return false;
}

static bool wait_for_turn(struct comm *comm, struct server_request *request)
{
    struct waiting *waiting = malloc(sizeof(*waiting));

    if (!waiting)
        return false;
    *waiting = (struct waiting){.request = request};
    *comm->end = waiting;
    comm->end = &waiting->next;
    comm->n_waiting++;
    if (!comm->busy)
        go_on(comm);
    return true;
}

/* A comm that is not open here was open in the kernel before a restart: its client is told. */
void comm_message(struct kernel *kernel, struct server_request *request)
{
    const char *id = text_of(request->message.content, "comm_id");
    struct comm *comm = find(kernel, id);

    if (!comm && id[0])
        send(kernel, request, "comm_close", id, json_object());
    if (!comm || !accepts(comm, request) || !wait_for_turn(comm, request))
        server_done(kernel->server, request);
}

void comm_close(struct kernel *kernel, struct server_request *request)
{
    struct comm *comm = find(kernel, text_of(request->message.content, "comm_id"));

    if (comm)
        leave(comm);
    server_done(kernel->server, request);
}

json_t *comm_info(const struct kernel *kernel, const json_t *content)
{
    const char *target = text_of(content, "target_name");
    json_t *comms = json_object();

    for (const struct comm *comm = kernel->comms; comm; comm = comm->next) {
        if (!target[0] || strcmp(target, TARGET) == 0)
            json_object_set_new(comms, comm->id, json_pack("{s:s}", "target_name", TARGET));
    }
    return json_pack("{s:o}", "comms", comms);
}

void comms_tick(struct kernel *kernel)
{
    for (struct comm *comm = kernel->comms; comm; comm = comm->next) {
        if (comm->greeted && !comm->busy)
            start(comm, look, on_looked);
    }
}

void comms_close(struct kernel *kernel)
{
    while (kernel->comms)
        leave(kernel->comms);
}
