/* The protocol itself: the table against openrpc.json, and messages of every wrong kind. */
#include "tests/unit/kernel/calls.h"

static const char *schema_type(const json_t *schema)
{
    const json_t *any = json_object_get(schema, "anyOf");
    if (any)
        return "string or null";
    if (json_object_get(schema, "$ref"))
        return "object";
    return text(schema, "type");
}

static const char *const types[] = {
    [RPC_TEXT] = "string",   [RPC_TEXT_OR_NULL] = "string or null",
    [RPC_OBJECT] = "object", [RPC_BOOL] = "boolean",
    [RPC_COUNT] = "integer", [RPC_TEXTS] = "array",
};

static void compare_param(const char *method, const struct rpc_param *param, const json_t *row)
{
    assert_non_null(row);
    if (strcmp(text(row, "name"), param->name) != 0)
        fail_msg("%s: openrpc.json has %s, the table %s", method, text(row, "name"), param->name);
    if (json_is_true(json_object_get(row, "required")) != param->required)
        fail_msg("%s.%s: required differs", method, param->name);
    const char *type = schema_type(json_object_get(row, "schema"));
    if (strcmp(type, types[param->type]) != 0)
        fail_msg("%s.%s: openrpc.json says %s, the table %s", method, param->name, type,
                 types[param->type]);
}

static void the_table_is_what_openrpc_says(void **state)
{
    const json_t *methods = json_object_get(openrpc(), "methods");
    size_t n = 0;

    (void)state;
    for (; rpc_methods[n].name; n++) {
        const struct rpc_method *method = &rpc_methods[n];
        const json_t *row = json_array_get(methods, n);
        if (strcmp(text(row, "name"), method->name) != 0)
            fail_msg("method %zu: openrpc.json has %s, the table %s", n, text(row, "name"),
                     method->name);
        const json_t *params = json_object_get(row, "params");
        size_t k = 0;
        for (; method->params[k].name; k++)
            compare_param(method->name, &method->params[k], json_array_get(params, k));
        assert_int_equal(json_array_size(params), k);
    }
    assert_int_equal(json_array_size(methods), n);
}

static void options_are_what_openrpc_says(void **state)
{
    const json_t *schemas = json_object_get(json_object_get(openrpc(), "components"), "schemas");
    const json_t *properties = json_object_get(json_object_get(schemas, "Options"), "properties");
    size_t n = 0;

    (void)state;
    for (; rpc_option_params[n].name; n++) {
        const json_t *schema = json_object_get(properties, rpc_option_params[n].name);
        if (!schema || strcmp(schema_type(schema), types[rpc_option_params[n].type]) != 0)
            fail_msg("option %s: openrpc.json says %s", rpc_option_params[n].name,
                     schema ? schema_type(schema) : "nothing");
    }
    assert_int_equal(json_object_size(properties), n);
}

static void malformed_messages(void **state)
{
    static const struct {
        const char *message;
        int code;       /* 0: no answer */
        const char *id; /* of the answer, as JSON */
    } table[] = {
        {"3", RPC_INVALID_REQUEST, "null"},
        {"[]", RPC_INVALID_REQUEST, "null"},
        {"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"list\"}]", RPC_INVALID_REQUEST, "null"},
        {"{}", RPC_INVALID_REQUEST, "null"},
        {"{\"id\":1,\"method\":\"list\"}", RPC_INVALID_REQUEST, "1"},
        {"{\"jsonrpc\":\"1.0\",\"id\":\"a\",\"method\":\"list\"}", RPC_INVALID_REQUEST, "\"a\""},
        {"{\"jsonrpc\":2.0,\"id\":1,\"method\":\"list\"}", RPC_INVALID_REQUEST, "1"},
        {"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"list\"}", RPC_INVALID_REQUEST, "null"},
        {"{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"list\"}", RPC_INVALID_REQUEST, "null"},
        {"{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"list\"}", RPC_INVALID_REQUEST, "null"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}", RPC_INVALID_REQUEST, "1"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1}", RPC_INVALID_REQUEST, "1"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", RPC_INVALID_REQUEST, "1"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"nothing\"}", RPC_UNKNOWN_METHOD, "1.5"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\"}", RPC_UNKNOWN_METHOD, "1"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.discover\"}", RPC_UNKNOWN_METHOD, "1"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"li\\u0000st\"}", RPC_UNKNOWN_METHOD, "1"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"list\",\"params\":[]}", RPC_BAD_PARAMS, "1"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"list\",\"params\":3}", RPC_BAD_PARAMS, "1"},
        {"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"nothing\"}", RPC_UNKNOWN_METHOD, "null"},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"nothing\"}", 0, "null"},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"list\",\"params\":{\"x\":1}}", 0, "null"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        auto_json json_t *message = parse(table[i].message);
        auto_json json_t *response = rpc_answer(client, message);
        auto_json json_t *id = parse(table[i].id);
        const json_t *error = json_object_get(response, "error");
        if (json_integer_value(json_object_get(error, "code")) != table[i].code ||
            (response && !json_equal(json_object_get(response, "id"), id)) ||
            (response != NULL) != (table[i].code != 0))
            fail_msg("%s\ngives %s", table[i].message,
                     response ? json_dumps(response, JSON_COMPACT) : "no answer");
    }
}

static void what_is_quick(void **state)
{
    static const struct {
        const char *message;
        bool quick;
    } table[] = {
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tags\"}", true},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"algorithms\"}", true},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nothing\"}", true},
        {"{\"jsonrpc\":\"2.0\",\"id\":1}", true},
        {"[]", true},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"list\"}", false},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"environment\"}", false},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\"}", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        auto_json json_t *message = parse(table[i].message);
        if (rpc_is_quick(message) != table[i].quick)
            fail_msg("%s", table[i].message);
    }
}

static void what_is_too_large_is_refused(void **state)
{
    (void)state;
    auto_json json_t *response = rpc_refuse("the message has 10 MiB, more than 9");
    assert_true(json_is_null(json_object_get(response, "id")));
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(response, "error"), "code")),
        RPC_INVALID_REQUEST);
}

static void hello_comes_first(void **state)
{
    (void)state;
    for (size_t i = 0; rpc_methods[i].name; i++) {
        if (strcmp(rpc_methods[i].name, "hello") != 0)
            call_refused(rpc_methods[i].name, json_object(), RPC_NOT_GREETED, "");
    }
    auto_json json_t *silent = rpc_events(client);
    assert_int_equal(json_array_size(silent), 0);
    auto_json json_t *error = refused(
        "hello", json_pack("{s:i, s:s}", "protocol", 2, "client", "x"), RPC_PROTOCOL_VERSION, "");
    const json_t *data = json_object_get(error, "data");
    assert_int_equal(json_integer_value(json_object_get(data, "protocol")), 1);
    assert_true(text(data, "version")[0] != '\0');
    call_refused("list", json_object(), RPC_NOT_GREETED, "");
    say_hello();
    call_ok("list", json_object());
    say_hello();
}

static void bad_params(void **state)
{
    static const struct {
        const char *method, *params, *path;
    } table[] = {
        {"hello", "{}", "protocol"},
        {"hello", "{\"protocol\": \"1\", \"client\": \"x\"}", "protocol"},
        {"hello", "{\"protocol\": -1, \"client\": \"x\"}", "protocol"},
        {"hello", "{\"protocol\": 1}", "client"},
        {"hello", "{\"protocol\": 1, \"client\": \"x\", \"root\": []}", "root"},
        {"show", "{}", "experiment"},
        {"show", "{\"experiment\": null}", "experiment"},
        {"show", "{\"experiment\": 3}", "experiment"},
        {"show", "{\"experiment\": \"a\\u0000b\"}", "experiment"},
        {"show", "{\"experiment\": \"a\", \"more\": 1}", "more"},
        {"list", "{\"page\": 1}", "page"},
        {"stop", "{\"experiment\": \"a\", \"now\": \"yes\"}", "now"},
        {"resume", "{\"experiment\": \"a\", \"maxTrials\": 5}", "maxTrials"},
        {"trial", "{\"experiment\": \"a\"}", "trial"},
        {"logs", "{\"experiment\": \"a\", \"offset\": -1}", "offset"},
        {"logs", "{\"experiment\": \"a\", \"offset\": 1.5}", "offset"},
        {"values", "{\"kernelId\": \"a\"}", "names"},
        {"values", "{\"kernelId\": \"a\", \"names\": [1]}", "names"},
        {"values", "{\"kernelId\": \"a\", \"names\": \"x\"}", "names"},
        {"inspect", "{\"document\": {}}", "notebook"},
        {"inspect", "{\"notebook\": \"a.ipynb\"}", "document"},
        {"inspect", "{\"notebook\": \"a.ipynb\", \"document\": \"{}\"}", "document"},
        {"inspect", "{\"notebook\": 1, \"document\": {}}", "notebook"},
        {"inspect", "{\"notebook\": null, \"document\": {}, \"options\": {}}", "options"},
        {"validate", "{\"notebook\": null, \"document\": {}, \"options\": []}", "options"},
        {"run", "{\"notebook\": null, \"document\": {}, \"single\": 1}", "single"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++)
        call_refused(table[i].method, parse(table[i].params), RPC_BAD_PARAMS, table[i].path);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_what_openrpc_says),
        cmocka_unit_test(options_are_what_openrpc_says),
        cmocka_unit_test(what_is_quick),
        cmocka_unit_test(what_is_too_large_is_refused),
        cmocka_unit_test_setup_teardown(malformed_messages, make_greeted, drop_client),
        cmocka_unit_test_setup_teardown(hello_comes_first, make_client, drop_client),
        cmocka_unit_test_setup_teardown(bad_params, make_greeted, drop_client),
    };

    int status = stub_dispatch(argc, argv);
    return status >= 0 ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
