/* The table of methods. To add one is to add a row, its handler and its part of openrpc.json. */
#include "kernel/rpc_internal.h"

#define END {NULL, RPC_TEXT, false}

static const struct rpc_param nothing[] = {END};
static const struct rpc_param hello[] = {
    {"protocol", RPC_COUNT, true}, {"client", RPC_TEXT, true}, {"root", RPC_TEXT, false}, END};
static const struct rpc_param live[] = {
    {"notebook", RPC_TEXT_OR_NULL, true}, {"document", RPC_OBJECT, true}, END};
static const struct rpc_param live_options[] = {{"notebook", RPC_TEXT_OR_NULL, true},
                                                {"document", RPC_OBJECT, true},
                                                {"options", RPC_OBJECT, false},
                                                END};
static const struct rpc_param run[] = {{"notebook", RPC_TEXT_OR_NULL, true},
                                       {"document", RPC_OBJECT, true},
                                       {"options", RPC_OBJECT, false},
                                       {"single", RPC_BOOL, false},
                                       END};
static const struct rpc_param apply[] = {{"notebook", RPC_TEXT_OR_NULL, true},
                                         {"document", RPC_OBJECT, true},
                                         {"experiment", RPC_TEXT, true},
                                         {"trial", RPC_TEXT, false},
                                         END};
static const struct rpc_param values[] = {
    {"kernelId", RPC_TEXT, true}, {"names", RPC_TEXTS, true}, END};
static const struct rpc_param experiment[] = {{"experiment", RPC_TEXT, true}, END};
static const struct rpc_param stop[] = {
    {"experiment", RPC_TEXT, true}, {"now", RPC_BOOL, false}, END};
static const struct rpc_param resume[] = {
    {"experiment", RPC_TEXT, true}, {"maxTrials", RPC_TEXT, false}, END};
static const struct rpc_param trial[] = {
    {"experiment", RPC_TEXT, true}, {"trial", RPC_TEXT, true}, END};
static const struct rpc_param logs[] = {{"experiment", RPC_TEXT, true},
                                        {"trial", RPC_TEXT_OR_NULL, false},
                                        {"offset", RPC_COUNT, false},
                                        END};

const struct rpc_method rpc_methods[] = {
    {"hello", hello, rpc_do_hello, false},
    {"inspect", live, rpc_do_inspect, false},
    {"values", values, rpc_do_values, false},
    {"validate", live_options, rpc_do_validate, false},
    {"preview", live_options, rpc_do_preview, false},
    {"environment", nothing, rpc_do_environment, false},
    {"algorithms", nothing, rpc_do_algorithms, true},
    {"tags", nothing, rpc_do_tags, true},
    {"run", run, rpc_do_run, false},
    {"stop", stop, rpc_do_stop, false},
    {"resume", resume, rpc_do_resume, false},
    {"delete", experiment, rpc_do_delete, false},
    {"list", nothing, rpc_do_list, false},
    {"show", experiment, rpc_do_show, false},
    {"trial", trial, rpc_do_trial, false},
    {"logs", logs, rpc_do_logs, false},
    {"notebook", trial, rpc_do_notebook, false},
    {"charts", experiment, rpc_do_charts, false},
    {"report", experiment, rpc_do_report, false},
    {"csv", experiment, rpc_do_csv, false},
    {"yaml", experiment, rpc_do_yaml, false},
    {"apply", apply, rpc_do_apply, false},
    {"subscribe", experiment, rpc_do_subscribe, false},
    {"unsubscribe", experiment, rpc_do_unsubscribe, false},
    {NULL, NULL, NULL, false},
};
