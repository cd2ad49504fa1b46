#include "base/clock.h"
#include "jupyter/client_internal.h"

static bool is_heard(const struct client *client)
{
    return client->kernel_info && client->iopub_heard;
}

static bool is_ready(struct client *client, int64_t deadline_ms)
{
    if (!is_heard(client))
        return false;
    int64_t now = clock_monotonic_ms();
    return channels_input_connected(client) || now >= deadline_ms ||
           now - client->probe.sent_ms >= CLIENT_INPUT_MS;
}

/* A subscription that reaches the kernel after its first answer has missed it: asking again makes
 * it speak again. The same wakes a kernel that overlooked its first request (ipykernel issue 1554).
 */
static int ask_again(struct client *client, struct nbt_error *err)
{
    if (is_heard(client))
        return 0;
    int64_t now = clock_monotonic_ms();
    int64_t patience = client->kernel_info ? CLIENT_IOPUB_AGAIN_MS : CLIENT_POKE_AFTER;
    int64_t since = client->probe.replied_ms ? client->probe.replied_ms : client->probe.sent_ms;
    return now - since >= patience ? request_probe(client, err) : 0;
}

static int too_late(struct client *client, int64_t waited_ms, struct nbt_error *err)
{
    const char *what = client->kernel_info ? "its iopub channel stayed silent"
                                           : "it did not answer kernel_info_request";
    const char *forged = client->rejected
                             ? " (messages with a wrong signature came in: is it this file's key?)"
                             : "";
    if (client->attached)
        return nbt_error_set(err, NBT_ETIMEOUT,
                             "the kernel of the connection file %s was not ready after %.1f s: "
                             "%s%s. Is it still running, and is this its file?",
                             client->name, (double)waited_ms / 1000, what, forged);
    return nbt_error_set(err, NBT_ETIMEOUT,
                         "kernel \"%s\" was not ready after %.1f s: %s%s; command: %s. Start it by "
                         "hand to see why, or allow it more time",
                         client->name, (double)waited_ms / 1000, what, forged, client->command);
}

int ready_wait(struct client *client, int64_t deadline_ms, struct nbt_error *err)
{
    int64_t start = clock_monotonic_ms();
    int rc = request_probe(client, err);
    while (rc == 0 && !is_ready(client, deadline_ms)) {
        if (client->dead) {
            pump_last_words(client);
            return death_report(client, "before it was ready", err);
        }
        if (clock_monotonic_ms() >= deadline_ms)
            return too_late(client, clock_monotonic_ms() - start, err);
        int wait = clock_left_ms(deadline_ms);
        rc = pump(client, wait < CLIENT_IOPUB_AGAIN_MS ? wait : CLIENT_IOPUB_AGAIN_MS, err);
        if (rc == 0)
            rc = ask_again(client, err);
    }
    return rc;
}
