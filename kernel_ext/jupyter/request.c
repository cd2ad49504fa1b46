#include "base/clock.h"
#include "base/scope.h"
#include "jupyter/client_internal.h"

void request_fini(struct request *request)
{
    json_decref(request->reply);
    *request = (struct request){0};
}

int request_send(struct client *client, struct request *request,
                 const struct wire_outgoing *outgoing, struct nbt_error *err)
{
    request_fini(request);
    request->sent_ms = clock_monotonic_ms();
    return channels_send(client, &client->shell, outgoing, request->id, err);
}

int request_probe(struct client *client, struct nbt_error *err)
{
    const struct wire_outgoing outgoing = {.type = "kernel_info_request", .internal = true};
    return request_send(client, &client->probe, &outgoing, err);
}
