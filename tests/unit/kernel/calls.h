/*
 * A client of the protocol in a test: every result and event is held to openrpc.json. Failures end
 * the test. Programs that include this call calls_main in main: they are their own engine and
 * trials (stub.h).
 */
#ifndef TESTS_KERNEL_CALLS_H
#define TESTS_KERNEL_CALLS_H

#include "kernel/rpc_internal.h"
#include "tests/unit/engine_local/experiments.h"
#include "tests/unit/kernel/schema.h"

static struct rpc_client *client;

static inline json_t *parse(const char *json)
{
    json_error_t problem;
    json_t *value = json_loads(json, JSON_DECODE_ANY | JSON_ALLOW_NUL, &problem);
    if (!value)
        fail_msg("%s: %s", problem.text, json);
    return value;
}

static inline void check_schema(const json_t *schema, const json_t *value, const char *name)
{
    char where[WHERE_MAX] = "";
    if (!schema || !schema_fits(openrpc(), schema, value, where, name))
        fail_msg("%s: %s", name, schema ? where : "has no schema");
}

/* The whole response; takes params. */
static inline json_t *respond(const char *method, json_t *params)
{
    auto_json json_t *request = json_pack("{s:s, s:i, s:s, s:o*}", "jsonrpc", "2.0", "id", 7,
                                          "method", method, "params", params);
    json_t *response = rpc_answer(client, request);
    assert_non_null(response);
    assert_int_equal(json_integer_value(json_object_get(response, "id")), 7);
    return response;
}

/* The result of a call that succeeds; takes params. */
static inline json_t *call(const char *method, json_t *params)
{
    auto_json json_t *response = respond(method, params);
    json_t *result = json_object_get(response, "result");
    const json_t *row = named(json_object_get(openrpc(), "methods"), method);
    if (!result)
        fail_msg("%s: %s", method, text(json_object_get(response, "error"), "message"));
    check_schema(json_object_get(json_object_get(row, "result"), "schema"), result, method);
    return json_incref(result);
}

static inline void call_ok(const char *method, json_t *params)
{
    json_decref(call(method, params));
}

/* The error of a call that must fail so; path "": any. Takes params. */
static inline json_t *refused(const char *method, json_t *params, int code, const char *path)
{
    auto_json json_t *response = respond(method, params);
    const json_t *error = json_object_get(response, "error");
    const json_t *data = json_object_get(error, "data");
    if (json_integer_value(json_object_get(error, "code")) != code ||
        (path[0] && strcmp(text(data, "path"), path) != 0)) {
        auto_free char *found = json_dumps(response, JSON_COMPACT);
        fail_msg("%s: %.900s\nexpected code %d at '%s'", method, found, code, path);
    }
    if (code == RPC_PRODUCT || code == RPC_BAD_PARAMS) {
        auto_json json_t *schema = parse("{\"$ref\": \"#/components/schemas/ProductError\"}");
        check_schema(schema, data, "error.data");
    }
    return json_incref(json_object_get(response, "error"));
}

static inline void call_refused(const char *method, json_t *params, int code, const char *path)
{
    json_decref(refused(method, params, code, path));
}

static inline json_t *params_of(const char *experiment)
{
    return json_pack("{s:s}", "experiment", experiment);
}

/* One tick's events, each held to its schema. A slow machine's rests would make tests wait. */
static inline json_t *tick(void)
{
    client->rest_until_ms = 0;
    json_t *events = rpc_events(client);
    size_t i;
    json_t *event;
    json_array_foreach(events, i, event)
    {
        const json_t *row = named(json_object_get(openrpc(), "x-events"), text(event, "method"));
        check_schema(json_object_get(row, "params"), json_object_get(event, "params"),
                     text(event, "method"));
        assert_null(json_object_get(event, "id"));
    }
    return events;
}

static inline void say_hello(void)
{
    call_ok("hello", json_pack("{s:i, s:s, s:s}", "protocol", 1, "client", "test", "root", home));
}

/* A home, a kernelspec that nothing is started with, and a client. */
static inline int make_client(void **state)
{
    char folder[128], file[160];
    if (make_home(state) < 0)
        return -1;
    snprintf(folder, sizeof(folder), "%s/jupyter/kernels/python3", home);
    snprintf(file, sizeof(file), "%s/kernel.json", folder);
    static const char spec[] = "{\"argv\": [\"python3\", \"{connection_file}\"], \"display_name\": "
                               "\"Python 3\", \"language\": \"python\"}";
    if (file_mkdir_all(folder, 0700, NULL) < 0 ||
        file_write_atomic(file, spec, sizeof(spec) - 1, 0600, NULL) < 0)
        return -1;
    snprintf(folder, sizeof(folder), "%s/jupyter", home);
    setenv("JUPYTER_DATA_DIR", folder, 1);
    client = rpc_client_new();
    return client ? 0 : -1;
}

static inline int make_greeted(void **state)
{
    int result = make_client(state);
    if (result == 0)
        say_hello();
    return result;
}

static inline int drop_client(void **state)
{
    rpc_client_free(client);
    client = NULL;
    return drop_home(state);
}

/* ---- notebooks ---- */

static inline json_t *cell(const char *id, const char *tag, const char *source)
{
    return json_pack("{s:s, s:s, s:{s:[s*]}, s:s}", "cell_type", "code", "id", id, "metadata",
                     "tags", tag, "source", source);
}

/* One with parameters x and opt and the metric score; `metadata` is further members of its metadata
 * as JSON, `script` of the document: what stub.h does with it. */
static inline json_t *document_with(const char *metadata, const char *script)
{
    auto_json json_t *more = parse(metadata);
    auto_json json_t *top = parse(script);
    json_t *document = json_pack(
        "{s:[o, o, o], s:{s:{s:s, s:s, s:s}}, s:i, s:i}", "cells",
        cell("p", "pipeline-parameters", "x = 4\nopt = 'a'\nratio = x / 2"),
        cell("w", NULL, "score = x + ratio + len(opt)"),
        cell("m", "pipeline-metrics", "print(score)"), "metadata", "kernelspec", "name", "python3",
        "display_name", "Python 3", "language", "python", "nbformat", 4, "nbformat_minor", 5);
    json_object_update(json_object_get(document, "metadata"), more);
    json_object_update(document, top);
    return document;
}

static inline json_t *live_with(const char *metadata, const char *script)
{
    return json_pack("{s:s, s:o}", "notebook", "model.ipynb", "document",
                     document_with(metadata, script));
}

static inline json_t *with(json_t *params, const char *key, const char *json)
{
    json_object_set_new(params, key, parse(json));
    return params;
}

#define RANGE_OF_X(counts)                                                                         \
    "{\"kubeflow_notebook\": {\"katib_metadata\": {\"parameters\": [{\"name\": \"x\", "            \
    "\"parameterType\": \"int\", \"feasibleSpace\": {\"min\": \"1\", \"max\": \"9\", \"step\": "   \
    "\"1\"}}], \"objective\": {\"type\": \"maximize\", \"objectiveMetricName\": \"score\"}, "      \
    "\"algorithm\": {\"algorithmName\": \"random\"}" counts "}}}"

#endif
