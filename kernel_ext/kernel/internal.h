/* What the files of kernel/ share: the kernel's state, and how requests are answered. */
#ifndef KERNEL_INTERNAL_H
#define KERNEL_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>

#include "base/loop.h"
#include "jupyter/server.h"
#include "kernel/pool.h"

#define KERNEL_LANGUAGE "nbkatib"

struct history;

struct kernel {
    const char *version;
    struct loop *loop;
    struct pool *pool;
    struct server *server;
    struct history *history;
    struct comm *comms;  /* open ones, newest first */
    struct cell *cell;   /* the one that runs; NULL: none */
    struct cell *queue;  /* those that wait, in order */
    int execution_count; /* of the last stored cell */
    bool ending;
};

/* requests.c: answers or hands on a request; takes it. */
void kernel_request(void *self, struct server_request *request);

/* Replies {"status": "ok"} with the members of `content` (stolen, NULL: none), then idle. */
void kernel_answer(struct kernel *kernel, struct server_request *request, json_t *content);

/* info.c: the content of kernel_info_reply. New reference. */
json_t *kernel_info(const struct kernel *kernel);

/* ask.c: answers on a worker: `work` makes the reply's content from the request's. */
typedef json_t *(*ask_fn)(struct kernel *kernel, const json_t *content);
void kernel_ask(struct kernel *kernel, struct server_request *request, ask_fn work);

/* The workers' halves of complete_request, inspect_request and history_request. */
json_t *complete_answer(struct kernel *kernel, const json_t *content);
json_t *explain_answer(struct kernel *kernel, const json_t *content);
json_t *history_answer(struct kernel *kernel, const json_t *content);

/* comms.c */
void comm_open(struct kernel *kernel, struct server_request *request);
void comm_message(struct kernel *kernel, struct server_request *request);
void comm_close(struct kernel *kernel, struct server_request *request);
json_t *comm_info(const struct kernel *kernel, const json_t *content);
void comms_tick(struct kernel *kernel);  /* fetches what open comms have to tell */
void comms_close(struct kernel *kernel); /* all of them */

/* cells.c */
void cell_execute(struct kernel *kernel, struct server_request *request);
void cells_interrupt(struct kernel *kernel); /* the one that runs */
void cells_abort(struct kernel *kernel);     /* those that wait */

#endif
