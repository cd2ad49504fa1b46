/* One execute_request from sending to done. Done is reply and idle, in whichever order they come;
 * what stays away too long is settled by a kernel_info_request, which the kernel answers on both
 * channels after everything before it. */
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "jupyter/client_internal.h"

#define LONGEST_WAIT_MS 10000

struct run {
    struct client *client;
    const struct client_request *wanted;
    int64_t deadline_ms;    /* -1: none */
    int64_t interrupted_ms; /* 0: not interrupted */
    bool asked_input;       /* why it was interrupted; else for its deadline */
    bool probed;
    bool closed_by_barrier;
};

static int send_request(struct client *client, const struct client_request *wanted,
                        struct nbt_error *err)
{
    auto_json json_t *code = json_string(wanted->code);
    if (!code)
        return nbt_error_set(err, NBT_EINVAL,
                             "the code is not valid UTF-8, and so cannot be sent to a kernel");
    auto_json json_t *expressions =
        wanted->user_expressions ? json_incref(wanted->user_expressions) : json_object();
    /* stop_on_error false: it would only abort a queue that we never have, and with it the next
     * request when that comes before ipykernel has finished aborting. */
    auto_json json_t *content = json_pack(
        "{s:O, s:b, s:b, s:O, s:b, s:b}", "code", code, "silent", wanted->silent, "store_history",
        !wanted->silent, "user_expressions", expressions, "allow_stdin", 0, "stop_on_error", 0);
    if (!content)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory for an execute_request");
    const struct wire_outgoing outgoing = {.type = "execute_request", .content = content};
    return request_send(client, &client->main, &outgoing, err);
}

static bool is_done(const struct run *run)
{
    const struct request *main = &run->client->main;
    return main->replied && (main->idled_ms || run->closed_by_barrier);
}

/* ---- a reply or an idle that stays away ---- */

static int64_t later(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

/* When a probe should be sent, by what is missing; INT64_MAX while there is no reason to. While
 * outputs still come in, a reply that overtook them says nothing about the idle behind them. */
static int64_t probe_due(const struct request *main)
{
    if (main->replied || main->idled_ms)
        return later(later(main->replied_ms, main->idled_ms), main->heard_ms) +
               CLIENT_BARRIER_AFTER;
    return main->busy_us ? INT64_MAX : main->sent_ms + CLIENT_POKE_AFTER;
}

/* When the answer to a probe is no longer waited for. */
static int64_t barrier_end(const struct request *main, const struct request *probe)
{
    return later(later(main->replied_ms, main->heard_ms), probe->sent_ms) + CLIENT_BARRIER_MS;
}

/* The kernel answered a later request, so that it will not answer this one any more. */
static bool is_passed_over(const struct request *main, const struct request *probe, int64_t now)
{
    bool waiting = main->busy_us && !main->idled_ms;
    if (main->replied || waiting)
        return false;
    bool answered = probe->replied && now - probe->replied_ms >= CLIENT_BARRIER_AFTER;
    bool silent = main->idled_ms && now >= barrier_end(main, probe);
    return answered || silent;
}

static int guard(struct run *run, struct nbt_error *err)
{
    struct request *main = &run->client->main, *probe = &run->client->probe;
    int64_t now = clock_monotonic_ms();
    if (!run->probed && now >= probe_due(main)) {
        run->probed = true;
        return request_probe(run->client, err);
    }
    if (!run->probed)
        return 0;
    if (main->replied && (probe->idled_ms || now >= barrier_end(main, probe)))
        run->closed_by_barrier = true;
    if (is_passed_over(main, probe, now))
        return nbt_error_set(err, NBT_EPROTO,
                             "kernel \"%s\" did not reply to the code although it is alive and "
                             "answers other requests; "
                             "the code may or may not have run",
                             run->client->name);
    return 0;
}

/* ---- interrupt, then kill ---- */

static void interrupt(struct run *run)
{
    run->interrupted_ms = clock_monotonic_ms();
    run->asked_input = run->client->input_prompt != NULL;
    /* A kernel that cannot be interrupted is killed when the time for it is over. */
    (void)!client_interrupt(run->client, NULL);
}

static int report_interrupted(struct run *run, const char *end, struct nbt_error *err)
{
    if (run->asked_input) {
        auto_free char *prompt = file_printable(run->client->input_prompt);
        return nbt_error_set(err, NBT_EUNSUPPORTED,
                             "the code asked for input (\"%.100s\"), and nobody is there to "
                             "answer; give it the value as "
                             "a parameter instead. %s",
                             prompt ? prompt : "", end);
    }
    return nbt_error_set(err, NBT_ETIMEOUT,
                         "the code ran longer than the %.1f s that it may take. %s",
                         (double)run->wanted->timeout_ms / 1000, end);
}

static bool should_interrupt(const struct run *run)
{
    bool late = run->deadline_ms >= 0 && clock_monotonic_ms() >= run->deadline_ms;
    return !run->interrupted_ms && (late || run->client->input_prompt);
}

static int64_t interrupt_end(const struct run *run)
{
    const struct request *main = &run->client->main;
    /* It replied, so that it did heed: what it printed before is still on its way. */
    int64_t since = main->replied ? main->heard_ms : 0;
    return later(since, run->interrupted_ms) + CLIENT_INTERRUPT_MS;
}

static bool ignored_interrupt(const struct run *run)
{
    return run->interrupted_ms && clock_monotonic_ms() >= interrupt_end(run);
}

static int kill_deaf(struct run *run, struct nbt_error *err)
{
    stop_kill(run->client);
    pump_last_words(run->client);
    return report_interrupted(
        run,
        run->client->attached ? "The kernel ignored the interrupt; it is not ours and still runs"
                              : "The kernel ignored the interrupt and was killed",
        err);
}

static int died(struct run *run, struct nbt_error *err)
{
    pump_last_words(run->client);
    /* A cell that ends its own kernel, exit(), may well have been answered. */
    if (run->client->main.replied && !run->interrupted_ms)
        run->closed_by_barrier = !run->client->main.idled_ms;
    if (is_done(run) && !run->interrupted_ms)
        return 0;
    if (run->interrupted_ms)
        return report_interrupted(run, "The kernel ended when it was interrupted", err);
    return death_report(run->client, "while it ran the code", err);
}

/* ---- the loop ---- */

static void earlier(int64_t *moment, int64_t other)
{
    if (other >= 0 && other < *moment)
        *moment = other;
}

static int next_wait(const struct run *run)
{
    const struct request *main = &run->client->main, *probe = &run->client->probe;
    int64_t now = clock_monotonic_ms();
    int64_t next = now + LONGEST_WAIT_MS;
    earlier(&next, run->interrupted_ms ? interrupt_end(run) : run->deadline_ms);
    if (!run->probed)
        earlier(&next, probe_due(main));
    else if (main->replied || main->idled_ms)
        earlier(&next, barrier_end(main, probe));
    if (run->probed && !main->replied && probe->replied)
        earlier(&next, probe->replied_ms + CLIENT_BARRIER_AFTER);
    /* What is overdue is looked at soon again, not in a busy loop. */
    return next > now ? (int)(next - now) : 10;
}

static int run_to_end(struct run *run, struct nbt_error *err)
{
    while (!is_done(run)) {
        if (run->client->dead)
            return died(run, err);
        if (should_interrupt(run))
            interrupt(run);
        if (ignored_interrupt(run))
            return kill_deaf(run, err);
        int rc = pump(run->client, next_wait(run), err);
        if (rc == 0 && !is_done(run) && !run->client->dead)
            rc = guard(run, err);
        if (rc < 0)
            return rc;
    }
    return run->interrupted_ms
               ? report_interrupted(run, "It was interrupted; the kernel still runs", err)
               : 0;
}

/* ---- the reply ---- */

/* R answers an interrupted cell with a bare "abort", others with "aborted": the caller finds a name
 * and a text anyway. */
static void name_the_error(json_t *content, const char *status)
{
    if (json_is_string(json_object_get(content, "ename")))
        return;
    json_object_set_new(content, "ename", json_string("KernelAborted"));
    json_object_set_new(
        content, "evalue",
        json_sprintf("the kernel gave up the code without a reason (status \"%s\")", status));
    if (!json_is_array(json_object_get(content, "traceback")))
        json_object_set_new(content, "traceback", json_array());
}

static void take_reply(const struct run *run, struct client_reply *ret_reply)
{
    struct request *main = &run->client->main;
    const char *status = json_string_value(json_object_get(main->reply, "status"));
    const json_t *count = json_object_get(main->reply, "execution_count");
    bool ok = status && strcmp(status, "ok") == 0;
    if (!ok)
        name_the_error(main->reply, status ? status : "");
    *ret_reply = (struct client_reply){
        .msg_id = main->id,
        .ok = ok,
        .execution_count = json_is_integer(count) ? json_integer_value(count) : -1,
        .content = TAKE(main->reply),
        .idle_missing = !main->idled_ms,
        .busy_us = main->busy_us,
        .input_us = main->input_us,
        .reply_us = main->reply_us,
        .idle_us = main->idle_us,
    };
}

void client_reply_fini(struct client_reply *reply)
{
    if (!reply)
        return;
    json_decref(reply->content);
    *reply = (struct client_reply){0};
}

int client_execute(struct client *client, const struct client_request *request,
                   struct client_reply *ret_reply, struct nbt_error *err)
{
    if (client->dead || !client->shell.socket)
        return nbt_error_set(err, NBT_EDIED, "kernel \"%s\" has ended and can run nothing more",
                             client->name);
    struct run run = {.client = client, .wanted = request, .deadline_ms = -1};
    free(TAKE(client->input_prompt));
    request_fini(&client->probe);
    client->on_message = request->on_message;
    client->self = request->self;
    int rc = send_request(client, request, err);
    if (request->timeout_ms >= 0)
        run.deadline_ms = clock_monotonic_ms() + request->timeout_ms;
    if (rc == 0)
        rc = run_to_end(&run, err);
    client->on_message = NULL;
    if (rc == 0)
        take_reply(&run, ret_reply);
    return rc;
}
