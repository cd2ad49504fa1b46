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
    {"hello", hello, rpc_do_hello},
    {"inspect", live, rpc_do_inspect},
    {"values", values, rpc_do_values},
    {"validate", live_options, rpc_do_validate},
    {"preview", live_options, rpc_do_preview},
    {"environment", nothing, rpc_do_environment},
    {"algorithms", nothing, rpc_do_algorithms},
    {"tags", nothing, rpc_do_tags},
    {"run", run, rpc_do_run},
    {"stop", stop, rpc_do_stop},
    {"resume", resume, rpc_do_resume},
    {"delete", experiment, rpc_do_delete},
    {"list", nothing, rpc_do_list},
    {"show", experiment, rpc_do_show},
    {"trial", trial, rpc_do_trial},
    {"logs", logs, rpc_do_logs},
    {"notebook", trial, rpc_do_notebook},
    {"charts", experiment, rpc_do_charts},
    {"report", experiment, rpc_do_report},
    {"csv", experiment, rpc_do_csv},
    {"yaml", experiment, rpc_do_yaml},
    {"apply", apply, rpc_do_apply},
    {"subscribe", experiment, rpc_do_subscribe},
    {"unsubscribe", experiment, rpc_do_unsubscribe},
    {NULL, NULL, NULL},
};
