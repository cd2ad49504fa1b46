#include "kernel/rpc.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "service/service.h"

#define PROTOCOL 1

struct rpc_client {
    bool greeted;
};

struct rpc_client *rpc_client_new(void)
{
    return calloc(1, sizeof(struct rpc_client));
}

void rpc_client_free(struct rpc_client *client)
{
    free(client);
}

static json_t *failure(const json_t *id, int code, const char *text)
{
    return json_pack("{s:s, s:O?, s:{s:i, s:s}}", "jsonrpc", "2.0", "id", id, "error", "code", code,
                     "message", text);
}

static json_t *success(const json_t *id, json_t *result)
{
    return json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id, "result", result);
}

static json_t *hello(struct rpc_client *client, const json_t *id)
{
    struct nbt_error err = NBT_ERROR_INIT;
    json_t *items = NULL;

    if (service_list(&items, &err) < 0)
        return failure(id, -32000, err.text);
    client->greeted = true;
    return success(id, json_pack("{s:i, s:o}", "protocol", PROTOCOL, "experiments", items));
}

static json_t *list(const json_t *id)
{
    struct nbt_error err = NBT_ERROR_INIT;
    json_t *items = NULL;

    if (service_list(&items, &err) < 0)
        return failure(id, -32000, err.text);
    return success(id, json_pack("{s:o}", "experiments", items));
}

json_t *rpc_answer(struct rpc_client *client, const json_t *message)
{
    const json_t *id = json_object_get(message, "id");
    const char *version = json_string_value(json_object_get(message, "jsonrpc"));
    const char *method = json_string_value(json_object_get(message, "method"));

    if (!version || strcmp(version, "2.0") != 0 || !method)
        return failure(id, -32600, "the message is no JSON-RPC 2.0 request");
    if (!id)
        return NULL;
    if (strcmp(method, "hello") == 0)
        return hello(client, id);
    if (!client->greeted)
        return failure(id, -32002, "the first request must be hello");
    return strcmp(method, "list") == 0 ? list(id) : failure(id, -32601, "there is no such method");
}

json_t *rpc_events(struct rpc_client *client)
{
    (void)client;
    return json_array();
}
