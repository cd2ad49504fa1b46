/*
 * execute_request: cells run one after the other, each on a worker; the shell is never held.
 * Outputs are jobs that come back to the loop before the cell's own end does.
 */
#include "kernel/cells.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/scope.h"
#include "jupyter/tolerant.h"
#include "kernel/history.h"
#include "kernel/internal.h"
#include "kernel/script.h"
#include "kernel/verbs.h"
#include "service/values.h"

#define EXPRESSION_MAX 64
#define STREAM_MAX     ((size_t)1 << 20)

struct cell {
    struct pool_job job; /* first: a job is its cell */
    struct kernel *kernel;
    struct server_request *request;
    struct cell *next;
    const char *code; /* the request's */
    bool silent, store, stop_on_error;
    int count;
    int cancel_fd;
    bool last;           /* the command that runs is the last one */
    json_t *payload;     /* array */
    json_t *problems;    /* array of texts */
    json_t *expressions; /* what user_expressions came to */
    json_t *captured;    /* what the command shows is kept here instead of being published */
    bool capturing;
    unsigned display;
    struct nbt_error err;
};

struct output {
    struct pool_job job; /* first: a job is its output */
    struct cell *cell;
    const char *type;
    json_t *content;
};

/* ---- outputs: on the worker ---- */

static void on_output(struct pool_job *job)
{
    struct output *output = (struct output *)job;

    server_publish(output->cell->kernel->server, output->cell->request, output->type,
                   output->content);
    json_decref(output->content);
    free(output);
}

/* Steals the content. */
static void put(struct cell *cell, const char *type, json_t *content)
{
    struct output *output = content && !cell->silent ? malloc(sizeof(*output)) : NULL;

    if (!output) {
        json_decref(content);
        return;
    }
    *output =
        (struct output){.job = {.done = on_output}, .cell = cell, .type = type, .content = content};
    pool_post(cell->kernel->pool, &output->job);
}

void cell_stream(struct cell *cell, const char *name, const char *text)
{
    if (text[0] && !cell->capturing)
        put(cell, "stream",
            json_pack("{s:s, s:o}", "name", name, "text",
                      tolerant_string(text, strlen(text), STREAM_MAX)));
}

void cell_result(struct cell *cell, json_t *bundle)
{
    if (cell->capturing) {
        json_decref(cell->captured);
        cell->captured = bundle;
    } else if (cell->last) {
        put(cell, "execute_result",
            json_pack("{s:i, s:o, s:{}}", "execution_count", cell->count, "data", bundle,
                      "metadata"));
    } else {
        put(cell, "display_data", json_pack("{s:o, s:{}}", "data", bundle, "metadata"));
    }
}

void cell_display_id(struct cell *cell, char ret_id[CELL_DISPLAY_MAX])
{
    snprintf(ret_id, CELL_DISPLAY_MAX, "nbkatib-%ld-%d-%u", (long)getpid(), cell->count,
             ++cell->display);
}

void cell_display(struct cell *cell, const char *id, bool update, json_t *bundle)
{
    if (cell->capturing) {
        json_decref(bundle);
        return;
    }
    put(cell, update ? "update_display_data" : "display_data",
        json_pack("{s:o, s:{}, s:{s:s}}", "data", bundle, "metadata", "transient", "display_id",
                  id));
}

void cell_page(struct cell *cell, const char *text)
{
    json_array_append_new(cell->payload, json_pack("{s:s, s:{s:s}, s:i}", "source", "page", "data",
                                                   "text/plain", text, "start", 0));
}

void cell_problems(struct cell *cell, const char *subject, const json_t *problems)
{
    size_t i;
    json_t *problem;

    json_array_foreach(problems, i, problem)
    {
        CLEANUP(buf_fini) struct buf line = buf_init((size_t)64 << 10);
        if (strcmp(severity_of(problem), "note") == 0)
            continue;
        put_problem(&line, subject, problem);
        json_array_append_new(cell->problems, json_string(buf_text(&line)));
    }
}

int cell_cancel_fd(const struct cell *cell)
{
    return cell->cancel_fd;
}

bool cell_cancelled(const struct cell *cell)
{
    struct pollfd entry = {.fd = cell->cancel_fd, .events = POLLIN};

    return poll(&entry, 1, 0) > 0;
}

/* ---- running: on the worker ---- */

static int run_all(struct cell *cell, struct nbt_error *err)
{
    CLEANUP(script_fini) struct script script = {0};
    int result = script_read(&script, cell->code, err);

    if (result == 0 && script.end != SCRIPT_WHOLE)
        result = nbt_error_set(err, NBT_EPARSE,
                               script.end == SCRIPT_IN_QUOTES
                                   ? "a quote is not closed"
                                   : "nothing follows the backslash at the end");
    for (size_t i = 0; i < script.n && result == 0; i++) {
        cell->last = i + 1 == script.n;
        result = verb_run(cell, &script.commands[i], err);
    }
    return result;
}

static json_t *error_content(const struct nbt_error *err, const json_t *problems)
{
    json_t *traceback = json_pack("[s+++]", nbt_code_name(err->code), ": ", err->text, "");

    if (traceback)
        json_array_extend(traceback, (json_t *)(uintptr_t)problems);
    return json_pack("{s:s, s:s, s:o}", "ename", nbt_code_name(err->code), "evalue", err->text,
                     "traceback", traceback);
}

/* One expression is one command; its result is what the front end gets. */
static json_t *evaluate(struct cell *cell, const char *expression)
{
    CLEANUP(script_fini) struct script script = {0};
    struct nbt_error err = NBT_ERROR_INIT;
    int result = script_read(&script, expression, &err);

    cell->capturing = true;
    if (result == 0 && (script.n != 1 || script.end != SCRIPT_WHOLE))
        result = nbt_error_set(&err, NBT_EINVAL, "an expression is one command");
    if (result == 0)
        result = verb_run(cell, &script.commands[0], &err);
    cell->capturing = false;
    json_t *bundle = TAKE(cell->captured);
    if (result == 0)
        return json_pack("{s:s, s:o, s:{}}", "status", "ok", "data",
                         bundle ? bundle : json_object(), "metadata");
    json_decref(bundle);
    json_t *error = error_content(&err, NULL);
    json_object_set_new(error, "status", json_string("error"));
    return error;
}

static void evaluate_all(struct cell *cell)
{
    json_t *asked = json_object_get(cell->request->message.content, "user_expressions");
    const char *name;
    json_t *expression;

    if (json_object_size(asked) > EXPRESSION_MAX)
        return;
    json_object_foreach(asked, name, expression)
    {
        const char *text = json_string_value(expression);
        json_t *answer = evaluate(cell, text ? text : "");
        if (answer)
            json_object_set_new(cell->expressions, name, answer);
    }
}

static void on_worker(struct pool_job *job)
{
    struct cell *cell = (struct cell *)job;

    if (cell->store)
        history_add(cell->kernel->history, cell->count, cell->code);
    if (run_all(cell, &cell->err) == 0)
        evaluate_all(cell);
}

/* ---- the queue: on the loop ---- */

static void start_next(struct kernel *kernel);

static void cell_free(struct cell *cell)
{
    json_decref(cell->payload);
    json_decref(cell->problems);
    json_decref(cell->expressions);
    json_decref(cell->captured);
    if (cell->cancel_fd >= 0)
        close(cell->cancel_fd);
    free(cell);
}

/* The error is told once on iopub, and in the reply. */
static json_t *failed(struct cell *cell)
{
    json_t *content = error_content(&cell->err, cell->problems);

    if (!cell->silent)
        server_publish(cell->kernel->server, cell->request, "error", content);
    return content;
}

static void finish(struct cell *cell)
{
    struct kernel *kernel = cell->kernel;
    bool ok = cell->err.code == 0;
    json_t *reply = ok ? json_pack("{s:O, s:O}", "payload", cell->payload, "user_expressions",
                                   cell->expressions)
                       : failed(cell);

    if (!reply)
        reply = json_object();
    json_object_set_new(reply, "status", json_string(ok ? "ok" : "error"));
    json_object_set_new(reply, "execution_count", json_integer(cell->count));
    kernel_answer(kernel, cell->request, reply);
    cell_free(cell);
}

static void on_ended(struct pool_job *job)
{
    struct cell *cell = (struct cell *)job;
    struct kernel *kernel = cell->kernel;
    bool abort = cell->err.code != 0 && cell->stop_on_error;

    kernel->cell = NULL;
    finish(cell);
    if (abort)
        cells_abort(kernel);
    start_next(kernel);
}

static void announce(struct cell *cell)
{
    auto_json json_t *input =
        json_pack("{s:s, s:i}", "code", cell->code, "execution_count", cell->count);

    if (!cell->silent)
        server_publish(cell->kernel->server, cell->request, "execute_input", input);
}

static void start_next(struct kernel *kernel)
{
    struct cell *cell = kernel->queue;

    if (kernel->cell || !cell || kernel->ending)
        return;
    kernel->queue = cell->next;
    kernel->cell = cell;
    if (cell->store)
        kernel->execution_count++;
    cell->count = kernel->execution_count;
    announce(cell);
    cell->job = (struct pool_job){.work = on_worker, .done = on_ended};
    pool_run(kernel->pool, &cell->job);
}

static bool flag(const json_t *content, const char *name, bool missing)
{
    const json_t *value = json_object_get(content, name);

    return json_is_boolean(value) ? json_is_true(value) : missing;
}

static struct cell *cell_new(struct kernel *kernel, struct server_request *request)
{
    const json_t *content = request->message.content;
    struct cell *cell = calloc(1, sizeof(*cell));

    if (!cell)
        return NULL;
    cell->kernel = kernel;
    cell->request = request;
    cell->code = text_of(content, "code");
    cell->silent = flag(content, "silent", false);
    cell->store = !cell->silent && flag(content, "store_history", true);
    cell->stop_on_error = flag(content, "stop_on_error", true);
    cell->err = NBT_ERROR_INIT;
    cell->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    cell->payload = json_array();
    cell->problems = json_array();
    cell->expressions = json_object();
    if (cell->cancel_fd >= 0 && cell->payload && cell->problems && cell->expressions)
        return cell;
    cell_free(cell);
    return NULL;
}

static void refuse(struct kernel *kernel, struct server_request *request)
{
    static const struct nbt_error no_room = {.code = NBT_ENOMEM, .text = "out of memory"};
    json_t *reply = error_content(&no_room, NULL);

    if (reply) {
        json_object_set_new(reply, "status", json_string("error"));
        json_object_set_new(reply, "execution_count", json_integer(kernel->execution_count));
    }
    kernel_answer(kernel, request, reply);
}

void cell_execute(struct kernel *kernel, struct server_request *request)
{
    struct cell **place = &kernel->queue;
    struct cell *cell = cell_new(kernel, request);

    if (!cell) {
        refuse(kernel, request);
        return;
    }
    while (*place)
        place = &(*place)->next;
    *place = cell;
    start_next(kernel);
}

void cells_interrupt(struct kernel *kernel)
{
    uint64_t one = 1;

    while (kernel->cell && write(kernel->cell->cancel_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

/* Status "aborted" is what older clients choke on: it is an error that says so. */
void cells_abort(struct kernel *kernel)
{
    while (kernel->queue) {
        struct cell *cell = kernel->queue;
        kernel->queue = cell->next;
        cell->silent = true;
        cell->count = kernel->execution_count;
        (void)!nbt_error_set(&cell->err, NBT_ECANCELED,
                             "not run: a cell before it failed or was interrupted");
        finish(cell);
    }
}
