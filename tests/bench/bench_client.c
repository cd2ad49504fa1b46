/*
 * What the client costs with the kernel of a spec: prints one JSON object.
 *
 *     bench_client start SPEC             {"start_s": 0.41}
 *     bench_client messages SPEC COUNT    {"executes_per_s": 310.0, "messages": 1600,
 * "cpu_per_message_s": 3.1e-05} bench_client outputs SPEC COUNT     {"messages": 100003,
 * "messages_per_s": 90000.0, "cpu_per_message_s": 8.1e-06}
 *
 * start: until it is ready. messages: "pass" so many times, one after the other. outputs: one
 * request whose code is the count, which bench_echo_kernel answers with so many stream messages.
 * CPU is this process's own, user and system, all threads; a message is one of iopub or a reply.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/scope.h"
#include "jupyter/client.h"
#include "nbtags/number.h"

#define WARM_UP 20

struct meter {
    int64_t wall_us, cpu_us;
};

static int64_t cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

static struct meter meter_now(void)
{
    return (struct meter){clock_monotonic_us(), cpu_us()};
}

static struct meter meter_since(struct meter start)
{
    struct meter now = meter_now();
    return (struct meter){now.wall_us - start.wall_us, now.cpu_us - start.cpu_us};
}

static int fail(const struct nbt_error *err)
{
    fprintf(stderr, "bench_client: %s\n", err->text);
    return 1;
}

static void count(void *self, const struct client_message *message)
{
    (void)message;
    ++*(int64_t *)self;
}

static int execute(struct client *client, const char *code, int64_t *messages,
                   struct nbt_error *err)
{
    const struct client_request request = {
        .code = code, .timeout_ms = -1, .on_message = count, .self = messages};
    struct client_reply reply = {0};
    int rc = client_execute(client, &request, &reply, err);
    client_reply_fini(&reply);
    return rc;
}

static void put(json_t *result, const char *name, double value)
{
    json_object_set_new(result, name, json_real(value));
}

static int bench_start(struct client *client, int64_t n, json_t *result, struct nbt_error *err)
{
    (void)client;
    (void)n;
    (void)result;
    (void)err;
    return 0; /* what it measures is over when there is a client */
}

static int bench_messages(struct client *client, int64_t n, json_t *result, struct nbt_error *err)
{
    int64_t messages = 0;
    int rc = 0;
    for (int64_t i = 0; i < WARM_UP && rc == 0; i++)
        rc = execute(client, "pass", &messages, err);
    messages = 0;
    struct meter start = meter_now();
    for (int64_t i = 0; i < n && rc == 0; i++)
        rc = execute(client, "pass", &messages, err);
    struct meter spent = meter_since(start);
    messages += n;
    put(result, "executes_per_s", (double)n * 1e6 / (double)spent.wall_us);
    put(result, "cpu_per_message_s", (double)spent.cpu_us / 1e6 / (double)messages);
    json_object_set_new(result, "messages", json_integer(messages));
    return rc;
}

static int bench_outputs(struct client *client, int64_t n, json_t *result, struct nbt_error *err)
{
    char code[NBT_NUMBER_MAX];
    int64_t messages = 1;
    nbt_format_int(code, n);
    struct meter start = meter_now();
    int rc = execute(client, code, &messages, err);
    struct meter spent = meter_since(start);
    put(result, "messages_per_s", (double)messages * 1e6 / (double)spent.wall_us);
    put(result, "cpu_per_message_s", (double)spent.cpu_us / 1e6 / (double)messages);
    json_object_set_new(result, "messages", json_integer(messages));
    return rc;
}

static const struct mode {
    const char *name;
    int (*fn)(struct client *client, int64_t n, json_t *result, struct nbt_error *err);
} modes[] = {
    {"start", bench_start},
    {"messages", bench_messages},
    {"outputs", bench_outputs},
};

static int bench(const struct mode *mode, const struct kernelspec *spec, int64_t n, json_t *result,
                 struct nbt_error *err)
{
    const struct client_options options = {.spec = spec, .cancel_fd = -1, .output_fd = -1};
    struct client *client = NULL;
    struct meter start = meter_now();
    int rc = client_start(&client, &options, err);
    if (rc < 0)
        return rc;
    put(result, "start_s", (double)meter_since(start).wall_us / 1e6);
    rc = mode->fn(client, n, result, err);
    client_free(client);
    return rc;
}

static const struct mode *find_mode(const char *name)
{
    for (size_t i = 0; name && i < COUNT_OF(modes); i++)
        if (strcmp(modes[i].name, name) == 0)
            return &modes[i];
    return NULL;
}

int main(int argc, char **argv)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct kernelspec *spec = NULL;
    const struct mode *mode = argc > 1 ? find_mode(argv[1]) : NULL;
    int64_t n = 400;
    if (!mode || argc < 3 || argc > 4 || (argc == 4 && (!nbt_parse_int(argv[3], &n) || n < 1))) {
        fputs("usage: bench_client start|messages|outputs SPEC [COUNT]\n", stderr);
        return 2;
    }
    auto_json json_t *result = json_object();
    int rc = kernelspec_find(&spec, argv[2], "", &err);
    if (rc == 0)
        rc = bench(mode, spec, n, result, &err);
    kernelspec_free(spec);
    if (rc < 0)
        return fail(&err);
    auto_free char *text = json_dumps(result, JSON_REAL_PRECISION(6));
    puts(text ? text : "{}");
    return 0;
}
