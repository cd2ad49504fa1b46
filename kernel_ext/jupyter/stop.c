#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"
#include "jupyter/client_internal.h"

static int interrupt_by_message(struct client *client, struct nbt_error *err)
{
    const struct wire_outgoing outgoing = {.type = "interrupt_request", .internal = true};
    return channels_send(client, &client->control, &outgoing, NULL, err);
}

int client_interrupt(struct client *client, struct nbt_error *err)
{
    if (client->dead)
        return nbt_error_set(err, NBT_EDIED, "kernel \"%s\" has ended and cannot be interrupted",
                             client->name);
    if (client->interrupt_by_message || client->pid <= 0)
        return interrupt_by_message(client, err);
    /* Its group is only known to be its own when we started it. */
    const struct process attached = {.pid = client->pid, .pidfd = client->pidfd};
    int rc = client->attached ? process_signal(&attached, SIGINT)
                              : process_signal_group(&client->process, SIGINT);
    if (rc < 0)
        return nbt_error_set(err, NBT_EDIED, "kernel \"%s\" has ended and cannot be interrupted",
                             client->name);
    return 0;
}

void stop_kill(struct client *client)
{
    if (client->attached || client->dead)
        return;
    process_kill(&client->process);
    client->dead = true;
}

static void ask_to_shut_down(struct client *client)
{
    auto_json json_t *content = json_pack("{s:b}", "restart", 0);
    const struct wire_outgoing outgoing = {
        .type = "shutdown_request", .content = content, .internal = true};
    int64_t deadline = clock_monotonic_ms() + CLIENT_INTERRUPT_MS;
    client->on_message = NULL;
    if (channels_send(client, &client->control, &outgoing, NULL, NULL) < 0)
        return;
    while (!client->dead && clock_monotonic_ms() < deadline)
        if (pump(client, clock_left_ms(deadline), NULL) < 0)
            return;
}

void client_shutdown(struct client *client, bool gentle)
{
    if (gentle && !client->dead && !client->attached && client->control.socket)
        ask_to_shut_down(client);
    stop_kill(client);
    channels_close(client);
    if (client->output_pipe >= 0)
        close(client->output_pipe);
    client->output_pipe = -1;
    connection_fini(&client->connection);
}

void client_free(struct client *client)
{
    if (!client)
        return;
    client_shutdown(client, false);
    if (client->pidfd >= 0)
        close(client->pidfd);
    wire_session_fini(&client->session);
    wire_memo_fini(&client->memo);
    request_fini(&client->main);
    request_fini(&client->probe);
    tail_fini(&client->tail);
    json_decref(client->kernel_info);
    free(client->input_prompt);
    free(client->command);
    free(client->name);
    free(client);
}
