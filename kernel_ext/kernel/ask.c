/* Requests that a worker answers. */
#include <stdlib.h>

#include "kernel/internal.h"

struct ask {
    struct pool_job job; /* first: a job is its ask */
    struct kernel *kernel;
    struct server_request *request;
    ask_fn work;
    json_t *content;
};

static void on_worker(struct pool_job *job)
{
    struct ask *ask = (struct ask *)job;

    ask->content = ask->work(ask->kernel, ask->request->message.content);
}

static void on_loop(struct pool_job *job)
{
    struct ask *ask = (struct ask *)job;

    kernel_answer(ask->kernel, ask->request, ask->content);
    free(ask);
}

void kernel_ask(struct kernel *kernel, struct server_request *request, ask_fn work)
{
    struct ask *ask = malloc(sizeof(*ask));

    if (!ask) {
        kernel_answer(kernel, request, NULL);
        return;
    }
    *ask = (struct ask){.job = {.work = on_worker, .done = on_loop},
                        .kernel = kernel,
                        .request = request,
                        .work = work};
    pool_run(kernel->pool, &ask->job);
}
