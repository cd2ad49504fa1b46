#include "kernel/rpc.h"

#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "kernel/rpc_internal.h"
#include "service/changes.h"

struct rpc_client *rpc_client_new(void)
{
    struct rpc_client *client = calloc(1, sizeof(*client));

    if (!client)
        return NULL;
    *client = (struct rpc_client){.list = json_object(), .subscriptions = json_object()};
    pthread_mutex_init(&client->lock, NULL);
    if (client->list && client->subscriptions)
        return client;
    rpc_client_free(client);
    return NULL;
}

void rpc_client_free(struct rpc_client *client)
{
    if (!client)
        return;
    json_decref(client->list);
    json_decref(client->subscriptions);
    pthread_mutex_destroy(&client->lock);
    free(client->root);
    free(client);
}

/* ---- responses ---- */

/* A text of ours may quote a path that is not UTF-8. */
static json_t *text_json(const char *text)
{
    json_t *string = json_string(text);
    auto_free char *shown = string ? NULL : file_printable(text);

    return string ? string : json_string(shown ? shown : "");
}

static json_t *error_response(const json_t *id, int code, const char *text, json_t *data)
{
    return json_pack("{s:s, s:O?, s:{s:i, s:o, s:o*}}", "jsonrpc", "2.0", "id", id, "error", "code",
                     code, "message", text_json(text), "data", data);
}

json_t *rpc_refuse(const char *text)
{
    return error_response(NULL, RPC_INVALID_REQUEST, text, NULL);
}

static json_t *error_data(const struct nbt_error *err, json_t *problems)
{
    return json_pack("{s:s, s:i, s:i, s:i, s:o, s:O*}", "code", nbt_code_name(err->code), "cell",
                     err->cell, "line", err->line, "column", err->column, "path",
                     text_json(err->path), "problems", problems);
}

static bool is_there(const char *experiment)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_json json_t *stamps = NULL;

    return service_stamps(&stamps, &ignored) == 0 && json_object_get(stamps, experiment);
}

/* What is not found, or taken, is what the params named: the field to show it at. */
static void add_path(const struct rpc_call *call, struct nbt_error *err)
{
    const char *experiment = rpc_text(call, "experiment");

    if (err->path[0])
        return;
    if (err->code == NBT_EEXIST)
        nbt_error_path(err, "options.name");
    else if (err->code == NBT_ENOTFOUND && experiment)
        nbt_error_path(err, is_there(experiment) ? "trial" : "experiment");
}

static json_t *failure(const json_t *id, struct rpc_call *call, struct nbt_error *err)
{
    int code = call->code ? call->code : RPC_PRODUCT;

    if (err->code == NBT_ENOMEM && !call->code)
        code = RPC_INTERNAL;
    rpc_translate_path(err);
    if (!call->code)
        add_path(call, err);
    rpc_translate_problems(call->problems);
    json_t *data = call->data ? TAKE(call->data) : error_data(err, call->problems);
    return error_response(id, code, err->text, data);
}

/* ---- a request ---- */

static const struct rpc_method *find(const char *name)
{
    for (const struct rpc_method *method = rpc_methods; method->name; method++) {
        if (strcmp(method->name, name) == 0)
            return method;
    }
    return NULL;
}

static const char *what_is_wrong(const json_t *message)
{
    const char *version = json_string_value(json_object_get(message, "jsonrpc"));
    const json_t *id = json_object_get(message, "id");

    if (json_is_array(message))
        return "found an array, but batches are not served; send each request by itself";
    if (!json_is_object(message))
        return "found no object; expected a JSON-RPC 2.0 request";
    if (id && !json_is_string(id) && !json_is_number(id) && !json_is_null(id))
        return "the id is neither a string nor a number";
    if (!version || strcmp(version, "2.0") != 0)
        return "the member jsonrpc is missing or not \"2.0\"";
    if (!json_is_string(json_object_get(message, "method")))
        return "the member method is missing or no string";
    return NULL;
}

bool rpc_is_quick(const json_t *message)
{
    const char *name = json_string_value(json_object_get(message, "method"));
    const struct rpc_method *method = name ? find(name) : NULL;

    return what_is_wrong(message) || !method || method->quick;
}

/* The error code of what is wrong before the method is called; 0 when nothing is. */
static int refuse(const struct rpc_call *call, const struct rpc_method *method, const char *name,
                  struct nbt_error *err)
{
    if (!method) {
        nbt_error_set(err, NBT_ENOTFOUND, "there is no method '%.80s'", name);
        return RPC_UNKNOWN_METHOD;
    }
    if (!call->client->greeted && strcmp(name, "hello") != 0) {
        nbt_error_set(err, NBT_ESTATE,
                      "the first request must be hello; it agrees on the protocol");
        return RPC_NOT_GREETED;
    }
    return rpc_check_params(call->params, method->params, "", err) < 0 ? RPC_BAD_PARAMS : 0;
}

static json_t *respond(struct rpc_call *call, const json_t *id, const char *name)
{
    const struct rpc_method *method = find(name);
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *result = NULL;

    call->code = refuse(call, method, name, &err);
    if (call->code || !method || method->call(call, &result, &err) < 0)
        return failure(id, call, &err);
    return json_pack("{s:s, s:O, s:O}", "jsonrpc", "2.0", "id", id ? id : json_null(), "result",
                     result);
}

json_t *rpc_answer(struct rpc_client *client, const json_t *message)
{
    const char *wrong = what_is_wrong(message);
    const json_t *id = json_object_get(message, "id");
    auto_json json_t *nothing = json_object();
    json_t *params = json_object_get(message, "params");
    struct rpc_call call = {.client = client, .params = params ? params : nothing};

    if (wrong)
        return error_response(json_is_object(id) || json_is_array(id) || json_is_boolean(id) ? NULL
                                                                                             : id,
                              RPC_INVALID_REQUEST, wrong, NULL);
    json_t *response = respond(&call, id, json_string_value(json_object_get(message, "method")));
    json_decref(call.problems);
    json_decref(call.data);
    if (id)
        return response;
    json_decref(response);
    return NULL;
}
