/* Which request means what: a table. */
#include <string.h>

#include "base/scope.h"
#include "kernel/internal.h"
#include "kernel/script.h"

void kernel_answer(struct kernel *kernel, struct server_request *request, json_t *content)
{
    auto_json json_t *reply = content ? content : json_object();

    if (reply && !json_object_get(reply, "status"))
        json_object_set_new(reply, "status", json_string("ok"));
    server_reply(kernel->server, request, reply);
    server_done(kernel->server, request);
}

static void on_kernel_info(struct kernel *kernel, struct server_request *request)
{
    kernel_answer(kernel, request, kernel_info(kernel));
}

static void on_complete(struct kernel *kernel, struct server_request *request)
{
    kernel_ask(kernel, request, complete_answer);
}

static void on_inspect(struct kernel *kernel, struct server_request *request)
{
    kernel_ask(kernel, request, explain_answer);
}

static void on_history(struct kernel *kernel, struct server_request *request)
{
    kernel_ask(kernel, request, history_answer);
}

static void on_is_complete(struct kernel *kernel, struct server_request *request)
{
    const char *code = json_string_value(json_object_get(request->message.content, "code"));
    json_t *reply = json_pack("{s:s}", "status", script_status(code ? code : ""));

    json_object_set_new(reply, "indent", json_string(""));
    kernel_answer(kernel, request, reply);
}

static void on_comm_info(struct kernel *kernel, struct server_request *request)
{
    kernel_answer(kernel, request, comm_info(kernel, request->message.content));
}

static void on_interrupt(struct kernel *kernel, struct server_request *request)
{
    cells_interrupt(kernel);
    kernel_answer(kernel, request, NULL);
}

/* Told on iopub too, so that other clients know. The loop ends after this message. */
static void on_shutdown(struct kernel *kernel, struct server_request *request)
{
    bool restart = json_is_true(json_object_get(request->message.content, "restart"));
    json_t *content = json_pack("{s:s, s:b}", "status", "ok", "restart", restart);

    server_publish(kernel->server, request, "shutdown_reply", content);
    kernel_answer(kernel, request, content);
    kernel->ending = true;
}

#define SHELL   (1U << CONNECTION_SHELL)
#define CONTROL (1U << CONNECTION_CONTROL)

static const struct {
    const char *type;
    void (*fn)(struct kernel *kernel, struct server_request *request);
    unsigned channels;
} table[] = {
    {"kernel_info_request", on_kernel_info, SHELL | CONTROL},
    {"execute_request", cell_execute, SHELL},
    {"complete_request", on_complete, SHELL},
    {"inspect_request", on_inspect, SHELL},
    {"is_complete_request", on_is_complete, SHELL},
    {"history_request", on_history, SHELL},
    {"comm_open", comm_open, SHELL},
    {"comm_msg", comm_message, SHELL},
    {"comm_close", comm_close, SHELL},
    {"comm_info_request", on_comm_info, SHELL},
    {"interrupt_request", on_interrupt, SHELL | CONTROL},
    {"shutdown_request", on_shutdown, SHELL | CONTROL},
};

/* What is unknown is not answered (messaging, "Unrecognized messages"). */
void kernel_request(void *self, struct server_request *request)
{
    struct kernel *kernel = self;

    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (table[i].channels & (1U << request->channel) &&
            strcmp(table[i].type, request->message.type) == 0) {
            table[i].fn(kernel, request);
            return;
        }
    }
    server_done(kernel->server, request);
}
