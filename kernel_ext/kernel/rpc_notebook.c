/* Methods about the live notebook. */
#include "base/scope.h"
#include "kernel/rpc_internal.h"

/* What cannot be read as a notebook at all is the document's fault, not a field's. */
static int of_document(int result, struct nbt_error *err)
{
    if ((result == NBT_EPARSE || result == NBT_EVERSION) && !err->path[0])
        nbt_error_path(err, "document");
    return result;
}

int rpc_do_inspect(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    CLEANUP(rpc_live_fini) struct rpc_live live = {.path = NULL};
    int result = rpc_live_init(&live, call, err);

    return result < 0 ? result
                      : of_document(service_inspect(ret_result, &live.run.source, err), err);
}

/* {"experiment","problems","resolvedAlgorithm","gridPoints"} */
static int prepare(json_t **ret, const struct rpc_call *call, struct nbt_error *err)
{
    CLEANUP(rpc_live_fini) struct rpc_live live = {.path = NULL};
    int result = rpc_live_init(&live, call, err);

    if (result == 0)
        result = of_document(service_experiment(ret, &live.run, err), err);
    if (result == 0)
        rpc_translate_problems(json_object_get(*ret, "problems"));
    return result;
}

int rpc_do_validate(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    auto_json json_t *prepared = NULL;
    int result = prepare(&prepared, call, err);

    if (result < 0)
        return result;
    json_object_del(prepared, "experiment");
    *ret_result = TAKE(prepared);
    return 0;
}

int rpc_do_preview(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    auto_json json_t *prepared = NULL;
    auto_free char *yaml = NULL;
    int result = prepare(&prepared, call, err);
    const json_t *experiment = json_object_get(prepared, "experiment");

    if (result == 0 && json_is_object(experiment))
        result = service_yaml(&yaml, experiment, err);
    if (result < 0)
        return result;
    if (json_object_set_new(prepared, "yaml", yaml ? json_string(yaml) : json_null()) < 0)
        return rpc_no_memory(err);
    *ret_result = TAKE(prepared);
    return 0;
}

int rpc_do_run(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    CLEANUP(rpc_live_fini) struct rpc_live live = {.path = NULL};
    int result = rpc_live_init(&live, call, err);

    live.run.single = rpc_flag(call, "single");
    if (result < 0)
        return result;
    return of_document(service_submit(ret_result, &call->problems, &live.run, err), err);
}

int rpc_do_apply(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
{
    CLEANUP(rpc_live_fini) struct rpc_live live = {.path = NULL};
    const char *trial = rpc_text(call, "trial");
    int result = rpc_live_init(&live, call, err);

    if (result == 0)
        result = service_apply(ret_result, &live.run.source, rpc_text(call, "experiment"),
                               trial && trial[0] ? trial : NULL, true, err);
    /* Who holds the document writes it. */
    if (result == 0)
        json_object_del(*ret_result, "written");
    return of_document(result, err);
}
