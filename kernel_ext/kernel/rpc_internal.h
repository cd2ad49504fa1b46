/*
 * What the files of the protocol share: the table of methods, and a call on its way. Nobody outside
 * of kernel/rpc*.c and their tests includes this.
 */
#ifndef KERNEL_RPC_INTERNAL_H
#define KERNEL_RPC_INTERNAL_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel/rpc.h"
#include "service/service.h"

struct rpc_client {
    bool greeted;          /* this and root: of the thread that answers */
    char *root;            /* the server's root folder, absolute; NULL: the current folder */
    pthread_mutex_t lock;  /* of what follows */
    bool listening;        /* hello was answered: experiments events may go */
    bool fresh;            /* the answer to hello may still be on its way */
    json_t *list;          /* memory of service_list_changes */
    json_t *subscriptions; /* {experiment: {"fresh", "memory": of service_show_changes}} */
    int64_t rest_until_ms; /* monotonic: after a tick that took long */
};

enum rpc_type { RPC_TEXT, RPC_TEXT_OR_NULL, RPC_OBJECT, RPC_BOOL, RPC_COUNT, RPC_TEXTS };

struct rpc_param {
    const char *name;
    enum rpc_type type;
    bool required;
};

/* One call; the params were checked against the method's table. */
struct rpc_call {
    struct rpc_client *client;
    const json_t *params;
    json_t *problems; /* owned: data.problems of a failure, or NULL */
    int code;         /* of a failure; 0: RPC_PRODUCT */
    json_t *data;     /* owned: data of a failure instead of the error's own, or NULL */
};

struct rpc_method {
    const char *name;
    const struct rpc_param *params; /* ended by a NULL name */
    int (*call)(struct rpc_call *call, json_t **ret_result, struct nbt_error *err);
    bool quick; /* rpc_is_quick */
};

extern const struct rpc_method rpc_methods[]; /* ended by a NULL name */

/* rpc_params.c: NBT_EINVAL, with the member's path, when params are not what the table says. Null
 * counts as absent. `within` is the path of the object, "" for params themselves. */
nbt_must_check int rpc_check_params(const json_t *params, const struct rpc_param *table,
                                    const char *within, struct nbt_error *err);
const char *rpc_text(const struct rpc_call *call, const char *name); /* NULL when absent */
bool rpc_flag(const struct rpc_call *call, const char *name);

/* rpc_live.c: the notebook, document and options of params. Texts borrow from params; fini frees
 * the rest. */
struct rpc_live {
    struct service_run run;
    char *path, *text;
};
nbt_must_check int rpc_live_init(struct rpc_live *ret_live, const struct rpc_call *call,
                                 struct nbt_error *err);
void rpc_live_fini(struct rpc_live *live);

/* The interface's names for what the command line calls options: "--seed" is options.seed. */
void rpc_translate_path(struct nbt_error *err);
void rpc_translate_problems(json_t *problems);

extern const struct rpc_param rpc_option_params[]; /* of the object `options` */

/* rpc_events.c */
nbt_must_check int rpc_listen(struct rpc_client *client, struct nbt_error *err);
nbt_must_check int rpc_subscribe(struct rpc_client *client, const json_t *show,
                                 struct nbt_error *err);
void rpc_unsubscribe(struct rpc_client *client, const char *experiment);

/* The handlers, by subject: rpc_session.c, rpc_notebook.c, rpc_experiment.c, rpc_trial.c. */
#define RPC_HANDLER(name)                                                                          \
    int rpc_##name(struct rpc_call *call, json_t **ret_result, struct nbt_error *err)
RPC_HANDLER(do_hello);
RPC_HANDLER(do_environment);
RPC_HANDLER(do_algorithms);
RPC_HANDLER(do_tags);
RPC_HANDLER(do_values);
RPC_HANDLER(do_inspect);
RPC_HANDLER(do_validate);
RPC_HANDLER(do_preview);
RPC_HANDLER(do_run);
RPC_HANDLER(do_apply);
RPC_HANDLER(do_list);
RPC_HANDLER(do_show);
RPC_HANDLER(do_stop);
RPC_HANDLER(do_resume);
RPC_HANDLER(do_delete);
RPC_HANDLER(do_subscribe);
RPC_HANDLER(do_unsubscribe);
RPC_HANDLER(do_trial);
RPC_HANDLER(do_logs);
RPC_HANDLER(do_notebook);
RPC_HANDLER(do_charts);
RPC_HANDLER(do_report);
RPC_HANDLER(do_csv);
RPC_HANDLER(do_yaml);

static inline int rpc_no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "out of memory");
}

/* Takes the result of json_pack and the like. */
static inline int rpc_give(json_t **ret_result, json_t *result, struct nbt_error *err)
{
    if (!result)
        return rpc_no_memory(err);
    *ret_result = result;
    return 0;
}

#endif
