/* The protocol: whatever the message, the answer is a JSON-RPC response, or nothing to what has no
 * id; the client goes on. Methods that change something outside are left out. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "kernel/rpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rpc_client *greeted(void)
{
    static struct rpc_client *client;
    static char home[] = "/tmp/nbkatib-fuzz-XXXXXX";

    if (client)
        return client;
    if (!mkdtemp(home) || setenv("NBKATIB_HOME", home, 1) < 0 ||
        setenv("JUPYTER_RUNTIME_DIR", home, 1) < 0)
        abort();
    client = rpc_client_new();
    auto_json json_t *hello =
        json_pack("{s:s, s:i, s:s, s:{s:i, s:s, s:s}}", "jsonrpc", "2.0", "id", 1, "method",
                  "hello", "params", "protocol", 1, "client", "fuzz", "root", home);
    auto_json json_t *answer = rpc_answer(client, hello);
    if (!json_object_get(answer, "result"))
        abort();
    return client;
}

/* An engine that was started would be this program again. */
static int acts(const json_t *message)
{
    const char *method = json_string_value(json_object_get(message, "method"));

    return method && (strcmp(method, "run") == 0 || strcmp(method, "resume") == 0);
}

static void check(const json_t *message, const json_t *response)
{
    const json_t *id = json_object_get(message, "id");
    const json_t *error = json_object_get(response, "error");
    auto_free char *text = json_dumps(response, JSON_COMPACT);

    if (!response) {
        if (id || !json_is_string(json_object_get(message, "method")))
            abort();
        return;
    }
    if (!text || (json_object_get(response, "result") != NULL) == (error != NULL))
        abort();
    if (error && (!json_is_integer(json_object_get(error, "code")) ||
                  !json_is_string(json_object_get(error, "message"))))
        abort();
    if (json_object_get(response, "result") && !json_equal(id, json_object_get(response, "id")))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rpc_client *client = greeted();
    auto_json json_t *message =
        json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

    if (!message || acts(message))
        return 0;
    auto_json json_t *response = rpc_answer(client, message);
    auto_json json_t *events = rpc_events(client);
    check(message, response);
    if (!json_is_array(events))
        abort();
    return 0;
}
