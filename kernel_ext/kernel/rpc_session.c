/* hello, and what does not depend on a notebook or an experiment. */
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "kernel/rpc_internal.h"
#include "service/live_values.h"

/* "~" and "~/x" as the server's configuration writes them; NULL when it says nothing. */
static char *root_folder(const char *root)
{
    const char *home = getenv("HOME");

    if (!root || !root[0])
        return NULL;
    if (root[0] != '~' || (root[1] != '/' && root[1] != '\0'))
        return strdup(root);
    return file_join(home && home[0] ? home : "/", root[1] ? root + 2 : "");
}

static int refuse_protocol(struct rpc_call *call, json_int_t protocol, struct nbt_error *err)
{
    call->code = RPC_PROTOCOL_VERSION;
    call->data = json_pack("{s:i, s:s}", "protocol", RPC_PROTOCOL, "version", NBKATIB_VERSION);
    return nbt_error_set(err, NBT_EVERSION,
                         "the interface speaks protocol %lld, this kernel (nbkatib " NBKATIB_VERSION
                         ") %d; install interface and kernel of one version, then reload the page",
                         (long long)protocol, RPC_PROTOCOL);
}

int rpc_do_hello(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    json_int_t protocol = json_integer_value(json_object_get(call->params, "protocol"));
    auto_json json_t *list = NULL;

    if (protocol != RPC_PROTOCOL)
        return refuse_protocol(call, protocol, err);
    /* What happens while it is answered comes as an event. */
    int result = rpc_listen(call->client, err);
    if (result == 0)
        result = service_list(&list, err);
    if (result < 0)
        return result;
    free(call->client->root);
    call->client->root = root_folder(rpc_text(call, "root"));
    call->client->greeted = true;
    return rpc_give(ret_result,
                    json_pack("{s:i, s:s, s:O}", "protocol", RPC_PROTOCOL, "version",
                              NBKATIB_VERSION, "experiments", list),
                    err);
}

int rpc_do_environment(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    (void)call;
    return service_environment(ret_result, err);
}

int rpc_do_algorithms(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    (void)call;
    return service_algorithms(ret_result, err);
}

int rpc_do_tags(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    (void)call;
    return service_tags(ret_result, err);
}

int rpc_do_values(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    const json_t *list = json_object_get(call->params, "names");
    size_t n = json_array_size(list);
    auto_free const char **names = calloc(n + 1, sizeof(*names));

    if (!names)
        return rpc_no_memory(err);
    for (size_t i = 0; i < n; i++)
        names[i] = json_string_value(json_array_get(list, i));
    return service_values(ret_result, rpc_text(call, "kernelId"), names, n, err);
}
