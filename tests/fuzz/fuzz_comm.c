/* What a client may put into a comm, or into a request's content: none of it may harm the kernel.
 * The first byte chooses whether the client has greeted. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "jupyter/tolerant.h"
#include "kernel/cursor.h"
#include "kernel/history.h"
#include "kernel/internal.h"
#include "kernel/rpc.h"
#include "kernel/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *greeting(void)
{
    return json_pack("{s:s, s:i, s:s, s:{s:i, s:s}}", "jsonrpc", "2.0", "id", 0, "method", "hello",
                     "params", "protocol", 1, "client", "fuzz");
}

/* A response is one: it has a result or an error, and not both. */
static void check_response(const json_t *response)
{
    if (!response)
        return;
    const char *version = json_string_value(json_object_get(response, "jsonrpc"));
    if (!version || strcmp(version, "2.0") != 0 ||
        !json_object_get(response, "result") == !json_object_get(response, "error"))
        abort();
    auto_free char *text = json_dumps(response, JSON_COMPACT);
    if (!text)
        abort();
}

static void answer(const json_t *content, bool greeted)
{
    struct rpc_client *client = rpc_client_new();

    if (greeted) {
        auto_json json_t *hello = greeting();
        json_decref(rpc_answer(client, hello));
    }
    auto_json json_t *response = rpc_answer(client, content);
    check_response(response);
    auto_json json_t *events = rpc_events(client);
    if (!json_is_array(events))
        abort();
    rpc_client_free(client);
}

/* Words are quoted and read again. */
static void read_words(const char *code)
{
    CLEANUP(script_fini) struct script first = {0};
    CLEANUP(script_fini) struct script second = {0};
    CLEANUP(buf_fini) struct buf text = buf_init((size_t)64 << 20);

    if (script_read(&first, code, NULL) < 0)
        return;
    for (size_t i = 0; i < first.n; i++) {
        for (size_t j = 0; j < first.commands[i].n; j++) {
            script_quote(&text, first.commands[i].words[j].text);
            buf_putc(&text, ' ');
        }
        buf_putc(&text, '\n');
    }
    if (script_read(&second, buf_text(&text), NULL) < 0 || first.n != second.n)
        abort();
    for (size_t i = 0; i < first.n; i++) {
        if (first.commands[i].n != second.commands[i].n)
            abort();
        for (size_t j = 0; j < first.commands[i].n; j++)
            if (strcmp(first.commands[i].words[j].text, second.commands[i].words[j].text) != 0)
                abort();
    }
}

static void ask(const json_t *content)
{
    struct kernel kernel = {.version = "0", .history = history_new()};
    const char *code = json_string_value(json_object_get(content, "code"));

    json_decref(complete_answer(&kernel, content));
    json_decref(explain_answer(&kernel, content));
    json_decref(history_answer(&kernel, content));
    if (code) {
        read_words(code);
        if (cursor_bytes(code, cursor_points(code, strlen(code))) != strlen(code))
            abort();
    }
    history_free(kernel.history);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Nothing can be stored there. */
    setenv("NBKATIB_HOME", "/proc/nbkatib", 1);
    if (size < 1)
        return 0;
    auto_json json_t *content = tolerant_load(data + 1, size - 1, NULL);
    if (!content)
        return 0;
    answer(content, data[0] & 1);
    ask(content);
    return 0;
}
