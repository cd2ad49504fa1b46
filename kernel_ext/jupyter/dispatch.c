#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "jupyter/client_internal.h"

static struct request *find_request(struct client *client, const char *parent)
{
    if (*parent && strcmp(parent, client->main.id) == 0)
        return &client->main;
    if (*parent && strcmp(parent, client->probe.id) == 0)
        return &client->probe;
    return NULL;
}

static void note_status(struct request *request, const json_t *content, int64_t now_us)
{
    const char *state = json_string_value(json_object_get(content, "execution_state"));
    if (!state)
        return;
    if (strcmp(state, "busy") == 0) {
        request->busy_us = now_us;
    } else if (strcmp(state, "idle") == 0) {
        request->idle_us = now_us;
        request->idled_ms = clock_monotonic_ms();
    }
}

static bool is_output(const char *type)
{
    static const char *const types[] = {"stream",         "display_data", "update_display_data",
                                        "execute_result", "error",        "clear_output"};
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (strcmp(type, types[i]) == 0)
            return true;
    return false;
}

/* Content that is not JSON becomes an output of the message's own kind that shows its text: no
 * output is lost. */
static void show_raw(struct wire_message *message)
{
    json_t *raw = json_object_get(message->content, "raw");
    json_t *shown = NULL;
    if (strcmp(message->type, "stream") == 0)
        shown = json_pack("{s:s, s:O}", "name", "stdout", "text", raw);
    else if (strcmp(message->type, "error") == 0)
        shown = json_pack("{s:s, s:s, s:[O]}", "ename", "UnreadableError", "evalue",
                          "the kernel's message is not JSON", "traceback", raw);
    else if (is_output(message->type))
        shown = json_pack("{s:{s:O}, s:{}, s:n}", "data", "text/plain", raw, "metadata",
                          "execution_count");
    if (!shown)
        return;
    json_decref(message->content);
    message->content = shown;
}

static bool is_wanted(const struct client *client, const struct wire_message *message)
{
    if (!client->on_message)
        return false;
    /* Some kernels publish what their libraries print without a parent. */
    return wire_is_request(&client->session, message->parent_id) ||
           (!*message->parent_id && is_output(message->type));
}

static void hand_on(struct client *client, struct wire_message *message, int64_t now_us)
{
    if (!is_wanted(client, message))
        return;
    if (message->raw)
        show_raw(message);
    client->on_message(client->self, &(struct client_message){
                                         .type = message->type,
                                         .content = message->content,
                                         .metadata = message->metadata,
                                         .parent = message->parent_id,
                                         .received_us = now_us,
                                     });
}

void dispatch_iopub(struct client *client, struct wire_message *message)
{
    int64_t now_us = clock_realtime_us();
    struct request *request = find_request(client, message->parent_id);
    client->iopub_heard = true;
    if (request && strcmp(message->type, "status") == 0)
        note_status(request, message->content, now_us);
    else if (request && strcmp(message->type, "execute_input") == 0)
        request->input_us = now_us;
    hand_on(client, message, now_us);
    /* Afterwards: a caller that takes its time must not make the kernel look silent. */
    if (request)
        request->heard_ms = clock_monotonic_ms();
}

static json_t *unreadable_reply(void)
{
    return json_pack("{s:s, s:s, s:s, s:[]}", "status", "error", "ename", "UnreadableReply",
                     "evalue", "the kernel's reply is not JSON", "traceback");
}

void dispatch_shell(struct client *client, struct wire_message *message)
{
    bool info = strcmp(message->type, "kernel_info_reply") == 0;
    if (info && !client->kernel_info && !message->raw)
        client->kernel_info = json_incref(message->content);
    struct request *request = find_request(client, message->parent_id);
    /* One execute_request is under way at a time, so that a reply without a parent can only be its.
     */
    if (!request && !*message->parent_id && strcmp(message->type, "execute_reply") == 0)
        request = &client->main;
    if (!request || request->replied)
        return;
    request->replied = true;
    request->replied_ms = clock_monotonic_ms();
    request->reply_us = clock_realtime_us();
    request->reply = message->raw ? unreadable_reply() : json_incref(message->content);
}

void dispatch_stdin(struct client *client, const struct wire_message *message)
{
    if (strcmp(message->type, "input_request") != 0 || client->input_prompt)
        return;
    const char *prompt = json_string_value(json_object_get(message->content, "prompt"));
    client->input_prompt = strdup(prompt ? prompt : "");
}
