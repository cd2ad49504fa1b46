/* Methods about what trials left. */
#include "base/scope.h"
#include "kernel/rpc_internal.h"
#include "service/trials.h"

int rpc_do_trial(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    return service_trial_document(ret_result, rpc_text(call, "experiment"), rpc_text(call, "trial"),
                                  err);
}

int rpc_do_logs(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    return service_logs(ret_result, rpc_text(call, "experiment"), rpc_text(call, "trial"),
                        json_integer_value(json_object_get(call->params, "offset")), err);
}

int rpc_do_notebook(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    return service_notebook(ret_result, rpc_text(call, "experiment"), rpc_text(call, "trial"), err);
}

int rpc_do_csv(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    auto_free char *text = NULL;
    int result = service_csv(&text, rpc_text(call, "experiment"), err);

    return result < 0 ? result : rpc_give(ret_result, json_pack("{s:s}", "text", text), err);
}
