/* Methods about experiments. */
#include "base/buf.h"
#include "base/scope.h"
#include "kernel/rpc_internal.h"
#include "service/text.h"
#include "service/values.h"

#define COMMAND_MAX ((size_t)32768)

int rpc_do_list(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    auto_json json_t *list = NULL;
    int result = service_list(&list, err);

    (void)call;
    return result < 0 ? result : rpc_give(ret_result, json_pack("{s:O}", "experiments", list), err);
}

int rpc_do_show(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    return service_show(ret_result, rpc_text(call, "experiment"), err);
}

int rpc_do_stop(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    enum engine_stop how = rpc_flag(call, "now") ? ENGINE_STOP_NOW : ENGINE_STOP_GENTLE;
    int result = service_stop(rpc_text(call, "experiment"), how, err);

    return result < 0 ? result : rpc_give(ret_result, json_object(), err);
}

int rpc_do_resume(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    const char *trials = rpc_text(call, "maxTrials");
    int result = service_resume(rpc_text(call, "experiment"), trials && trials[0] ? trials : NULL,
                                true, err);

    if (result == NBT_EINVAL)
        nbt_error_path(err, "maxTrials");
    return result < 0 ? result : rpc_give(ret_result, json_object(), err);
}

int rpc_do_delete(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    int result = service_delete(rpc_text(call, "experiment"), err);

    return result < 0 ? result : rpc_give(ret_result, json_object(), err);
}

int rpc_do_yaml(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    auto_json json_t *show = NULL;
    auto_free char *text = NULL;
    int result = service_show(&show, rpc_text(call, "experiment"), err);

    if (result == 0)
        result = service_yaml(&text, json_object_get(show, "experiment"), err);
    return result < 0 ? result : rpc_give(ret_result, json_pack("{s:s}", "text", text), err);
}

int rpc_do_charts(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    auto_json json_t *charts = NULL;
    int result = service_charts(&charts, rpc_text(call, "experiment"), err);

    return result < 0 ? result : rpc_give(ret_result, json_pack("{s:O}", "charts", charts), err);
}

int rpc_do_report(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf apply = buf_init(COMMAND_MAX);
    auto_json json_t *show = NULL;
    auto_free char *html = NULL;
    int result = service_show(&show, rpc_text(call, "experiment"), err);

    if (result < 0)
        return result;
    buf_puts(&apply, "nbkatib apply ");
    text_shell_word(&apply, text_of(show, "notebook"));
    buf_printf(&apply, " %s", text_of(show, "name"));
    result = service_report(&html, show, buf_text(&apply), err);
    return result < 0 ? result : rpc_give(ret_result, json_pack("{s:s}", "html", html), err);
}

int rpc_do_subscribe(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    auto_json json_t *show = NULL;
    int result = service_show(&show, rpc_text(call, "experiment"), err);

    if (result == 0)
        result = rpc_subscribe(call->client, show, err);
    if (result == 0)
        *ret_result = TAKE(show);
    return result;
}

int rpc_do_unsubscribe(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    rpc_unsubscribe(call->client, rpc_text(call, "experiment"));
    return rpc_give(ret_result, json_object(), err);
}
